//! Guests made for one fault each: a filesystem on a whole disk, by `mke2fs -d`.

use crate::machine::{Machine, check_script, skip};
use crate::source::SourceMachine;
use fix::Effect::{self, ByScript, Eased, Fixed, LeftOut, NoRemedy};
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

/// UUID of the filesystem.
pub(crate) const UUID: &str = "2a8fb91e-0000-4000-8000-000000000001";

pub(crate) const OS: (&str, &str) = ("/etc/os-release", "ID=debian\nVERSION_ID=12\nPRETTY_NAME=Debian\n");
pub(crate) const RED_HAT: (&str, &str) =
    ("/etc/os-release", "ID=\"centos\"\nVERSION_ID=\"7\"\nID_LIKE=\"rhel fedora\"\n");
pub(crate) const SYSTEMD: (&str, &str) = ("/sbin/init", "-> ../usr/lib/systemd/systemd");
const CLOUD_INIT: (&str, &str) = ("/usr/bin/cloud-init", "");
const SSHD: (&str, &str) = ("/usr/sbin/sshd", "");

/// A guest of these files. None: there is no mke2fs.
pub(crate) fn made(directory: &Path, files: &[(&str, &str)]) -> Option<Machine> {
    let tree = directory.join("tree");
    let common = ["/bin/sh", "/usr/bin/env", "/etc/passwd", "/var/lib/x", "/boot/x", "/usr/lib/systemd/systemd"]
        .map(|path| (path, ""));
    for (path, text) in common.iter().chain(files) {
        let to = tree.join(&path[1..]);
        std::fs::create_dir_all(to.parent().unwrap()).unwrap();
        match text.strip_prefix("-> ") {
            Some(target) => std::os::unix::fs::symlink(target, to).unwrap(),
            None => std::fs::write(to, text).unwrap(),
        }
    }
    let private: Vec<&str> =
        files.iter().map(|(path, _)| *path).filter(|path| path.ends_with(".nmconnection")).collect();
    for path in &private {
        std::fs::set_permissions(tree.join(&path[1..]), Permissions::from_mode(0o600)).unwrap();
    }
    let image = directory.join("guest.raw");
    std::fs::File::create(&image).unwrap().set_len(8 << 20).unwrap();
    let done =
        Command::new("mke2fs").args(["-q", "-F", "-t", "ext4", "-U", UUID, "-d"]).arg(&tree).arg(&image).output();
    match done {
        Ok(output) => assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr)),
        Err(_) => {
            skip("the program mke2fs");
            return None;
        }
    }
    // Whoever runs this owns the files; NetworkManager reads only those of root.
    for path in private {
        let request = format!("sif {path} uid 0");
        assert!(Command::new("debugfs").args(["-w", "-R", &request]).arg(&image).output().unwrap().status.success());
    }
    Some(Machine::open(&image).unwrap())
}

/// One guest, a rule that it fails, what becomes of that, and lines of the diff or of the script.
struct Case {
    files: &'static [(&'static str, &'static str)],
    rule: &'static str,
    effect: Effect,
    says: &'static [&'static str],
}

fn check(case: &Case) {
    let directory = tempfile::tempdir().unwrap();
    let Some(machine) = made(directory.path(), case.files) else { return };
    let plan = machine.plan();
    let all: String =
        [String::from_utf8_lossy(plan.patch()).into_owned(), plan.script().unwrap_or_default().into()].concat();
    assert_eq!(Machine::effect(&plan, case.rule), Some(case.effect), "{}: {:#?}\n{all}", case.rule, plan.left_out);
    for line in case.says {
        let says = |there: &str| {
            there == *line || there.split_once(" || missed ").is_some_and(|(command, _)| command == *line)
        };
        assert!(all.lines().any(says), "{}: {line:?} is not in\n{all}", case.rule);
    }
    if let Some(script) = plan.script() {
        check_script(script);
    }
    let applied = directory.path().join("applied");
    let after = machine.patched(&plan, &applied);
    ran_alike(directory.path(), &plan, &applied);
    let alone = plan.fixes.iter().filter(|fix| fix.rules.contains(&case.rule)).all(|fix| fix.verified == "on_image");
    if let (Fixed, true, Some(after)) = (case.effect, alone, after) {
        let after = after.results.iter().find(|result| result.id == case.rule).unwrap();
        assert!(after.outcome.findings().is_empty(), "{}: {:?}", case.rule, after.outcome);
    }
}

