//! How the machine would start, step by step, with what in the image says so.

use crate::page::{Page, cut, place};
use crate::style::{Ink, Style};
use facts::{BootStep, Evidence, Facts, Known, StepKind};
use std::collections::HashSet;

/// From the firmware to the programs of the system: [`Facts::boot_chain`], steps of a kind under one number.
pub fn boot_chain_text(facts: &Facts, style: &Style) -> String {
    let mut page = Page::new(style);
    page.hanging("", 0, &facts.image.path);
    let mut shown = HashSet::new();
    let steps = facts.boot_chain();
    let stages = steps.chunk_by(|a, b| title(a.kind) == title(b.kind));
    for (index, stage) in stages.enumerate() {
        page.gap();
        self::stage(&mut page, index + 1, stage, &mut shown);
    }
    page.finish()
}

/// What a kind of step is called; those of one name stand together.
pub(crate) fn title(kind: StepKind) -> &'static str {
    match kind {
        StepKind::Bios => "BIOS",
        StepKind::Uefi => "UEFI",
        StepKind::Manager => "Boot manager",
        StepKind::Configuration => "Boot loader",
        StepKind::Search => "Filesystems that the boot loader looks for",
        StepKind::Entry => "Menu entry",
        StepKind::Program => "Loader of the system",
        StepKind::Kernel | StepKind::Initramfs | StepKind::CommandLine | StepKind::Module => "Kernel",
        StepKind::Driver => "Drivers before the root filesystem",
        StepKind::Root => "Root filesystem",
        StepKind::Mount => "Other filesystems",
        StepKind::Init => "Init",
    }
}

/// What a step that finds nothing says.
fn nothing(kind: StepKind) -> &'static str {
    match kind {
        StepKind::Bios | StepKind::Uefi => "finds nothing to start",
        StepKind::Configuration => "no configuration of one that this program knows",
        StepKind::Entry => "none starts by itself",
        StepKind::Kernel | StepKind::Init => "none",
        StepKind::Manager => "nothing that starts",
        StepKind::Search | StepKind::Mount => "not on this disk",
        StepKind::Root => "nothing on this disk answers to it",
        _ => "not there",
    }
}

/// One step stands beside its number, several below it.
fn stage(page: &mut Page<'_>, number: usize, stage: &[BootStep], shown: &mut HashSet<String>) {
    let Some(first) = stage.first() else { return };
    let heading = format!("{number}. {}: ", title(first.kind));
    let painted = page.style.paint(Ink::Bold, &heading);
    if stage.len() == 1 {
        page.hanging(&painted, heading.chars().count().min(24), &words(first));
        return because(page, 3, first, shown);
    }
    page.line(painted.trim_end());
    for step in stage {
        page.hanging("   ", 5, &words(step));
        because(page, 5, step, shown);
    }
}

pub(crate) fn words(step: &BootStep) -> String {
    let what = match &step.what {
        Known::Is(what) => cut(what),
        Known::Absent => nothing(step.kind).into(),
        Known::Unknown(reason) => format!("unknown: {}", reason.why),
    };
    let subject = match (step.kind, step.subject.as_str()) {
        (StepKind::CommandLine, _) => "command line".into(),
        (StepKind::Initramfs, path) => format!("initramfs {}", cut(path)),
        (StepKind::Module, name) => format!("module {}", cut(name)),
        (_, subject) => cut(subject),
    };
    if subject.is_empty() { what } else { format!("{subject}: {what}") }
}

/// What shows a step, and what is in its way. What stands above already is not said again.
fn because(page: &mut Page<'_>, columns: usize, step: &BootStep, shown: &mut HashSet<String>) {
    let indent = " ".repeat(columns);
    let mut say = |evidence: &Evidence, before: &str| {
        let text = place(evidence);
        if !text.is_empty() && shown.insert(text.clone()) {
            page.hanging(&indent, columns + 2, &format!("{before}{text}"));
        }
    };
    step.evidence.iter().for_each(|one| say(one, ""));
    let before = if matches!(step.kind, StepKind::Bios | StepKind::Uefi) { "missing: " } else { "but: " };
    step.missing.iter().for_each(|one| say(one, before));
}
