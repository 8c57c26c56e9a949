//! What each volume is for, by what lies on it.
//!
//! The tests for a root and for what is mounted below it were laid down by libguestfs (daemon/inspect_fs.ml) and are
//! widened here: a merged `/usr`, images without fstab.

use crate::look::{Look, Outcome as _};
use crate::subvolumes;
use crate::tree::Tree;
use crate::volumes::{BIOS_BOOT, COREOS_ROOT, Held, Volumes};
use facts::{Content, Known, Role, VolumeKind};
use filesystem::FileKind;

/// Directories and files by which a role is told.
struct Marks<'t, 'v>(&'t Tree<'v>);

impl Marks<'_, '_> {
    fn file(&self, path: &str) -> Look<bool> {
        self.0.has_file(path)
    }

    fn dir(&self, path: &str) -> Look<bool> {
        self.0.has_dir(path)
    }

    fn any_file(&self, paths: &[&str]) -> Look<bool> {
        for path in paths {
            if self.file(path)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn all_dirs(&self, paths: &[&str]) -> Look<bool> {
        for path in paths {
            if !self.dir(path)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn none(&self, paths: &[&str]) -> Look<bool> {
        for path in paths {
            if self.0.find_link(path).found()? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// `/bin` as a directory, or as a link into `/usr`, which may be another volume.
    fn has_bin(&self) -> Look<bool> {
        match self.0.find_link("/bin").optional()?.map(|found| found.metadata.kind) {
            Some(FileKind::Directory) => Ok(true),
            Some(FileKind::Link) => Ok(self.0.link("/bin")?.trim_end_matches('/').ends_with("usr/bin")),
            _ => Ok(false),
        }
    }

    fn is_boot(&self) -> Look<bool> {
        let config =
            ["/grub/menu.lst", "/grub/grub.conf", "/grub2/grub.cfg", "/grub/grub.cfg", "/extlinux/extlinux.conf"];
        let entries = self.dir("/loader/entries")?;
        Ok((entries || self.any_file(&config)?) && self.none(&["/etc", "/EFI"])?)
    }

    fn is_root(&self) -> Look<bool> {
        if !self.dir("/etc")? || !self.has_bin()? {
            return Ok(false);
        }
        // A link to a release file may lead to a `/usr` that is another volume: the link itself is mark enough.
        let marks = ["/etc/fstab", "/etc/hosts", "/etc/os-release", "/etc/redhat-release", "/etc/SuSE-release"];
        Ok(!self.none(&marks)?)
    }

    fn is_ostree(&self) -> Look<bool> {
        self.all_dirs(&["/ostree/deploy", "/ostree/repo"])
    }

    fn is_usr(&self) -> Look<bool> {
        let with_release = self.dir("/bin")? && self.dir("/share")? && self.file("/lib/os-release")?;
        let classic = self.all_dirs(&["/bin", "/local", "/share", "/src"])?;
        Ok((with_release || classic) && self.none(&["/etc/fstab"])?)
    }

    fn is_var(&self) -> Look<bool> {
        Ok(self.all_dirs(&["/log", "/spool"])? && !self.none(&["/run", "/lib"])?)
    }

    fn is_esp(&self) -> Look<bool> {
        if self.dir("/EFI/BOOT")? {
            return Ok(true);
        }
        for vendor in self.0.names("/EFI")?.iter().take(64) {
            let names = self.0.names(&format!("/EFI/{vendor}"))?;
            if names.iter().any(|name| name.to_ascii_lowercase().ends_with(".efi")) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn role(&self, fs_type: &str) -> Look<Role> {
        if fs_type == "vfat" && self.is_esp()? {
            return Ok(Role::Esp);
        }
        if self.is_boot()? {
            return Ok(Role::Boot);
        }
        if self.is_root()? || self.is_ostree()? || crate::windows::system_root(self.0).found()? {
            return Ok(Role::Root);
        }
        if self.is_usr()? {
            return Ok(Role::Usr);
        }
        if self.is_var()? {
            return Ok(Role::Var);
        }
        Ok(Role::Data)
    }
}

/// Decides the role of every volume.
pub(crate) fn assign(volumes: &mut Volumes) {
    for index in 0..volumes.all().len() {
        let role = match subvolumes::find(volumes, index) {
            Ok(parts) => {
                volumes.set_parts(index, parts);
                role(volumes, index)
            }
            Err(gap) => Err(gap).known(),
        };
        volumes.set_role(index, role);
    }
    subvolumes::choose(volumes);
}

/// Whether these are the files of a root filesystem.
pub(crate) fn is_root(tree: &Tree<'_>) -> Look<bool> {
    Ok(Marks(tree).is_root()? || Marks(tree).is_ostree()?)
}

fn role(volumes: &Volumes, index: usize) -> Known<Role> {
    let held = &volumes.all()[index];
    if let Some(role) = by_type(held) {
        return Known::Is(role);
    }
    match (&held.facts.content, &held.files) {
        (Known::Is(Content::Swap { .. }), _) => Known::Is(Role::Swap),
        (Known::Is(Content::Member { .. }), _) => Known::Is(Role::Member),
        (Known::Is(Content::Filesystem(filesystem)), Ok(_)) => {
            match Marks(&Tree::of_directory(volumes, index, &volumes.parts(index).root())).role(&filesystem.fs_type) {
                // Empty until the first boot.
                Ok(Role::Data) if is_coreos_root(held) => Known::Is(Role::Root),
                role => role.known(),
            }
        }
        (_, Ok(_)) => Known::Is(Role::Data),
        (_, Err(gap)) => Err(gap.clone()).known(),
    }
}

fn is_coreos_root(held: &Held) -> bool {
    held.facts.partition_type.as_deref().is_some_and(|kind| kind.eq_ignore_ascii_case(COREOS_ROOT))
}

/// The roles that the partition table decides alone.
fn by_type(held: &Held) -> Option<Role> {
    let kind = held.facts.partition_type.as_deref().unwrap_or_default();
    if held.facts.kind == VolumeKind::Extended {
        None
    } else if held.is_typed_esp() {
        Some(Role::Esp)
    } else if kind.eq_ignore_ascii_case(BIOS_BOOT) {
        Some(Role::BiosBoot)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{closed, facts_of, partition, volumes};

    fn role_of(files: &[(&str, &str)]) -> Known<Role> {
        facts_of(&volumes(vec![partition(1, files)]))[0].role.clone()
    }

    #[test]
    fn roles_by_what_is_there() {
        assert_eq!(role_of(&[("/etc/fstab", ""), ("/bin/sh", "")]), Known::Is(Role::Root));
        assert_eq!(
            role_of(&[("/etc/os-release", "-> ../usr/lib/os-release"), ("/bin", "-> usr/bin")]),
            Known::Is(Role::Root)
        );
        assert_eq!(role_of(&[("/grub2/grub.cfg", ""), ("/vmlinuz-1", "")]), Known::Is(Role::Boot));
        assert_eq!(role_of(&[("/loader/entries/a.conf", "")]), Known::Is(Role::Boot));
        assert_eq!(role_of(&[("/bin/a", ""), ("/share/b", ""), ("/lib/os-release", "")]), Known::Is(Role::Usr));
        assert_eq!(role_of(&[("/log/a", ""), ("/spool/b", ""), ("/lib/c", "")]), Known::Is(Role::Var));
        assert_eq!(role_of(&[("/photos/a", "")]), Known::Is(Role::Data));
        assert_eq!(role_of(&[("/ostree/deploy/x/y", ""), ("/ostree/repo/z", "")]), Known::Is(Role::Root));
    }

    #[test]
    fn a_root_of_coreos_is_one_before_its_first_boot() {
        let mut held = partition(1, &[("/lost+found/", "")]);
        held.facts.partition_type = Some(COREOS_ROOT.into());
        assert_eq!(facts_of(&volumes(vec![held]))[0].role, Known::Is(Role::Root));
    }

    #[test]
    fn damage_and_closed_filesystems_leave_it_unknown() {
        assert!(role_of(&[("/etc", "!bad"), ("/bin/sh", "")]).reason().is_some());
        assert!(facts_of(&volumes(vec![closed(1)]))[0].role.reason().is_some());
    }
}