/// The script makes the files that `patch` makes of the diff, with `patch` and without it, and running it again changes
/// nothing. Says what it ran.
pub(crate) fn ran_alike(directory: &Path, plan: &fix::Plan, applied: &Path) -> Vec<String> {
    let mut ran = Vec::new();
    for with_patch in [true, false] {
        let Some(machine) = SourceMachine::of(directory, plan, with_patch) else { return Vec::new() };
        for _ in 0..2 {
            ran = machine.run();
            machine.has_files_of(plan, applied);
        }
    }
    ran
}

const FSTAB: &[Case] = &[
    Case {
        files: &[OS, ("/etc/fstab", "# kept\n/dev/sda / ext4 defaults 0 1\n")],
        rule: "LNX-FSTAB-DEV",
        effect: Fixed,
        says: &[
            " # kept",
            "-/dev/sda / ext4 defaults 0 1",
            "+UUID=2a8fb91e-0000-4000-8000-000000000001 / ext4 defaults 0 1",
        ],
    },
    Case {
        files: &[
            OS,
            ("/etc/fstab", "UUID=2a8fb91e-0000-4000-8000-000000000001 / ext4 ro 0 1\nUUID=aa-bb /srv  ext4 ro 0 2"),
        ],
        rule: "LNX-FSTAB-UUID",
        effect: Eased,
        says: &["+UUID=aa-bb /srv  ext4 ro,nofail 0 2"],
    },
    Case {
        files: &[OS, ("/etc/fstab", "UUID=2a8fb91e-0000-4000-8000-000000000001 / xfs defaults\nhost:/x /x nfs ro\n")],
        rule: "LNX-FSTAB-TYPE",
        effect: Fixed,
        says: &["+UUID=2a8fb91e-0000-4000-8000-000000000001 / ext4 defaults", "+host:/x /x nfs ro,_netdev,nofail"],
    },
    Case {
        files: &[OS, ("/etc/fstab", "UUID=2a8fb91e-0000-4000-8000-000000000001 / ext4 defaults 0 1\r\nbroken line\n")],
        rule: "LNX-FSTAB-SYNTAX",
        effect: Fixed,
        says: &["+UUID=2a8fb91e-0000-4000-8000-000000000001 / ext4 defaults 0 1", "+#broken line"],
    },
    Case {
        files: &[OS, ("/etc/fstab", "UUID=aa-bb none swap sw 0 0\n")],
        rule: "LNX-FSTAB-UUID",
        effect: NoRemedy,
        says: &[],
    },
];

