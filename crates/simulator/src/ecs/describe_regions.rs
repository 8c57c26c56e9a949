//! DescribeRegions.

use crate::rpc::{Answer, Call};
use serde_json::json;

/// Some of the regions; the one of the options is one too.
pub(super) const REGIONS: &[&str] = &[
    "cn-hangzhou",
    "cn-shanghai",
    "cn-beijing",
    "cn-shenzhen",
    "cn-hongkong",
    "ap-southeast-1",
    "ap-northeast-1",
    "eu-central-1",
    "us-east-1",
    "us-west-1",
];

pub(super) fn answer(call: &Call<'_>) -> Answer {
    let own = call.world.options.region.as_str();
    let mut regions = REGIONS.to_vec();
    if !regions.contains(&own) {
        regions.push(own);
    }
    let regions: Vec<_> = regions
        .into_iter()
        .map(|region| {
            json!({
                "RegionId": region,
                "LocalName": region,
                "RegionEndpoint": format!("ecs.{region}.aliyuncs.com"),
                "Status": "available",
            })
        })
        .collect();
    Ok(json!({ "Regions": { "Region": regions } }))
}
