//! REQ-OBJECT: bucket and object key are well formed.

use super::arch::sent;
use crate::rules::prelude::*;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "REQ-OBJECT",
    aliases: &[],
    title: "Bucket and object key are well formed",
    severity: Severity::Reject,
    confidence: Confidence::Current,
    source: "OSS naming rules; ImportImage, errors InvalidOSSBucket.Malformed, InvalidOSSObject.Malformed",
    docs: "\
# What it checks
Whether a declared bucket has 3 to 63 lower-case letters, digits and hyphens and begins and ends with a letter or digit;
and whether a declared object key has 1 to 1023 bytes and does not begin with a slash or backslash.

# Why ECS needs it
Other names are refused by OSS, or by the import with InvalidOSSBucket.Malformed or InvalidOSSObject.Malformed.

# How to fix
Give the bucket's name alone, without `oss://`, and the key without a slash in front.
",
    check,
};

fn check(_: &Facts, target: &Target) -> Judged {
    let (bucket, key) = (target.request.bucket.as_deref(), target.request.object_key.as_deref());
    if bucket.is_none() && key.is_none() {
        return Err(Undecided::skipped("no bucket and no object key are declared"));
    }
    let mut tally = Tally::default();
    if let Some(name) = bucket.filter(|name| !bucket_is_well_formed(name)) {
        let remedy = "give 3 to 63 lower-case letters, digits and hyphens, without oss:// in front";
        tally.fail(Finding::new(format!("{name} is no name of a bucket"), remedy).at(sent("OSSBucket", name)));
    }
    if let Some(key) = key.filter(|key| !(1..=1023).contains(&key.len()) || key.starts_with(['/', '\\'])) {
        let remedy = "give 1 to 1023 bytes that do not begin with a slash";
        tally.fail(Finding::new(format!("\"{key}\" is no key of an object"), remedy).at(sent("OSSObject", key)));
    }
    tally.done()
}

fn bucket_is_well_formed(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    (3..=63).contains(&name.len())
        && name.starts_with(plain)
        && name.ends_with(plain)
        && name.chars().all(|c| plain(c) || c == '-')
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::*;

    cases! {
        fires: |_, target| target.request.bucket = Some("oss://images".into()),
        passes: |_, target| {
            target.request.bucket = Some("my-images".into());
            target.request.object_key = Some("a/b.qcow2".into());
        },
        undecided: |_, _| (),
    }

    #[test]
    fn keys_do_not_begin_with_a_slash() {
        assert_eq!(findings(&RULE, |_, target| target.request.object_key = Some("/a.raw".into())).len(), 1);
        assert!(!bucket_is_well_formed("-ab") && !bucket_is_well_formed("ab") && !bucket_is_well_formed("a_b"));
    }
}
