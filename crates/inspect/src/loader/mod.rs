//! The boot loader's configuration: which entries there are, and which starts by itself.
//!
//! # How to add one
//!
//! Write `NAME.rs` with a function that turns its configuration into a [`Loader`], and call it in [`examine`].

mod bls;
mod extlinux;
mod grub;
mod legacy;
mod modules;
mod systemd_boot;
pub(crate) mod uki;
mod version;
mod view;

use crate::device;
use crate::look::{Gap, Look, Outcome as _, first};
use crate::mounts::Stitched;
use crate::volumes::Volumes;
use facts::{BootEntry, DeviceSpec, Evidence, FileRef, Known, Loader, Role, Volume};
use view::View;

/// Configurations of GRUB 2, in the order in which they are tried.
const GRUB2: &[&str] = &["/boot/grub2/grub.cfg", "/boot/grub/grub.cfg"];

/// Configurations of GRUB 0.9x.
const LEGACY: &[&str] = &["/boot/grub/grub.conf", "/boot/grub/menu.lst"];

/// Configurations of extlinux and syslinux.
const EXTLINUX: &[&str] = &[
    "/boot/extlinux/extlinux.conf",
    "/boot/extlinux.conf",
    "/boot/syslinux/extlinux.conf",
    "/boot/syslinux/syslinux.cfg",
    "/boot/syslinux.cfg",
    "/extlinux.conf",
    "/syslinux.cfg",
];

/// Kernels of systems whose GRUB has its menu in its own image.
const BUILT_IN_MENU: &[&str] = &["/coreos/vmlinuz-a", "/coreos/vmlinuz-b", "/flatcar/vmlinuz-a", "/flatcar/vmlinuz-b"];

