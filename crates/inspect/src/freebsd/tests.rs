use super::*;
use crate::testing::{facts_of, partition, stitched, volumes};
use crate::volumes::Held;
use facts::{Addressing, BsdPresence, Content, InterfaceMatch, SpecKind, VolumeId};

/// The guest on the first of these volumes.
fn guest_of(held: Vec<Held>) -> Guest {
    let volumes = volumes(held);
    let root = Root { index: 0, evidence: Vec::new(), others: Vec::new() };
    detect(&root, &stitched(&volumes), &volumes, &facts_of(&volumes)).unwrap()
}

fn guest(files: &[(&str, &str)]) -> Guest {
    guest_of(vec![partition(1, files)])
}

fn freebsd(files: &[(&str, &str)]) -> FreeBsd {
    let mark = ("/etc/freebsd-update.conf", "");
    let files: Vec<_> = files.iter().copied().chain([mark]).collect();
    *guest(&files).freebsd.unwrap()
}

const BANNER: &str = "\u{1}FreeBSD 12.4-RELEASE-p2 r372781 GENERIC\0";

#[test]
fn versions_by_what_there_is() {
    let kernel = ("/boot/kernel/kernel", BANNER);
    let link = ("/etc/os-release", "-> /var/run/os-release");
    let motd = ("/etc/motd", "FreeBSD 9.3-RELEASE (GENERIC) #0\n");
    let release = ("/etc/os-release", "ID=freebsd\nVERSION=\"13.1-RELEASE\"\n");
    let userland = ("/bin/freebsd-version", "#!/bin/sh\nUSERLAND_VERSION=\"14.1-RELEASE-p5\"\n");
    let update = ("/etc/freebsd-update.conf", "");
    let header = ("/usr/include/sys/param.h", "#undef __FreeBSD_version\n#define __FreeBSD_version 1302001 /* */\n");
    for (files, version) in [
        (vec![userland, kernel, link], "14.1-RELEASE-p5"),
        (vec![update, kernel, link, motd], "12.4-RELEASE-p2"),
        (vec![update, release, motd], "13.1-RELEASE"),
        (vec![update, link, motd], "9.3-RELEASE"),
        (vec![update, header], "13.2"),
        (vec![kernel, ("/boot/loader", "")], "12.4-RELEASE-p2"),
    ] {
        let guest = guest(&files);
        let found = guest.distribution.value().unwrap();
        assert_eq!((found.id.as_str(), found.version.as_str()), ("freebsd", version), "{files:?}");
        assert_eq!(found.name, format!("FreeBSD {version}"));
        assert_eq!((guest.os, guest.platform.value().unwrap().value.as_str()), (Os::FreeBsd, "FreeBSD"));
        assert!(!found.evidence.is_empty() && guest.linux.is_none());
    }
    assert!(guest(&[update]).distribution.is_absent());
    assert!(guest(&[update, ("/bin/freebsd-version", "!bad")]).distribution.reason().is_some());
}

#[test]
fn other_systems_are_not_taken_for_it() {
    let files = [("/etc/fstab", ""), ("/bin/sh", ""), ("/boot/kernel/kernel", "DragonFly"), ("/boot/loader", "")];
    let volumes = volumes(vec![partition(1, &files)]);
    let root = Root { index: 0, evidence: Vec::new(), others: Vec::new() };
    assert!(detect(&root, &stitched(&volumes), &volumes, &facts_of(&volumes)).is_none());
}

