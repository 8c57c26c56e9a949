//! Files that preflight reads beside images: the policy, the baseline, facts.

use crate::exit::Failure;
use crate::image::Examined;
use ::preflight::{Baseline, Policy};
use facts::{Facts, SCHEMA_VERSION};
use serde::Deserialize;
use serde_json::Value;
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// Where a policy is looked for.
const POLICY: &str = "bootworthy.toml";
/// Longest document that is read.
const MAX_DOCUMENT: u64 = 64 << 20;

/// What the project decides: of the file that was named, or of the one that lies here.
pub(crate) fn policy(named: Option<&Path>, none: bool) -> Result<Policy, Failure> {
    let here = Path::new(POLICY);
    let path = match named {
        Some(path) => path,
        None if !none && here.exists() => here,
        None => return Ok(Policy::default()),
    };
    let wrong = |error: String| Failure::usage(format!("{}: {}", path.display(), error.trim_end()));
    let policy: Policy = toml::from_str(&read(path)?).map_err(|error| wrong(error.to_string()))?;
    policy.validate().map_err(wrong)?;
    Ok(policy)
}

/// The report that was made before.
pub(crate) fn baseline(path: &Path) -> Result<Baseline, Failure> {
    let wrong = |error: String| Failure::usage(format!("{}: {error}", path.display()));
    let report: Value = serde_json::from_str(&read(path)?).map_err(|error| wrong(format!("is no JSON: {error}")))?;
    Baseline::of(&report).map_err(wrong)
}

/// Facts that were written by `inspect`, here or elsewhere.
pub(crate) fn facts(path: &Path) -> Result<Examined, Failure> {
    let wrong = |error: String| Failure::usage(format!("{}: {error}", path.display()));
    let document: Value = serde_json::from_str(&read(path)?).map_err(|error| wrong(format!("is no JSON: {error}")))?;
    // The report of preflight has them inside, where they were asked for.
    let document = document.get("facts").unwrap_or(&document);
    let words = "these are no facts; inspect --output json writes them";
    match document["schema_version"].as_u64() {
        _ if document.get("guest").is_none() || document.get("volumes").is_none() => Err(wrong(words.into())),
        Some(version) if version == u64::from(SCHEMA_VERSION) => {
            let facts = Facts::deserialize(document).map_err(|error| wrong(format!("{words}: {error}")))?;
            Ok(Examined { facts, failure: None, disk: None })
        }
        Some(version) => Err(wrong(format!(
            "these are facts of version {version}, and this program knows version {SCHEMA_VERSION}; write them with \
             this program's inspect"
        ))),
        None => Err(wrong("these facts do not say of which version they are".into())),
    }
}

fn read(path: &Path) -> Result<String, Failure> {
    let failed = |error: std::io::Error| Failure::usage(format!("{}: {error}", path.display()));
    let file = File::open(path).map_err(failed)?;
    let mut text = String::new();
    file.take(MAX_DOCUMENT + 1).read_to_string(&mut text).map_err(failed)?;
    if text.len() as u64 > MAX_DOCUMENT {
        return Err(Failure::usage(format!("{}: is longer than any such document", path.display())));
    }
    Ok(text)
}
