//! LNX- rules: one change each to a disk with which everything is right.

use super::btrfs;
use super::case::{Case, Recipe, SOUND};
use crate::Result;
use crate::initramfs;
use crate::scratch::Disk;

const FSTAB: &str = "/etc/fstab";
const GRUB: &str = "/boot/grub/grub.cfg";
const INTERFACES: &str = "/etc/network/interfaces";
const NOBODY: &str = "11111111-2222-3333-4444-555555555555";
const LOADER: &str = "/EFI/BOOT/BOOTX64.EFI";

/// Length of the boot code of an MBR, before the disk's signature.
const BOOT_CODE: [u8; 440] = [0; 440];

const fn broken(rule: &'static str, change: fn(&mut Disk) -> Result<()>) -> Case {
    Case::broken_by(rule, change)
}

pub(super) static ALL: &[Case] = &[
    broken("LNX-DISK-FREE", |disk| disk.fill(1000)),
    Case {
        rule: "LNX-FS-CLEAN",
        passing: Recipe { change: |disk| btrfs::add_var(disk, btrfs::LENGTH), ..SOUND },
        failing: Recipe { change: |disk| btrfs::add_var(disk, btrfs::LENGTH - 1), ..SOUND },
    },
    // The device mapper is among the modules on the disk, and not in the initramfs.
    broken("LNX-LVM", |disk| {
        let modules = format!("/usr/lib/modules/{}", disk.kernel);
        disk.append(&format!("{modules}/modules.dep"), "kernel/drivers/md/dm-mod.ko:")?;
        disk.write(&format!("{modules}/kernel/drivers/md/dm-mod.ko"), b"a stand-in\n", 0o644)?;
        super::lvm::move_root(disk)
    }),
    broken("LNX-MDRAID", |disk| {
        let superblock = md_superblock();
        disk.overwrite(disk.root(), &[0; 4096])?;
        disk.overwrite(disk.root() + 4096, &superblock)
    }),
    broken("LNX-PTABLE", |disk| {
        let half = disk.root() + (400 << 20);
        Ok(std::fs::File::options().write(true).open(&disk.path)?.set_len(half)?)
    }),
    Case {
        rule: "LNX-ARM-UEFI",
        passing: Recipe { change: |disk| arm(disk).and_then(|()| arm_loader(disk)), ..SOUND },
        failing: Recipe { change: arm, ..SOUND },
    },
    Case {
        rule: "LNX-BOOT-BIOS",
        passing: Recipe { arguments: &["--boot-mode", "BIOS"], ..SOUND },
        failing: Recipe { change: |disk| disk.overwrite(0, &BOOT_CODE), arguments: &["--boot-mode", "BIOS"], ..SOUND },
    },
    Case {
        rule: "LNX-BOOT-DECLARED",
        passing: Recipe { arguments: &["--boot-mode", "UEFI"], ..SOUND },
        failing: Recipe { change: |disk| disk.remove_from_esp(LOADER), arguments: &["--boot-mode", "UEFI"], ..SOUND },
    },
    broken("LNX-BOOT-UEFI", |disk| {
        disk.overwrite(0, &BOOT_CODE)?;
        disk.remove_from_esp(LOADER)
    }),
    Case {
        rule: "LNX-CLOUDINIT-NET",
        passing: Recipe { change: leave_network_alone, ..SOUND },
        failing: Recipe { change: |disk| leave_network_alone(disk).and_then(|()| fixed_address(disk)), ..SOUND },
    },
    broken("LNX-CRITICAL-FILES", |disk| disk.remove("/usr/bin/mount")),
    broken("LNX-DHCP", |disk| leave_network_alone(disk).and_then(|()| fixed_address(disk))),
    broken("LNX-DHCP-CLIENT", |disk| disk.remove("/usr/sbin/dhclient")),
    broken("LNX-FIREWALL", |disk| {
        let unit = "[Service]\nExecStart=/usr/sbin/nft -f /etc/nftables.conf\n\n[Install]\nWantedBy=sysinit.target\n";
        let rules = "table inet filter {\n\tchain input {\n\t\ttype filter hook input priority 0; policy drop;\n\t\t\
                     tcp dport 443 accept\n\t}\n}\n";
        disk.write("/usr/lib/systemd/system/nftables.service", unit.as_bytes(), 0o644)?;
        disk.write("/etc/nftables.conf", rules.as_bytes(), 0o755)?;
        disk.link("/etc/systemd/system/sysinit.target.wants/nftables.service", "/lib/systemd/system/nftables.service")
    }),
    broken("LNX-FSTAB-DEV", |disk| disk.append(FSTAB, "/dev/sda1 /mnt ext4 defaults 0 2")),
    broken("LNX-FSTAB-MISSING", |disk| disk.append(FSTAB, "/dev/sr0 /mnt iso9660 ro 0 0")),
    broken("LNX-FSTAB-TYPE", |disk| disk.replace(FSTAB, " vfat ", " xfs ")),
    broken("LNX-FSTAB-UUID", |disk| disk.append(FSTAB, &format!("UUID={NOBODY} /mnt ext4 defaults 0 2"))),
    broken("LNX-GRUB-CFG", |disk| disk.remove(GRUB)),
    broken("LNX-GRUB-KERNEL", |disk| disk.replace(GRUB, "/boot/vmlinuz-", "/boot/vmlinuz-old-")),
    broken("LNX-GRUB-ROOT", |disk| disk.replace(GRUB, "root=UUID=b0070000", "root=UUID=deadbeef")),
    broken("LNX-INIT", |disk| disk.link("/etc/systemd/system/default.target", "/lib/systemd/system/poweroff.target")),
    broken("LNX-INITRAMFS-VIRTIO", |disk| thin_initramfs(disk, |name| name.contains("/virtio"))),
    broken("LNX-KERNEL-PRESENT", |disk| {
        disk.remove(&disk.kernel_path())?;
        disk.remove(GRUB)
    }),
    broken("LNX-KERNEL-VIRTIO", |disk| {
        disk.write("/etc/modprobe.d/no-virtio.conf", b"install virtio_net /bin/false\n", 0o644)
    }),
    broken("LNX-NIC-NAME", |disk| {
        leave_network_alone(disk)?;
        disk.replace(INTERFACES, "eth0", "ens192")
    }),
    broken("LNX-ROOT-ACCOUNT", |disk| disk.replace("/etc/passwd", "/root:/bin/bash", "/root:/usr/sbin/nologin")),
    broken("LNX-SELINUX", |disk| {
        disk.write("/etc/selinux/config", b"SELINUX=enforcing\nSELINUXTYPE=targeted\n", 0o644)
    }),
    broken("LNX-SSHD", |disk| {
        disk.remove("/etc/systemd/system/multi-user.target.wants/ssh.service")?;
        disk.remove("/etc/systemd/system/sshd.service")
    }),
    broken("LNX-SSHD-PERM", |disk| {
        // cloud-init would make other keys.
        disk.write("/etc/cloud/cloud-init.disabled", b"", 0o644)?;
        disk.write("/etc/ssh/ssh_host_rsa_key", b"a stand-in\n", 0o644)
    }),
    broken("LNX-SSHD-ROOT", |disk| {
        // cloud-init would make another user.
        disk.write("/etc/cloud/cloud-init.disabled", b"", 0o644)?;
        disk.replace("/etc/ssh/sshd_config", "PermitRootLogin yes", "PermitRootLogin no")
    }),
    broken("LNX-UDEV-NET", |disk| {
        leave_network_alone(disk)?;
        disk.replace(INTERFACES, "allow-hotplug eth0\niface eth0 inet dhcp\n", "")?;
        let unit = "[Service]\nExecStart=/usr/lib/systemd/systemd-networkd\n\n[Install]\nWantedBy=multi-user.target\n";
        disk.write("/usr/lib/systemd/system/systemd-networkd.service", unit.as_bytes(), 0o644)?;
        disk.link(
            "/etc/systemd/system/multi-user.target.wants/systemd-networkd.service",
            "/lib/systemd/system/systemd-networkd.service",
        )?;
        let network = "[Match]\nMACAddress=00:50:56:aa:bb:cc\n\n[Network]\nDHCP=yes\n";
        disk.write("/etc/systemd/network/10-card.network", network.as_bytes(), 0o644)
    }),
    broken("LNX-XEN-ONLY", |disk| {
        let dep = format!("/usr/lib/modules/{}/modules.dep", disk.kernel);
        let builtin = format!("/usr/lib/modules/{}/modules.builtin", disk.kernel);
        // Without NVMe as well, so that no reader may think it has seen all that matters.
        thin_initramfs(disk, |name| name.contains("/virtio_blk") || name.contains("/nvme"))?;
        disk.edit(&dep, |text| lines(text, |line| !line.contains("virtio_blk")))?;
        disk.remove(&format!("/usr/lib/modules/{}/kernel/drivers/block/virtio_blk.ko", disk.kernel))?;
        disk.append(&builtin, "kernel/drivers/block/xen-blkfront.ko")
    }),
];

