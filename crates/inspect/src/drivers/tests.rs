use super::*;
use crate::testing::linux_guest;
use facts::Known;

/// A cpio archive with empty files, and one `modules.dep`.
fn archive(paths: &[&str], dependencies: &str) -> String {
    let mut out = String::new();
    let dep = [("lib/modules/6.1/modules.dep", dependencies)];
    let files = paths.iter().map(|path| (*path, "")).chain(dep).chain([("TRAILER!!!", "")]);
    for (path, content) in files {
        let mode = if path == "TRAILER!!!" { 0 } else { 0o100_644 };
        let fields = [1, mode, 0, 0, 1, 0, content.len(), 0, 0, 0, 0, path.len() + 1, 0];
        out.push_str("070701");
        out.extend(fields.iter().map(|field| format!("{field:08X}")));
        out.push_str(path);
        out.push('\0');
        out.extend(std::iter::repeat_n('\0', (4 - out.len() % 4) % 4));
        out.push_str(content);
        out.extend(std::iter::repeat_n('\0', (4 - out.len() % 4) % 4));
    }
    out
}

fn kernel(menu: &str, initrd: &str, more: &[(&str, &str)]) -> Kernel {
    let menu = format!("menuentry 'x' {{\n linux /boot/vmlinuz-6.1 root=UUID=uuid-1\n {menu}\n}}\n");
    let files = [
        ("/boot/grub/grub.cfg", menu.as_str()),
        ("/boot/vmlinuz-6.1", "k"),
        ("/boot/initrd", initrd),
        ("/lib/modules/6.1/modules.dep", "kernel/drivers/net/virtio_net.ko.xz:\n"),
    ];
    let all: Vec<_> = files.iter().chain(more).copied().collect();
    linux_guest(&all).kernels.value().unwrap()[0].clone()
}

fn presence(kernel: &Kernel, name: &str) -> Known<Presence> {
    kernel.drivers[name].as_ref().map(|driver| driver.presence)
}

const BUILTIN: (&str, &str) = ("/lib/modules/6.1/modules.builtin", "kernel/drivers/nvme/host/nvme-core.ko\n");

/// The one that the list of modules names.
const NET: (&str, &str) = ("/lib/modules/6.1/kernel/drivers/net/virtio_net.ko.xz", "");

#[test]
fn reading_ends_once_everything_that_the_root_needs_was_seen() {
    let dep = "kernel/drivers/block/virtio_blk.ko: kernel/drivers/virtio/virtio.ko\nkernel/drivers/virtio/virtio.ko:\n\
               kernel/drivers/net/virtio_net.ko.xz:\n";
    let dep = ("/lib/modules/6.1/modules.dep", dep);
    let first = archive(&["scripts/functions", "lib/modules/6.1/virtio_blk.ko", "lib/modules/6.1/virtio.ko"], "");
    let both = format!("{first}{}", archive(&["lib/modules/6.1/virtio_scsi.ko"], ""));
    let pci = (BUILTIN.0, "kernel/drivers/nvme/host/nvme-core.ko\nkernel/drivers/virtio/virtio_pci.ko\n");
    let found = kernel("initrd /boot/initrd", &both, &[pci, dep, NET]);
    assert_eq!(presence(&found, "virtio_blk"), Known::Is(Presence::Initramfs));
    assert_eq!(presence(&found, "virtio_net"), Known::Is(Presence::Disk), "it comes with the root");
    assert!(presence(&found, "virtio_scsi").reason().is_some(), "it may be in what was not read");
    assert_eq!(presence(&found, "nvme_core"), Known::Is(Presence::BuiltIn));
    let initramfs = found.initramfs.value().unwrap();
    assert_eq!((initramfs.complete.value(), initramfs.modules), (Some(&false), 2));
    let all = kernel("initrd /boot/initrd", &both.replace("scripts/functions", "scripts/functionz"), &[pci, dep, NET]);
    assert_eq!(presence(&all, "virtio_scsi"), Known::Is(Presence::Initramfs));
    let without = kernel("initrd /boot/initrd", &both, &[BUILTIN, dep, NET]);
    assert_eq!(presence(&without, "virtio_pci"), Known::Absent, "all of it is read for one that is nowhere else");
    assert_eq!(without.initramfs.value().unwrap().complete, Known::Is(true));
}

#[test]
fn a_module_that_is_listed_and_gone_is_not_on_disk() {
    let found = |more: &[(&str, &str)]| {
        let files: Vec<_> = more.iter().copied().chain([BUILTIN]).collect();
        presence(&kernel("initrd /boot/initrd", &archive(&["init"], ""), &files), "virtio_net")
    };
    assert_eq!(found(&[NET]), Known::Is(Presence::Disk));
    assert_eq!(found(&[]), Known::Absent);
    assert_eq!(found(&[("/lib/modules/6.1/kernel/drivers/net/virtio_net.ko.zst", "")]), Known::Is(Presence::Disk));
}

