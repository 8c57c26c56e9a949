//! Who may take a role: its trust policy ("Policy structure and syntax" of the RAM reference, version 1).
//!
//! Two documents that say the same in another order, or with a list in place of one text, are the same. Conditions are
//! not judged: where there is one, the statement counts as not said, and is named.

use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Who must be let in, to do what.
const SERVICE: &str = "ecs.aliyuncs.com";
const ACTION: &str = "sts:AssumeRole";
/// What a statement may hold.
const KNOWN: &[&str] = &["Sid", "Effect", "Action", "Principal", "Condition"];

/// One thing that a document says.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Said {
    allow: bool,
    action: String,
    /// `Service`, `RAM`, `Federated`.
    kind: String,
    who: String,
}

impl Said {
    /// Whether it is about ECS and the role being taken.
    fn concerns(&self) -> bool {
        let action = [ACTION, "sts:*", "*"].iter().any(|action| self.action.eq_ignore_ascii_case(action));
        let who = self.who.eq_ignore_ascii_case(SERVICE) || self.who == "*";
        action && who && self.kind.eq_ignore_ascii_case("Service")
    }
}

/// A trust policy, as far as it is understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Trust {
    document: Option<Value>,
    said: BTreeSet<Said>,
    /// What is in the way of an answer, a sentence each.
    odd: Vec<String>,
    /// Something of that may shut ECS out.
    doubtful: bool,
}

impl Trust {
    pub(super) fn of(document: &str) -> Self {
        let mut trust = Trust { document: None, said: BTreeSet::new(), odd: Vec::new(), doubtful: false };
        let document = serde_json::from_str::<Value>(document).ok().filter(Value::is_object);
        match document.as_ref().map(|document| list(&document["Statement"])) {
            None => trust.odd.push("the trust policy is no policy document".into()),
            Some(statements) => statements.into_iter().for_each(|statement| trust.read(statement)),
        }
        trust.document = document;
        trust
    }

    fn read(&mut self, statement: &Value) {
        let allow = statement["Effect"].as_str().is_some_and(|effect| effect.eq_ignore_ascii_case("Allow"));
        let names = statement.as_object().into_iter().flatten().map(|(name, _)| name);
        let unread = match names.into_iter().find(|name| !KNOWN.contains(&name.as_str())) {
            Some(name) => Some(format!("a statement has {name}, which is not understood")),
            None if statement["Condition"].as_object().is_none_or(serde_json::Map::is_empty) => None,
            None => Some("a statement holds only under a condition, which is not judged".into()),
        };
        if let Some(unread) = unread {
            self.odd.push(unread);
            self.doubtful |= !allow;
            return;
        }
        for action in texts(&statement["Action"]) {
            for (kind, who) in statement["Principal"].as_object().into_iter().flatten() {
                let said = |who: &str| Said { allow, action: action.into(), kind: kind.clone(), who: who.into() };
                self.said.extend(texts(who).map(said));
            }
        }
    }

    /// Whether ECS may take the role, for sure.
    pub(super) fn is_enough(&self) -> bool {
        let ours = || self.said.iter().filter(|said| said.concerns());
        !self.doubtful && ours().any(|said| said.allow) && ours().all(|said| said.allow)
    }

    /// Whether another statement would let ECS in.
    pub(super) fn can_be_added_to(&self) -> bool {
        let open = self.document.is_some() && !self.doubtful;
        open && self.said.iter().filter(|said| said.concerns()).all(|said| said.allow)
    }

    /// What is other than in the document of imports, a sentence each.
    pub(super) fn differences(&self) -> Vec<String> {
        let mut differences = self.odd.clone();
        if !self.said.iter().any(|said| said.allow && said.concerns()) {
            differences.push(format!("it does not let the service {SERVICE} take the role"));
        }
        let other = |said: &&Said| !said.allow || !said.concerns();
        differences.extend(self.said.iter().filter(other).map(|said| {
            let word = if said.allow { "allows" } else { "denies" };
            format!("it {word} {} to {} {}", said.action, said.kind, said.who)
        }));
        differences
    }