const NETWORK: &[Case] = &[
    Case {
        files: &[
            OS,
            SYSTEMD,
            (
                "/etc/systemd/system/multi-user.target.wants/networking.service",
                "-> /lib/systemd/system/networking.service",
            ),
            ("/lib/systemd/system/networking.service", "[Service]\n"),
            (
                "/etc/network/interfaces",
                "auto eth0\niface eth0 inet static\n  address 10.0.0.2/24\n  gateway 10.0.0.1\n  mtu 1450\n",
            ),
        ],
        rule: "LNX-DHCP",
        effect: Fixed,
        says: &["+iface eth0 inet dhcp", "-  address 10.0.0.2/24", "-  gateway 10.0.0.1", "   mtu 1450"],
    },
    Case {
        files: &[
            RED_HAT,
            SYSTEMD,
            ("/etc/rc.d/rc3.d/S10network", "-> ../init.d/network"),
            ("/etc/rc.d/init.d/network", "#!/bin/sh\n"),
            (
                "/etc/sysconfig/network-scripts/ifcfg-eth0",
                "DEVICE=eth0\nBOOTPROTO=none\nONBOOT=no\nIPADDR=10.0.0.2\nPREFIX=24\nGATEWAY=10.0.0.1\nDNS1=10.0.0.1\nMTU=1450\n",
            ),
        ],
        rule: "LNX-DHCP",
        effect: Fixed,
        says: &["+BOOTPROTO=dhcp", "+ONBOOT=yes", "-IPADDR=10.0.0.2", "-DNS1=10.0.0.1", " MTU=1450"],
    },
    Case {
        files: &[
            OS,
            SYSTEMD,
            ("/usr/sbin/netplan", ""),
            (
                "/etc/netplan/01.yaml",
                "network:\n  version: 2\n  ethernets:\n    ens160:\n      addresses:\n      - 10.0.0.2/24\n      gateway4: 10.0.0.1\n      mtu: 1450\n",
            ),
        ],
        rule: "LNX-DHCP",
        effect: Fixed,
        says: &[
            "+      dhcp4: true",
            "-      - 10.0.0.2/24",
            "-      gateway4: 10.0.0.1",
            "       mtu: 1450",
            "+        name: \"e*\"",
        ],
    },
    Case {
        files: &[
            OS,
            SYSTEMD,
            (
                "/etc/systemd/system/multi-user.target.wants/systemd-networkd.service",
                "-> /lib/systemd/system/systemd-networkd.service",
            ),
            ("/lib/systemd/system/systemd-networkd.service", "[Service]\n"),
            (
                "/etc/systemd/network/10.network",
                "[Match]\nName=ens160\n\n[Network]\nAddress=10.0.0.2/24\nGateway=10.0.0.1\nLLDP=yes\n",
            ),
        ],
        rule: "LNX-DHCP",
        effect: Fixed,
        says: &["+Name=e*", "+DHCP=ipv4", "-Address=10.0.0.2/24", " LLDP=yes"],
    },
    Case {
        files: &[
            OS,
            SYSTEMD,
            ("/etc/udev/rules.d/70-persistent-net.rules", "ATTR{address}==\"00:11\", NAME=\"eth0\"\n"),
        ],
        rule: "LNX-UDEV-NET",
        effect: Fixed,
        says: &["rm -f -- /etc/udev/rules.d/70-persistent-net.rules"],
    },
];

const LOGIN: &[Case] = &[
    Case {
        files: &[
            OS,
            SYSTEMD,
            SSHD,
            ("/etc/ssh/sshd_config", "Port 22\nPermitRootLogin no\nMatch User x\n  PermitRootLogin no\n"),
        ],
        rule: "LNX-SSHD-ROOT",
        effect: Fixed,
        says: &["-PermitRootLogin no", "+#PermitRootLogin no", "   PermitRootLogin no"],
    },
    Case {
        files: &[OS, SYSTEMD, SSHD, ("/etc/ssh/sshd_config", "AllowUsers admin\n")],
        rule: "LNX-SSHD-ROOT",
        effect: Fixed,
        says: &["+AllowUsers admin root"],
    },
    Case {
        files: &[OS, SYSTEMD, SSHD, ("/etc/ssh/sshd_config", "PasswordAuthentication no\n")],
        rule: "LNX-SSHD-ROOT",
        effect: NoRemedy,
        says: &[],
    },
    Case {
        files: &[
            RED_HAT,
            ("/etc/selinux/config", "# SELINUX= can be\nSELINUX=enforcing\nSELINUXTYPE=targeted\n"),
            ("/etc/selinux/targeted/policy/policy.31", ""),
        ],
        rule: "LNX-SELINUX",
        effect: Fixed,
        says: &["+SELINUX=disabled", " # SELINUX= can be"],
    },
    Case {
        files: &[OS, ("/etc/adjtime", "0.0 0 0.0\n0\nLOCAL\n")],
        rule: "LNX-RTC-UTC",
        effect: Fixed,
        says: &["+UTC"],
    },
    Case {
        files: &[OS, SYSTEMD, CLOUD_INIT, ("/etc/cloud/cloud.cfg", "datasource_list:\n  - Azure\n  - None\nx: 1\n")],
        rule: "LNX-CLOUDINIT-DS",
        effect: Fixed,
        says: &["+datasource_list: [ AliYun ]", "-  - Azure", "-  - None", " x: 1"],
    },
    Case {
        files: &[OS, SYSTEMD, CLOUD_INIT, ("/etc/cloud/cloud.cfg", "disable_root: true\nssh_pwauth:   no # why\n")],
        rule: "LNX-CLOUDINIT-USER",
        effect: Fixed,
        says: &["+disable_root: false", "+ssh_pwauth: true"],
    },
    Case { files: &[OS, SYSTEMD, SSHD], rule: "LNX-SSHD", effect: ByScript, says: &["systemctl enable ssh"] },
    Case {
        files: &[OS, SYSTEMD, ("/usr/bin/qemu-ga", "")],
        rule: "LNX-QEMUGA",
        effect: ByScript,
        says: &["if dpkg -s qemu-guest-agent >/dev/null 2>&1; then apt-get remove -y qemu-guest-agent; fi"],
    },
];

