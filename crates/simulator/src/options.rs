//! How a simulated cloud is set up.

use crate::clock::Pace;
use crate::oss::Bucket;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

/// How a simulated cloud is set up.
#[derive(Clone)]
pub struct Options {
    /// The id of the access key that there is.
    pub access_key_id: String,
    /// Its secret.
    pub access_key_secret: String,
    /// The number of the account.
    pub account_id: String,
    /// The region of buckets that do not name another, and of the instance.
    pub region: String,
    /// The ports of OSS, ECS, RAM, STS and metadata; 0 takes a free one.
    pub ports: [u16; 5],
    /// Where scratch files are kept; without it, where the system keeps temporary files.
    pub scratch: Option<PathBuf>,
    /// How fast tasks go.
    pub pace: Pace,
    /// Added to the clock of tasks at each look at a task or an image.
    pub step: Duration,
    /// How long an import takes, on the clock of tasks.
    pub import_time: Duration,
    /// How long the checks of an image take after its import, on the clock of tasks.
    pub detection_time: Duration,
    /// The role that imports need is there, with its policy.
    pub import_role: bool,
    /// The role of the instance; without it the metadata service knows of none.
    pub instance_role: Option<String>,
    /// The metadata service wants a token.
    pub hardened_metadata: bool,
    /// Images that an account may have.
    pub image_quota: usize,
    /// Buckets that are there from the beginning.
    pub buckets: Vec<Bucket>,
    /// Items of a page of a list of OSS, at most: 1000 by the service.
    pub page: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            access_key_id: "testid".to_owned(),
            access_key_secret: "testsecret".to_owned(),
            account_id: "1234567890123456".to_owned(),
            region: "cn-hangzhou".to_owned(),
            ports: [0; 5],
            scratch: None,
            pace: Pace::Scaled(1.0),
            step: Duration::ZERO,
            import_time: Duration::from_secs(600),
            detection_time: Duration::from_secs(60),
            import_role: true,
            instance_role: Some("SimulatedInstanceRole".to_owned()),
            hardened_metadata: true,
            image_quota: 100,
            buckets: Vec::new(),
            page: 1000,
        }
    }
}

/// All but the secret: simulators are started in logs of tests, and the secret may be one that is used elsewhere.
impl fmt::Debug for Options {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = formatter.debug_struct("Options");
        debug.field("access_key_id", &self.access_key_id).field("account_id", &self.account_id);
        debug.field("region", &self.region).field("ports", &self.ports).field("buckets", &self.buckets);
        debug.field("pace", &self.pace).field("step", &self.step).field("import_time", &self.import_time);
        debug.finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_secret_is_not_shown() {
        let options = Options { access_key_secret: "canary".to_owned(), ..Options::default() };
        let shown = format!("{options:?} {options:#?}");
        assert!(!shown.contains("canary") && shown.contains("testid"), "{shown}");
    }
}
