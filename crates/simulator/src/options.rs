//! How a simulated cloud is set up.

use crate::clock::Pace;
use std::path::PathBuf;
use std::time::Duration;

/// How a simulated cloud is set up.
#[derive(Clone, Debug)]
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
        }
    }
}
