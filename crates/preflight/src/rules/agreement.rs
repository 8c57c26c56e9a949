//! Registry, table of the rules, official catalogues and the reference say the same.

use super::RULES;
use crate::outcome::Severity;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// The items of the platform's own checks: of the check in the cloud, of the tool of 2018 to 2021, of the tool of 2024.
const CATALOGUES: &[(&str, &[&str])] = &[
    (
        "GUESTOS",
        &[
            "Platform",
            "OSVersion",
            "Architecture",
            "RtcTimeMode",
            "BootMode",
            "KernelVersion",
            "Virtio",
            "Nvme",
            "Fstab",
            "Grub",
            "Dhcp",
            "Selinux",
            "OnlineResizeFS",
            "SystemImage",
            "CloudAssistant",
            "CloudInit",
            "SecurityCenterAgent",
            "SupportMocInstanceTypes",
            "BCD",
            "Registry",
            "Hotfix",
            "Disk",
            "Sysprep",
            "Update",
            "Xen",
            "Server",
            "DesktopConfig",
            "BootMgr",
        ],
    ),
    (
        "image_check",
        &[
            "driver",
            "shadow-authority",
            "security",
            "qemu-ga",
            "network",
            "ssh",
            "firewall",
            "filesystem",
            "device-id",
            "root-account",
            "password",
            "partition-table",
            "lib",
            "disk-size",
            "disk-use-rate",
            "inode-use-rate",
        ],
    ),
    ("sersi", &["Virtio", "NVMe", "Fstab", "GRUB", "DHCP"]),
];

/// Rules of the reference that no disk can be asked.
const NOT_OF_A_DISK: &[&str] = &["WIN-PASSWORD"];

/// Rules that the reference does not have, because booted disks showed that they are needed.
const NOT_IN_THE_REFERENCE: &[&str] = &["LNX-SSHD-CONFIG"];

/// Rules that are milder or harder here than the reference has them, and why.
const OTHER_SEVERITY: &[(&str, &str)] = &[
    ("IMG-VHD-BLOCK", "which block sizes are refused is not published"),
    ("LNX-CLOUDINIT-USER", "another user can log in"),
    ("LNX-DISK-FREE", "a full root boots, and services do not start"),
    ("LNX-DNS", "DHCP writes the file anew"),
    ("LNX-EXT4-64BIT", "today's tools grow such filesystems"),
    ("LNX-FSTAB-SYNTAX", "systemd and mount skip such lines"),
    ("LNX-GRUB-MODULES", "modules may be built into the core"),
    ("LNX-GRUB-VERSION", "GRUB legacy boots on virtio"),
    ("LNX-KERNEL-OLD", "only on families of bare metal"),
    ("LNX-KERNEL-VIRTIO", "a system whose kernel lacks virtio_net has no network"),
    ("LNX-NVME", "only on families with NVMe disks, see INS-NVME"),
    ("WIN-2003-SP", "only an old text says so"),
    ("WIN-DEVINSTALL", "the network card is not installed"),
];

fn table() -> String {
    let mut text = String::from(
        "# The rules\n\nMade of the registry: `UPDATE_GOLDEN=1 cargo test -p bootworthy-preflight`. `bootworthy explain RULE` \
         says what a rule checks, why, and how to fix what it finds.\n\n\
         | rule | what must hold | at worst | how sure | official names | who says so |\n| --- | --- | --- | --- | --- | --- |\n",
    );
    for rule in RULES {
        let aliases: Vec<_> = rule.aliases.iter().map(|alias| format!("`{alias}`")).collect();
        let cell = |text: &str| text.replace('|', "\\|");
        let (confidence, severity) = (rule.confidence.words(), rule.severity);
        let _ = writeln!(
            text,
            "| {} | {} | {severity} | {confidence} | {} | {} |",
            rule.id,
            cell(rule.title),
            aliases.join(", "),
            cell(rule.source)
        );
    }
    text
}

fn manifest() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn the_table_is_that_of_the_registry() {
    let path = manifest().join("RULES.md");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, table()).unwrap();
    }
    let there = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(there, table(), "RULES.md is old: UPDATE_GOLDEN=1 cargo test -p bootworthy-preflight");
}

#[test]
fn every_official_item_is_asked_by_a_rule_and_every_alias_is_an_official_item() {
    let official: BTreeSet<String> =
        CATALOGUES.iter().flat_map(|(tool, items)| items.iter().map(move |item| format!("{tool}.{item}"))).collect();
    let ours: BTreeSet<String> = RULES.iter().flat_map(|rule| rule.aliases).map(|&alias| alias.to_owned()).collect();
    assert_eq!(ours, official);
}

/// `| id | rule | severity | offline | …`: ids with the severities that stand in their row.
fn of_the_reference(text: &str) -> BTreeMap<&str, Vec<Severity>> {
    let mut rows = BTreeMap::new();
    for line in text.lines() {
        let mut cells = line.trim_matches('|').split(" | ").map(str::trim);
        let (Some(id), cells) = (cells.next().filter(|_| line.starts_with('|')), cells) else { continue };
        if !["IMG-", "LNX-", "CUS-", "BSD-", "WIN-"].iter().any(|prefix| id.starts_with(prefix)) {
            continue;
        }
        let marks = [
            ("RJ", Severity::Reject),
            ("BF", Severity::NoBoot),
            ("LN", Severity::NoLogin),
            ("DG", Severity::Degraded),
            ("IN", Severity::Info),
        ];
        let words: Vec<&str> = cells.flat_map(|cell| cell.split(|c: char| !c.is_ascii_alphanumeric())).collect();
        rows.insert(id, marks.iter().filter(|(mark, _)| words.contains(mark)).map(|(_, severity)| *severity).collect());
    }
    rows
}

#[test]
fn the_registry_is_that_of_the_reference() {
    let shared =
        std::env::var_os("BOOTWORTHY_SHARED").map_or_else(|| manifest().join("../../../shared"), PathBuf::from);
    let Ok(text) = std::fs::read_to_string(shared.join("reference/ecs-rules.md")) else {
        assert!(
            std::env::var_os("BOOTWORTHY_REQUIRE_ORACLES").is_none_or(|value| value != "1"),
            "missing: the reference"
        );
        eprintln!("SKIPPED: the reference of the rules");
        return;
    };
    let rows = of_the_reference(&text);
    assert!(rows.len() > 140, "only {} rows were read", rows.len());
    let here: BTreeMap<_, _> = RULES.iter().map(|rule| (rule.id, rule)).collect();
    let missing: Vec<_> = rows.keys().filter(|id| !here.contains_key(*id) && !NOT_OF_A_DISK.contains(id)).collect();
    assert!(missing.is_empty(), "no rule for {missing:?}");
    for (id, rule) in &here {
        let Some(marks) = rows.get(id) else {
            assert!(
                id.starts_with("REQ-") || id.starts_with("INS-") || NOT_IN_THE_REFERENCE.contains(id),
                "{id} is of nobody"
            );
            continue;
        };
        let agrees = marks.is_empty() || marks.contains(&rule.severity);
        let other = OTHER_SEVERITY.iter().any(|(other, _)| other == id);
        assert!(agrees != other, "{id} is {} here and {marks:?} there", rule.severity);
    }
}
