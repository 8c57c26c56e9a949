//! Mutations of what starts the system: firmware, loader, kernel, initramfs, root, fstab, init.

use super::mutation::Kind::{self, Bios, Lvm, Uefi};
use super::mutation::{Mutation, thin_initramfs};
use crate::Result;
use crate::scratch::Disk;

/// Bytes of a sector of every disk here.
const SECTOR: u64 = 512;

/// Length of the boot code of an MBR, before the disk's signature.
const BOOT_CODE: usize = 440;

/// Length of a GPT's entries and header in front of the disk's end.
const GPT_BACKUP: u64 = 33 * SECTOR;

const GRUB: &str = "/boot/grub/grub.cfg";
const FSTAB: &str = "/etc/fstab";

/// A UUID that no filesystem of a disk has.
const NOBODY: &str = "11111111-2222-3333-4444-555555555555";

const fn at(name: &'static str, on: &'static [Kind], change: fn(&mut Disk) -> Result<()>) -> Mutation {
    Mutation { name, on, change }
}

pub(crate) static ALL: &[Mutation] = &[
    at("as-built", &[Bios, Uefi, Lvm], |_| Ok(())),
    at("initramfs-without-virtio", &[Bios, Uefi, Lvm], |disk| thin_initramfs(disk, |name| name.contains("/virtio"))),
    at("initramfs-missing", &[Bios, Uefi, Lvm], |disk| disk.remove(&disk.initramfs_path())),
    at("kernel-missing", &[Bios, Uefi, Lvm], |disk| disk.remove(&disk.kernel_path())),
    at("grub-root-uuid-wrong", &[Bios, Uefi], |disk| disk.edit(GRUB, |text| wrong_uuid(text, "root=UUID="))),
    at("grub-second-entry-broken", &[Bios], |disk| disk.edit(GRUB, |text| format!("{text}{}", broken_entry(text)))),
    at("grub-default-entry-broken", &[Bios, Uefi], |disk| {
        disk.edit(GRUB, |text| format!("set default=1\n{text}{}", broken_entry(text)))
    }),
    at("esp-loader-missing", &[Uefi], |disk| disk.remove_from_esp("/EFI/BOOT/BOOTX64.EFI")),
    at("mbr-code-zero", &[Bios], |disk| disk.overwrite(0, &[0; BOOT_CODE])),
    at("gpt-backup-gone", &[Uefi], |disk| {
        let size = disk.size()?;
        disk.overwrite(size - GPT_BACKUP, &vec![0; usize::try_from(GPT_BACKUP)?])
    }),
    at("fstab-root-sda1", &[Bios], |disk| disk.edit(FSTAB, |text| first_word(text, "/dev/sda1"))),
    at("fstab-uuid-missing", &[Bios, Uefi, Lvm], |disk| {
        disk.append(FSTAB, &format!("UUID={NOBODY} /data ext4 defaults 0 2"))
    }),
    at("fstab-uuid-missing-nofail", &[Bios], |disk| {
        disk.append(FSTAB, &format!("UUID={NOBODY} /data ext4 defaults,nofail 0 2"))
    }),
    at("fstab-broken", &[Bios], |disk| disk.append(FSTAB, "this is not a line of fstab, and ends in \"")),
    at("init-missing", &[Bios, Lvm], |disk| disk.remove("/usr/sbin/init")),
    at("libc-missing", &[Bios], |disk| disk.remove("/usr/lib/x86_64-linux-gnu/libc.so.6")),
    at("grub-root-vg-wrong", &[Lvm], |disk| disk.replace(GRUB, "/dev/mapper/debvg-root", "/dev/mapper/othervg-root")),
    at("fstab-vg-wrong", &[Lvm], |disk| disk.replace(FSTAB, "/dev/mapper/debvg-root", "/dev/mapper/othervg-root")),
    at("default-target-emergency", &[Uefi], |disk| default_target(disk, "emergency.target")),
    at("default-target-poweroff", &[Bios], |disk| default_target(disk, "poweroff.target")),
    at("grub-root-sda1", &[Bios], |disk| disk.edit(GRUB, |text| root_is(text, "/dev/sda1"))),
    at("grub-root-vda1", &[Bios], |disk| disk.edit(GRUB, |text| root_is(text, "/dev/vda1"))),
    at("grub-cfg-missing", &[Bios, Uefi, Lvm], |disk| disk.remove(GRUB)),
    at("grub-core-zero", &[Bios], |disk| disk.overwrite(SECTOR, &[0; 4096])),
    at("esp-zero", &[Uefi], |disk| {
        let esp = disk.esp()?;
        disk.overwrite(esp, &[0; 1 << 20])
    }),
    at("gpt-primary-gone", &[Uefi], |disk| disk.overwrite(SECTOR, &[0; 33 * 512])),
    at("mbr-not-active", &[Bios], |disk| disk.overwrite(446, &[0])),
    at("initramfs-without-virtio-blk", &[Bios], |disk| thin_initramfs(disk, |name| name.ends_with("/virtio_blk.ko"))),
    at("initramfs-cut-short", &[Lvm], |disk| {
        let path = disk.initramfs_path();
        let bytes = disk.read(&path)?;
        disk.write(&path, &bytes[..bytes.len() / 2], 0o644)
    }),
    at("initramfs-without-lvm", &[Lvm], |disk| {
        thin_initramfs(disk, |name| name.ends_with("sbin/lvm") || name.contains("/dm-mod.ko") || name.contains("/lvm2"))
    }),
    at("fstab-sdb1-data", &[Uefi], |disk| disk.append(FSTAB, "/dev/sdb1 /data ext4 defaults 0 2")),
    at("fstab-root-xfs", &[Bios], |disk| disk.replace(FSTAB, " ext4 ", " xfs ")),
    at("fstab-boot-uuid-wrong", &[Lvm], |disk| disk.edit(FSTAB, |text| wrong_uuid(text, "UUID="))),
    at("fstab-esp-uuid-wrong", &[Uefi], |disk| {
        disk.edit(FSTAB, |text| text.replace("-42EC /boot", "-42ED /boot").replace("UUID=B", "UUID=C"))
    }),
    at("fstab-network-share", &[Lvm], |disk| disk.append(FSTAB, "192.0.2.7:/export /data nfs defaults,_netdev 0 0")),
    at("systemd-missing", &[Uefi], |disk| disk.remove("/usr/lib/systemd/systemd")),
    at("passwd-missing", &[Bios], |disk| disk.remove("/etc/passwd")),
    at("default-target-rescue", &[Lvm], |disk| default_target(disk, "rescue.target")),
    at("grub-unknown-search", &[Bios, Uefi, Lvm], |disk| disk.edit(GRUB, |text| wrong_uuid(text, "--set=root "))),
];

