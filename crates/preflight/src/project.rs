//! Rules that a project writes itself: a place in the facts, an operator, a value.
//!
//! The place is named as in the JSON of `inspect`, with dots between names; what is known of something is passed
//! through: `guest.hostname`, `volumes[*].content.filesystem.fs_type`, `guest.linux.sshd.ports[0]`. With `[*]` the
//! rule holds of every one. What is unknown leaves the rule open, and what is absent satisfies only `absent` and the
//! operators that begin with `not`.

use crate::glob;
use crate::outcome::{Finding, Outcome, Severity};
use facts::{Evidence, Facts};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A rule as a test on the facts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ProjectRule {
    /// Its name, in capitals and with a prefix of the project's own, such as `ACME-HOSTNAME`.
    pub id: String,
    /// Where in the facts.
    pub path: String,
    /// What must hold there.
    pub operator: Operator,
    /// With what it is compared; nothing for `exists` and `absent`.
    #[serde(default)]
    pub value: Option<Value>,
    /// What is wrong if it does not hold.
    pub message: String,
    /// What to do then.
    #[serde(default)]
    pub remedy: Option<String>,
    /// How bad it is.
    #[serde(default = "degraded")]
    pub severity: Severity,
}

fn degraded() -> Severity {
    Severity::Degraded
}

/// What must hold of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Operator {
    /// It is there.
    Exists,
    /// It is not there.
    Absent,
    /// It is the value.
    Equals,
    /// It is not the value.
    NotEquals,
    /// It is one of the list.
    In,
    /// It is none of the list.
    NotIn,
    /// It is of the pattern, with `*` and `?`.
    Matches,
    /// It is not of the pattern.
    NotMatches,
    /// The list or text that it is has the value in it.
    Contains,
    /// The list or text that it is does not have the value in it.
    NotContains,
    /// It is a number, at least so large.
    AtLeast,
    /// It is a number, at most so large.
    AtMost,
}

