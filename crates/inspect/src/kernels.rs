//! The kernels of a Linux guest: the one that boots by default, and the others that are installed.

use crate::architecture;
use crate::drivers;
use crate::guest::Context;
use crate::initrd;
use crate::look::{Gap, Look, Outcome as _, first};
use facts::{BootEntry, Evidence, FileRef, Kernel, Known};
use std::collections::BTreeSet;

/// Most kernels that are described.
const MAX_KERNELS: usize = 64;

/// Beginnings of the names of kernels in `/boot`.
const PREFIXES: &[&str] = &["vmlinuz-", "vmlinux-", "kernel-", "Image-", "bzImage-"];

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
        let version = PREFIXES.iter().find_map(|prefix| name.strip_prefix(prefix));
        let kept = |version: &&str| {
            let leftover = [".rpmsave", ".rpmnew", ".old", ".bak", ".dpkg-new", ".dpkg-bak", ".hmac", ".sig"];
            version.starts_with(|c: char| c.is_ascii_digit())
                && !version.starts_with("0-rescue")
                && !leftover.iter().any(|suffix| version.ends_with(suffix))
        };
        versions.extend(version.filter(kept).map(str::to_owned));
    }
    let mut versions: Vec<_> = versions.into_iter().collect();
    versions.sort_by(|a, b| syntax::version::compare(b, a));
    Ok(versions)
}

/// The version of a kernel that an entry names: by its file's name, links followed, or by its header.
fn version_of(context: &Context<'_>, file: &FileRef) -> String {
    let guest = guest_path(context, file);
    let real = context.tree().find(&guest).map(|found| found.path.to_string()).unwrap_or(guest);
    let name = real.rsplit('/').next().unwrap_or_default();
    if let Some(version) = PREFIXES.iter().find_map(|prefix| name.strip_prefix(prefix)) {
        return version.to_owned();
    }
    let header = context.tree().read_start(&real, architecture::VERSION_REACH);
    header.ok().and_then(|start| architecture::kernel_version(&start.bytes)).unwrap_or_else(|| name.to_owned())
}

/// The path of a file that the loader names, as the running guest sees it.
pub(crate) fn guest_path(context: &Context<'_>, file: &FileRef) -> String {
    file.volume.as_ref().map_or_else(|| file.path.clone(), |volume| context.stitched.guest_path(volume, &file.path))
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
        let initrds = match started {
            Some((entry, _)) => Ok(entry.initrds.clone()),
            None => initrd::by_name(context, &kernel.version).map(|file| vec![file]),
        };
        let contents = initrds.and_then(|files| initrd::read(context, &files));
        drivers::examine(context, &mut kernel, &contents);
        kernel.initramfs = contents.map(|contents| contents.facts).known();
    } else {
        kernel.initramfs = Known::unknown("only that of the kernel that starts by itself is read");
    }
    Ok(kernel)
}

fn image_by_name(context: &Context<'_>, version: &str) -> Look<FileRef> {
    let in_boot = PREFIXES.iter().map(|prefix| format!("/boot/{prefix}{version}"));
    let paths = in_boot.chain([format!("{}/{version}/vmlinuz", context.modules_directory())]);
    first(paths, |path| context.file_ref(&path))
}

/// By the kernel's own header, else by one of its modules.
fn kernel_architecture(context: &Context<'_>, image: &Look<FileRef>, version: &str) -> Look<facts::Architecture> {
    if let Ok(file) = image
        && let Some(start) = context.tree().read_start(&guest_path(context, file), architecture::HEADER).optional()?
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
    use super::is_xen_only;

    #[test]
    fn xen_kernels() {
        assert!(is_xen_only("2.6.18-398.el5xen") && is_xen_only("3.0.101-63-xen"));
        assert!(!is_xen_only("6.1.0-50-amd64") && !is_xen_only("4.4.0-xenial-generic"));
    }
}
