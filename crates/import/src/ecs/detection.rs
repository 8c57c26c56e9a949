//! What the platform's own image check says after an import (`DetectionOptions` of DescribeImages), held against what
//! preflight said before it.
//!
//! The names of the items are those of the published catalogue (`GUESTOS.Fstab`), which rules carry as aliases. The
//! values of `RiskLevel` are not published: whatever is there, and does not say that there is no risk, is one.

use super::{Ecs, items, text};
use crate::error::Result;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Words for no risk: what an item that is well was seen to say, or could.
const NO_RISK: &[&str] = &["", "none", "no", "null", "normal", "ok", "pass", "passed", "safe"];
/// What the state of a check that goes on is called.
const GOING: &[&str] = &["", "processing", "running", "waiting", "pending", "detecting", "initializing"];

/// One thing that the platform looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// `GUESTOS.Fstab`, in the spelling of the service.
    pub name: String,
    /// What it saw.
    pub value: String,
    /// How bad it is; empty where it is not.
    pub risk_level: String,
    /// What is wrong, as a code.
    pub risk_code: String,
}

impl Item {
    fn of(value: &Value) -> Self {
        let of = |name: &str| text(&value[name]);
        Item { name: of("Name"), value: of("Value"), risk_level: of("RiskLevel"), risk_code: of("RiskCode") }
    }

    /// Whether the platform finds something wrong.
    pub fn is_risk(&self) -> bool {
        let says = |text: &str| !NO_RISK.iter().any(|word| text.trim().eq_ignore_ascii_case(word));
        says(&self.risk_level) || says(&self.risk_code)
    }
}

/// The check of an image, as far as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Detection {
    /// Its state, in the words of the service.
    pub status: String,
    /// What was looked at.
    pub items: Vec<Item>,
}

impl Detection {
    fn of(value: &Value) -> Option<Self> {
        value.is_object().then(|| Detection {
            status: text(&value["Status"]),
            items: items(&value["Items"], "Item").iter().map(Item::of).collect(),
        })
    }

    /// Whether it is over. The states are not published: one that has items and is not known to go on is.
    pub fn is_done(&self) -> bool {
        let going = GOING.iter().any(|word| self.status.eq_ignore_ascii_case(word));
        !going || (self.status.is_empty() && !self.items.is_empty())
    }
}

impl Ecs {
    /// The check of an image; `None` where none was asked for, or there is no such image.
    pub fn detection(&self, image: &str) -> Result<Option<Detection>> {
        let value = self.call("DescribeImages", &[("Status", "ALL"), ("ImageId", image), ("PageSize", "100")])?;
        let found = items(&value["Images"], "Image").iter().find(|value| text(&value["ImageId"]) == image);
        Ok(found.and_then(|value| Detection::of(&value["DetectionOptions"])))
    }
}

/// What a rule of ours said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing is wrong.
    Passed,
    /// Something is.
    Failed,
    /// It does not apply, or could not be told, or was not asked.
    Open,
}

/// A check of the catalogue on which the two can be held against each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compared {
    /// The name in the catalogue, as rules spell it.
    pub alias: &'static str,
    /// The rules that carry it and failed.
    pub failed: Vec<&'static str>,
    /// The rules that carry it and came to no answer.
    pub open: Vec<&'static str>,
    /// What the platform said; `None` where it has no such item.
    pub item: Option<Item>,
}

/// The platform's words beside ours.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Comparison {
    /// Both find something wrong, or neither does.
    pub agree: Vec<Compared>,
    /// The platform finds what we did not.
    pub cloud_only: Vec<Compared>,
    /// We find what the platform did not, or did not look at.
    pub ours_only: Vec<Compared>,
    /// Items of the platform that no rule is about.
    pub unmatched: Vec<Item>,
}

