//! Facts of a sound disk with FreeBSD.

use super::*;

/// The FreeBSD configuration, to be changed.
pub(crate) fn freebsd_of(facts: &mut Facts) -> &mut FreeBsd {
    guest_of(facts).freebsd.as_deref_mut().expect("a FreeBSD guest")
}

/// A FreeBSD 13.2 that boots by BIOS from a GPT disk: boot program, swap, UFS. Every rule passes, or is not about it.
pub(crate) fn bsd() -> Facts {
    let mut facts = bios();
    let root = VolumeId::partition(3);
    of(&mut facts.disk).table = is(TableKind::Gpt);
    let mut boot = ext4(1, MIB, MIB, Role::BiosBoot, "");
    boot.content = is(Content::Other { name: "freebsd-boot".into() });
    let mut swap = ext4(2, 2 * MIB, 512 * MIB, Role::Swap, "");
    swap.content = is(Content::Swap { uuid: None, label: None, hibernated: false });
    swap.name = Some("swapfs".into());
    let mut ufs = ext4(3, 514 * MIB, 3500 * MIB, Role::Root, "6b03dc966b8b4567");
    ufs.name = Some("rootfs".into());
    if let Known::Is(Content::Filesystem(filesystem)) = &mut ufs.content {
        filesystem.fs_type = "ufs".into();
        filesystem.features.clear();
    }
    facts.volumes = vec![boot, swap, ufs];
    facts.boot.bios.evidence = vec![Evidence::disk(0, "FreeBSD's pmbr")];
    facts.boot.code = is(Claim::new(BootCode::FreeBsd, Evidence::disk(0, "FreeBSD's pmbr")));
    facts.guest = is(guest(root));
    facts
}

fn guest(root: VolumeId) -> Guest {
    let kernel = Evidence::file(&root, "/boot/kernel/kernel");
    let spec = DeviceSpec { text: "/dev/gpt/rootfs".into(), kind: SpecKind::PartLabel, volume: is(root.clone()) };
    Guest {
        os: Os::FreeBsd,
        root: root.clone(),
        distribution: is(Distribution {
            id: "freebsd".into(),
            version: "13.2-RELEASE".into(),
            name: "FreeBSD 13.2-RELEASE".into(),
            ..Distribution::default()
        }),
        platform: is(Claim::new("FreeBSD".into(), kernel.clone())),
        architecture: is(Claim::new(Architecture::X86_64, kernel.clone())),
        userland: is(Claim::new(Architecture::X86_64, Evidence::file(&root, "/bin/sh"))),
        hostname: is(Claim::new("bsd.example.com".into(), in_file("/etc/rc.conf", 1, "hostname"))),
        mounts: vec![Mount { path: "/".into(), volume: is(root), spec: spec.clone() }],
        loader: Known::Absent,
        kernels: Known::unknown("the kernels of FreeBSD are facts of its own"),
        freebsd: Some(Box::new(configuration(spec, &kernel))),
        ..Guest::default()
    }
}

fn configuration(spec: DeviceSpec, kernel: &Evidence) -> FreeBsd {
    let entry = mount(spec.clone(), "/", "ufs", "rw");
    let swap =
        DeviceSpec { text: "/dev/gpt/swapfs".into(), kind: SpecKind::PartLabel, volume: is(VolumeId::partition(2)) };
    let driver = |name: &str| {
        let evidence = vec![kernel.clone().saying(name)];
        (name.to_owned(), is(BsdDriver { presence: BsdPresence::BuiltIn, evidence }))
    };
    FreeBsd {
        kernel: is(Claim::new("13.2-RELEASE".into(), kernel.clone())),
        kernel_config: is(Claim::new("GENERIC".into(), kernel.clone())),
        drivers: ["virtio_pci", "virtio_blk", "if_vtnet"].map(driver).into(),
        root_device: is(Claim::new(spec, entry.evidence.clone())),
        fstab: is(Fstab {
            evidence: in_file("/etc/fstab", 1, ""),
            entries: vec![entry, mount(swap, "none", "swap", "sw")],
            malformed: vec![],
        }),
        interfaces: is(vec![NetworkProfile {
            source: NetworkSource::RcConf,
            interface: InterfaceMatch::Any,
            addressing: is(Addressing::Dhcp),
            on_boot: is(true),
            used: is(true),
            evidence: in_file("/etc/rc.conf", 2, "ifconfig_DEFAULT=\"DHCP\""),
            ..NetworkProfile::default()
        }]),
        dhcp_client: is("/sbin/dhclient".into()),
        sshd: is(Sshd {
            enabled: is(true),
            ports: is(vec![22]),
            evidence: vec![in_file("/etc/rc.conf", 3, "sshd_enable=\"YES\"")],
            ..Sshd::default()
        }),
        cloud_init: Known::Absent,
        ..FreeBsd::default()
    }
}
