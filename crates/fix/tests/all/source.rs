//! A source machine without a machine: the script runs in a directory that stands for `/`, with programs that only write
//! down how they were called.

use crate::machine::{named_files, skip};
use fix::Plan;
use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Programs that do what they do: they touch only the files that they are told.
const REAL: &[&str] = &["cat", "chmod", "cksum", "dirname", "ln", "mkdir", "mv", "rm", "sed"];

/// Programs that would change the machine.
const STAND_INS: &[&str] = &[
    "apt-get",
    "chattr",
    "chkconfig",
    "chown",
    "cloud-init",
    "dpkg",
    "dracut",
    "grub2-mkconfig",
    "grubby",
    "mkinitcpio",
    "mkinitrd",
    "rpm",
    "systemctl",
    "update-grub",
    "update-initramfs",
    "update-rc.d",
    "usermod",
    "yum",
    "zypper",
];

/// Writes its name and its words down, between bars.
const STAND_IN: &str =
    "#!/bin/sh\nline=${0##*/}\nfor word do line=\"$line|$word\"; done\necho \"$line\" >>\"$RECORD\"\n";

pub(crate) struct SourceMachine {
    root: PathBuf,
    plan: PathBuf,
    programs: PathBuf,
}

impl SourceMachine {
    /// A machine of the files in `directory/tree`, with a plan in it. None: a program is missing here, or there is no script.
    pub(crate) fn of(directory: &Path, plan: &Plan, with_patch: bool) -> Option<Self> {
        let at = |name: &str| directory.join(format!("{name}-{with_patch}"));
        let machine = SourceMachine { root: at("root"), plan: at("plan"), programs: at("programs") };
        let copied = Command::new("cp").arg("-a").arg(directory.join("tree")).arg(&machine.root).status().unwrap();
        assert!(copied.success());
        fs::create_dir(&machine.plan).unwrap();
        for document in plan.documents() {
            fs::write(machine.plan.join(document.name), &document.bytes).unwrap();
        }
        fs::write(machine.plan.join("fix.sh"), machine.beneath(plan.script()?)).unwrap();
        machine.equip(with_patch).then_some(machine)
    }

    fn equip(&self, with_patch: bool) -> bool {
        fs::create_dir(&self.programs).unwrap();
        for name in REAL.iter().chain(with_patch.then_some(&"patch")) {
            let Some(program) = ["/usr/bin", "/bin"]
                .map(|place| Path::new(place).join(name))
                .into_iter()
                .find(|program| program.exists())
            else {
                skip(&format!("the program {name}"));
                return false;
            };
            symlink(program, self.programs.join(name)).unwrap();
        }
        let program = |name: &str, text: &str| {
            fs::write(self.programs.join(name), text).unwrap();
            fs::set_permissions(self.programs.join(name), Permissions::from_mode(0o755)).unwrap();
        };
        STAND_INS.iter().for_each(|name| program(name, STAND_IN));
        program("id", "#!/bin/sh\necho 0\n");
        true
    }

    /// The script with the directory before every path of the machine: `/dev/null` is the only one that is real.
    fn beneath(&self, script: &str) -> String {
        let root = self.root.to_str().unwrap();
        let mut out = String::new();
        for line in script.lines() {
            let text = line.trim_start();
            let mut before = ' ';
            for (at, c) in line.char_indices() {
                let path = c == '/'
                    && line[at + 1..].starts_with(|c: char| c.is_ascii_lowercase())
                    && !line[at..].starts_with("/dev/null")
                    && (before == '>'
                        || (" ='".contains(before) && !text.starts_with("printf") && !text.starts_with('#')));
                out.push_str(if path { root } else { "" });
                out.push(c);
                before = c;
            }
            out.push('\n');
        }
        out.replace(" -d / ", &format!(" -d '{root}' "))
    }

    /// Runs the script to its end, and says what it called.
    pub(crate) fn run(&self) -> Vec<String> {
        let record = self.plan.join("record");
        fs::write(&record, "").unwrap();
        let mut script = Command::new("/bin/sh");
        script.arg("fix.sh").current_dir(&self.plan).env_clear().env("PATH", &self.programs).env("RECORD", &record);
        let output = script.output().unwrap();
        let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
        let text = fs::read_to_string(self.plan.join("fix.sh")).unwrap();
        assert!(output.status.success(), "{}\n{said}\n{text}", output.status);
        let root = self.root.to_str().unwrap();
        fs::read_to_string(&record).unwrap().lines().map(|line| line.replace(root, "")).collect()
    }

    /// The files that the diff names are those that `patch` made elsewhere.
    pub(crate) fn has_files_of(&self, plan: &Plan, applied: &Path) {
        for path in named_files(plan.patch()) {
            let at = |root: &Path| fs::read(root.join(&path[1..])).unwrap();
            assert_eq!(String::from_utf8_lossy(&at(&self.root)), String::from_utf8_lossy(&at(applied)), "{path}");
        }
    }
}
