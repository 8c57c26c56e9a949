//! What makes an initramfs, and what carries parameters and addresses, in distributions other than Debian: the commands
//! that the script would run there, and the files that it leaves.

use crate::machine::{Machine, check_script};
use crate::made::{OS, RED_HAT, SYSTEMD, UUID, made, ran_alike};
use fix::Effect::{self, ByScript, Fixed};
use std::fs;

const KERNEL: &str = "4.4.0";

/// A guest, a rule that it fails, and what the script does about it.
struct Case {
    rule: &'static str,
    effect: Effect,
    /// Files beside those of a kernel.
    files: &'static [(&'static str, &'static str)],
    /// Names within the initramfs, which tell what made it; and its own name. None: the guest has no kernel.
    initramfs: Option<(&'static str, &'static [&'static str])>,
    /// Commands, with bars between their words.
    runs: &'static [&'static str],
    /// Files, and lines of them, afterwards.
    has: &'static [(&'static str, &'static str)],
}

const CASE: Case =
    Case { rule: "LNX-INITRAMFS-VIRTIO", effect: ByScript, files: &[], initramfs: None, runs: &[], has: &[] };

const SUSE: (&str, &str) = ("/etc/os-release", "ID=\"sles\"\nVERSION_ID=\"11.4\"\nID_LIKE=\"suse\"\n");
const WICKED: [(&str, &str); 2] = [
    ("/etc/systemd/system/multi-user.target.wants/wicked.service", "-> /usr/lib/systemd/system/wicked.service"),
    ("/usr/lib/systemd/system/wicked.service", "[Service]\n"),
];

const MAKERS: &[Case] = &[
    Case {
        files: &[RED_HAT, SYSTEMD, ("/etc/dracut.conf.d/kept.conf", "")],
        initramfs: Some(("initramfs-4.4.0.img", &["usr/lib/dracut/hostonly-kernel-modules.txt"])),
        runs: &["dracut|-f|--add-drivers|virtio_blk virtio_pci|/boot/initramfs-4.4.0.img|4.4.0"],
        has: &[("/etc/dracut.conf.d/ecs-drivers.conf", "add_drivers+=\" virtio_blk virtio_pci \"")],
        ..CASE
    },
    // Before dracut read a directory of settings.
    Case {
        files: &[RED_HAT],
        initramfs: Some(("initramfs-4.4.0.img", &["lib/dracut/hooks"])),
        runs: &["dracut|-f|--add-drivers|virtio_blk virtio_pci|/boot/initramfs-4.4.0.img|4.4.0"],
        ..CASE
    },
    Case {
        files: &[("/etc/os-release", "ID=arch\n"), SYSTEMD, ("/etc/mkinitcpio.conf", "MODULES=(ext4)\nHOOKS=(base)\n")],
        initramfs: Some(("initramfs-linux.img", &["init_functions"])),
        runs: &["mkinitcpio|-P"],
        has: &[("/etc/mkinitcpio.conf", "MODULES=(ext4 virtio_blk virtio_pci)")],
        ..CASE
    },
    Case {
        files: &[RED_HAT],
        initramfs: Some(("initrd-4.4.0.img", &["bin/nash"])),
        runs: &["mkinitrd|-f|--with=virtio_blk|--with=virtio_pci|/boot/initrd-4.4.0.img|4.4.0"],
        ..CASE
    },
    Case {
        files: &[SUSE, ("/etc/sysconfig/kernel", "# kept\nINITRD_MODULES=\"ahci ext3\"\n")],
        initramfs: Some(("initrd-4.4.0", &["run_all.sh"])),
        runs: &["mkinitrd"],
        has: &[("/etc/sysconfig/kernel", "INITRD_MODULES=\"ahci ext3 virtio_blk virtio_pci\"")],
        ..CASE
    },
    Case {
        files: &[OS, SYSTEMD, ("/etc/initramfs-tools/modules", "# kept")],
        initramfs: Some(("initrd.img-4.4.0", &["scripts/functions"])),
        runs: &["update-initramfs|-u|-k|4.4.0"],
        has: &[("/etc/initramfs-tools/modules", "virtio_blk"), ("/etc/initramfs-tools/modules", "# kept")],
        ..CASE
    },
];

const PARAMETERS: &[Case] = &[
    Case {
        rule: "LNX-CONSOLE",
        files: &[
            ("/etc/os-release", "ID=\"rocky\"\nVERSION_ID=\"9.3\"\nID_LIKE=\"rhel centos fedora\"\n"),
            SYSTEMD,
            ("/boot/grub2/grub.cfg", "set default=0\nblscfg\n"),
            (
                "/boot/loader/entries/x.conf",
                "title x\nversion 4.4.0\nlinux /boot/vmlinuz-4.4.0\ninitrd /boot/initramfs-4.4.0.img\noptions root=UUID=2a8fb91e-0000-4000-8000-000000000001 ro\n",
            ),
            ("/etc/default/grub", "GRUB_ENABLE_BLSCFG=true\nGRUB_CMDLINE_LINUX='quiet'\n"),
        ],
        effect: Fixed,
        initramfs: Some(("initramfs-4.4.0.img", &["usr/lib/dracut/hooks"])),
        runs: &["grubby|--update-kernel=ALL|--args=console=tty0 console=ttyS0,115200n8"],
        has: &[("/etc/default/grub", "GRUB_CMDLINE_LINUX='quiet console=tty0 console=ttyS0,115200n8'")],
    },
    Case {
        rule: "LNX-CONSOLE",
        effect: Fixed,
        files: &[
            RED_HAT,
            SYSTEMD,
            ("/usr/sbin/grub2-mkconfig", ""),
            ("/etc/default/grub", "GRUB_CMDLINE_LINUX=\"quiet\"\n"),
        ],
        initramfs: Some(("initramfs-4.4.0.img", &["usr/lib/dracut/hooks"])),
        runs: &["grub2-mkconfig|-o|/boot/grub2/grub.cfg"],
        ..CASE
    },
];

const NETWORK: &[Case] = &[
    Case {
        rule: "LNX-DHCP",
        effect: Fixed,
        files: &[
            SUSE,
            SYSTEMD,
            WICKED[0],
            WICKED[1],
            (
                "/etc/sysconfig/network/ifcfg-eth0",
                "BOOTPROTO='static'\nSTARTMODE='manual'\nIPADDR='10.0.0.2/24'\nIPADDR_1='10.0.0.3/24'\nMTU='1450'\n",
            ),
            ("/etc/sysconfig/network/routes", "default 10.0.0.1 - -\n10.9.0.0/16 10.0.0.7 - -\n"),
        ],
        has: &[
            ("/etc/sysconfig/network/ifcfg-eth0", "BOOTPROTO='dhcp'\nSTARTMODE='auto'\nMTU='1450'\n"),
            ("/etc/sysconfig/network/routes", "10.9.0.0/16 10.0.0.7 - -\n"),
        ],
        ..CASE
    },
    Case {
        rule: "LNX-DHCP",
        effect: Fixed,
        files: &[
            SUSE,
            SYSTEMD,
            WICKED[0],
            WICKED[1],
            (
                "/etc/wicked/ifconfig/eth0.xml",
                "<interface>\n  <name>eth0</name>\n  <ipv4:static>\n    <address>\n      <local>10.0.0.2/24</local>\n    </address>\n  </ipv4:static>\n</interface>\n",
            ),
        ],
        has: &[(
            "/etc/wicked/ifconfig/eth0.xml",
            "<interface>\n  <name>eth0</name>\n  <ipv4:dhcp>\n    <enabled>true</enabled>\n  </ipv4:dhcp>\n</interface>\n",
        )],
        ..CASE
    },
    Case {
        rule: "LNX-DHCP",
        effect: Fixed,
        files: &[
            RED_HAT,
            SYSTEMD,
            ("/usr/sbin/NetworkManager", ""),
            (
                "/etc/systemd/system/multi-user.target.wants/NetworkManager.service",
                "-> /usr/lib/systemd/system/NetworkManager.service",
            ),
            ("/usr/lib/systemd/system/NetworkManager.service", "[Service]\n"),
            (
                "/etc/NetworkManager/system-connections/wired.nmconnection",
                "[connection]\nid=wired\ntype=ethernet\ninterface-name=ens192\nautoconnect=false\n\n[ethernet]\nmtu=1450\n\n[ipv4]\nmethod=manual\naddress1=10.0.0.2/24,10.0.0.1\ndns=10.0.0.1;\n",
            ),
        ],
        has: &[(
            "/etc/NetworkManager/system-connections/wired.nmconnection",
            "[connection]\nid=wired\ntype=ethernet\n\n[ethernet]\nmtu=1450\n\n[ipv4]\nmethod=auto\n",
        )],
        ..CASE
    },
];

/// An archive of empty files: cpio, newc, as initramfs buffer format of the kernel's documentation.
fn archive(paths: &[&str]) -> String {
    let mut out = String::new();
    for path in paths.iter().chain(&["TRAILER!!!"]) {
        let mode = if *path == "TRAILER!!!" { 0 } else { 0o100_644 };
        let fields = [1, mode, 0, 0, 1, 0, 0, 0, 0, 0, 0, path.len() + 1, 0];
        out.push_str("070701");
        out.extend(fields.iter().map(|field| format!("{field:08X}")));
        out.push_str(path);
        out.push('\0');
        out.extend(std::iter::repeat_n('\0', (4 - out.len() % 4) % 4));
    }
    out
}

/// A kernel that boots with that initramfs, and has virtio among its modules only.
fn kernel(initramfs: &str, inside: &[&str]) -> Vec<(String, String)> {
    let menu =
        format!("menuentry 'x' {{\n linux /boot/vmlinuz-{KERNEL} root=UUID={UUID} ro\n initrd /boot/{initramfs}\n}}\n");
    let modules = ["block/virtio_blk", "virtio/virtio_pci"].map(|name| format!("kernel/drivers/{name}.ko"));
    let at = format!("/lib/modules/{KERNEL}");
    let mut files = vec![
        ("/boot/grub2/grub.cfg".to_owned(), menu),
        (format!("/boot/vmlinuz-{KERNEL}"), "k".to_owned()),
        (format!("/boot/{initramfs}"), archive(inside)),
        (format!("{at}/modules.dep"), modules.iter().map(|module| format!("{module}:\n")).collect()),
        (format!("{at}/modules.builtin"), "kernel/fs/ext4/ext4.ko\n".to_owned()),
    ];
    files.extend(modules.iter().map(|module| (format!("{at}/{module}"), String::new())));
    files
}

fn check(case: &Case) {
    let directory = tempfile::tempdir().unwrap();
    let kernel = case.initramfs.map(|(name, inside)| kernel(name, inside)).unwrap_or_default();
    let mut files: Vec<(&str, &str)> = kernel.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    files.extend(case.files);
    let Some(machine) = made(directory.path(), &files) else { return };
    let plan = machine.plan();
    let script = plan.script().unwrap_or_else(|| panic!("{}: {:#?}", case.rule, plan.rules));
    assert_eq!(Machine::effect(&plan, case.rule), Some(case.effect), "{:#?}\n{script}", plan.left_out);
    check_script(script);
    let applied = directory.path().join("applied");
    machine.patched(&plan, &applied);
    let ran = ran_alike(directory.path(), &plan, &applied);
    for command in case.runs {
        assert!(ran.iter().any(|there| there == command), "{command} is not among {ran:#?}\n{script}");
    }
    for (path, text) in case.has {
        let file = fs::read_to_string(applied.join(&path[1..])).unwrap();
        let is_there = if text.contains('\n') { file == *text } else { file.lines().any(|line| line == *text) };
        assert!(is_there, "{path}: {text}\n{file}");
    }
}

#[test]
fn each_maker_of_an_initramfs() {
    MAKERS.iter().for_each(check);
}

#[test]
fn parameters_of_entries_and_of_menus() {
    PARAMETERS.iter().for_each(check);
}

#[test]
fn networks_of_suse_and_of_networkmanager() {
    NETWORK.iter().for_each(check);
}
