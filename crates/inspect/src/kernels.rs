//! The kernels of a Linux guest: the one that boots by default, and the others that are installed.

use crate::architecture;
use crate::drivers;
use crate::guest::Context;
use crate::initrd;
use crate::loader::uki;
use crate::look::{Gap, Look, Outcome as _, first};
use facts::{BootEntry, Evidence, FileRef, Kernel, Known, Role};
use std::collections::BTreeSet;

/// Most kernels that are described.
const MAX_KERNELS: usize = 64;

/// Directories of an EFI system partition with kernels that hold their initramfs.
const EMBEDDED: &[&str] = &["/coreos/", "/flatcar/"];

/// Beginnings of the names of kernels in `/boot`.
const PREFIXES: &[&str] = &["vmlinuz-", "vmlinux-", "kernel-", "Image-", "bzImage-"];

/// Endings of files beside a kernel that are none: copies, sums, and the same kernel for debuggers.
const LEFTOVERS: &[&str] =
    &[".rpmsave", ".rpmnew", ".old", ".bak", ".dpkg-new", ".dpkg-bak", ".hmac", ".sig", ".gz", ".xz", ".debug"];

/// Kernels, the default one first, then the newest.
pub(crate) fn examine(context: &Context<'_>) -> Look<Vec<Kernel>> {
    let entry = context.loader.value().and_then(facts::Loader::default_entry);
    let started = entry.and_then(|entry| Some((entry, entry.kernel.value()?)));
    let default = started.map(|(_, file)| version_of(context, file));
    let mut versions = installed(context)?;
    if let Some(default) = &default {
        versions.retain(|version| version != default);
        versions.insert(0, default.clone());
    }
    versions.truncate(MAX_KERNELS);
    let mut kernels = Vec::new();
    for (index, version) in versions.into_iter().enumerate() {
        let started = started.filter(|_| default.as_ref() == Some(&version));
        kernels.push(kernel(context, version, started, index == 0)?);
    }
    if kernels.is_empty() { Err(Gap::Absent) } else { Ok(kernels) }
}

/// Versions with modules or a file in `/boot`, newest first.
fn installed(context: &Context<'_>) -> Look<Vec<String>> {
    let tree = context.tree();
    let mut versions = BTreeSet::new();
    let directory = context.modules_directory();
    for name in tree.names(directory)? {
        let at = format!("{directory}/{name}");
        if tree.has_file(&format!("{at}/modules.dep"))? || tree.has_dir(&format!("{at}/kernel"))? {
            versions.insert(name);
        }
    }
    for name in tree.names("/boot")? {
        let kept = |version: &&str| {
            !version.starts_with("0-rescue") && !LEFTOVERS.iter().any(|suffix| version.ends_with(suffix))
        };
        versions.extend(version_in(&name).filter(kept).map(str::to_owned));
    }
    let mut versions: Vec<_> = versions.into_iter().collect();
    versions.sort_by(|a, b| syntax::version::compare(b, a));
    Ok(versions)
}

/// The version of a kernel that an entry names: by its file's name, links followed, or by its header.
fn version_of(context: &Context<'_>, file: &FileRef) -> String {
    let found = context.at_loader(file, |files, path| files.find(path));
    let real = found.map_or_else(|_| file.path.clone(), |found| found.path.to_string());
    let name = real.rsplit('/').next().unwrap_or_default();
    if let Some(version) = version_in(name) {
        return version.to_owned();
    }
    let header = context.at_loader(file, |files, path| files.read_start(path, uki::TEXT_REACH)).ok();
    let header = header
        .and_then(|start| uki::text(&start.bytes, ".uname").or_else(|| architecture::kernel_version(&start.bytes)));
    header.unwrap_or_else(|| PREFIXES.iter().find_map(|prefix| name.strip_prefix(prefix)).unwrap_or(name).to_owned())
}

/// The version in the name of a kernel's file; genkernel puts its own name and the architecture before it.
fn version_in(name: &str) -> Option<&str> {
    let rest = PREFIXES.iter().find_map(|prefix| name.strip_prefix(prefix))?;
    let rest = rest.strip_prefix("genkernel-").and_then(|rest| rest.split_once('-')).map_or(rest, |(_, rest)| rest);
    rest.starts_with(|c: char| c.is_ascii_digit()).then_some(rest)
}

/// `examined` says that its initramfs and drivers are looked into: so it is for one kernel only.
fn kernel(
    context: &Context<'_>,
    version: String,
    started: Option<(&BootEntry, &FileRef)>,
    examined: bool,
) -> Look<Kernel> {
    let tree = context.tree();
    let image = match started {
        Some((_, file)) => Ok(file.clone()),
        None => image_by_name(context, &version),
    };
    let directory = format!("{}/{version}", context.modules_directory());
    let modules = match tree.find(&directory) {
        Ok(found) => Ok(Evidence::file(&found.volume, &directory)),
        Err(gap) => Err(gap),
    };
    let mut kernel = Kernel {
        default: started.is_some(),
        architecture: kernel_architecture(context, &image, &version).known(),
        image: image.known(),
        modules: modules.known(),
        version,
        ..Kernel::default()
    };
    kernel.xen_only = is_xen_only(&kernel.version);
    if examined {
        examine_initramfs(context, &mut kernel, started.map(|(entry, _)| entry));
    } else {
        let why = "only that of the kernel that starts by itself is read";
        (kernel.initramfs, kernel.unused_initramfs) = (Known::unknown(why), Known::unknown(why));
    }
    Ok(kernel)
}

