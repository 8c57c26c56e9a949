//! REQ-REQUIRED: what the call cannot do without is there.

use crate::rules::prelude::*;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "REQ-REQUIRED",
    aliases: &[],
    title: "What the call cannot do without is there",
    severity: Severity::Reject,
    confidence: Confidence::Current,
    source: "ImportImage, errors MissingParameter, MissingParameter.DiskDeviceMapping (API reference 2025-05)",
    docs: "\
# What it checks
Of a whole request, as the command `request` makes it: whether it has a RegionId, and each disk a bucket and an object
key.

# Why ECS needs it
A request without them is refused with MissingParameter.

# How to fix
Say where the image goes: `--region-id cn-hangzhou --oss-bucket my-images`. The object key is made from the name of the
file, or given with `--oss-object`.
",
    check,
};

fn check(_: &Facts, target: &Target) -> Judged {
    let request = &target.request;
    if !request.whole {
        return Err(Undecided::skipped("this is not the whole request"));
    }
    let mut tally = Tally::default();
    for (name, flag, value) in [
        ("RegionId", "--region-id cn-hangzhou", &request.region_id),
        ("OSSBucket", "--oss-bucket my-images", &request.bucket),
        ("OSSObject", "--oss-object disk.qcow2", &request.object_key),
    ] {
        if value.as_deref().is_none_or(str::is_empty) {
            let finding = Finding::new(format!("the request has no {name}"), format!("declare it, such as {flag}"));
            tally.fail(finding.at(Evidence::words(format!("no {name} is declared"))));
        }
    }
    tally.done()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::*;

    fn whole(target: &mut Target) {
        target.request.whole = true;
        target.request.region_id = Some("cn-hangzhou".into());
        target.request.bucket = Some("my-images".into());
        target.request.object_key = Some("disk.qcow2".into());
    }

    cases! {
        fires: |_, target| target.request.whole = true,
        passes: |_, target| whole(target),
        undecided: |_, _| (),
    }

    #[test]
    fn each_is_named() {
        let found = findings(&RULE, |_, target| target.request.whole = true);
        let words: Vec<_> = found.iter().map(|finding| finding.message.as_str()).collect();
        let named = ["the request has no RegionId", "the request has no OSSBucket", "the request has no OSSObject"];
        assert_eq!(words, named);
    }
}