/// Holds the items of the platform against ours: for each official alias of a rule, the alias, the rule, its verdict.
pub fn compare(items: &[Item], ours: &[(&'static str, &'static str, Verdict)]) -> Comparison {
    let named = |alias: &str| items.iter().find(|item| item.name.eq_ignore_ascii_case(alias));
    let mut checks: BTreeMap<String, Compared> = BTreeMap::new();
    for &(alias, rule, verdict) in ours {
        let check = checks.entry(alias.to_ascii_lowercase()).or_insert_with(|| Compared {
            alias,
            failed: Vec::new(),
            open: Vec::new(),
            item: named(alias).cloned(),
        });
        match verdict {
            Verdict::Failed => check.failed.push(rule),
            Verdict::Open => check.open.push(rule),
            Verdict::Passed => {}
        }
    }
    let known: BTreeSet<_> = checks.keys().cloned().collect();
    let mut comparison = Comparison::default();
    for check in checks.into_values() {
        let risk = check.item.as_ref().map(Item::is_risk);
        match (check.failed.is_empty(), risk) {
            (true, Some(true)) => comparison.cloud_only.push(check),
            (false, Some(false) | None) => comparison.ours_only.push(check),
            (_, Some(_)) => comparison.agree.push(check),
            // Neither said anything.
            (true, None) => {}
        }
    }
    let unmatched = items.iter().filter(|item| !known.contains(&item.name.to_ascii_lowercase()));
    comparison.unmatched = unmatched.cloned().collect();
    comparison
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn item(name: &str, level: &str) -> Item {
        let risk_code = if level.is_empty() { String::new() } else { format!("{name}.Bad") };
        Item { name: name.into(), value: "v".into(), risk_level: level.into(), risk_code }
    }

    #[test]
    fn the_two_are_held_against_each_other() {
        let items = [
            item("GuestOS.Fstab", "High"),
            item("GUESTOS.Nvme", ""),
            item("GUESTOS.Grub", "Low"),
            item("X.New", "Low"),
        ];
        let ours = [
            ("GUESTOS.Fstab", "LNX-FSTAB-UUID", Verdict::Failed),
            ("GUESTOS.Fstab", "LNX-FSTAB-DEV", Verdict::Passed),
            ("GUESTOS.Nvme", "LNX-NVME", Verdict::Failed),
            ("GUESTOS.Grub", "LNX-GRUB-CFG", Verdict::Open),
            ("GUESTOS.Dhcp", "LNX-DHCP", Verdict::Failed),
            ("GUESTOS.Virtio", "LNX-INITRAMFS-VIRTIO", Verdict::Passed),
        ];
        let found = compare(&items, &ours);
        let names = |checks: &[Compared]| checks.iter().map(|check| check.alias).collect::<Vec<_>>();
        assert_eq!(names(&found.agree), ["GUESTOS.Fstab"]);
        assert_eq!(found.agree[0].failed, ["LNX-FSTAB-UUID"]);
        assert_eq!(names(&found.cloud_only), ["GUESTOS.Grub"]);
        assert_eq!(found.cloud_only[0].open, ["LNX-GRUB-CFG"]);
        assert_eq!(names(&found.ours_only), ["GUESTOS.Dhcp", "GUESTOS.Nvme"]);
        assert!(found.ours_only[0].item.is_none() && found.ours_only[1].item.is_some());
        assert_eq!(found.unmatched, [item("X.New", "Low")]);
    }

    #[test]
    fn a_check_is_over_when_it_says_so() {
        let of = |value: Value| Detection::of(&value).unwrap();
        assert!(!of(json!({ "Status": "Processing", "Items": { "Item": [] } })).is_done());
        assert!(!of(json!({})).is_done());
        assert!(of(json!({ "Status": "Finished", "Items": [] })).is_done());
        let done = of(json!({ "Items": [{ "Name": "N", "RiskLevel": "None" }, { "RiskCode": "C" }] }));
        assert!(done.is_done() && !done.items[0].is_risk() && done.items[1].is_risk());
        assert_eq!(Detection::of(&Value::Null), None);
    }
}