    /// The same with a statement that lets ECS in; nothing that was said is lost.
    pub(super) fn with_ours(&self) -> String {
        let mut document = self.document.clone().unwrap_or_else(|| json!({}));
        let mut statements: Vec<_> = list(&document["Statement"]).into_iter().cloned().collect();
        statements.push(statement());
        document["Statement"] = Value::Array(statements);
        if document["Version"].is_null() {
            document["Version"] = json!("1");
        }
        document.to_string()
    }
}

/// The document that the role of imports has.
pub(super) fn document() -> String {
    json!({ "Statement": [statement()], "Version": "1" }).to_string()
}

fn statement() -> Value {
    json!({ "Action": ACTION, "Effect": "Allow", "Principal": { "Service": [SERVICE] } })
}

/// One or several.
fn list(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(items) => items.iter().collect(),
        Value::Null => Vec::new(),
        one => vec![one],
    }
}

fn texts(value: &Value) -> impl Iterator<Item = &str> {
    list(value).into_iter().filter_map(Value::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trust(statements: Value) -> Trust {
        Trust::of(&json!({ "Version": "1", "Statement": statements }).to_string())
    }

    fn allow(principal: Value) -> Value {
        json!({ "Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal })
    }

    #[test]
    fn the_same_in_other_words_is_the_same() {
        let ecs = json!({ "Service": ["ecs.aliyuncs.com"] });
        let listed = json!({ "Principal": ecs, "Action": ["sts:AssumeRole"], "Effect": "Allow", "Condition": {} });
        for statements in [
            json!([allow(ecs.clone())]),
            json!([allow(json!({ "Service": "ecs.aliyuncs.com" }))]),
            allow(ecs.clone()),
            json!([listed, allow(ecs.clone())]),
        ] {
            let trust = trust(statements);
            assert!(trust.is_enough() && trust.differences().is_empty(), "{trust:?}");
        }
        let own = Trust::of(&document());
        assert!(own.is_enough() && own.differences().is_empty());
    }

    #[test]
    fn more_than_ecs_differs_and_is_enough() {
        let trust = trust(json!([
            allow(json!({ "Service": ["ecs.aliyuncs.com", "oss.aliyuncs.com"], "RAM": "acs:ram::1:root" })),
            { "Effect": "Deny", "Action": "sts:AssumeRole", "Principal": { "RAM": "acs:ram::2:root" } },
        ]));
        assert!(trust.is_enough());
        assert_eq!(trust.differences().len(), 3, "{:?}", trust.differences());
    }

    #[test]
    fn less_is_not_enough() {
        let mut conditional = allow(json!({ "Service": "ecs.aliyuncs.com" }));
        conditional["Condition"] = json!({ "StringEquals": { "sts:ExternalId": "x" } });
        let denied = json!({ "Effect": "Deny", "Action": "*", "Principal": { "Service": "ecs.aliyuncs.com" } });
        let mut perhaps = denied.clone();
        perhaps["Condition"] = json!({ "IpAddress": { "acs:SourceIp": "203.0.113.0/24" } });
        let odd = json!({ "Effect": "Allow", "NotAction": "x", "Principal": { "Service": "ecs.aliyuncs.com" } });
        for (statements, can) in [
            (json!([]), true),
            (json!([allow(json!({ "RAM": "acs:ram::1:root" }))]), true),
            // A service is not an account of its name.
            (json!([allow(json!({ "RAM": "ecs.aliyuncs.com" }))]), true),
            (json!([conditional]), true),
            (json!([odd]), true),
            (json!([allow(json!({ "Service": "ecs.aliyuncs.com" })), denied]), false),
            (json!([allow(json!({ "Service": "ecs.aliyuncs.com" })), perhaps]), false),
        ] {
            let trust = trust(statements);
            assert!(!trust.is_enough() && !trust.differences().is_empty(), "{trust:?}");
            assert_eq!(trust.can_be_added_to(), can, "{trust:?}");
            if can {
                let more = Trust::of(&trust.with_ours());
                assert!(more.is_enough() && more.said.is_superset(&trust.said), "{more:?}");
            }
        }
        for text in ["", "[]", "{", "null"] {
            let trust = Trust::of(text);
            assert!(!trust.is_enough() && !trust.can_be_added_to(), "{text}");
        }
    }
}
