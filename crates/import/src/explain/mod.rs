//! What codes of errors mean, what to do about them, and which rules of preflight would have told before.
//!
//! Of ImportImage, tasks and CancelTask of ECS, of OSS, STS and RAM, and of the gateway before them. The codes are those
//! of the published error tables and of the SDKs; the words are ours. A family explains what begins with its name where
//! the code itself is not listed.

mod access;
mod ecs;
mod objects;
mod oss;

/// Who sends a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Origin {
    /// ECS: ImportImage, its task, CancelTask.
    Ecs,
    /// OSS.
    Oss,
    /// RAM: roles and policies.
    Ram,
    /// STS: temporary keys.
    Sts,
    /// What stands before ECS, RAM and STS: signatures, permissions, limits.
    Gateway,
}

impl Origin {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Origin::Ecs => "ECS",
            Origin::Oss => "OSS",
            Origin::Ram => "RAM",
            Origin::Sts => "STS",
            Origin::Gateway => "API gateway",
        }
    }
}

/// A code, explained.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// The code as it is sent, or how the codes of a family begin.
    pub code: &'static str,
    /// Whether it stands for all codes that begin so, with a dot or the end behind it.
    pub family: bool,
    /// Who sends it.
    pub origin: Origin,
    /// What it means, in a sentence.
    pub meaning: &'static str,
    /// What to do, in a sentence.
    pub remedy: &'static str,
    /// Whether the same request may do better later, with nothing changed.
    pub temporary: bool,
    /// Rules of preflight that tell before.
    pub rules: &'static [&'static str],
}

impl Explanation {
    const fn new(origin: Origin, code: &'static str, meaning: &'static str, remedy: &'static str) -> Self {
        Explanation { code, family: false, origin, meaning, remedy, temporary: false, rules: &[] }
    }

    /// It stands for all codes that begin so.
    const fn family(mut self) -> Self {
        self.family = true;
        self
    }

    const fn temporary(mut self) -> Self {
        self.temporary = true;
        self
    }

    /// These rules tell before.
    const fn foretold(mut self, rules: &'static [&'static str]) -> Self {
        self.rules = rules;
        self
    }

    fn explains(&self, code: &str) -> bool {
        let begin = code.get(..self.code.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(self.code));
        let rest = code.get(self.code.len()..).unwrap_or_default();
        begin && (rest.is_empty() || (self.family && rest.starts_with('.')))
    }
}

/// All explanations, service by service.
pub fn explanations() -> impl Iterator<Item = &'static Explanation> + Clone {
    [ecs::CODES, objects::CODES, oss::CODES, access::CODES].into_iter().flatten()
}

/// What a code means, in whatever case it is written: the code itself before its family, the nearer family before the
/// farther.
pub fn explain(code: &str) -> Option<&'static Explanation> {
    let code = code.trim();
    explanations().filter(|known| known.explains(code)).max_by_key(|known| known.code.len())
}

/// The code that is most like one that nobody knows, if one is.
pub fn nearest(code: &str) -> Option<&'static str> {
    preflight::nearest_of(code, explanations().map(|known| known.code))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Retry;
    use crate::refusal::Refusal;
    use std::collections::BTreeSet;

    #[test]
    fn every_code_is_once_and_every_rule_is_there() {
        let mut codes = BTreeSet::new();
        for known in explanations() {
            assert!(codes.insert(known.code.to_ascii_lowercase()), "{} is twice", known.code);
            for rule in known.rules {
                assert!(preflight::RULES.iter().any(|there| there.id == *rule), "{}: no rule {rule}", known.code);
            }
            for text in [known.meaning, known.remedy] {
                let end = text.chars().last().unwrap();
                assert!(text.len() > 15 && end != '.', "{}: a sentence without a full stop: {text}", known.code);
            }
        }
    }

    /// The codes in the words of a rule name it back.
    #[test]
    fn a_rule_that_names_a_code_is_named_by_it() {
        for rule in preflight::RULES {
            let words = [rule.source, rule.docs].concat();
            let words =
                words.split(|c: char| !c.is_ascii_alphanumeric() && c != '.').map(|word| word.trim_matches('.'));
            for word in words.filter(|word| explanations().any(|known| !known.family && known.code == *word)) {
                let known = explain(word).unwrap();
                assert!(known.rules.contains(&rule.id), "{} names {word}, which does not name it", rule.id);
            }
        }
    }

    /// What is called temporary is what the client tries again.
    #[test]
    fn temporary_is_what_is_tried_again() {
        for known in explanations() {
            let refusal = Refusal { status: 400, code: known.code.into(), ..Refusal::default() };
            assert_eq!(known.temporary, refusal.retry() == Retry::BackOff, "{}", known.code);
        }
    }

    #[test]
    fn codes_are_found_in_any_case_and_by_family() {
        let code = |text: &str| explain(text).map(|known| known.code);
        assert_eq!(code(" invalidimagesize "), Some("InvalidImageSize"));
        assert_eq!(code("NoSetRoletoECSServiceAccount"), Some("NoSetRoletoECSServiceAccount"));
        assert_eq!(code("Throttling.Whatever"), Some("Throttling"));
        assert_eq!(code("InvalidOSSObject.New"), Some("InvalidOSSObject"));
        assert_eq!(code("InvalidOSSObject.Size"), Some("InvalidOSSObject.Size"));
        assert_eq!(code("NoSuchBucketPolicy"), None, "a family ends at a dot");
        assert_eq!((code(""), code("é")), (None, None));
    }

    #[test]
    fn the_nearest_code_is_named() {
        assert_eq!(nearest("InvalidImageNme.Malformed"), Some("InvalidImageName.Malformed"));
        assert_eq!(nearest("NoSuchUplaod"), Some("NoSuchUpload"));
        assert_eq!(nearest("RequestTimeTooSkew"), Some("RequestTimeTooSkewed"));
        assert_eq!((nearest("qwertyuiop"), nearest(" "), nearest(&"x".repeat(100_000))), (None, None, None));
    }
}
