//! The way from firmware to system as a chain, with the link that breaks.
//!
//! A link is broken where what it needs is not there, or where a rule that is about it says that instances do not boot.
//! What is missing on one of several ways (a firmware, a driver) is no break as long as another way is there.

use super::Html;
use crate::Judged;
use crate::boot_chain::{title, words};
use crate::escape::html as escaped;
use crate::page::{cut, place};
use facts::{BootStep, Known, StepKind};
use preflight::{Finding, Judgement, Severity};

/// The rules that speak of a kind of step. What they find is shown there.
const RULES: &[(StepKind, &[&str])] = &[
    (StepKind::Bios, &["LNX-BOOT-BIOS", "LNX-BOOT-DECLARED", "LNX-PTABLE", "WIN-PARTITION", "INS-BOOT"]),
    (StepKind::Uefi, &["LNX-BOOT-UEFI", "LNX-ARM-UEFI"]),
    (StepKind::Manager, &["WIN-BOOTMGR"]),
    (StepKind::Configuration, &["LNX-GRUB-CFG", "WIN-BCD"]),
    (StepKind::Program, &["WIN-OSLOADER"]),
    (StepKind::Kernel, &["LNX-GRUB-KERNEL", "LNX-KERNEL-PRESENT", "INS-ARCH"]),
    (
        StepKind::Driver,
        &[
            "LNX-INITRAMFS-VIRTIO",
            "LNX-XEN-ONLY",
            "BSD-VIRTIO",
            "WIN-VIRTIO-STOR",
            "WIN-BOOTDRV-MISSING",
            "WIN-DISKFILTER",
            "WIN-XEN",
            "INS-NVME",
        ],
    ),
    (StepKind::Root, &["LNX-GRUB-ROOT", "LNX-FS-CLEAN", "LNX-LVM", "LNX-MDRAID", "WIN-NTFS", "WIN-BITLOCKER"]),
    (
        StepKind::Mount,
        &["LNX-FSTAB-DEV", "LNX-FSTAB-MISSING", "LNX-FSTAB-TYPE", "LNX-FSTAB-UUID", "BSD-FSTAB", "WIN-MOUNTEDDEVICES"],
    ),
    (
        StepKind::Init,
        &[
            "LNX-INIT",
            "LNX-CRITICAL-FILES",
            "LNX-SELINUX",
            "WIN-SYSPREP",
            "WIN-UPDATE-PENDING",
            "WIN-REGISTRY",
            "WIN-HIBER",
        ],
    ),
];

/// How a link is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Link {
    Whole,
    /// Not taken, or not there: another way is.
    Aside,
    /// Something is not known or not as it should be.
    Doubtful,
    Broken,
}

/// Some steps of one name, and what stops there.
struct Stage<'a> {
    title: &'static str,
    order: u8,
    steps: &'a [BootStep],
    stops: Vec<(&'a Judgement, &'a Finding)>,
}

/// The chain under a heading.
pub(super) fn section(page: &mut Html, image: &Judged<'_>, level: usize) {
    let steps = image.facts.boot_chain();
    let stages = stages(&steps, image);
    let boots = |steps: &[BootStep]| steps.iter().any(|step| firmware(step.kind) && step.what.value().is_some());
    let starts = stages.iter().any(|stage| boots(stage.steps));
    page.heading(level, "How it boots");
    page.raw("<ol class=\"chain\">\n");
    for stage in &stages {
        let (class, word) = match link(stage, starts) {
            Link::Whole => ("green", ""),
            Link::Aside => ("none", ""),
            Link::Doubtful => ("amber", ""),
            Link::Broken => ("broken", " – broken here"),
        };
        page.raw(&format!("<li class=\"{class}\">\n"));
        page.leaf(&format!("h{}", level + 1), "", &format!("{}{word}", stage.title));
        for step in stage.steps {
            page.leaf("p", "", &words(step));
            let before = if firmware(step.kind) { "missing: " } else { "but: " };
            step.missing.iter().for_each(|one| page.leaf("p", " class=\"dim\"", &format!("{before}{}", place(one))));
        }
        for (judgement, finding) in &stage.stops {
            let (rule, text) = (escaped(&judgement.id), escaped(&cut(&finding.message)));
            page.raw(&format!("<p class=\"why\">{rule}: {text}</p>\n"));
        }
        page.raw("</li>\n");
    }
    page.raw("</ol>\n");
}

