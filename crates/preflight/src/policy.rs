//! What a project decides about the rules, in its file `bootworthy.toml`.
//!
//! ```toml
//! select = ["IMG-", "LNX-"]        # only these; by default all
//! ignore = ["LNX-NVME"]            # not these
//!
//! [severity]
//! LNX-DNS = "no-login"             # worse, or milder, than by itself
//!
//! [[waiver]]                       # it fails, and shall not stop us until then
//! rule = "LNX-SSHD"
//! reason = "reached by Cloud Assistant only"
//! expires = 2027-06-30
//! image = "bastion-*"
//!
//! [[rule]]                         # a rule of our own
//! id = "ACME-HOSTNAME"
//! path = "guest.hostname"
//! operator = "matches"
//! value = "web-*"
//! message = "the host name is not one of ours"
//! ```
//!
//! A name is a rule's id or alias, or the beginning of ids, which ends with `-` or `*`.

use crate::date::Date;
use crate::glob;
use crate::outcome::Severity;
use crate::project::ProjectRule;
use crate::rules::RULES;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What a project decides about the rules.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Policy {
    /// Rules that are asked; empty: all.
    pub select: Vec<String>,
    /// Rules that are not asked.
    pub ignore: Vec<String>,
    /// How bad findings of a rule are, instead of what the rule says.
    pub severity: BTreeMap<String, Severity>,
    /// Findings that shall not block.
    #[serde(rename = "waiver")]
    pub waivers: Vec<Waiver>,
    /// Rules of the project.
    #[serde(rename = "rule")]
    pub rules: Vec<ProjectRule>,
}

/// The project's word that a rule need not hold, for a reason, and until a day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Waiver {
    /// Name of the rule.
    pub rule: String,
    /// Why not.
    pub reason: String,
    /// The last day on which it counts; none: for good.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<Date>,
    /// The images that it counts for, by the name of the file, with `*` and `?`; none: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
}

impl Waiver {
    /// Whether its last day is over.
    pub fn has_expired(&self, today: Date) -> bool {
        self.expires.is_some_and(|last| last < today)
    }

    /// Whether it is about the image of that path.
    pub(crate) fn is_about(&self, path: &str) -> bool {
        let name = path.rsplit(['/', '\\']).next().unwrap_or(path);
        self.image.as_deref().is_none_or(|pattern| glob::matches(pattern, name))
    }
}

impl Policy {
    /// Whether everything in it makes sense: the names are those of rules, and reasons are given.
    ///
    /// # Errors
    ///
    /// A sentence on the first that does not.
    pub fn validate(&self) -> Result<(), String> {
        let mut ids = BTreeSet::new();
        for rule in &self.rules {
            rule.validate()?;
            if !ids.insert(rule.id.to_ascii_uppercase()) {
                return Err(format!("rule {}: is there twice", rule.id));
            }
        }
        for (list, names) in [("select", &self.select), ("ignore", &self.ignore)] {
            names.iter().try_for_each(|name| self.known(list, name))?;
        }
        self.severity.keys().try_for_each(|name| self.known("severity", name))?;
        for waiver in &self.waivers {
            self.known("waiver", &waiver.rule)?;
            if waiver.reason.trim().is_empty() {
                return Err(format!("waiver {}: gives no reason", waiver.rule));
            }
        }
        Ok(())
    }

    fn known(&self, list: &str, name: &str) -> Result<(), String> {
        let ours = self.rules.iter().any(|rule| names(name, &rule.id, &[]));
        if ours || RULES.iter().any(|rule| names(name, rule.id, rule.aliases)) {
            return Ok(());
        }
        let near = nearest(name).map_or(String::new(), |id| format!("; did you mean {id}?"));
        Err(format!("{list}: no rule is called {name:?}{near}"))
    }

    /// Why the rule is not asked, if it is not.
    pub(crate) fn leaves_out(&self, rule: &str, aliases: &[&str]) -> Option<&'static str> {
        if self.ignore.iter().any(|name| names(name, rule, aliases)) {
            return Some("ignored by the policy");
        }
        let selected = self.select.is_empty() || self.select.iter().any(|name| names(name, rule, aliases));
        (!selected).then_some("not selected by the policy")
    }

    /// How bad its findings are to be. The name that says most about the rule decides.
    pub(crate) fn severity_of(&self, rule: &str, aliases: &[&str]) -> Option<Severity> {
        let named = self.severity.iter().filter(|(name, _)| names(name, rule, aliases));
        named.max_by_key(|(name, _)| (!name.ends_with(['-', '*']), name.len())).map(|(_, severity)| *severity)
    }

    /// The waiver that counts for the rule and the image on that day.
    pub(crate) fn waiver(&self, rule: &str, aliases: &[&str], image: &str, today: Date) -> Option<&Waiver> {
        let about = |waiver: &&Waiver| names(&waiver.rule, rule, aliases) && waiver.is_about(image);
        self.waivers.iter().filter(about).find(|waiver| !waiver.has_expired(today))
    }
}

/// Longest word that could be a name: ours.
const LONGEST_NAME: usize = 100;