/// What the boot entry loads with the kernel; without an entry, what is called after the kernel.
fn examine_initramfs(context: &Context<'_>, kernel: &mut Kernel, entry: Option<&BootEntry>) {
    let lists = drivers::Lists::read(context, &kernel.version);
    let wanted = lists.before_root(context);
    let by_name = || initrd::by_name(context, &kernel.version);
    let initrds = match (entry, &kernel.image) {
        (Some(entry), _) => Ok(entry.initrds.clone()),
        (None, Known::Is(image)) if is_with_initramfs(image) => {
            Err(Gap::unknown("the kernel holds its own initramfs, which was not read"))
        }
        (None, _) => by_name().map(|file| vec![file]),
    };
    kernel.unused_initramfs = match &initrds {
        Ok(files) if files.is_empty() => match by_name() {
            Ok(file) => initrd::read(context, &[file], &wanted).map(|contents| contents.facts).known(),
            Err(_) => Known::Absent,
        },
        _ => Known::Absent,
    };
    let contents = initrds.and_then(|files| initrd::read(context, &files, &wanted));
    drivers::examine(context, kernel, &lists, &contents);
    kernel.initramfs = contents.map(|contents| contents.facts).known();
}

/// CoreOS Container Linux and its heirs link their initramfs into the kernel.
fn is_with_initramfs(image: &FileRef) -> bool {
    EMBEDDED.iter().any(|stem| image.path.starts_with(stem))
}

fn image_by_name(context: &Context<'_>, version: &str) -> Look<FileRef> {
    let in_boot = PREFIXES.iter().map(|prefix| format!("/boot/{prefix}{version}"));
    let paths = in_boot
        .chain([format!("{}/{version}/vmlinuz", context.modules_directory()), format!("/usr/boot/vmlinuz-{version}")]);
    match first(paths, |path| context.file_ref(&path)) {
        Err(Gap::Absent) => image_of_slot(context),
        found => found,
    }
}

/// Of a system with two `/usr` that take turns: `vmlinuz-a` on the EFI system partition belongs to `USR-A`.
fn image_of_slot(context: &Context<'_>) -> Look<FileRef> {
    let usr = context.stitched.mounted_at("/usr").and_then(|id| context.volumes.get(id)).ok_or(Gap::Absent)?;
    let slot = usr.facts.name.as_deref().and_then(|name| name.strip_prefix("USR-")).ok_or(Gap::Absent)?;
    let name = format!("vmlinuz-{}", slot.to_ascii_lowercase());
    let esps = context.volumes.all().iter().filter(|held| held.facts.role.value() == Some(&Role::Esp));
    first(esps, |esp| {
        first(EMBEDDED, |directory| {
            let (volume, path) = (Some(esp.facts.id.clone()), format!("{directory}{name}"));
            let mut file = FileRef { path, volume, ..FileRef::default() };
            file.size = Known::Is(context.at_loader(&file, |files, path| files.find(path))?.metadata.size);
            file.evidence = context.place_of(&file).saying(format!("the kernel of USR-{slot}"));
            Ok(file)
        })
    })
}

/// By the kernel's own header, else by one of its modules.
fn kernel_architecture(context: &Context<'_>, image: &Look<FileRef>, version: &str) -> Look<facts::Architecture> {
    if let Ok(file) = image
        && let Some(start) =
            context.at_loader(file, |files, path| files.read_start(path, architecture::HEADER)).optional()?
        && let Some(found) = architecture::of_kernel(&start.bytes)
    {
        return Ok(found);
    }
    for name in
        ["drivers/virtio/virtio.ko", "drivers/block/virtio_blk.ko", "drivers/net/virtio_net.ko", "fs/ext4/ext4.ko"]
    {
        let path = format!("{}/{version}/kernel/{name}", context.modules_directory());
        let Some(start) = context.tree().read_start(&path, architecture::HEADER).optional()? else { continue };
        if let Some(found) = architecture::of_elf(&start.bytes) {
            return Ok(found);
        }
    }
    Err(Gap::unknown("neither the kernel's header nor a module that is not compressed tells"))
}

/// Kernels of before paravirtual drivers were in every kernel: `2.6.18-398.el5xen`, `2.6.16.60-0.54.5-xenpae`.
fn is_xen_only(version: &str) -> bool {
    let tail = version.rsplit(['-', '.']).next().unwrap_or_default();
    tail.ends_with("xen") || tail.ends_with("xenpae") || tail == "xenU"
}

#[cfg(test)]
mod tests {
    use super::{is_xen_only, version_in};

    #[test]
    fn versions_in_names() {
        assert_eq!(version_in("vmlinuz-6.1.0-50-amd64"), Some("6.1.0-50-amd64"));
        assert_eq!(version_in("kernel-genkernel-x86_64-5.4.48-gentoo"), Some("5.4.48-gentoo"));
        assert_eq!(version_in("kernel-6.6.13-gentoo-dist"), Some("6.6.13-gentoo-dist"));
        assert_eq!((version_in("vmlinuz-linux"), version_in("initrd-6.1")), (None, None));
    }

    #[test]
    fn xen_kernels() {
        assert!(is_xen_only("2.6.18-398.el5xen") && is_xen_only("3.0.101-63-xen"));
        assert!(!is_xen_only("6.1.0-50-amd64") && !is_xen_only("4.4.0-xenial-generic"));
    }
}
