//! The regions that there are, and where ECS is asked in each: DescribeRegions.

use super::{Ecs, items, text};
use crate::endpoint::{Endpoint, Network};
use crate::error::{Error, Result};
use serde_json::Value;

/// A region.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Region {
    /// `cn-hangzhou`
    pub id: String,
    /// Its name for people, in English.
    pub name: String,
    /// Where its ECS is asked, as a name of a host; empty where the service does not say.
    pub endpoint: String,
    /// Whether it can be used: the service says `available` or `soldOut`.
    pub available: bool,
}

impl Region {
    fn of(value: &Value) -> Self {
        let status = text(&value["Status"]);
        Region {
            id: text(&value["RegionId"]),
            name: text(&value["LocalName"]),
            endpoint: text(&value["RegionEndpoint"]),
            available: status.is_empty() || status.eq_ignore_ascii_case("available"),
        }
    }
}

impl Ecs {
    /// DescribeRegions: the regions that the account can use.
    pub fn regions(&self) -> Result<Vec<Region>> {
        // The one call that is of no region.
        let value = self.call_with("DescribeRegions", &[("AcceptLanguage".into(), "en-US".into())])?;
        let regions = items(&value["Regions"], "Region").iter().map(Region::of);
        Ok(regions.filter(|region| !region.id.is_empty()).collect())
    }

    /// Where the ECS of a region is asked; what follows from its name where the service does not say.
    pub fn endpoint_of(&self, region: &str) -> Result<Endpoint> {
        let regions = self.regions()?;
        let found = regions.iter().find(|known| known.id == region);
        let found = found.ok_or_else(|| {
            let known: Vec<_> = regions.iter().map(|region| region.id.as_str()).collect();
            Error::usage(format!("{region}: the account has no such region")).remedy(known.join(", "))
        })?;
        Endpoint::parse(&found.endpoint).or_else(|_| Endpoint::ecs(region, Network::Public))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn regions_are_read_with_what_they_lack() {
        let region = Region::of(&json!({ "RegionId": "r", "RegionEndpoint": "ecs.r.aliyuncs.com" }));
        assert!(region.available && region.name.is_empty() && region.endpoint == "ecs.r.aliyuncs.com");
        assert!(!Region::of(&json!({ "RegionId": "r", "Status": "soldOut" })).available);
    }
}
