//! REQ-STORAGE-LOCATION: StorageLocationArn names a CloudBox of the region.

use super::arch::sent;
use super::region::is_region;
use crate::rules::prelude::*;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "REQ-STORAGE-LOCATION",
    aliases: &[],
    title: "StorageLocationArn names a CloudBox of the region",
    severity: Severity::Reject,
    confidence: Confidence::Current,
    source: "ImportImage, StorageLocationArn; error InvalidStorageLocation.NotFound (SDK model 7.11.8)",
    docs: "\
# What it checks
Whether a declared StorageLocationArn has the form `arn:acs:cloudbox:REGION:ACCOUNT:cloudbox/ID`, and whether the region
in it is the declared RegionId.

# Why ECS needs it
It says on which CloudBox the object lies; images in ordinary buckets have none. Another form is refused, as is a
CloudBox that is not there (InvalidStorageLocation.NotFound).

# How to fix
Leave it out, unless the bucket lies on a CloudBox; then copy its ARN from the console.
",
    check,
};

fn check(_: &Facts, target: &Target) -> Judged {
    let Some(arn) = target.request.storage_location_arn.as_deref() else {
        return Err(Undecided::skipped("no StorageLocationArn is declared"));
    };
    let at = sent("StorageLocationArn", arn);
    let Some(region) = region_in(arn) else {
        let remedy = "write arn:acs:cloudbox:REGION:ACCOUNT:cloudbox/ID, or leave it out where there is no CloudBox";
        return Ok(vec![Finding::new(format!("StorageLocationArn {arn} does not name a CloudBox"), remedy).at(at)]);
    };
    match target.request.region_id.as_deref() {
        Some(other) if other != region => {
            let message = format!("the CloudBox is in {region}, and RegionId is declared as {other}");
            Ok(vec![Finding::new(message, format!("declare --region-id {region}")).at(at)])
        }
        _ => passed(),
    }
}

/// The region in an ARN that is well formed.
fn region_in(arn: &str) -> Option<&str> {
    let rest = arn.strip_prefix("arn:acs:cloudbox:")?;
    let (region, rest) = rest.split_once(':')?;
    let (account, name) = rest.split_once(':')?;
    let id = name.strip_prefix("cloudbox/")?;
    let digits = !account.is_empty() && account.chars().all(|c| c.is_ascii_digit());
    let plain = !id.is_empty() && id.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    (is_region(region) && digits && plain).then_some(region)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::*;

    const BOX: &str = "arn:acs:cloudbox:cn-hangzhou:1234567890123456:cloudbox/cb-a1b2c3";

    cases! {
        fires: |_, target| target.request.storage_location_arn = Some("cb-a1b2c3".into()),
        passes: |_, target| target.request.storage_location_arn = Some(BOX.into()),
        undecided: |_, _| (),
    }

    #[test]
    fn each_part_counts() {
        for bad in ["", "arn:acs:cloudbox:cn-hangzhou:1:", "arn:acs:cloudbox:hangzhou:1:cloudbox/a"] {
            assert_eq!(region_in(bad), None, "{bad}");
        }
        assert_eq!(region_in(&BOX.replace("1234567890123456", "{AliUid}")), None);
        assert_eq!(region_in(BOX), Some("cn-hangzhou"));
    }

    #[test]
    fn it_is_in_the_region_of_the_import() {
        let found = findings(&RULE, |_, target| {
            target.request.storage_location_arn = Some(BOX.into());
            target.request.region_id = Some("cn-beijing".into());
        });
        assert!(found[0].remedy.contains("cn-hangzhou"));
    }
}