/// The steps by their names, each finding at the step that it stops; where there is no such step, as a link without.
fn stages<'a>(steps: &'a [BootStep], image: &Judged<'a>) -> Vec<Stage<'a>> {
    let chunks = steps.chunk_by(|a, b| title(a.kind) == title(b.kind));
    let stage = |steps: &'a [BootStep]| {
        let first = steps.first()?.kind;
        Some(Stage { title: title(first), order: order(first), steps, stops: Vec::new() })
    };
    let mut stages: Vec<_> = chunks.filter_map(stage).collect();
    for (judgement, finding) in image.report.findings() {
        let about = RULES.iter().find(|(_, rules)| rules.contains(&&*judgement.id)).map(|(kind, _)| *kind);
        let Some(kind) = about.filter(|_| finding.severity >= Severity::NoBoot && judgement.waived.is_none()) else {
            continue;
        };
        let at = stages.partition_point(|stage| stage.order <= order(kind));
        let stop = (judgement, finding);
        match stages.iter_mut().find(|stage| stage.title == title(kind)) {
            Some(stage) => stage.stops.push(stop),
            None => stages.insert(at, Stage { title: title(kind), order: order(kind), steps: &[], stops: vec![stop] }),
        }
    }
    stages
}

/// Their place on the way.
fn order(kind: StepKind) -> u8 {
    match kind {
        StepKind::Bios => 0,
        StepKind::Uefi => 1,
        StepKind::Manager => 2,
        StepKind::Configuration => 3,
        StepKind::Search => 4,
        StepKind::Entry => 5,
        StepKind::Program => 6,
        StepKind::Kernel | StepKind::Initramfs | StepKind::CommandLine | StepKind::Module => 7,
        StepKind::Driver => 8,
        StepKind::Root => 9,
        StepKind::Mount => 10,
        StepKind::Init => 11,
    }
}

fn firmware(kind: StepKind) -> bool {
    matches!(kind, StepKind::Bios | StepKind::Uefi)
}

/// `starts`: a firmware finds something to start.
fn link(stage: &Stage<'_>, starts: bool) -> Link {
    if !stage.stops.is_empty() {
        return Link::Broken;
    }
    let one_of_several = |step: &BootStep| matches!(step.kind, StepKind::Driver | StepKind::Mount | StepKind::Manager);
    let state = |step: &BootStep| match &step.what {
        _ if firmware(step.kind) && step.what.value().is_none() && starts => Link::Aside,
        Known::Unknown(_) => Link::Doubtful,
        Known::Absent if one_of_several(step) => Link::Aside,
        Known::Absent => Link::Broken,
        Known::Is(_) if !step.missing.is_empty() && !firmware(step.kind) => Link::Doubtful,
        Known::Is(_) => Link::Whole,
    };
    let states: Vec<_> = stage.steps.iter().map(state).collect();
    let any = |link| states.contains(&link);
    match () {
        () if any(Link::Broken) => Link::Broken,
        () if any(Link::Doubtful) => Link::Doubtful,
        () if any(Link::Whole) => Link::Whole,
        () => Link::Aside,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_is_one_and_can_stop_a_boot() {
        for id in RULES.iter().flat_map(|(_, rules)| *rules) {
            let rule = preflight::RULES.iter().find(|rule| rule.id == *id).expect(id);
            assert!(rule.severity >= Severity::NoBoot, "{id}");
        }
    }

    #[test]
    fn a_way_not_taken_is_no_break() {
        let step =
            |kind, what| BootStep { kind, subject: String::new(), what, evidence: Vec::new(), missing: Vec::new() };
        let yes = || Known::Is("there".to_owned());
        let of = |steps: &[BootStep], starts| link(&Stage { title: "", order: 0, steps, stops: Vec::new() }, starts);
        assert_eq!(of(&[step(StepKind::Uefi, Known::Absent)], true), Link::Aside);
        assert_eq!(of(&[step(StepKind::Uefi, Known::Absent)], false), Link::Broken);
        assert_eq!(of(&[step(StepKind::Driver, Known::Absent), step(StepKind::Driver, yes())], true), Link::Whole);
        assert_eq!(of(&[step(StepKind::Kernel, yes()), step(StepKind::Initramfs, Known::Absent)], true), Link::Broken);
        assert_eq!(of(&[step(StepKind::Root, Known::unknown("not read"))], true), Link::Doubtful);
    }
}