/// What stands at a place.
enum Found<'v> {
    Value(&'v Value),
    Absent,
    Unknown(&'v str),
}

impl ProjectRule {
    pub(crate) fn validate(&self) -> Result<(), String> {
        let wrong = |what: &str| Err(format!("rule {}: {what}", self.id));
        let (prefix, rest) = self.id.split_once('-').unwrap_or((&self.id, ""));
        let plain = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '-';
        if prefix.is_empty() || rest.is_empty() || !self.id.chars().all(plain) {
            return wrong("an id is capitals, digits and hyphens, such as ACME-HOSTNAME");
        }
        if ["IMG", "LNX", "BSD", "WIN", "CUS", "INS", "REQ", "POLICY"].contains(&prefix) {
            return wrong("this prefix is taken; use one of your own");
        }
        if self.message.trim().is_empty() {
            return wrong("it has no message");
        }
        let steps = steps(&self.path).ok_or_else(|| format!("rule {}: {:?} is no path", self.id, self.path))?;
        let top = serde_json::to_value(Facts::default()).unwrap_or_default();
        if !matches!(steps.first(), Some(Step::Name(name)) if top.get(name).is_some()) {
            return wrong(&format!("the facts have nothing called {:?}", self.path));
        }
        match (self.operator, &self.value) {
            (Operator::Exists | Operator::Absent, None) => Ok(()),
            (Operator::Exists | Operator::Absent, Some(_)) => wrong("this operator takes no value"),
            (_, None) => wrong("this operator needs a value"),
            (Operator::In | Operator::NotIn, Some(value)) if !value.is_array() => wrong("the value is to be a list"),
            (Operator::Matches | Operator::NotMatches, Some(value)) if !value.is_string() => {
                wrong("the value is to be a pattern")
            }
            (Operator::AtLeast | Operator::AtMost, Some(value)) if !value.is_number() => {
                wrong("the value is to be a number")
            }
            _ => Ok(()),
        }
    }

    /// Asks the rule of facts in the shape of their JSON.
    pub(crate) fn judge(&self, facts: &Value) -> Outcome {
        let Some(steps) = steps(&self.path) else {
            return Outcome::Unknown { why: format!("{:?} is no path", self.path) };
        };
        let mut found = Vec::new();
        walk(facts, &steps, &mut found);
        let (mut findings, mut open) = (Vec::new(), None);
        for found in &found {
            match found {
                Found::Unknown(why) => drop(open.get_or_insert((*why).to_owned())),
                Found::Absent if !self.holds_of_nothing() => findings.push(self.finding("absent")),
                Found::Value(value) if !self.holds(value) => findings.push(self.finding(&value.to_string())),
                Found::Absent | Found::Value(_) => {}
            }
        }
        match (findings.is_empty(), open) {
            (true, None) => Outcome::Passed,
            (true, Some(why)) => Outcome::Unknown { why },
            // One is as bad as all.
            (false, _) => Outcome::Failed { findings, open: None },
        }
    }

    fn finding(&self, found: &str) -> Finding {
        let remedy = self.remedy.clone().unwrap_or_else(|| format!("see the rule {} of the policy", self.id));
        let place = Evidence::words(format!("{} is {found}", self.path));
        Finding::new(self.message.clone(), remedy).at(place).only(self.severity)
    }

    fn holds_of_nothing(&self) -> bool {
        matches!(
            self.operator,
            Operator::Absent | Operator::NotEquals | Operator::NotIn | Operator::NotMatches | Operator::NotContains
        )
    }

    fn holds(&self, found: &Value) -> bool {
        let wanted = self.value.as_ref().unwrap_or(&Value::Null);
        let listed = || wanted.as_array().is_some_and(|list| list.iter().any(|wanted| same(found, wanted)));
        let matched = || match (wanted.as_str(), plain(found)) {
            (Some(pattern), Some(text)) => glob::matches(pattern, &text),
            _ => false,
        };
        let within = || match (found, wanted) {
            (Value::Array(list), _) => list.iter().any(|found| same(found, wanted)),
            (Value::Object(map), Value::String(name)) => map.contains_key(name),
            (Value::String(text), Value::String(part)) => text.contains(part),
            _ => false,
        };
        let compared = || found.as_f64().zip(wanted.as_f64());
        match self.operator {
            Operator::Exists => true,
            Operator::Absent => false,
            Operator::Equals => same(found, wanted),
            Operator::NotEquals => !same(found, wanted),
            Operator::In => listed(),
            Operator::NotIn => !listed(),
            Operator::Matches => matched(),
            Operator::NotMatches => !matched(),
            Operator::Contains => within(),
            Operator::NotContains => !within(),
            Operator::AtLeast => compared().is_some_and(|(found, wanted)| found >= wanted),
            Operator::AtMost => compared().is_some_and(|(found, wanted)| found <= wanted),
        }
    }
}

/// Numbers are the same however they are written.
fn same(found: &Value, wanted: &Value) -> bool {
    match (through(found), found.as_f64(), wanted.as_f64()) {
        (_, Some(found), Some(wanted)) => found.total_cmp(&wanted).is_eq(),
        (Found::Value(found), ..) => found == wanted,
        _ => false,
    }
}

/// A value as text, where it is one.
fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(truth) => Some(truth.to_string()),
        _ => None,
    }
}

enum Step {
    Name(String),
    Number(usize),
    Every,
}

/// `a.b[*].c` in steps.
fn steps(path: &str) -> Option<Vec<Step>> {
    let mut steps = Vec::new();
    for part in path.split('.') {
        let mut pieces = part.split('[');
        let name = pieces.next().filter(|name| !name.is_empty())?;
        steps.push(Step::Name(name.into()));
        for piece in pieces {
            steps.push(match piece.strip_suffix(']')? {
                "*" => Step::Every,
                number => Step::Number(number.parse().ok()?),
            });
        }
    }
    Some(steps)
}

fn walk<'v>(value: &'v Value, steps: &[Step], found: &mut Vec<Found<'v>>) {
    let value = match through(value) {
        Found::Value(value) => value,
        // What is not there has no parts: the rule is asked of it as a whole.
        other => return found.push(other),
    };
    let Some((step, rest)) = steps.split_first() else { return found.push(Found::Value(value)) };
    let next = match step {
        Step::Name(name) => value.get(name),
        Step::Number(number) => value.get(*number),
        Step::Every => {
            return value.as_array().into_iter().flatten().for_each(|value| walk(value, rest, found));
        }
    };
    match next {
        Some(next) => walk(next, rest, found),
        None => found.push(Found::Absent),
    }
}