#[test]
fn faults_of_fstab() {
    FSTAB.iter().for_each(check);
}

#[test]
fn faults_of_the_network() {
    NETWORK.iter().for_each(check);
}

#[test]
fn faults_of_the_login() {
    LOGIN.iter().for_each(check);
}

/// A change after which its rule finds as much is not in the diff: here a second file sets the value again.
#[test]
fn what_does_not_hold_up_is_left_out() {
    let files: &[(&str, &str)] = &[
        OS,
        SYSTEMD,
        SSHD,
        ("/etc/ssh/sshd_config", "PermitRootLogin no\nInclude /etc/ssh/sshd_config.d/*.conf\n"),
        ("/etc/ssh/sshd_config.d/a.conf", "PermitRootLogin no\n"),
    ];
    let directory = tempfile::tempdir().unwrap();
    let Some(machine) = made(directory.path(), files) else { return };
    let plan = machine.plan();
    assert_eq!(Machine::effect(&plan, "LNX-SSHD-ROOT"), Some(LeftOut));
    assert!(!String::from_utf8_lossy(plan.patch()).contains("sshd_config"));
    let left_out = plan.left_out.iter().find(|left_out| left_out.rules == ["LNX-SSHD-ROOT"]).unwrap();
    assert!(left_out.why.contains("finds as much"), "{}", left_out.why);
}

/// Strings that a guest may choose end in quotes and escapes, never in a command or a line of their own.
#[test]
fn hostile_names_stay_names() {
    let files: &[(&str, &str)] = &[
        OS,
        (
            "/etc/fstab",
            "UUID=2a8fb91e-0000-4000-8000-000000000001 / ext4 defaults 0 1\nUUID=2a8fb91e-0000-4000-8000-000000000001 /x';touch\\040/tmp/owned;' ext4 defaults 0 1\nUUID=\u{202e}aa|<b>`id` /a\\012rm\\040-rf ext4 ro 0 0\n",
        ),
        ("/lib64", "-> /usr/$(id) '; reboot; '"),
    ];
    let directory = tempfile::tempdir().unwrap();
    let Some(machine) = made(directory.path(), files) else { return };
    let plan = machine.plan();
    let script = plan.script().unwrap();
    check_script(script);
    assert!(script.contains(r"ln -sfn -- 'usr/$(id) '\''; reboot; '\'''"), "{script}");
    assert!(!script.lines().any(|line| line.starts_with("rm -rf") || line.contains('\u{202e}')), "{script}");
    for document in plan.documents().iter().filter(|document| document.name != "fix.patch") {
        let text = String::from_utf8(document.bytes.clone()).unwrap();
        assert!(!text.contains('\u{202e}') || document.name == "plan.json", "{}", document.name);
        assert!(document.name != "README.md" || (!text.contains(" <b>") && !text.contains("`id`")), "{text}");
    }
    machine.patched(&plan, &directory.path().join("applied")).unwrap();
}