#[test]
fn the_last_assignment_of_rc_conf_counts() {
    let files = [
        ("/bin/freebsd-version", ""),
        ("/usr/sbin/sshd", ""),
        ("/etc/defaults/rc.conf", "sshd_enable=\"NO\"\nifconfig_lo0=\"inet 127.0.0.1\"\ndefaultrouter=\"NO\"\n"),
        (
            "/etc/rc.conf",
            "hostname=\"old\"\nsshd_enable=\"YES\"\nifconfig_em0=\"inet 192.0.2.7/24\"\nifconfig_em0_alias0=\"inet 192.0.2.8\"\n\
             ifconfig_DEFAULT=\"SYNCDHCP accept_rtadv\"\nifconfig_em0_ipv6=\"inet6 fe80::1\"\npf_enable=yes\n\
             ifconfig_em1=\"DHCP NOAUTO\"\nifconfig_em2=\"$(x)\"\nfirewall_enable=YES\nfirewall_type=open\n",
        ),
        ("/etc/rc.conf.local", "hostname=\"bsd.example.com\"\n"),
        ("/etc/rc.conf.d/pf", "pf_enable=NO\n"),
        ("/etc/rc.conf.d/other", "sshd_enable=NO\n"),
        ("/etc/rc.conf.d/hostname/local", "hostname=last\n"),
    ];
    let guest = guest(&files);
    let hostname = guest.hostname.value().unwrap();
    assert_eq!((hostname.value.as_str(), hostname.evidence[0].line), ("last", Some(1)));
    let found = guest.freebsd.unwrap();
    assert_eq!(found.sshd.value().unwrap().enabled, Known::Is(true));
    let firewalls = found.firewalls.value().unwrap();
    assert_eq!((firewalls.len(), firewalls[0].name.as_str()), (1, "ipfw"));
    assert_eq!(firewalls[0].allows_ssh, Known::Is(true));
    let interfaces = found.interfaces.value().unwrap();
    let told: Vec<_> = interfaces.iter().map(|one| (&one.interface, one.addressing.value().copied())).collect();
    let name = |name: &str| InterfaceMatch::Name(name.to_owned());
    assert_eq!(
        told,
        [
            (&InterfaceMatch::Any, Some(Addressing::Dhcp)),
            (&name("em0"), Some(Addressing::Static)),
            (&name("em1"), Some(Addressing::Dhcp)),
            (&name("em2"), None),
        ]
    );
    assert_eq!(interfaces[1].addresses, ["192.0.2.7/24"]);
    assert_eq!(interfaces[2].on_boot, Known::Is(false));
    assert_eq!(found.rc_files.len(), 6);
    assert!(found.default_router.is_absent());
}

#[test]
fn what_cannot_be_read_is_unknown() {
    let found = freebsd(&[("/etc/rc.conf", "!bad"), ("/usr/sbin/sshd", ""), ("/boot/loader.conf", "!bad")]);
    assert!(found.sshd.value().unwrap().enabled.reason().is_some());
    assert!(found.interfaces.reason().is_some() && found.firewalls.reason().is_some());
    assert!(found.loader.modules.reason().is_some() && found.loader.console.reason().is_some());
    assert!(found.root_device.reason().is_some() && found.drivers["nvme"].reason().is_some());
    let none = freebsd(&[]);
    assert!(none.sshd.is_absent() && none.interfaces.is_absent() && none.loader.files.is_absent());
    assert!(none.kernel.is_absent() && none.root_device.is_absent() && none.init.is_absent());
}

