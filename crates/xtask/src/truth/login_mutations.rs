//! Mutations of what lets somebody in: network, SSH, accounts, consoles.

use super::mutation::Kind::{self, Bios, Lvm, Uefi};
use super::mutation::Mutation;
use crate::Result;
use crate::scratch::Disk;

const INTERFACES: &str = "/etc/network/interfaces";
const SSHD: &str = "/etc/ssh/sshd_config";
const STATIC: &str = "static\n\taddress 192.168.77.5/24\n\tgateway 192.168.77.1";

const fn at(name: &'static str, on: &'static [Kind], change: fn(&mut Disk) -> Result<()>) -> Mutation {
    Mutation { name, on, change }
}

pub(crate) static ALL: &[Mutation] = &[
    at("sshd-disabled", &[Bios, Lvm], |disk| {
        disk.remove("/etc/systemd/system/multi-user.target.wants/ssh.service")?;
        disk.remove("/etc/systemd/system/sshd.service")
    }),
    at("sshd-binary-gone", &[Bios], |disk| disk.remove("/usr/sbin/sshd")),
    at("static-address", &[Bios, Uefi, Lvm], |disk| {
        disk.replace(INTERFACES, "eth0 inet dhcp", &format!("eth0 inet {STATIC}"))
    }),
    at("no-interface", &[Bios], |disk| disk.replace(INTERFACES, "auto eth0\niface eth0 inet dhcp\n", "")),
    at("sshd-no-root", &[Bios], |disk| disk.replace(SSHD, "#PermitRootLogin prohibit-password", "PermitRootLogin no")),
    at("host-keys-0644", &[Bios], |disk| {
        ["rsa", "ecdsa", "ed25519"]
            .iter()
            .try_for_each(|kind| disk.mode(&format!("/etc/ssh/ssh_host_{kind}_key"), "0100644"))
    }),
    at("root-locked", &[Bios], |disk| disk.edit("/etc/shadow", |text| text.replacen("root:$", "root:!$", 1))),
    at("root-shell-nologin", &[Bios], |disk| {
        disk.replace("/etc/passwd", "root:/root:/bin/bash", "root:/root:/usr/sbin/nologin")
    }),
    at("getty-masked", &[Bios], |disk| {
        disk.link("/etc/systemd/system/serial-getty@ttyS0.service", "/dev/null")?;
        disk.link("/etc/systemd/system/getty@tty1.service", "/dev/null")
    }),
    at("virtio-net-module-gone", &[Bios, Lvm], |disk| {
        let path = format!("/usr/lib/modules/{}/kernel/drivers/net/virtio_net.ko", disk.kernel);
        disk.remove(&path)
    }),
    at("dhclient-gone", &[Bios, Uefi], |disk| disk.remove("/usr/sbin/dhclient")),
    at("interface-of-another-name", &[Bios], |disk| disk.replace(INTERFACES, "eth0", "ens192")),
    at("udev-ties-eth0", &[Bios], |disk| {
        let rule = "SUBSYSTEM==\"net\", ACTION==\"add\", DRIVERS==\"?*\", ATTR{address}==\"00:50:56:aa:bb:cc\", \
                    ATTR{dev_id}==\"0x0\", ATTR{type}==\"1\", KERNEL==\"eth*\", NAME=\"eth0\"\n";
        disk.write("/etc/udev/rules.d/70-persistent-net.rules", rule.as_bytes(), 0o644)
    }),
    at("sshd-masked", &[Uefi], |disk| {
        disk.remove("/etc/systemd/system/multi-user.target.wants/ssh.service")?;
        disk.link("/etc/systemd/system/ssh.service", "/dev/null")
    }),
    at("sshd-config-broken", &[Uefi], |disk| disk.append(SSHD, "PermitRootLogins yes")),
    at("sshd-another-port", &[Lvm], |disk| disk.replace(SSHD, "#Port 22", "Port 2222")),
    at("sshd-no-keys", &[Uefi], |disk| disk.replace(SSHD, "#PubkeyAuthentication yes", "PubkeyAuthentication no")),
    at("sshd-denies-root", &[Uefi], |disk| disk.append(SSHD, "DenyUsers root")),
    at("root-ssh-directory-open", &[Bios], |disk| disk.mode("/root/.ssh", "040777")),
    at("root-home-of-another", &[Bios], |disk| disk.owner("/root", 1000)),
    at("host-keys-gone", &[Uefi], |disk| {
        ["rsa", "ecdsa", "ed25519"].iter().try_for_each(|kind| disk.remove(&format!("/etc/ssh/ssh_host_{kind}_key")))
    }),
    at("root-expired", &[Uefi], |disk| {
        // The eighth field of shadow: the day, since 1970, on which the account ends.
        disk.edit("/etc/shadow", |text| text.replacen(":0:99999:7:::\n", ":0:99999:7::1:\n", 1))
    }),
    at("no-console-argument", &[Lvm], |disk| disk.replace("/boot/grub/grub.cfg", " console=ttyS0,115200n8", "")),
];