/// Takes files out of the initramfs.
pub(super) fn thin_initramfs(disk: &mut Disk, unwanted: fn(&str) -> bool) -> Result<()> {
    let path = disk.initramfs_path();
    let thin = initramfs::without(&disk.read(&path)?, unwanted)?;
    disk.write(&path, &thin, 0o644)
}

fn lines(text: &str, wanted: impl Fn(&str) -> bool) -> String {
    text.lines().filter(|line| wanted(line)).map(|line| format!("{line}\n")).collect()
}

/// cloud-init would mend what is wrong with the network; it is told not to.
fn leave_network_alone(disk: &mut Disk) -> Result<()> {
    disk.write("/etc/cloud/cloud.cfg.d/99-network.cfg", b"network: {config: disabled}\n", 0o644)
}

fn fixed_address(disk: &mut Disk) -> Result<()> {
    disk.replace(INTERFACES, "eth0 inet dhcp", "eth0 inet static\n    address 192.0.2.10/24\n    gateway 192.0.2.1")
}

/// A superblock of Linux RAID, version 1.2: 4 KiB into a member, little-endian.
fn md_superblock() -> [u8; 256] {
    let mut block = [0; 256];
    let mut put = |at: usize, bytes: &[u8]| block[at..at + bytes.len()].copy_from_slice(bytes);
    put(0, &0xA92B_4EFC_u32.to_le_bytes());
    put(4, &1_u32.to_le_bytes());
    put(16, b"an array of two.");
    put(32, b"fixture:0");
    put(72, &1_u32.to_le_bytes()); // level: a mirror
    put(80, &2_000_000_u64.to_le_bytes()); // sectors of a member
    put(92, &2_u32.to_le_bytes()); // members
    put(128, &2048_u64.to_le_bytes()); // where data starts
    put(136, &2_000_000_u64.to_le_bytes());
    put(144, &8_u64.to_le_bytes()); // where this superblock is
    let words = block.chunks_exact(4).map(|word| u64::from(u32::from_le_bytes([word[0], word[1], word[2], word[3]])));
    let sum: u64 = words.sum();
    let folded = u32::try_from((sum & 0xFFFF_FFFF) + (sum >> 32)).unwrap_or_default();
    block[216..220].copy_from_slice(&folded.to_le_bytes());
    block
}

/// The kernel becomes one for arm64: the header of such an image, and nothing behind it.
fn arm(disk: &mut Disk) -> Result<()> {
    let mut image = vec![0; 4096];
    image[16..24].copy_from_slice(&4096_u64.to_le_bytes());
    image[56..60].copy_from_slice(b"ARM\x64");
    disk.write(&disk.kernel_path(), &image, 0o644)
}

/// The loader of the disk as one for arm64, under the name that firmware there looks for.
fn arm_loader(disk: &mut Disk) -> Result<()> {
    let mut loader = disk.read_from_esp(LOADER)?;
    let at = usize::from(loader[0x3C]) + 4;
    loader[at..at + 2].copy_from_slice(&0xAA64_u16.to_le_bytes());
    disk.write_to_esp("/EFI/BOOT/BOOTAA64.EFI", &loader)
}
