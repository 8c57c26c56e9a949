//! Which version the boot loader is: by what its own files say of themselves.

use super::view::View;
use crate::look::{Gap, Look, Outcome as _, first};
use crate::tree::{File, Tree};
use facts::{Claim, Loader, LoaderKind, Role};

/// Longest module or program of a loader that is searched.
const MAX_PROGRAM: u64 = 8 << 20;

/// Longest package list that is searched.
const MAX_STATUS: u64 = 16 << 20;

/// Where the package of GRUB keeps its modules: what is installed, not what boots.
const INSTALLED: &[&str] = &["/usr/lib/grub/i386-pc", "/usr/lib/grub/x86_64-efi", "/usr/lib/grub/arm64-efi"];

/// Version of the loader.
pub(super) fn of(view: &View<'_>, loader: &Loader) -> Look<Claim<String>> {
    let found = match loader.kind {
        LoaderKind::Grub2 => grub2(view, loader),
        LoaderKind::GrubLegacy => legacy(&view.stitched.tree),
        LoaderKind::SystemdBoot => systemd_boot(view),
        LoaderKind::Extlinux | LoaderKind::UnifiedKernel => Err(Gap::Absent),
    };
    found.map_err(|gap| match gap {
        Gap::Absent => Gap::unknown("no file of the loader says its version"),
        unknown => unknown,
    })
}

/// The modules that it loads, a program on an EFI system partition, the installed package.
fn grub2(view: &View<'_>, loader: &Loader) -> Look<Claim<String>> {
    let tree = &view.stitched.tree;
    let loaded = loader.module_dirs.value().into_iter().flatten().map(String::as_str);
    let modules =
        |directory: &str| claim(tree.read_up_to(&format!("{directory}/normal.mod"), MAX_PROGRAM)?, grub_version);
    let found = first(loaded, modules);
    let found = or_else(found, || {
        first(view.by_role(Role::Esp), |esp| {
            first(super::grub::vendors(view, esp), |directory| {
                let files = view.tree(esp);
                let names = files.names(&directory)?.into_iter();
                let grubs = names.filter(|name| name.to_ascii_lowercase().starts_with("grub") && is_program(name));
                first(grubs, |name| claim(files.read_up_to(&format!("{directory}/{name}"), MAX_PROGRAM)?, grub_version))
            })
        })
    });
    let found = or_else(found, || first(INSTALLED.iter().copied(), modules));
    or_else(found, || package(tree))
}

fn or_else<T>(found: Look<T>, next: impl FnOnce() -> Look<T>) -> Look<T> {
    if found.is_ok() { found } else { next() }
}

fn is_program(name: &str) -> bool {
    name.to_ascii_lowercase().ends_with(".efi")
}

fn claim(file: File, version: impl Fn(&[u8]) -> Option<String>) -> Look<Claim<String>> {
    let version = version(&file.bytes).ok_or(Gap::Absent)?;
    Ok(Claim::new(version.clone(), file.evidence.saying(version)))
}

/// `2.06-13+deb12u1`: the word that GRUB's greeting is printed with, among the strings of its code.
fn grub_version(bytes: &[u8]) -> Option<String> {
    let greeting = b"GNU GRUB  version";
    if !bytes.windows(greeting.len()).any(|window| window == greeting) {
        return None;
    }
    let mut words = bytes.split(|&byte| byte == 0).filter(|word| (4..=64).contains(&word.len()));
    let found = words.find(|word| {
        matches!(word, [b'1'..=b'2', b'.', b'0'..=b'9', b'0'..=b'9', rest @ ..]
            if rest.iter().all(u8::is_ascii_graphic) && !rest.first().is_some_and(|byte| byte.is_ascii_digit()))
    })?;
    std::str::from_utf8(found).ok().map(str::to_owned)
}

/// `0.97`, in the first sectors of stage 2.
fn legacy(tree: &Tree<'_>) -> Look<Claim<String>> {
    let file = tree.read_start("/boot/grub/stage2", 2048)?;
    claim(file, |bytes| {
        let found = bytes.windows(4).find(|word| matches!(word, [b'0', b'.', b'9', b'0'..=b'9']))?;
        std::str::from_utf8(found).ok().map(str::to_owned)
    })
}

/// `252.5`, in the mark `#### LoaderInfo: systemd-boot 252.5 ####` of the program.
fn systemd_boot(view: &View<'_>) -> Look<Claim<String>> {
    first(view.by_role(Role::Esp), |esp| {
        let files = view.tree(esp);
        first(files.names("/EFI/systemd")?.into_iter().filter(|name| is_program(name)), |name| {
            claim(files.read_up_to(&format!("/EFI/systemd/{name}"), MAX_PROGRAM)?, |bytes| {
                let mark = b"LoaderInfo: systemd-boot ";
                let at = bytes.windows(mark.len()).position(|window| window == mark)?;
                let version = bytes[at + mark.len()..].split(|byte| *byte == b' ').next()?;
                std::str::from_utf8(version.get(..version.len().min(64))?).ok().map(str::to_owned)
            })
        })
    })
}

/// By the package list of Debian.
fn package(tree: &Tree<'_>) -> Look<Claim<String>> {
    let file = tree.read_up_to("/var/lib/dpkg/status", MAX_STATUS).optional()?.ok_or(Gap::Absent)?;
    let text = String::from_utf8_lossy(&file.bytes);
    let found = ["grub2-common", "grub-common"]
        .iter()
        .find_map(|name| crate::cloud_init::version::dpkg_version(&text, name))
        .ok_or(Gap::Absent)?;
    let version = found.1.split_once(':').map_or(found.1.as_str(), |(_, rest)| rest).to_owned();
    Ok(Claim::new(version.clone(), file.evidence.at_line(found.0).saying(format!("Version: {version}"))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_in_programs() {
        let module = b"\x7fELF\0abc\x002.3456\0GNU GRUB  version %s\0x\x002.06-13+deb12u2\0";
        assert_eq!(grub_version(module).as_deref(), Some("2.06-13+deb12u2"));
        assert_eq!(grub_version(b"GNU GRUB  version %s\x002.02\0").as_deref(), Some("2.02"));
        assert_eq!(grub_version(b"2.06\0"), None);
    }

    #[test]
    fn of_each_loader() {
        let version = |files: &[(&str, &str)]| {
            let guest = crate::testing::linux_guest(files);
            guest.loader.value().unwrap().version.value().map(|claim| claim.value.clone())
        };
        let menu = ("/boot/grub/grub.cfg", "menuentry 'x' {\n linux /k\n}\n");
        let module = ("/boot/grub/i386-pc/normal.mod", "GNU GRUB  version %s\x002.12\0");
        assert_eq!(version(&[menu, module]).as_deref(), Some("2.12"));
        let status = "Package: grub-common\nStatus: install ok installed\nVersion: 1.99-27+deb7u3\n";
        assert_eq!(version(&[menu, ("/var/lib/dpkg/status", status)]).as_deref(), Some("1.99-27+deb7u3"));
        assert_eq!(version(&[menu]), None);
        let old = [("/boot/grub/menu.lst", "title x\nkernel /k\n"), ("/boot/grub/stage2", "\0\0\u{12}0.97\0/boot")];
        assert_eq!(version(&old).as_deref(), Some("0.97"));
    }
}