#[test]
fn drivers_in_the_kernel_by_the_loader_or_later() {
    let presence = |files: &[(&str, &str)]| {
        let found = freebsd(files).drivers;
        ["virtio_blk", "if_vtnet", "nvme"].map(|name| found[name].clone().map(|driver| driver.presence))
    };
    let built_in = Known::Is(BsdPresence::BuiltIn);
    assert_eq!(presence(&[("/boot/kernel/kernel", BANNER)]), [built_in.clone(), built_in.clone(), built_in.clone()]);
    let old = "FreeBSD 9.3-RELEASE #0\n    r@b:/usr/obj/usr/src/sys/GENERIC\0pci/nvme\0";
    assert_eq!(presence(&[("/boot/kernel/kernel", old)]), [Known::Absent, Known::Absent, built_in.clone()]);
    let modules = [
        ("/boot/kernel/kernel", old),
        ("/boot/kernel/virtio_blk.ko", ""),
        ("/boot/modules/if_vtnet.ko", ""),
        ("/boot/loader.conf", "virtio_blk_load=\"NO\"\nvirtio_pci_load=\"YES\"\n"),
        ("/boot/loader.conf.d/10.conf", "virtio_blk_load=\"YES\"\n"),
        ("/etc/rc.conf", "kld_list=\"/boot/modules/if_vtnet.ko fuse\"\n"),
    ];
    let found = presence(&modules);
    assert_eq!(found, [Known::Is(BsdPresence::Loader), Known::Is(BsdPresence::Late), built_in]);
    let loaded = freebsd(&modules).loader.modules.value().unwrap().clone();
    let loaded: Vec<_> = loaded.iter().map(|module| (module.name.as_str(), module.file.is_absent())).collect();
    assert_eq!(loaded, [("virtio_blk", false), ("virtio_pci", true)]);
    // Without a kernel that says so nothing is known of what is in it; a module on disk alone is told.
    let other = presence(&[
        ("/boot/mine/kernel", "ELF"),
        ("/boot/mine/virtio_blk.ko", ""),
        ("/boot/loader.conf", "kernel=\"mine\"\n"),
    ]);
    assert_eq!(other[0], Known::Is(BsdPresence::Disk));
    assert!(other[1].reason().is_some());
}

#[test]
fn the_loader_is_told() {
    let found = freebsd(&[
        (
            "/boot/loader.conf",
            "console=\"comconsole,vidconsole\"\nautoboot_delay=\"3\"\nvfs.root.mountfrom=\"zfs:zroot/ROOT/default\"\n",
        ),
        ("/boot/loader.conf.local", "autoboot_delay=-1\n"),
        ("/boot.config", "-Dh\n"),
        (
            "/etc/ttys",
            "# x\nttyv0\t\"/usr/libexec/getty Pc\"\txterm\toff secure\nttyu0 \"/usr/libexec/getty 3wire\" vt100 onifconsole secure\n",
        ),
        ("/etc/master.passwd", "# $FreeBSD$\nroot:*:0:0::0:0:Charlie:/root:/bin/csh\n"),
        ("/sbin/init", ""),
        ("/etc/rc", ""),
    ]);
    let loader = &found.loader;
    assert_eq!(loader.console.value().unwrap().value, ["comconsole", "vidconsole"]);
    assert_eq!(loader.autoboot_delay.value().unwrap().value, "-1");
    assert_eq!(loader.boot_flags.value().unwrap().value, "-Dh");
    let root = &found.root_device.value().unwrap().value;
    assert_eq!((root.text.as_str(), root.volume.reason().is_some()), ("zroot/ROOT/default", true));
    let terminals = found.terminals.value().unwrap();
    assert_eq!((terminals.len(), terminals[0].name.as_str(), terminals[0].conditional), (1, "ttyu0", true));
    let login = found.root_login.value().unwrap();
    assert_eq!((login.shell.as_str(), &login.locked), ("/bin/csh", &Known::Is(true)));
    assert_eq!(found.init, Known::Is("rc".to_owned()));
}

#[test]
fn cloud_init_below_usr_local() {
    let found = freebsd(&[
        ("/usr/local/bin/cloud-init", ""),
        ("/usr/local/lib/python3.9/site-packages/cloud_init-22.4-py3.9.egg-info", ""),
        ("/usr/local/etc/cloud/cloud.cfg", "datasource_list: [NoCloud]\n"),
        ("/usr/local/etc/cloud/cloud.cfg.d/9.cfg", "datasource_list: [AliYun, None]\n"),
        ("/etc/rc.conf", "cloudinit_enable=\"YES\"\n"),
    ]);
    let cloud_init = found.cloud_init.value().unwrap();
    assert_eq!(cloud_init.enabled, Known::Is(true));
    assert_eq!(cloud_init.version.value().unwrap().value, "22.4");
    assert_eq!(cloud_init.datasources.value().unwrap().value, ["AliYun", "None"]);
}