/// Whether a name in a policy means the rule.
fn names(name: &str, id: &str, aliases: &[&str]) -> bool {
    if let Some(beginning) = name.strip_suffix('*').or_else(|| name.ends_with('-').then_some(name)) {
        return id.get(..beginning.len()).is_some_and(|start| start.eq_ignore_ascii_case(beginning));
    }
    id.eq_ignore_ascii_case(name) || aliases.iter().any(|alias| alias.eq_ignore_ascii_case(name))
}

/// The id that is most like the name, if one is.
pub fn nearest(name: &str) -> Option<&'static str> {
    nearest_of(name, RULES.iter().map(|rule| rule.id))
}

/// The name that is most like `wanted`, in whatever case, if one is.
pub fn nearest_of<'a>(wanted: &str, names: impl Iterator<Item = &'a str> + Clone) -> Option<&'a str> {
    let wanted = wanted.trim().to_ascii_lowercase();
    // A word of somebody's is as long as they like; names are not.
    if wanted.is_empty() || wanted.len() > LONGEST_NAME {
        return None;
    }
    if let Some(part) = names.clone().find(|name| name.to_ascii_lowercase().contains(&wanted)) {
        return Some(part);
    }
    let (distance, name) = names.map(|name| (distance(&wanted, &name.to_ascii_lowercase()), name)).min()?;
    (distance <= 2 + wanted.len() / 4).then_some(name)
}

/// Letters to change, add or leave out to make one of the other.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, y) in b.iter().enumerate() {
            let change = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = change.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(json: &str) -> Result<Policy, String> {
        let policy: Policy = serde_json::from_str(json).map_err(|error| error.to_string())?;
        policy.validate().map(|()| policy)
    }

    #[test]
    fn an_unknown_rule_is_an_error_with_a_suggestion() {
        let error = policy(r#"{"ignore": ["LNX-FSTAB-UIDD"]}"#).unwrap_err();
        assert_eq!(error, "ignore: no rule is called \"LNX-FSTAB-UIDD\"; did you mean LNX-FSTAB-UUID?");
        let error = policy(r#"{"severity": {"fstab-dev": "info"}}"#).unwrap_err();
        assert!(error.ends_with("did you mean LNX-FSTAB-DEV?"), "{error}");
        assert_eq!(policy(r#"{"select": ["QQQQQQQQ"]}"#).unwrap_err(), "select: no rule is called \"QQQQQQQQ\"");
        assert!(policy(r#"{"selct": []}"#).unwrap_err().contains("unknown field `selct`"));
        assert!(policy(r#"{"severity": {"LNX-DNS": "bad"}}"#).unwrap_err().contains("no severity"));
    }

    #[test]
    fn a_waiver_needs_a_reason() {
        let error = policy(r#"{"waiver": [{"rule": "LNX-SSHD", "reason": " "}]}"#).unwrap_err();
        assert_eq!(error, "waiver LNX-SSHD: gives no reason");
    }

    #[test]
    fn names_are_ids_aliases_and_beginnings() {
        assert!(names("LNX-SSHD", "LNX-SSHD", &[]) && !names("LNX-SSHD", "LNX-SSHD-ROOT", &[]));
        assert!(names("lnx-", "LNX-SSHD", &[]) && names("LNX-SS*", "LNX-SSHD", &[]) && !names("WIN-", "LNX-SSHD", &[]));
        assert!(names("guestos.fstab", "LNX-FSTAB-UUID", &["GUESTOS.Fstab"]));
    }

    #[test]
    fn what_is_ignored_or_not_selected_is_not_asked() {
        let policy = policy(r#"{"select": ["LNX-"], "ignore": ["LNX-DNS"]}"#).unwrap();
        assert_eq!(policy.leaves_out("LNX-SSHD", &[]), None);
        assert_eq!(policy.leaves_out("LNX-DNS", &[]), Some("ignored by the policy"));
        assert_eq!(policy.leaves_out("IMG-ZERO", &[]), Some("not selected by the policy"));
    }

    #[test]
    fn the_name_that_says_most_decides_the_severity() {
        let policy = policy(r#"{"severity": {"LNX-": "info", "LNX-D*": "no-boot", "LNX-DNS": "degraded"}}"#).unwrap();
        assert_eq!(policy.severity_of("LNX-SSHD", &[]), Some(Severity::Info));
        assert_eq!(policy.severity_of("LNX-DHCP", &[]), Some(Severity::NoBoot));
        assert_eq!(policy.severity_of("LNX-DNS", &[]), Some(Severity::Degraded));
        assert_eq!(policy.severity_of("IMG-ZERO", &[]), None);
    }

    #[test]
    fn a_waiver_counts_for_its_images_until_its_day() {
        let json = r#"{"waiver": [{"rule": "LNX-SSHD", "reason": "x", "expires": "2027-01-31", "image": "web-*"}]}"#;
        let policy = policy(json).unwrap();
        let on = |day: &str, image: &str| policy.waiver("LNX-SSHD", &[], image, day.parse().unwrap()).is_some();
        assert!(on("2027-01-31", "/images/web-1.qcow2"));
        assert!(!on("2027-02-01", "/images/web-1.qcow2") && !on("2027-01-01", "db.qcow2"));
    }
}
