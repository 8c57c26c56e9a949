//! Imports, tasks and images of ECS (API 2014-05-26, RPC style).
//!
//! An import is asked for once: the token that makes a second call the same one is on disk before the first is made.
//! Nothing is imported without a [`Clearance`](preflight::Clearance) for each disk. Not supported:
//! DescribeSnapshots (those of an import show as failed until it is done), exports, image pipelines.

mod detection;
mod follow;
mod image;
mod import;
mod regions;
mod task;
mod tasks;

pub use detection::{Compared, Comparison, Detection, Item, Verdict, compare};
pub use follow::{Following, Pace};
pub use image::Image;
pub use import::Started;
pub(crate) use import::is_taken;
pub use regions::Region;
pub use task::{Task, TaskError, TaskStatus};
pub use tasks::{Listed, TaskFilter};

use crate::endpoint::Endpoint;
use crate::error::Result;
use crate::rpc::Api;
use crate::session::Session;
use serde_json::Value;
use std::sync::Arc;

/// The ECS of a region, asked at an endpoint.
#[derive(Clone, Debug)]
pub struct Ecs {
    session: Arc<Session>,
    endpoint: Endpoint,
    region: String,
}

impl Ecs {
    /// The ECS of `region`.
    pub fn new(session: Arc<Session>, endpoint: Endpoint, region: &str) -> Self {
        Ecs { session, endpoint, region: region.into() }
    }

    /// What tells it from any other.
    pub(crate) fn place(&self) -> String {
        format!("{} {}", self.region, self.endpoint.root())
    }

    /// A call with the region and more parameters.
    fn call(&self, action: &'static str, parameters: &[(&str, &str)]) -> Result<Value> {
        let region = ("RegionId", self.region.as_str());
        let parameters: Vec<_> = std::iter::once(&region)
            .chain(parameters)
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        self.call_with(action, &parameters)
    }

    fn call_with(&self, action: &'static str, parameters: &[(String, String)]) -> Result<Value> {
        self.session.call(&self.endpoint, Api { version: "2014-05-26", action }, parameters)
    }
}

/// The items of a set, which samples show both as `{"Task": [..]}` and as `[..]`.
fn items<'a>(set: &'a Value, name: &str) -> &'a [Value] {
    let list = set[name].as_array().or_else(|| set.as_array());
    list.map(Vec::as_slice).unwrap_or_default()
}

/// Text, or a number as text: the service is not always of one mind.
fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Bool(bit) => bit.to_string(),
        _ => String::new(),
    }
}

/// `"45%"`
fn percent(value: &Value) -> Option<u8> {
    text(value).trim_end_matches('%').parse().ok().filter(|percent| *percent <= 100)
}
