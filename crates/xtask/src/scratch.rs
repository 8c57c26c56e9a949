//! A scratch copy of a disk, changed from outside: ext4 by debugfs, FAT by mtools, the rest by its bytes.

use crate::Result;
use crate::process::output;
use serde_json::Value;
use std::ffi::OsString;
use std::fs::{self, OpenOptions, Permissions};
use std::os::unix::fs::{FileExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::Command;

/// A copy, and where its filesystems are: bytes from the start of the disk.
pub(crate) struct Disk {
    pub(crate) path: PathBuf,
    /// Version of the only kernel.
    pub(crate) kernel: String,
    root: u64,
    boot: Option<u64>,
    esp: Option<u64>,
}

impl Disk {
    pub(crate) fn copy(image: &Path, path: &Path, program: &Path, kernel: &str) -> Result<Self> {
        output(Command::new("cp").args(["--sparse=always", "--reflink=auto"]).args([image, path]))?;
        let facts: Value =
            serde_json::from_str(&output(Command::new(program).args(["inspect", "--output", "json"]).arg(path))?)?;
        let at = |role: &str| {
            let volumes = facts["volumes"].as_array()?;
            volumes.iter().find(|volume| volume["role"]["is"] == role)?["offset"].as_u64()
        };
        let root = at("root").ok_or_else(|| format!("{}: no root filesystem is found", image.display()))?;
        Ok(Disk { path: path.to_owned(), kernel: kernel.to_owned(), root, boot: at("boot"), esp: at("esp") })
    }

    /// Lets the tester in: a key for root, which a sound system takes.
    pub(crate) fn let_in(&mut self, public: &str) -> Result<()> {
        if self.debugfs(self.root, &["stat /root/.ssh"]).is_err() {
            self.debugfs(self.root, &["mkdir /root/.ssh", "sif /root/.ssh mode 040700"])?;
        }
        self.write("/root/.ssh/authorized_keys", public.as_bytes(), 0o600)
    }

    /// What a file holds.
    pub(crate) fn read(&self, path: &str) -> Result<Vec<u8>> {
        let (offset, path) = self.place(path);
        let to = self.path.with_extension("file");
        self.debugfs(offset, &[&format!("dump {path} {}", to.display())])?;
        let bytes = fs::read(&to)?;
        fs::remove_file(&to)?;
        Ok(bytes)
    }

    /// Writes a file, anew or in place of another, with the directories that lead to it. It belongs to root.
    pub(crate) fn write(&mut self, path: &str, bytes: &[u8], mode: u32) -> Result<()> {
        let (offset, path) = self.place(path);
        let (directory, name) = path.rsplit_once('/').ok_or("a path begins with a slash")?;
        let parents = directory.match_indices('/').skip(1).map(|(at, _)| &directory[..at]);
        for parent in parents.chain([directory]).filter(|parent| !parent.is_empty()) {
            if self.debugfs(offset, &[&format!("stat {parent}")]).is_err() {
                self.debugfs(offset, &[&format!("mkdir {parent}")])?;
            }
        }
        let from = self.path.with_extension("file");
        fs::write(&from, bytes)?;
        fs::set_permissions(&from, Permissions::from_mode(mode))?;
        if self.debugfs(offset, &[&format!("stat {path}")]).is_ok() {
            self.debugfs(offset, &[&format!("rm {path}")])?;
        }
        // debugfs writes into the current directory only.
        let (enter, write) = (format!("cd {directory}/"), format!("write {} {name}", from.display()));
        self.debugfs(offset, &[&enter, &write, &format!("sif {name} mode 010{mode:04o}")])?;
        fs::remove_file(&from)?;
        Ok(())
    }

    /// Changes the text of a file, which must become another one.
    pub(crate) fn edit(&mut self, path: &str, change: impl FnOnce(&str) -> String) -> Result<()> {
        let before = String::from_utf8(self.read(path)?)?;
        let after = change(&before);
        if after == before {
            return Err(format!("{path} is not what the mutation expects: {before:?}").into());
        }
        let mode = if path == "/etc/shadow" { 0o640 } else { 0o644 };
        self.write(path, after.as_bytes(), mode)
    }

    /// Replaces a string of a file.
    pub(crate) fn replace(&mut self, path: &str, from: &str, to: &str) -> Result<()> {
        self.edit(path, |text| text.replace(from, to))
    }

    /// Adds a line to a file.
    pub(crate) fn append(&mut self, path: &str, line: &str) -> Result<()> {
        self.edit(path, |text| format!("{text}{line}\n"))
    }

    pub(crate) fn remove(&mut self, path: &str) -> Result<()> {
        let (offset, path) = self.place(path);
        self.debugfs(offset, &[&format!("rm {path}")])
    }

    /// Makes a symbolic link, in place of another one if there is one.
    pub(crate) fn link(&mut self, path: &str, to: &str) -> Result<()> {
        let (offset, path) = self.place(path);
        let (directory, name) = path.rsplit_once('/').ok_or("a path begins with a slash")?;
        // `rm` would follow the path itself, and the last link in it is what goes.
        let _ = self.debugfs(offset, &[&format!("rm {path}")]);
        self.debugfs(offset, &[&format!("cd {directory}/"), &format!("symlink {name} {to}")])
    }

    /// Sets mode and type of an inode, in octal, as debugfs wants them.
    pub(crate) fn mode(&mut self, path: &str, mode: &str) -> Result<()> {
        let (offset, path) = self.place(path);
        self.debugfs(offset, &[&format!("sif {path} mode {mode}")])
    }

    /// Sets the owner of an inode.
    pub(crate) fn owner(&mut self, path: &str, uid: u32) -> Result<()> {
        let (offset, path) = self.place(path);
        self.debugfs(offset, &[&format!("sif {path} uid {uid}")])
    }

    /// Removes a file of the EFI system partition.
    pub(crate) fn remove_from_esp(&mut self, path: &str) -> Result<()> {
        output(Command::new("mdel").arg("-i").arg(self.fat()?).arg(format!("::{path}")))?;
        Ok(())
    }

    /// What a file of the EFI system partition holds.
    pub(crate) fn read_from_esp(&self, path: &str) -> Result<Vec<u8>> {
        let to = self.path.with_extension("file");
        output(Command::new("mcopy").args(["-n", "-o", "-i"]).arg(self.fat()?).arg(format!("::{path}")).arg(&to))?;
        let bytes = fs::read(&to)?;
        fs::remove_file(&to)?;
        Ok(bytes)
    }

    /// Writes a file of the EFI system partition.
    pub(crate) fn write_to_esp(&mut self, path: &str, bytes: &[u8]) -> Result<()> {
        let from = self.path.with_extension("file");
        fs::write(&from, bytes)?;
        output(Command::new("mcopy").args(["-o", "-i"]).arg(self.fat()?).arg(&from).arg(format!("::{path}")))?;
        fs::remove_file(&from)?;
        Ok(())
    }

    /// The name of the EFI system partition within the disk, as mtools take it.
    fn fat(&self) -> Result<OsString> {
        let mut image = self.path.clone().into_os_string();
        image.push(format!("@@{}", self.esp()?));
        Ok(image)
    }

    /// Takes all room of the root filesystem but that many blocks.
    pub(crate) fn fill(&mut self, leave: u64) -> Result<()> {
        let said = output(Command::new("dumpe2fs").arg("-h").arg(self.at(self.root)))?;
        let free = said.lines().find_map(|line| line.strip_prefix("Free blocks:")).ok_or("no count of free blocks")?;
        let blocks = free.trim().parse::<u64>()?.saturating_sub(leave);
        self.write("/filler", b"", 0o600)?;
        self.debugfs(self.root, &[&format!("fallocate /filler 0 {blocks}")])
    }

    /// Where the root filesystem starts.
    pub(crate) fn root(&self) -> u64 {
        self.root
    }

    /// Where the EFI system partition starts.
    pub(crate) fn esp(&self) -> Result<u64> {
        Ok(self.esp.ok_or("the disk has no EFI system partition")?)
    }

    /// Length of the disk.
    pub(crate) fn size(&self) -> Result<u64> {
        Ok(fs::metadata(&self.path)?.len())
    }

    /// Writes over bytes of the disk.
    pub(crate) fn overwrite(&mut self, offset: u64, bytes: &[u8]) -> Result<()> {
        Ok(OpenOptions::new().write(true).open(&self.path)?.write_all_at(bytes, offset)?)
    }

    /// Whether the filesystems are as sound as they were: a mutation is what it says and nothing else.
    pub(crate) fn verify(&self) -> Result<()> {
        for offset in [Some(self.root), self.boot].into_iter().flatten() {
            output(Command::new("e2fsck").args(["-f", "-n"]).arg(self.at(offset)))?;
        }
        Ok(())
    }

    pub(crate) fn kernel_path(&self) -> String {
        format!("/boot/vmlinuz-{}", self.kernel)
    }

    pub(crate) fn initramfs_path(&self) -> String {
        format!("/boot/initrd.img-{}", self.kernel)
    }

    /// Which filesystem a path is on, and its path there.
    fn place<'p>(&self, path: &'p str) -> (u64, &'p str) {
        match (self.boot, path.strip_prefix("/boot")) {
            (Some(boot), Some(rest)) if rest.starts_with('/') => (boot, rest),
            _ => (self.root, path),
        }
    }

    /// The name of a filesystem within the disk, as libext2fs takes it.
    fn at(&self, offset: u64) -> OsString {
        let mut name = self.path.clone().into_os_string();
        name.push(format!("?offset={offset}"));
        name
    }

    /// Runs commands of debugfs, which says of failures only on standard error, after its version.
    fn debugfs(&self, offset: u64, commands: &[&str]) -> Result<()> {
        let script = self.path.with_extension("debugfs");
        fs::write(&script, commands.join("\n"))?;
        let done = Command::new("debugfs").args(["-w", "-f"]).arg(&script).arg(self.at(offset)).output()?;
        let words = String::from_utf8_lossy(&done.stderr);
        let complaints: Vec<_> = words.lines().filter(|line| !line.starts_with("debugfs 1.")).collect();
        if done.status.success() && complaints.is_empty() {
            return Ok(());
        }
        Err(format!("debugfs {commands:?}: {}", complaints.join("; ")).into())
    }
}
