//! LNX-INITRAMFS-VIRTIO, LNX-NVME: an initramfs with the drivers in it, made by what made the one that is there.
//!
//! The settings that put the drivers in are in the diff, so that the next kernel has them too. What comes of it cannot be
//! seen before it is made in the source machine. A driver that the kernel does not have cannot be put in.

use crate::edit::Edit;
use crate::parameters;
use crate::proposal::{Phase, Proposal};
use crate::shell;
use crate::work::Work;
use facts::{Kernel, Known, Presence};

const DRACUT: &str = "/etc/dracut.conf.d/ecs-drivers.conf";
const MODULES: &str = "/etc/initramfs-tools/modules";
const MKINITCPIO: &str = "/etc/mkinitcpio.conf";
const SUSE: &str = "/etc/sysconfig/kernel";

/// What makes an initramfs here.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Maker {
    Dracut,
    InitramfsTools,
    Mkinitcpio,
    Mkinitrd,
    MkinitrdOfSuse,
}

pub(super) fn propose(work: &mut Work<'_>) {
    let Some(kernel) = work.guest.default_kernel() else { return };
    for (rule, names) in [("LNX-INITRAMFS-VIRTIO", &["virtio_blk", "virtio_pci"][..]), ("LNX-NVME", &["nvme"][..])] {
        let lacking: Vec<&str> = names.iter().copied().filter(|name| !is_at_hand(kernel, name)).collect();
        let has_all = lacking.iter().all(|name| matches!(kernel.drivers.get(*name), Some(Known::Is(_))));
        if !work.failed(rule) || lacking.is_empty() || !has_all {
            continue;
        }
        let proposal = with_drivers(work, kernel, rule, &lacking);
        work.proposals.extend(proposal);
    }
}

fn is_at_hand(kernel: &Kernel, name: &str) -> bool {
    let driver = kernel.drivers.get(name).and_then(Known::value);
    driver.is_some_and(|driver| driver.presence != Presence::Disk && driver.missing_dependencies.is_empty())
}

fn with_drivers(work: &Work<'_>, kernel: &Kernel, rule: &'static str, names: &[&str]) -> Option<Proposal> {
    let all = names.join(" ");
    let proposal = Proposal::new(rule, format!("the initramfs of kernel {} has {all}", kernel.version));
    let maker = maker(work, kernel)?;
    let proposal = match maker {
        Maker::Dracut if work.files.place(DRACUT).is_ok_and(|place| place.is_some()) => {
            proposal.write(DRACUT, [format!("add_drivers+=\" {all} \"")])
        }
        Maker::InitramfsTools => proposal.write(MODULES, names.iter().map(|name| (*name).to_owned())),
        Maker::Mkinitcpio => proposal.edit(MKINITCPIO, [listed(work, MKINITCPIO, "MODULES", names)?]),
        Maker::MkinitrdOfSuse => proposal.edit(SUSE, [listed(work, SUSE, "INITRD_MODULES", names)?]),
        Maker::Dracut | Maker::Mkinitrd => proposal,
    };
    let mut commands = commands(work, kernel, maker, names)?;
    let proposal = if kernel.initramfs.is_absent() {
        // The boot entry names none yet.
        let anew = parameters::write_anew(work, work.guest.loader.value()?)?;
        proposal.run(Phase::Bootloader, anew)
    } else {
        proposal
    };
    commands.insert(0, format!("# kernel {}", shell::comment(&kernel.version)));
    Some(proposal.run(Phase::Initramfs, commands))
}

/// By the mark in the initramfs that is there, else by what is installed.
fn maker(work: &Work<'_>, kernel: &Kernel) -> Option<Maker> {
    let initramfs = kernel.initramfs.value().or(kernel.unused_initramfs.value());
    let suse = work.is_like(&["suse", "sles", "opensuse"]);
    let mkinitrd = if suse { Maker::MkinitrdOfSuse } else { Maker::Mkinitrd };
    match initramfs.and_then(|initramfs| initramfs.generator.value()).map(String::as_str) {
        Some("dracut") => return Some(Maker::Dracut),
        Some("initramfs-tools") => return Some(Maker::InitramfsTools),
        Some("mkinitcpio") => return Some(Maker::Mkinitcpio),
        Some("mkinitrd") => return Some(mkinitrd),
        _ => {}
    }
    let installed: [(&[&str], Maker); 4] = [
        (&["/usr/sbin/update-initramfs"], Maker::InitramfsTools),
        (&["/usr/bin/dracut", "/sbin/dracut", "/usr/sbin/dracut"], Maker::Dracut),
        (&["/usr/bin/mkinitcpio"], Maker::Mkinitcpio),
        (&["/sbin/mkinitrd", "/usr/sbin/mkinitrd", "/usr/bin/mkinitrd"], mkinitrd),
    ];
    installed.into_iter().find(|(paths, _)| work.program(paths).is_some()).map(|(_, maker)| maker)
}

/// Makes the initramfs of the kernel that boots, as it is set up.
pub(super) fn rebuild(work: &Work<'_>) -> Option<Vec<String>> {
    let kernel = work.guest.default_kernel()?;
    commands(work, kernel, maker(work, kernel)?, &[])
}

fn commands(work: &Work<'_>, kernel: &Kernel, maker: Maker, names: &[&str]) -> Option<Vec<String>> {
    let version = shell::word(&kernel.version);
    let all = names.join(" ");
    let command = match maker {
        Maker::Dracut => {
            let add = if names.is_empty() { String::new() } else { format!(" --add-drivers {}", shell::word(&all)) };
            format!("dracut -f{add} {} {version}", shell::word(&file(work, kernel)?))
        }
        Maker::InitramfsTools => format!("update-initramfs -u -k {version}"),
        Maker::Mkinitcpio => "mkinitcpio -P".into(),
        Maker::Mkinitrd => {
            let with: String = names.iter().map(|name| format!(" --with={name}")).collect();
            format!("mkinitrd -f{with} {} {version}", shell::word(&file(work, kernel)?))
        }
        Maker::MkinitrdOfSuse => "mkinitrd".into(),
    };
    Some(vec![command])
}

/// The initramfs as the source machine names it.
fn file(work: &Work<'_>, kernel: &Kernel) -> Option<String> {
    let Some(initramfs) = kernel.initramfs.value().or(kernel.unused_initramfs.value()) else {
        return Some(format!("/boot/initramfs-{}.img", kernel.version));
    };
    let path = &initramfs.file.path;
    let in_boot = format!("/boot/{}", path.trim_start_matches('/'));
    [path.clone(), in_boot].into_iter().find(|path| path.starts_with("/boot/") && work.files.has(path) == Ok(true))
}

/// Names in a list of the shell: `KEY="a b"` or `KEY=(a b)`.
fn listed(work: &Work<'_>, path: &str, key: &'static str, names: &[&str]) -> Option<Edit> {
    let head = format!("{key}=");
    let (line, _) = work.lines(path).into_iter().find(|(_, text)| text.starts_with(&head))?;
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    Some(Edit::Line(
        line,
        Box::new(move |text| {
            let close = text.rfind(['"', ')', '\'']).filter(|close| *close > head.len())?;
            let inside = text.get(head.len() + 1..close)?;
            let missing = names.iter().filter(|name| !inside.split_ascii_whitespace().any(|there| there == **name));
            let words: Vec<&str> = inside.split_ascii_whitespace().chain(missing.map(String::as_str)).collect();
            Some([&text[..=head.len()], &words.join(" "), &text[close..]].concat())
        }),
    ))
}
