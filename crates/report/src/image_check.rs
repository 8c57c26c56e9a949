//! The report of `image_check` 1.0.2, the platform's tool for a running Linux (help page "image compliance tool",
//! 2019): its fields, its names of the items, texts throughout. Of several images, a list of such reports.
//!
//! Each item is made from the rules that ask the same. `FAILED`: instances do not start. `WARNING`: they do, but cannot
//! be configured or reached, or it could not be told. An item of which no rule is about the disk is left out. Where that
//! tool has a code, this has the name of the rule that decided, and `0` where all is right.

use crate::escape::{self, shown};
use crate::json::TOOL;
use crate::page::{cut, place};
use crate::{Judged, Style};
use facts::Facts;
use preflight::{Judgement, Outcome, Report, Severity};
use serde::Serialize;
use std::io;

/// The JSON of `image_check`.
pub(crate) struct Reporter;

/// Its items, in its order, and our rules that ask the same.
const ITEMS: [(&str, &[&str]); 16] = [
    (
        "driver",
        &[
            "LNX-INITRAMFS-VIRTIO",
            "LNX-KERNEL-VIRTIO",
            "LNX-XEN-ONLY",
            "BSD-VIRTIO",
            "WIN-VIRTIO-STOR",
            "WIN-VIRTIO-NET",
        ],
    ),
    ("shadow authority", &["LNX-SHADOW-RO"]),
    ("security", &["LNX-SELINUX"]),
    ("qemu-ga", &["LNX-QEMUGA", "WIN-QEMUGA"]),
    (
        "network",
        &["LNX-NETWORKMANAGER", "LNX-DHCP", "LNX-DHCP-CLIENT", "LNX-NIC-NAME", "LNX-UDEV-NET", "BSD-DHCP", "WIN-DHCP"],
    ),
    ("ssh", &["LNX-SSHD", "LNX-SSHD-ROOT", "LNX-SSHD-PERM"]),
    ("firewall", &["LNX-FIREWALL", "WIN-FIREWALL"]),
    ("filesystem", &["LNX-FS-TYPE", "LNX-EXT4-64BIT", "LNX-EXT4-QUOTA", "LNX-FS-CLEAN", "WIN-NTFS"]),
    ("device id", &["LNX-FSTAB-DEV", "LNX-FSTAB-UUID", "LNX-GRUB-ROOT", "BSD-FSTAB"]),
    ("root account", &["LNX-ROOT-ACCOUNT", "WIN-ADMIN"]),
    ("password", &["LNX-PASSWD-CMD", "LNX-ROOT-PASSWORD"]),
    ("partition table", &["LNX-PTABLE", "WIN-PARTITION"]),
    ("lib", &["LNX-LIB-SYMLINK", "LNX-CRITICAL-FILES"]),
    ("disk size", &["IMG-DISKSIZE-RANGE"]),
    ("disk use rate", &["LNX-DISK-FREE"]),
    ("inode use rate", &["LNX-INODE-FREE"]),
];

#[derive(Serialize)]
struct Document {
    platform: String,
    os_big_version: String,
    os_small_version: String,
    architecture: String,
    /// GiB.
    system_disk_size: String,
    /// Of this program.
    version: String,
    time: String,
    check_items: Vec<Item>,
}

#[derive(Serialize)]
struct Item {
    name: &'static str,
    result: &'static str,
    error_code: String,
    description: String,
    comment: String,
}

impl crate::Reporter for Reporter {
    fn name(&self) -> &'static str {
        "image-check"
    }

    fn write(&self, images: &[Judged<'_>], style: &Style, out: &mut dyn io::Write) -> io::Result<()> {
        let documents: Vec<_> = images.iter().map(|image| document(image, style)).collect();
        match documents.as_slice() {
            [document] => escape::json(document, out),
            all => escape::json(&all, out),
        }
    }
}

fn document(image: &Judged<'_>, style: &Style) -> Document {
    let guest = image.facts.guest.value();
    let version = guest.and_then(|guest| guest.distribution.value()).map_or("", |found| found.version.as_str());
    let (major, minor) = version.split_once('.').unwrap_or((version, ""));
    let platform = guest.and_then(|guest| guest.platform.value()).map_or("", |claim| claim.value.as_str());
    let architecture = guest.and_then(|guest| guest.architecture.value());
    Document {
        platform: shown(platform),
        os_big_version: shown(major),
        os_small_version: shown(minor),
        architecture: architecture.map_or(String::new(), |claim| claim.value.to_string()),
        system_disk_size: disk_size(image.facts),
        version: format!("{} {}", TOOL.name, TOOL.version),
        time: style.moment("_", "-").unwrap_or_default(),
        check_items: ITEMS.iter().filter_map(|(name, rules)| item(name, rules, image.report)).collect(),
    }
}