/// Looks for the configuration of one kind of loader.
type Reader = fn(&View<'_>) -> Look<Loader>;

/// In the order in which they are tried.
const READERS: &[Reader] = &[grub2, legacy, extlinux, on_esp, bls::without_menu, built_in];

/// Reads the configuration of whichever loader there is. A menu without entries counts only where there is no other.
pub(crate) fn examine(stitched: &Stitched<'_>, volumes: &Volumes, facts: &[Volume]) -> Known<Loader> {
    let view = View::new(stitched, volumes, facts);
    let mut empty = Err(Gap::Absent);
    let found = READERS.iter().find_map(|read| match read(&view) {
        Err(Gap::Absent) => None,
        Ok(loader) if loader.entries.is_empty() => {
            empty = if empty.is_ok() { empty.clone() } else { Ok(loader) };
            None
        }
        other => Some(other),
    });
    found
        .unwrap_or(empty)
        .map(|mut loader| {
            loader.module_dirs = modules::directories(&view).known();
            loader.searches.extend(grub::searches_on_esp(&view));
            loader.version = version::of(&view, &loader).known();
            loader
        })
        .known()
}

fn grub2(view: &View<'_>) -> Look<Loader> {
    grub::examine(view, &first(GRUB2, |path| view.stitched.tree.find(path))?)
}

fn legacy(view: &View<'_>) -> Look<Loader> {
    legacy::examine(view, &first(LEGACY, |path| view.stitched.tree.find(path))?)
}

fn extlinux(view: &View<'_>) -> Look<Loader> {
    extlinux::examine(view, &first(EXTLINUX, |path| view.stitched.tree.find(path))?)
}

/// A configuration that lies on the EFI system partition only.
fn on_esp(view: &View<'_>) -> Look<Loader> {
    let filled = |loader: Loader| if loader.entries.is_empty() { Err(Gap::Absent) } else { Ok(loader) };
    first(view.by_role(Role::Esp), |esp| {
        let tree = view.tree(esp);
        let vendors = grub::vendors(view, esp);
        let menu = first(grub::configs_on_esp(view, esp), |path| filled(grub::examine(view, &tree.find(&path)?)?));
        let menu = or_else(menu, || {
            let paths = vendors.iter().map(|vendor| format!("{vendor}/grub.conf"));
            first(paths, |path| filled(legacy::examine(view, &tree.find(&path)?)?))
        });
        let menu = or_else(menu, || {
            let paths =
                ["/EFI/BOOT/syslinux.cfg", "/EFI/syslinux/syslinux.cfg", "/syslinux/syslinux.cfg", "/syslinux.cfg"];
            first(paths, |path| filled(extlinux::examine(view, &tree.find(path)?)?))
        });
        let menu = or_else(menu, || systemd_boot::examine(view, esp));
        or_else(menu, || systemd_boot::alone(view, esp))
    })
}

/// CoreOS Container Linux and its heirs: which kernel starts is decided by code in GRUB's image, which is not run here.
fn built_in(view: &View<'_>) -> Look<Loader> {
    let kernel = first(view.by_role(Role::Esp), |esp| first(BUILT_IN_MENU, |path| view.tree(esp).find(path)));
    match kernel {
        Ok(found) => Err(Gap::unknown(format!("what starts {} is a menu inside GRUB's image", found.path))),
        Err(gap) => Err(gap),
    }
}

/// Goes on where something is absent; what is unknown stays unknown.
fn or_else<T>(found: Look<T>, next: impl FnOnce() -> Look<T>) -> Look<T> {
    match found {
        Err(Gap::Absent) => next(),
        other => other,
    }
}

/// A file that a configuration names, looked for where the loader looks.
fn file_ref(view: &View<'_>, volume: Option<usize>, path: &str, evidence: Evidence) -> FileRef {
    let size = match volume {
        Some(index) => view.tree(index).find(path).map(|found| found.metadata.size).known(),
        None => Known::unknown("the loader's name of the device means no volume here"),
    };
    let volume = volume.map(|index| view.facts[index].id.clone());
    FileRef { path: path.to_owned(), volume, size, evidence }
}

/// What `root=` on a command line means.
fn root_of(cmdline: &str, facts: &[Volume]) -> Known<DeviceSpec> {
    syntax::cmdline::last(cmdline, "root").map(|text| device::resolve(&text, facts)).into()
}

/// Whether an entry is for repairs, by its own words.
fn is_rescue(entry: &BootEntry) -> bool {
    let title = entry.title.to_ascii_lowercase();
    let id = entry.id.as_deref().unwrap_or_default();
    let kernel = entry.kernel.value().map(|file| file.path.as_str()).unwrap_or_default();
    let word = |name: &str| {
        syntax::cmdline::parameters(&entry.cmdline).iter().any(|(key, value)| key == name && value.is_none())
    };
    title.contains("recovery mode")
        || title.contains("rescue")
        || id.contains("-rescue")
        || kernel.contains("-rescue-")
        || ["single", "rescue", "emergency", "1"].into_iter().any(word)
}

#[cfg(test)]
mod tests {
    use crate::testing::{facts_of, partition, stitched, volumes};
    use crate::volumes::Held;
    use facts::{Content, Known, Loader, LoaderKind, VolumeId};

    const ROOT: &[(&str, &str)] =
        &[("/etc/fstab", "UUID=uuid-1 / ext4 defaults 0 1\nUUID=uuid-2 /boot ext4 defaults 0 2\n"), ("/bin/sh", "")];

    fn loader(held: Vec<Held>) -> Known<Loader> {
        let volumes = volumes(held);
        super::examine(&stitched(&volumes), &volumes, &facts_of(&volumes))
    }

    fn esp(number: u32, files: &[(&str, &str)]) -> Held {
        let mut held = partition(number, files);
        held.facts.partition_type = Some(crate::volumes::ESP.into());
        if let Known::Is(Content::Filesystem(filesystem)) = &mut held.facts.content {
            filesystem.fs_type = "vfat".into();
        }
        held
    }

    #[test]
    fn grub_2_on_a_boot_partition() {
        let menu = "set default=1\nset timeout=5\nsearch --no-floppy --fs-uuid --set=root uuid-2\n\
                    menuentry 'Old' {\n linux /vmlinuz-1 root=UUID=uuid-1\n}\n\
                    menuentry 'New' --id new {\n linux /vmlinuz-2 root=UUID=gone ro\n initrd /ucode /initrd-2\n}\n";
        let boot =
            partition(2, &[("/grub/grub.cfg", menu), ("/vmlinuz-2", "kernel"), ("/grub/i386-pc/normal.mod", "")]);
        let loader = loader(vec![partition(1, ROOT), boot]);
        let loader = loader.value().unwrap();
        let entry = loader.default_entry().unwrap();
        assert_eq!((entry.title.as_str(), entry.id.as_deref(), &loader.timeout), ("New", Some("new"), &Known::Is(5)));
        let kernel = entry.kernel.value().unwrap();
        assert_eq!((&kernel.volume, &kernel.size), (&Some(VolumeId::partition(2)), &Known::Is(6)));
        assert_eq!((entry.initrds.len(), &entry.initrds[1].size), (2, &Known::Absent));
        assert_eq!(entry.root.value().unwrap().volume, Known::Absent);
        assert_eq!(entry.evidence.path.as_deref(), Some("/boot/grub/grub.cfg"));
        assert_eq!(loader.searches[0].spec.volume, Known::Is(VolumeId::partition(2)));
        assert_eq!(loader.module_dirs.value().unwrap(), &["/boot/grub/i386-pc"]);
        assert_eq!(loader.default_evidence[0].line, Some(1));
    }

    #[test]
    fn what_the_esp_looks_for_is_looked_at_too() {
        let wrapper = "search --fs-uuid --set=dev gone\nset prefix=($dev)/grub\nconfigfile $prefix/grub.cfg\n";
        let boot = partition(2, &[("/grub2/grub.cfg", "menuentry 'x' {\n linux /k\n}\n")]);
        let loader = loader(vec![partition(1, ROOT), boot, esp(3, &[("/EFI/debian/grub.cfg", wrapper)])]);
        let searches = &loader.value().unwrap().searches;
        assert_eq!((searches.len(), &searches[0].spec.volume), (1, &Known::Absent));
    }

    #[test]
    fn entries_of_the_boot_loader_specification() {
        let entry = |version: &str| {
            format!(
                "title Linux {version}\nlinux /vmlinuz-{version}\ninitrd /initrd-{version}\noptions $kernelopts quiet\n"
            )
        };
        let (old, new) = (entry("5.9"), entry("5.14"));
        let boot = partition(
            2,
            &[
                ("/grub2/grub.cfg", "set kernelopts=\"root=UUID=uuid-1 ro\"\nblscfg\n"),
                ("/loader/entries/id-5.9-1.el9.conf", &old),
                ("/loader/entries/id-5.14-1.el9.conf", &new),
                ("/loader/entries/id-0-rescue.conf", "title rescue\nlinux /vmlinuz-0-rescue-id\n"),
            ],
        );
        let loader = loader(vec![partition(1, ROOT), boot]);
        let loader = loader.value().unwrap();
        let entry = loader.default_entry().unwrap();
        assert_eq!((entry.title.as_str(), entry.cmdline.as_str()), ("Linux 5.14", "root=UUID=uuid-1 ro quiet"));
        assert_eq!(entry.root.value().unwrap().volume, Known::Is(VolumeId::partition(1)));
        assert!(loader.entries[2].rescue && !entry.rescue);
        assert_eq!(entry.evidence.path.as_deref(), Some("/boot/loader/entries/id-5.14-1.el9.conf"));
    }

    #[test]
    fn grub_legacy() {
        let menu = "default=0\ntimeout=5\ntitle Linux\n\troot (hd0,1)\n\tkernel /vmlinuz ro root=LABEL=/\n\tinitrd /initrd\ntitle Nowhere\n\troot (hd0,6)\n\tkernel /vmlinuz\n";
        let boot = partition(2, &[("/grub/menu.lst", "-> grub.conf"), ("/grub/grub.conf", menu), ("/vmlinuz", "k")]);
        let loader = loader(vec![partition(1, ROOT), boot]);
        let loader = loader.value().unwrap();
        assert_eq!((loader.kind, &loader.default), (LoaderKind::GrubLegacy, &Known::Is(0)));
        assert_eq!(loader.entries[0].kernel.value().unwrap().size, Known::Is(1));
        assert_eq!(loader.entries[1].kernel.value().unwrap().size, Known::Absent);
    }

    #[test]
    fn systemd_boot_and_extlinux() {
        let conf = [
            ("/loader/loader.conf", "default a*\ntimeout 3\n"),
            ("/loader/entries/a-1.conf", "linux /k\noptions root=UUID=uuid-1\n"),
            ("/loader/entries/b-2.conf", "linux /k\n"),
        ];
        let found = loader(vec![partition(1, &[("/etc/hosts", ""), ("/bin/sh", "")]), esp(2, &conf)]);
        let found = found.value().unwrap();
        assert_eq!((found.kind, found.default_entry().unwrap().id.as_deref()), (LoaderKind::SystemdBoot, Some("a-1")));
        let conf = "DEFAULT l\nLABEL l\n KERNEL ../vmlinuz\n APPEND initrd=initrd.img root=/dev/sda1\n";
        let files =
            [("/etc/hosts", ""), ("/bin/sh", ""), ("/boot/extlinux/extlinux.conf", conf), ("/boot/vmlinuz", "k")];
        let found = loader(vec![partition(1, &files)]);
        let found = found.value().unwrap();
        assert_eq!(found.kind, LoaderKind::Extlinux);
        assert_eq!(found.entries[0].kernel.value().unwrap().size, Known::Is(1));
        assert_eq!(found.entries[0].initrds[0].path, "/boot/extlinux/initrd.img");
    }

    #[test]
    fn systemd_boot_takes_the_pattern_or_the_first() {
        let entry = |version: &str| format!("sort-key deb\nversion {version}\nlinux /k-{version}\n");
        let (old, new) = (entry("6.9"), entry("6.10"));
        let default = |conf: &str| {
            let files = [
                ("/loader/loader.conf", conf),
                ("/loader/entries/m-6.9.conf", old.as_str()),
                ("/loader/entries/m-6.10.conf", new.as_str()),
                ("/loader/entries/z.conf", "linux /z\n"),
            ];
            let found = loader(vec![partition(1, &[("/etc/hosts", ""), ("/bin/sh", "")]), esp(2, &files)]);
            found.value().unwrap().default_entry().unwrap().id.clone().unwrap()
        };
        assert_eq!(default("timeout 3\n"), "m-6.10");
        assert_eq!(default("default m-6.9*\n"), "m-6.9");
        assert_eq!(default("default z.conf\n"), "z");
        assert_eq!(default("default @saved\n"), "m-6.10");
    }

    #[test]
    fn a_kernel_that_is_an_efi_program_needs_no_configuration() {
        let image = super::uki::tests::program(&[
            (".osrel", b"ID=arch\nPRETTY_NAME=Arch\n"),
            (".cmdline", b"root=UUID=uuid-1 quiet"),
            (".uname", b"6.6.1-arch1-1"),
            (".linux", b"k"),
            (".initrd", b"i"),
        ]);
        let text = String::from_utf8(image.iter().map(|byte| byte & 0x7f).collect()).unwrap();
        for (path, kind) in
            [("/EFI/Linux/arch.efi", LoaderKind::UnifiedKernel), ("/EFI/BOOT/BOOTX64.EFI", LoaderKind::UnifiedKernel)]
        {
            let root = partition(1, &[("/etc/hosts", ""), ("/bin/sh", "")]);
            let found = loader(vec![root, esp(2, &[(path, &text), ("/EFI/x/x.efi", "")])]);
            let found = found.value().unwrap();
            let entry = found.default_entry().unwrap();
            assert_eq!(
                (found.kind, entry.title.as_str(), entry.cmdline.as_str()),
                (kind, "Arch", "root=UUID=uuid-1 quiet")
            );
            assert_eq!(entry.root.value().unwrap().volume, Known::Is(VolumeId::partition(1)));
            assert_eq!(entry.initrds[0].path, path);
        }
    }

    #[test]
    fn a_saved_default_of_grub_legacy_and_files_that_are_included() {
        let menu = "default saved\ntitle a\nkernel /a\ntitle b\nkernel /b\n";
        let files =
            [("/etc/hosts", ""), ("/bin/sh", ""), ("/boot/grub/menu.lst", menu), ("/boot/grub/default", "1\n#\n#\n")];
        assert_eq!(loader(vec![partition(1, &files)]).value().unwrap().default, Known::Is(1));
        let conf = ("/boot/extlinux/extlinux.conf", "INCLUDE linux.cfg\nINCLUDE extlinux.conf\nPROMPT 0\n");
        let more = ("/boot/extlinux/linux.cfg", "LABEL l\n LINUX /boot/k\n");
        let found = loader(vec![partition(1, &[files[0], files[1], conf, more])]);
        assert_eq!(found.value().unwrap().entries.len(), 1);
        let built_in =
            loader(vec![partition(1, &files[..2]), esp(2, &[("/flatcar/vmlinuz-a", "k"), ("/EFI/BOOT/x", "")])]);
        assert!(built_in.reason().is_some());
    }

    #[test]
    fn no_configuration_is_absent_and_a_closed_boot_unknown() {
        assert!(loader(vec![partition(1, &[("/etc/hosts", ""), ("/bin/sh", "")])]).is_absent());
        assert!(loader(vec![partition(1, ROOT), crate::testing::closed(2)]).reason().is_some());
    }
}
