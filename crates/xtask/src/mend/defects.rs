//! What is wrong with a machine that runs well where it is, and would not on an instance.

use crate::Result;
use crate::scratch::Disk;
use crate::truth::{Kind, thin_initramfs};

/// Hardware address of the card of the source machine.
pub(crate) const CARD: &str = "00:50:56:aa:bb:01";

const STATIC: &str = "static\n\taddress 192.168.77.5/24\n\tgateway 192.168.77.1";

/// All of them in one disk. The machine still starts from SATA and with the card that it knows.
pub(crate) fn make(disk: &mut Disk, kind: Kind) -> Result<()> {
    // Made for this hardware only, as an initramfs is that nobody meant to carry elsewhere. What makes it anew would make
    // it like that again.
    disk.replace("/etc/initramfs-tools/initramfs.conf", "MODULES=most", "MODULES=dep")?;
    thin_initramfs(disk, |name| name.contains("/virtio"))?;
    disk.edit("/etc/fstab", |text| by_kernel_names(text, kind))?;
    disk.replace("/etc/network/interfaces", "eth0 inet dhcp", &format!("eth0 inet {STATIC}"))?;
    let rule =
        format!("SUBSYSTEM==\"net\", ACTION==\"add\", DRIVERS==\"?*\", ATTR{{address}}==\"{CARD}\", NAME=\"eth0\"\n");
    disk.write("/etc/udev/rules.d/70-persistent-net.rules", rule.as_bytes(), 0o644)?;
    disk.remove("/etc/systemd/system/multi-user.target.wants/ssh.service")?;
    disk.remove("/etc/systemd/system/sshd.service")?;
    disk.append("/etc/ssh/sshd_config", "AllowUsers admin")?;
    disk.append("/etc/fstab", "192.0.2.7:/export /srv nfs defaults 0 0")?;
    disk.write("/etc/cloud/cloud-init.disabled", b"", 0o644)
}

/// The filesystems as the kernel calls them with the disk of the source machine.
fn by_kernel_names(fstab: &str, kind: Kind) -> String {
    let names: &[(&str, &str)] = match kind {
        Kind::Bios => &[("/", "/dev/sda1")],
        Kind::Uefi => &[("/", "/dev/sda2"), ("/boot/efi", "/dev/sda1")],
        Kind::Lvm => &[("/boot", "/dev/sda1")],
    };
    let line = |line: &str| {
        let mut fields: Vec<&str> = line.split(' ').collect();
        let name = names.iter().find(|(mount, _)| fields.get(1) == Some(mount));
        if let (Some((_, name)), Some(first)) = (name, fields.first_mut()) {
            *first = name;
        }
        fields.join(" ") + "\n"
    };
    fstab.lines().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_partitions_get_names_of_the_kernel() {
        let fstab = "/dev/mapper/vg-root / ext4 ro 0 1\nUUID=1 /boot ext4 defaults 0 2\n";
        let lvm = by_kernel_names(fstab, Kind::Lvm);
        assert_eq!(lvm, "/dev/mapper/vg-root / ext4 ro 0 1\n/dev/sda1 /boot ext4 defaults 0 2\n");
        assert!(by_kernel_names(fstab, Kind::Bios).starts_with("/dev/sda1 / ext4"));
    }
}