fn disk_size(facts: &Facts) -> String {
    facts.image.virtual_size.value().map_or(String::new(), |bytes| bytes.div_ceil(1 << 30).to_string())
}

/// What a rule says of an item, the worst last.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    NotAbout,
    Fine,
    Warns,
    Fails,
}

fn level(result: &Judgement) -> Level {
    match &result.outcome {
        Outcome::Skipped { .. } => Level::NotAbout,
        Outcome::Passed => Level::Fine,
        Outcome::Unknown { .. } => Level::Warns,
        Outcome::Failed { open, .. } => match result.severity {
            _ if result.waived.is_some() => Level::Warns,
            Severity::NoBoot | Severity::Reject => Level::Fails,
            Severity::Info if open.is_none() => Level::Fine,
            _ => Level::Warns,
        },
    }
}

fn item(name: &'static str, rules: &[&str], report: &Report) -> Option<Item> {
    let mut results: Vec<_> = report.results.iter().filter(|result| rules.contains(&&*result.id)).collect();
    results.sort_by_key(|result| std::cmp::Reverse(level(result)));
    let worst = results.first().map(|result| (level(result), *result))?;
    let (result, word) = match worst.0 {
        Level::NotAbout => return None,
        Level::Fine => ("OK", "Pass"),
        Level::Warns => ("WARNING", "Warning"),
        Level::Fails => ("FAILED", "Fail"),
    };
    let passed = results.iter().find(|result| matches!(result.outcome, Outcome::Passed));
    let about = passed.filter(|_| worst.0 == Level::Fine).copied().unwrap_or(worst.1);
    let comments: Vec<_> = results.iter().flat_map(|result| comments(result)).collect();
    Some(Item {
        name,
        result,
        error_code: if worst.0 == Level::Fine { "0".into() } else { worst.1.id.to_string() },
        description: format!("{word}: {}", shown(&description(about))),
        comment: shown(&comments.join("; ")),
    })
}

/// What is wrong, or what holds.
fn description(result: &Judgement) -> String {
    match &result.outcome {
        Outcome::Failed { findings, .. } => findings.first().map_or(String::new(), |first| first.message.clone()),
        Outcome::Unknown { why } => format!("it cannot be told: {why}"),
        Outcome::Passed | Outcome::Skipped { .. } => result.title.to_string(),
    }
}

/// Where, and what to do.
fn comments(result: &Judgement) -> Vec<String> {
    let rule = &result.id;
    let mut comments = Vec::new();
    for finding in result.outcome.findings() {
        let at = finding.evidence.first().map(place).filter(|at| !at.is_empty());
        let at = at.map_or(String::new(), |at| format!(" at {at}"));
        comments.push(format!("{rule}: {}{at}: {}", cut(&finding.message), finding.remedy));
    }
    comments.extend(result.outcome.open().map(|why| format!("{rule} is unknown: {why}")));
    comments.extend(result.waived.as_ref().map(|waiver| format!("{rule} is waived: {}", waiver.reason)));
    comments
}

#[cfg(test)]
mod tests {
    use super::*;
    use preflight::Target;
    use std::collections::HashSet;

    #[test]
    fn every_item_is_made_of_rules_that_exist_each_in_one() {
        let mut seen = HashSet::new();
        for (name, rules) in ITEMS {
            assert!(!rules.is_empty(), "{name}");
            for id in rules {
                assert!(preflight::RULES.iter().any(|rule| rule.id == *id), "{name}: {id}");
                assert!(seen.insert(*id), "{id} stands twice");
            }
        }
    }

    #[test]
    fn nothing_known_is_nothing_right() {
        let facts = Facts::default();
        let report = preflight::check(&facts, &Target::default());
        let document = document(&Judged { report: &report, facts: &facts }, &Style::default());
        assert!(!document.check_items.is_empty());
        for item in document.check_items {
            assert!(item.result == "WARNING" && item.comment.contains("unknown"), "{}", item.name);
            assert_ne!(item.error_code, "0");
        }
    }
}
