//! `~/.aliyun/config.json`, the profiles of the official command line. Read, never written.

use super::assumed::Assumed;
use super::external::External;
use super::instance::Instance;
use super::oidc::Oidc;
use super::uri::Uri;
use super::{Finder, Fixed, Provider, key_of};
use crate::endpoint::Endpoint;
use crate::error::{Error, Result};
use crate::secret::Secret;
use serde_json::Value;
use std::io::Read as _;
use std::path::{Path, PathBuf};

/// Longest file that is read: ours.
const LONGEST: u64 = 1 << 20;
/// Profiles that rest on one another, at most: ours.
const CHAIN: usize = 8;

/// The file. Not `Debug`: it is full of secrets.
pub(super) struct Profiles {
    path: PathBuf,
    value: Value,
}

impl Profiles {
    pub(super) fn read(path: &Path) -> Result<Self> {
        let fail = |why: String| Error::credentials(format!("{}: {why}", path.display()));
        let mut text = String::new();
        let file = std::fs::File::open(path).map_err(|error| fail(format!("cannot be opened: {error}")))?;
        let read = file.take(LONGEST).read_to_string(&mut text);
        read.map_err(|error| fail(format!("cannot be read: {error}")))?;
        // The parser's own words could quote the file.
        let value =
            serde_json::from_str(&text).map_err(|error| fail(format!("is no JSON at line {}", error.line())))?;
        Ok(Profiles { path: path.into(), value })
    }

    /// What gives the keys of the profile `name`, or of the current one.
    pub(super) fn provider(&self, name: Option<&str>, finder: &Finder<'_>) -> Result<Box<dyn Provider>> {
        let name = name.or(self.value["current"].as_str()).unwrap_or("default");
        self.named(name, finder, CHAIN)
    }

    fn named(&self, name: &str, finder: &Finder<'_>, left: usize) -> Result<Box<dyn Provider>> {
        let all = self.value["profiles"].as_array().map(Vec::as_slice).unwrap_or_default();
        let found = all.iter().find(|profile| profile["name"].as_str() == Some(name));
        let profile = found.ok_or_else(|| self.wrong(name, "there is no such profile"))?;
        let text = |field: &str| text(profile, field);
        let need = |field: &str| self.need(profile, name, field);
        let assumed = |source| self.assumed(profile, name, finder, source);
        let role = || Instance::new(&finder.places.metadata, text("ram_role_name"), finder.v1_allowed(), finder.stop);
        let mode = text("mode").unwrap_or_else(|| "AK".into());
        match mode.to_ascii_lowercase().as_str() {
            "ak" => self.fixed(profile, name, false),
            "ststoken" => self.fixed(profile, name, true),
            "ramrolearn" => assumed(self.fixed(profile, name, text("sts_token").is_some())?),
            "chainableramrolearn" if left > 0 => assumed(self.named(&need("source_profile")?, finder, left - 1)?),
            "chainableramrolearn" => Err(self.wrong(name, "profiles rest on one another in a circle")),
            "ecsramrole" => Ok(Box::new(role())),
            "credentialsuri" => Ok(Box::new(Uri::new(&need("credentials_uri")?, finder.stop))),
            "external" => Ok(Box::new(External { line: Secret::new(need("process_command")?) })),
            "oidc" => Ok(Box::new(Oidc {
                role: need("ram_role_arn")?,
                provider: need("oidc_provider_arn")?,
                token: need("oidc_token_file")?.into(),
                session: text("ram_session_name").or_else(|| text("role_session_name")),
                sts: self.sts(profile, finder)?,
                stop: finder.stop.clone(),
            })),
            _ => Err(self.wrong(name, &format!("mode {mode} is not supported")).remedy(
                "use AK, StsToken, RamRoleArn, ChainableRamRoleArn, EcsRamRole, OIDC, External or CredentialsURI",
            )),
        }
    }

    /// The role of a profile, taken on with the keys of `source`.
    fn assumed(
        &self,
        profile: &Value,
        name: &str,
        finder: &Finder<'_>,
        source: Box<dyn Provider>,
    ) -> Result<Box<dyn Provider>> {
        Ok(Box::new(Assumed {
            source,
            role: self.need(profile, name, "ram_role_arn")?,
            session: text(profile, "ram_session_name"),
            external_id: text(profile, "external_id"),
            seconds: profile["expired_seconds"].as_u64().filter(|seconds| *seconds >= 900),
            sts: self.sts(profile, finder)?,
            stop: finder.stop.clone(),
        }))
    }

    fn need(&self, profile: &Value, name: &str, field: &str) -> Result<String> {
        text(profile, field).ok_or_else(|| self.wrong(name, &format!("{field} is missing")))
    }

    fn fixed(&self, profile: &Value, name: &str, token: bool) -> Result<Box<dyn Provider>> {
        let fields = ["access_key_id", "access_key_secret", if token { "sts_token" } else { "" }, ""];
        let key = key_of(profile, fields).filter(|key| key.token.is_some() == token);
        let key = key.ok_or_else(|| self.wrong(name, "its key is not whole"))?;
        Ok(Box::new(Fixed(key, "a profile")))
    }

    /// A profile may name the region whose STS it wants; an endpoint that was chosen otherwise is kept.
    fn sts(&self, profile: &Value, finder: &Finder<'_>) -> Result<Endpoint> {
        let chosen = finder.places.sts != Endpoint::sts(None)?;
        match profile["sts_region"].as_str().filter(|region| !region.is_empty() && !chosen) {
            Some(region) => Endpoint::sts(Some(region)),
            None => Ok(finder.places.sts.clone()),
        }
    }

    fn wrong(&self, name: &str, why: &str) -> Error {
        Error::credentials(format!("{}: profile {name}: {why}", self.path.display()))
    }
}

/// Empty fields are as good as none.
fn text(profile: &Value, field: &str) -> Option<String> {
    profile[field].as_str().filter(|text| !text.is_empty()).map(str::to_owned)
}
