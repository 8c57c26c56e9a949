//! REQ-REGION: RegionId is shaped like one, and the region of the instances.

use super::arch::sent;
use crate::rules::prelude::*;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "REQ-REGION",
    aliases: &[],
    title: "RegionId is shaped like one, and that of the instances",
    severity: Severity::Reject,
    confidence: Confidence::Current,
    source: "ImportImage, RegionId; errors InvalidRegionId.NotFound, InvalidOSSBucket.NotMatched (API reference 2025-05)",
    docs: "\
# What it checks
Whether a declared RegionId is written like `cn-hangzhou` or `ap-southeast-1`, and whether it is the region that
`--target` names. Which regions there are, and whether the bucket lies in this one, only the service knows.

# Why ECS needs it
An unknown region is refused with InvalidRegionId.NotFound. An image is there for instances of its own region; for others
it must be copied first.

# How to fix
Give the region's id alone, `--region-id cn-hangzhou`: no endpoint, no `oss-` in front, no zone at the end.
",
    check,
};

fn check(_: &Facts, target: &Target) -> Judged {
    let Some(region) = target.request.region_id.as_deref() else {
        return Err(Undecided::skipped("no RegionId is declared"));
    };
    let at = sent("RegionId", region);
    if !is_region(region) {
        let remedy = "give the id of a region, such as cn-hangzhou";
        return Ok(vec![Finding::new(format!("RegionId {region} is no id of a region"), remedy).at(at)]);
    }
    match target.instance.region.as_deref() {
        Some(other) if other != region => {
            let message = format!("the import is into {region}, and the instances are in {other}");
            let remedy = format!("declare --region-id {other}, or copy the image there after the import");
            Ok(vec![Finding::new(message, remedy).at(at).only(Severity::Degraded)])
        }
        _ => passed(),
    }
}

/// Two letters or three (`rus-west-1`), then words of lower-case letters and digits.
pub(super) fn is_region(text: &str) -> bool {
    let (first, rest) = text.split_once('-').unwrap_or((text, ""));
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let word = |word: &str| !word.is_empty() && word.chars().all(plain);
    // A zone has a letter behind the last number: cn-hangzhou-h, ap-southeast-1a.
    let last = rest.rsplit('-').next().unwrap_or_default();
    let zone = last.len() == 1 && !last.starts_with(|c: char| c.is_ascii_digit());
    let service = matches!(first, "oss" | "ecs" | "vpc");
    (2..=3).contains(&first.len()) && !service && !zone && word(first) && rest.split('-').all(word)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::*;

    cases! {
        fires: |_, target| target.request.region_id = Some("oss-cn-hangzhou".into()),
        passes: |_, target| target.request.region_id = Some("cn-hangzhou".into()),
        undecided: |_, _| (),
    }

    #[test]
    fn shapes() {
        for good in ["cn-hangzhou", "ap-southeast-1", "rus-west-1", "cn-shanghai-finance-1", "cn-north-2-gov-1"] {
            assert!(is_region(good), "{good}");
        }
        for bad in ["", "hangzhou", "cn-", "cn-hangzhou-h", "cn-hangzhou.aliyuncs.com", "CN-hangzhou", "cn hangzhou"] {
            assert!(!is_region(bad), "{bad}");
        }
    }

    #[test]
    fn instances_elsewhere_are_a_warning() {
        let found = findings(&RULE, |_, target| {
            target.request.region_id = Some("cn-hangzhou".into());
            target.instance = "ap-southeast-1".parse().unwrap();
        });
        assert_eq!(found[0].severity, Severity::Degraded);
    }
}