fn default_target(disk: &mut Disk, target: &str) -> Result<()> {
    disk.link("/etc/systemd/system/default.target", &format!("/lib/systemd/system/{target}"))
}

/// The first UUID after those words, made another.
fn wrong_uuid(text: &str, after: &str) -> String {
    match text.split_once(after) {
        Some((before, rest)) if rest.len() > 8 => format!("{before}{after}deadbeef{}", &rest[8..]),
        _ => text.to_owned(),
    }
}

/// The first word of a text, made another.
fn first_word(text: &str, word: &str) -> String {
    text.split_once(' ').map_or_else(|| text.to_owned(), |(_, rest)| format!("{word} {rest}"))
}

/// The kernel's command line with another root.
fn root_is(text: &str, device: &str) -> String {
    let other = |word: &str| if word.starts_with("root=") { format!("root={device}") } else { word.to_owned() };
    let lines = text.lines().map(|line| match line.trim_start().starts_with("linux ") {
        true => line.split(' ').map(other).collect::<Vec<_>>().join(" "),
        false => line.to_owned(),
    });
    lines.map(|line| line + "\n").collect()
}

/// The only menu entry of a configuration once more, with a kernel that is not there.
fn broken_entry(text: &str) -> String {
    let entry = text.find("menuentry").map_or("", |start| &text[start..]);
    entry.replace("vmlinuz-", "vmlinuz-old-").replace("'Debian GNU/Linux'", "'Debian GNU/Linux, older'")
}
