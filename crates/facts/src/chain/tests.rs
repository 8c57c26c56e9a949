use super::*;
use crate::{
    BcdDevice, BcdEntry, BootEntry, BootStore, BsdModule, Claim, DeviceSpec, Driver, FreeBsd, Kernel, Linux, Loader,
    Readiness, Windows, WindowsDriver,
};

fn root() -> VolumeId {
    VolumeId::partition(2)
}

fn linux() -> Facts {
    let file = |path: &str| FileRef { path: path.into(), size: Known::Is(7), ..FileRef::default() };
    let spec = DeviceSpec { text: "UUID=x".into(), volume: Known::Is(root()), ..DeviceSpec::default() };
    let entry = BootEntry {
        title: "Linux".into(),
        kernel: Known::Is(file("/vmlinuz")),
        initrds: vec![file("/initrd")],
        root: Known::Is(spec),
        ..BootEntry::default()
    };
    let config = vec![Evidence::file(&root(), "/boot/grub/grub.cfg")];
    let loader = Loader { config, entries: vec![entry], default: Known::Is(0), ..Loader::default() };
    let kernel = Kernel {
        default: true,
        drivers: [("nvme".to_owned(), Known::Absent), ("virtio_blk".to_owned(), Known::Is(Driver::default()))].into(),
        ..Kernel::default()
    };
    let mut facts = with(Guest {
        root: root(),
        loader: Known::Is(loader),
        kernels: Known::Is(vec![kernel]),
        linux: Some(Box::new(Linux { init: Known::Is("systemd".into()), ..Linux::default() })),
        ..Guest::default()
    });
    facts.boot.bios.can = Known::Is(true);
    facts.boot.uefi.can = Known::Is(false);
    facts
}

fn with(guest: Guest) -> Facts {
    Facts { guest: Known::Is(guest), ..Facts::default() }
}

fn kinds(steps: &[BootStep]) -> Vec<StepKind> {
    steps.iter().map(|step| step.kind).collect()
}

#[test]
fn every_step_of_linux_in_its_order() {
    use StepKind::{Bios, Configuration, Driver, Entry, Init, Initramfs, Kernel, Root, Uefi};
    let steps = linux().boot_chain();
    assert_eq!(kinds(&steps), [Bios, Uefi, Configuration, Entry, Kernel, Initramfs, Driver, Driver, Root, Root, Init]);
    assert_eq!((&steps[1].what, &steps[3].what), (&Known::Absent, &Known::Is("Linux".into())));
    assert_eq!((steps[8].subject.as_str(), &steps[8].what), ("root=UUID=x", &Known::Is("partition 2".into())));
    assert_eq!((steps[7].subject.as_str(), &steps[7].what), ("nvme", &Known::Absent));
}

#[test]
fn what_is_unknown_is_said_in_its_place() {
    let mut facts = linux();
    if let Known::Is(guest) = &mut facts.guest {
        guest.loader = Known::unknown("locked");
    }
    let steps = facts.boot_chain();
    assert_eq!(steps[2].kind, StepKind::Configuration);
    assert!(steps[2].what.reason().is_some());
    for guest in [Known::Absent, Known::unknown("locked")] {
        facts.guest = guest;
        let steps = facts.boot_chain();
        assert_eq!(kinds(&steps), [StepKind::Bios, StepKind::Uefi, StepKind::Root]);
        assert_eq!(steps[2].what.is_absent(), facts.guest.is_absent());
    }
}

fn windows(device: Known<VolumeId>) -> Facts {
    let at = |volume| Known::Is(BcdDevice { volume, ..BcdDevice::default() });
    let entry = BcdEntry {
        path: Known::Is(r"\Windows\system32\winload.exe".into()),
        device: at(device.clone()),
        os_device: at(device),
        ..BcdEntry::default()
    };
    let store = BootStore { entries: Known::Is(vec![entry]), default: Known::Is(0), ..BootStore::default() };
    let viostor = WindowsDriver { readiness: Known::Is(Readiness::NotBootStart), ..WindowsDriver::default() };
    let windows = Windows {
        boot_stores: Known::Is(vec![store]),
        system_files: [("winload.exe".to_owned(), Known::Absent)].into(),
        drivers: [("viostor".to_owned(), Known::Is(viostor)), ("stornvme".to_owned(), Known::Absent)].into(),
        ..Windows::default()
    };
    with(Guest { root: root(), windows: Some(Box::new(windows)), ..Guest::default() })
}

fn only(steps: &[BootStep], kind: StepKind) -> &BootStep {
    steps.iter().find(|step| step.kind == kind).unwrap()
}

#[test]
fn a_store_of_windows_against_the_disk() {
    let steps = windows(Known::Is(VolumeId::partition(3))).boot_chain();
    assert_eq!(only(&steps, StepKind::Program).what, Known::Is("partition 3".into()));
    assert_eq!(only(&steps, StepKind::Root).missing.len(), 1, "another volume than that of Windows");

    let steps = windows(Known::Is(root())).boot_chain();
    assert!(only(&steps, StepKind::Program).what.is_absent(), "its file is not there");
    assert!(only(&steps, StepKind::Root).missing.is_empty());

    let steps = windows(Known::Absent).boot_chain();
    assert_eq!(only(&steps, StepKind::Program).missing.len(), 1, "another disk");
    let drivers: Vec<_> = steps.iter().filter(|step| step.kind == StepKind::Driver).collect();
    assert_eq!(drivers[0].what, Known::Is("not started at boot".into()));
    assert!(drivers[1].what.is_absent());
}

#[test]
fn freebsd_mounts_what_it_is_told() {
    let spec = DeviceSpec { text: "/dev/ada0p2".into(), volume: Known::Is(root()), ..DeviceSpec::default() };
    let mut own = FreeBsd { root_device: Known::Is(Claim::new(spec, Evidence::default())), ..FreeBsd::default() };
    own.loader.files = Known::Absent;
    own.loader.autoboot_delay = Known::Absent;
    let module = BsdModule { name: "virtio_blk".into(), file: Known::Absent, evidence: Evidence::default() };
    own.loader.modules = Known::Is(vec![module]);
    let steps = with(Guest { root: root(), freebsd: Some(Box::new(own)), ..Guest::default() }).boot_chain();
    assert_eq!(only(&steps, StepKind::Configuration).what, Known::Is("the loader of FreeBSD, waits 10 s".into()));
    assert!(only(&steps, StepKind::Module).what.is_absent());
    assert_eq!(only(&steps, StepKind::Root).subject, "/dev/ada0p2");
    assert_eq!(steps.last().unwrap().kind, StepKind::Init);
}
