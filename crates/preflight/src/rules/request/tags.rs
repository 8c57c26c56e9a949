//! REQ-TAG: tags are well formed, and each key is there once.

use super::arch::sent;
use crate::rules::prelude::*;
use crate::target::Tag;
use std::collections::BTreeSet;

/// Tags of one image.
const MOST: usize = 20;
/// Characters of a key, and of a value.
const LONGEST: usize = 128;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "REQ-TAG",
    aliases: &[],
    title: "Tags are well formed, and each key is there once",
    severity: Severity::Reject,
    confidence: Confidence::Current,
    source: "ImportImage, Tag.N.Key and Tag.N.Value; error TagKey.Duplication (SDK model 7.11.8)",
    docs: "\
# What it checks
Whether there are at most 20 tags; keys of 1 to 128 characters that do not begin with `aliyun` or `acs:`; values of at
most 128 characters that do not begin with `acs:`; neither with `http://` or `https://` in them; and no two keys that
differ in nothing but upper and lower case.

# Why ECS needs it
A request with other tags is refused, with TagKey.Duplication where a key is there twice. Tags that begin with `acs:` are
those that the platform itself gives.

# How to fix
Shorten or rename the tag: `--tag team=images`.
",
    check,
};

fn check(_: &Facts, target: &Target) -> Judged {
    let tags = &target.request.tags;
    if tags.is_empty() {
        return Err(Undecided::skipped("no tags are declared"));
    }
    let mut tally = Tally::default();
    if tags.len() > MOST {
        let message = format!("there are {} tags, and an image has at most {MOST}", tags.len());
        tally.fail(Finding::new(message, "leave out some of the tags").at(sent("Tag", &tags.len().to_string())));
    }
    let mut seen = BTreeSet::new();
    for (tag, number) in tags.iter().zip(1..) {
        let at = || sent(&format!("Tag.{number}"), &format!("{}={}", tag.key, tag.value));
        if let Some(wrong) = wrong(tag) {
            let remedy = "shorten or rename the tag: 1 to 128 characters, no address, not aliyun or acs: in front";
            tally.fail(Finding::new(format!("tag {number} {wrong}"), remedy).at(at()));
        }
        if !seen.insert(tag.key.to_lowercase()) {
            let message = format!("tag {number} has a key that is there already, {}", tag.key);
            tally.fail(Finding::new(message, "leave out one of the two, or rename it").at(at()));
        }
    }
    tally.done()
}

fn wrong(tag: &Tag) -> Option<&'static str> {
    let address = |text: &str| text.contains("http://") || text.contains("https://");
    let (key, value) = (tag.key.to_ascii_lowercase(), tag.value.to_ascii_lowercase());
    if !(1..=LONGEST).contains(&key.chars().count()) {
        return Some("has a key of no or more than 128 characters");
    }
    if key.starts_with("aliyun") || key.starts_with("acs:") {
        return Some("has a key that begins with aliyun or acs:");
    }
    if value.chars().count() > LONGEST {
        return Some("has a value of more than 128 characters");
    }
    if value.starts_with("acs:") {
        return Some("has a value that begins with acs:");
    }
    (address(&key) || address(&value)).then_some("has an address in it")
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::*;

    fn tag(text: &str) -> Tag {
        text.parse().unwrap()
    }

    cases! {
        fires: |_, target| target.request.tags = vec![tag("acs:team=images")],
        passes: |_, target| target.request.tags = vec![tag("team=images"), tag("empty="), tag("组=镜像")],
        undecided: |_, _| (),
    }

    #[test]
    fn each_limit_counts() {
        let long = "k".repeat(128);
        for good in ["a", "a=acs", "not-aliyun=1", &format!("{long}={long}")] {
            assert_eq!(wrong(&tag(good)), None, "{good}");
        }
        for bad in ["aliyun=1", "ACS:x=1", "a=acs:b", "a=see http://x", &format!("{long}k=1"), &format!("a={long}k")] {
            assert!(wrong(&tag(bad)).is_some(), "{bad}");
        }
        assert!(wrong(&Tag::default()).is_some());
    }

    #[test]
    fn keys_are_there_once_and_not_too_many() {
        let twice = findings(&RULE, |_, target| target.request.tags = vec![tag("team=a"), tag("Team=b")]);
        assert!(twice.len() == 1 && twice[0].message.contains("there already"), "{twice:?}");
        let many = findings(&RULE, |_, target| {
            target.request.tags = (0..21).map(|number| tag(&format!("k{number}=v"))).collect()
        });
        assert!(many.len() == 1 && many[0].message.contains("21 tags"), "{many:?}");
    }
}