#[test]
fn an_initramfs_that_no_entry_loads_is_told_apart() {
    let lies = ("/boot/initrd.img-6.1", archive(&["lib/virtio_blk.ko"], ""));
    let found = kernel("", "", &[BUILTIN, (lies.0, &lies.1)]);
    assert!(found.initramfs.is_absent());
    assert_eq!(found.unused_initramfs.value().unwrap().drivers, ["virtio_blk"]);
    assert_eq!(presence(&found, "virtio_blk"), Known::Absent);
}

#[test]
fn each_place_where_a_driver_can_be() {
    let paths =
        ["lib/modules/6.1/kernel/drivers/block/virtio_blk.ko.zst", "usr/lib/dracut/hostonly-kernel-modules.txt"];
    let needs = "kernel/drivers/block/virtio_blk.ko.zst: kernel/drivers/virtio/virtio.ko kernel/drivers/nvme/host/nvme-core.ko\n";
    let loose = ("/lib/modules/6.1/kernel/drivers/scsi/virtio_scsi.ko", "");
    let found = kernel("initrd /boot/initrd", &archive(&paths, needs), &[BUILTIN, loose, NET]);
    assert!(found.default);
    assert_eq!(presence(&found, "nvme_core"), Known::Is(Presence::BuiltIn));
    assert_eq!(presence(&found, "virtio_blk"), Known::Is(Presence::Initramfs));
    assert_eq!(presence(&found, "virtio_net"), Known::Is(Presence::Disk));
    assert_eq!(presence(&found, "virtio_scsi"), Known::Is(Presence::Disk));
    assert_eq!(presence(&found, "nvme"), Known::Absent);
    assert_eq!(found.drivers["virtio_blk"].value().unwrap().missing_dependencies, ["virtio"]);
    let initramfs = found.initramfs.value().unwrap();
    assert_eq!((&initramfs.generator, &initramfs.host_only), (&Known::Is("dracut".into()), &Known::Is(true)));
    assert_eq!((initramfs.modules, &initramfs.complete), (1, &Known::Is(true)));
}

#[test]
fn what_the_entry_does_not_load_does_not_count() {
    let full = archive(&["lib/modules/6.1/kernel/drivers/net/virtio_net.ko"], "");
    let found = kernel("", &full, &[BUILTIN, NET]);
    assert_eq!((presence(&found, "virtio_net"), found.initramfs.is_absent()), (Known::Is(Presence::Disk), true));
    let missing = kernel("initrd /boot/gone", &full, &[BUILTIN]);
    assert!(presence(&missing, "virtio_net").reason().is_some());
    assert_eq!(presence(&missing, "nvme_core"), Known::Is(Presence::BuiltIn));
}

#[test]
fn without_a_boot_entry_an_initramfs_is_not_absent() {
    let module = ("/lib/modules/6.1/kernel/drivers/block/virtio_blk.ko", "");
    let dep = ("/lib/modules/6.1/modules.dep", "");
    let found = linux_guest(&[module, dep, BUILTIN]).kernels.value().unwrap()[0].clone();
    assert!(found.initramfs.reason().is_some() && presence(&found, "virtio_blk").reason().is_some());
}

#[test]
fn what_hides_modules_leaves_them_unknown() {
    let nested = archive(&["squashfs-root.img"], "");
    assert!(presence(&kernel("initrd /boot/initrd", &nested, &[BUILTIN]), "virtio_blk").reason().is_some());
    let cut = &archive(&["init", "x"], "")[..200];
    assert!(presence(&kernel("initrd /boot/initrd", cut, &[BUILTIN]), "virtio_blk").reason().is_some());
    let unlisted = kernel("initrd /boot/initrd", &archive(&["init"], ""), &[]);
    assert!(presence(&unlisted, "nvme").reason().is_some(), "it may be built in");
    let config = ("/boot/config-6.1", "CONFIG_BLK_DEV_NVME=y\n# CONFIG_VIRTIO_BLK is not set\n");
    let configured = kernel("initrd /boot/initrd", &archive(&["init"], ""), &[config]);
    assert_eq!(presence(&configured, "nvme"), Known::Is(Presence::BuiltIn));
    assert_eq!(presence(&configured, "virtio_blk"), Known::Absent);
    assert!(presence(&configured, "virtio_scsi").reason().is_some(), "its option is not mentioned");
}

#[test]
fn what_is_found_as_a_module_needs_no_list() {
    let paths = ["lib/modules/6.1/kernel/drivers/block/virtio_blk.ko"];
    let found = kernel("initrd /boot/initrd", &archive(&paths, ""), &[NET]);
    assert_eq!(presence(&found, "virtio_blk"), Known::Is(Presence::Initramfs));
    assert_eq!(presence(&found, "virtio_net"), Known::Is(Presence::Disk));
    let hidden = kernel("initrd /boot/initrd", &archive(&["squashfs-root.img"], ""), &[]);
    assert!(presence(&hidden, "virtio_net").reason().is_some(), "the initramfs may hold it");
}