/// What is known, without the word for how well: `{"is": 3}` is 3.
fn through(value: &Value) -> Found<'_> {
    match value {
        Value::Null => Found::Absent,
        Value::String(word) if word == "absent" => Found::Absent,
        Value::Object(map) if map.len() == 1 => match (map.get("is"), map.get("unknown")) {
            (Some(is), _) => through(is),
            (_, Some(reason)) => Found::Unknown(reason["why"].as_str().unwrap_or("not examined")),
            // A claim of a value and its evidence, or a variant with what it holds.
            _ => Found::Value(value),
        },
        // A claim: the value is what is asked for.
        Value::Object(map) if map.len() == 2 && map.contains_key("evidence") => {
            map.get("value").map_or(Found::Value(value), through)
        }
        _ => Found::Value(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    fn rule(path: &str, operator: Operator, value: Value) -> ProjectRule {
        let value = (!value.is_null()).then_some(value);
        let rule = ProjectRule {
            id: "ACME-TEST".into(),
            path: path.into(),
            operator,
            value,
            message: "it does not hold".into(),
            remedy: None,
            severity: Severity::NoBoot,
        };
        rule.validate().unwrap();
        rule
    }

    fn word(path: &str, operator: Operator, value: Value) -> &'static str {
        let facts = serde_json::to_value(testing::bios()).unwrap();
        rule(path, operator, value).judge(&facts).word()
    }

    #[test]
    fn operators_on_the_facts_of_a_sound_disk() {
        use Operator::*;
        for (path, operator, value) in [
            ("image.format", Equals, "qcow2".into()),
            ("image.format", In, vec!["raw", "qcow2"].into()),
            ("image.format", NotIn, vec!["vmdk"].into()),
            ("image.path", Matches, "*.QCOW2".into()),
            ("image.file_size", AtLeast, 1.into()),
            ("image.file_size", AtMost, (1_u64 << 40).into()),
            ("volumes[0].id", Exists, Value::Null),
            ("volumes[*].size", AtLeast, 1.into()),
            ("guest.architecture", Equals, "x86_64".into()),
            ("guest.nothing_of_the_kind", Absent, Value::Null),
            ("guest.nothing_of_the_kind", NotEquals, 3.into()),
        ] {
            assert_eq!(word(path, operator, value), "PASSED", "{path} {operator:?}");
        }
        for (path, operator, value) in [
            ("image.format", Equals, "raw".into()),
            ("image.format", NotMatches, "q*".into()),
            ("image.format", Absent, Value::Null),
            ("image.file_size", AtMost, 1.into()),
            ("image.path", AtMost, 1.into()),
            ("volumes[*].size", AtMost, 1.into()),
            ("volumes[99].id", Exists, Value::Null),
        ] {
            assert_eq!(word(path, operator, value), "FAILED", "{path} {operator:?}");
        }
    }

    #[test]
    fn what_is_unknown_leaves_it_open() {
        let facts = serde_json::to_value(Facts::default()).unwrap();
        let rule = rule("guest.hostname", Operator::Absent, Value::Null);
        assert_eq!(rule.judge(&facts), Outcome::Unknown { why: "not examined".into() });
    }

    #[test]
    fn a_rule_that_makes_no_sense_is_refused() {
        let sound = rule("image.format", Operator::Equals, "raw".into());
        let error = |change: fn(&mut ProjectRule)| {
            let mut rule = sound.clone();
            change(&mut rule);
            rule.validate().unwrap_err()
        };
        assert!(error(|rule| rule.id = "LNX-MINE".into()).contains("prefix is taken"));
        assert!(error(|rule| rule.id = "mine".into()).contains("capitals"));
        assert!(error(|rule| rule.path = "imgae.format".into()).contains("nothing called"));
        assert!(error(|rule| rule.path = "image..format".into()).contains("no path"));
        assert!(error(|rule| rule.path = "image[x]".into()).contains("no path"));
        assert!(error(|rule| rule.value = None).contains("needs a value"));
        assert!(error(|rule| rule.operator = Operator::Exists).contains("takes no value"));
        assert!(error(|rule| rule.operator = Operator::In).contains("list"));
        assert!(error(|rule| rule.operator = Operator::AtLeast).contains("number"));
        assert!(error(|rule| rule.message.clear()).contains("no message"));
    }
}