/// A volume of that id with a filesystem of that label.
fn labelled(id: VolumeId, name: Option<&str>, label: &str) -> Volume {
    let filesystem = facts::Filesystem {
        fs_type: "ufs".into(),
        label: Some(label.into()),
        uuid: Some("644e274703d6b585".into()),
        ..facts::Filesystem::default()
    };
    let content = Known::Is(Content::Filesystem(filesystem));
    Volume { id, name: name.map(str::to_owned), uuid: Some("abcd".into()), content, ..Volume::default() }
}

#[test]
fn devices_are_volumes() {
    let gpt = [labelled(VolumeId::partition(2), Some("rootfs"), "rootlabel")];
    let is = |text: &str, kind: SpecKind| {
        let found = crate::device::resolve(text, &gpt);
        assert_eq!((found.kind, found.volume), (kind, Known::Is(VolumeId::partition(2))), "{text}");
    };
    is("/dev/gpt/rootfs", SpecKind::PartLabel);
    is("/dev/ufs/rootlabel", SpecKind::Label);
    is("/dev/ufsid/644e274703d6b585", SpecKind::Uuid);
    is("/dev/gptid/ABCD", SpecKind::PartUuid);
    for name in ["vtbd0p2", "ada0p2", "da0p2", "nvd0p2", "nda0p2", "ad4s2", "ada0s2c"] {
        is(&format!("/dev/{name}"), SpecKind::KernelName);
    }
    let sliced = [labelled(VolumeId::bsd(Some(1), 'a'), None, "a"), labelled(VolumeId::bsd(None, 'd'), None, "d")];
    for (name, id) in [("ada0s1a", VolumeId::bsd(Some(1), 'a')), ("da0d", VolumeId::bsd(None, 'd'))] {
        assert_eq!(crate::device::resolve(&format!("/dev/{name}"), &sliced).volume, Known::Is(id), "{name}");
    }
    for name in ["ada1p2", "vtbd0p9", "ada0s1b", "gpt/other", "ufs/none", "cd0"] {
        assert!(crate::device::resolve(&format!("/dev/{name}"), &gpt).volume.is_absent(), "{name}");
    }
    for name in ["diskid/DISK-1", "label/x", "ada0p2.eli", "gpt/rootfs.eli"] {
        assert!(crate::device::resolve(&format!("/dev/{name}"), &gpt).volume.reason().is_some(), "{name}");
    }
    // Names of Linux stay what they are, and a group of LVM may be called like a class of labels.
    for name in ["data", "dasda1", "adx"] {
        assert_eq!(crate::device::resolve(&format!("/dev/{name}"), &gpt).kind, SpecKind::Other, "{name}");
    }
    let group = [Volume { id: VolumeId::lvm("ufs", "root"), ..Volume::default() }];
    assert_eq!(crate::device::resolve("/dev/ufs/root", &group).kind, SpecKind::Mapper);
}

#[test]
fn a_root_on_zfs_is_named() {
    let member = Content::Member { of: "zfs".into(), uuid: None, name: Some("zroot".into()) };
    let pool = Volume {
        id: VolumeId::partition(3),
        partition_type: Some("516E7CBA-6ECF-11D6-8FF8-00022D09712B".into()),
        content: Known::Is(member),
        ..Volume::default()
    };
    let why = zfs::hidden_root(std::slice::from_ref(&pool)).unwrap();
    assert!(why.starts_with("ZFS root: pool zroot on partition 3") && why.contains("FreeBSD"), "{why}");
    let linux = Volume { partition_type: None, ..pool };
    assert!(!zfs::hidden_root(&[linux]).unwrap().contains("FreeBSD"));
    assert_eq!(zfs::hidden_root(&[]), None);
}
