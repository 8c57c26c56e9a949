//! Keys that services give: the role of the instance, a role taken on, an OIDC token.

use crate::cloud::{Cloud, KEY, image, key};
use import::credentials::{Environment, Keys, Places};
use import::upload::{Content, Options, send};
use import::{Result, Stop};
use simulator::{Operation, Service};
use std::path::PathBuf;

const ROLE: &str = "acs:ram::1234567890123456:role/AliyunECSImageImportDefaultRole";

fn places(cloud: &Cloud, profile: Option<&str>, config: &str) -> Places {
    let path: PathBuf = cloud.folder.path().join("config.json");
    if !config.is_empty() {
        std::fs::write(&path, config).unwrap();
    }
    Places {
        profile: profile.map(Into::into),
        config: Some(path),
        sts: cloud.endpoint(Service::Sts),
        metadata: cloud.simulator.endpoint(Service::Metadata),
    }
}

fn find(cloud: &Cloud, environment: &Environment, profile: Option<&str>, config: &str) -> Result<Keys> {
    Keys::find(environment, &places(cloud, profile, config), &Stop::default())
}

/// Keys are good if OSS takes them.
fn works(cloud: &Cloud, keys: Keys) {
    let bucket = cloud.bucket_with(keys, &Stop::default());
    assert!(bucket.info().is_ok());
}

#[test]
fn the_role_of_the_instance_gives_keys() {
    let cloud = Cloud::new();
    let keys = find(&cloud, &Environment::default(), None, "").unwrap();
    assert_eq!(keys.origin(), "the RAM role of this instance");
    works(&cloud, keys);
    assert!(cloud.count(Operation::MetadataToken) > 0);
    let cloud = Cloud::with(simulator::Options { instance_role: None, ..simulator::Options::default() });
    assert!(find(&cloud, &Environment::default(), None, "").unwrap_err().to_string().contains("no credentials"));
}

#[test]
fn roles_are_taken_on() {
    let cloud = Cloud::new();
    let config = format!(
        r#"{{"current": "chain", "profiles": [
            {{"name": "base", "mode": "AK", "access_key_id": "testid", "access_key_secret": "testsecret"}},
            {{"name": "chain", "mode": "ChainableRamRoleArn", "ram_role_arn": "{ROLE}", "source_profile": "base"}},
            {{"name": "direct", "mode": "RamRoleArn", "ram_role_arn": "{ROLE}", "access_key_id": "testid",
              "access_key_secret": "testsecret", "expired_seconds": 900}},
            {{"name": "none", "mode": "RamRoleArn", "ram_role_arn": "acs:ram::1234567890123456:role/none",
              "access_key_id": "testid", "access_key_secret": "testsecret"}}]}}"#
    );
    for profile in [None, Some("direct")] {
        works(&cloud, find(&cloud, &Environment::default(), profile, &config).unwrap());
    }
    assert_eq!(cloud.count(Operation::AssumeRole), 2);
    let keys = find(&cloud, &Environment::default(), Some("none"), &config).unwrap();
    let error = cloud.bucket_with(keys, &Stop::default()).info().unwrap_err();
    assert_eq!(error.code(), "EntityNotExist.Role", "{error}");
}

#[test]
fn an_oidc_token_gives_keys() {
    let cloud = Cloud::new();
    let token = cloud.folder.path().join("token");
    std::fs::write(&token, "header.payload.signature\n").unwrap();
    let environment = Environment::from([
        ("ALIBABA_CLOUD_ROLE_ARN", ROLE),
        ("ALIBABA_CLOUD_OIDC_PROVIDER_ARN", "acs:ram::1234567890123456:oidc-provider/p"),
        ("ALIBABA_CLOUD_OIDC_TOKEN_FILE", token.to_str().unwrap()),
    ]);
    works(&cloud, find(&cloud, &environment, None, "").unwrap());
    assert_eq!(cloud.count(Operation::AssumeRoleWithOIDC), 1);
}

#[test]
fn a_token_that_ends_in_mid_upload_is_renewed() {
    let (cloud, image) = (Cloud::new(), image(5));
    cloud.simulator.fault("UploadPart:3=expire-tokens".parse().unwrap());
    let bucket = cloud.bucket_with(find(&cloud, &Environment::default(), None, "").unwrap(), &Stop::default());
    let options = Options { part_size: Some(crate::cloud::PART), ..Options::default() };
    send(&bucket, KEY, Content::Stored(&image), &mut cloud.journal(), options, &(), &|| Ok(())).unwrap();
    assert_eq!(cloud.count(Operation::MetadataCredentials), 2);
    // A key that nobody can renew.
    let given = cloud.simulator.temporary_key(std::time::Duration::from_secs(900));
    cloud.simulator.expire_tokens();
    let token = Some(import::Secret::new(given.token));
    let key = import::Key { id: given.id, token, ..key(&given.secret) };
    let error = cloud.bucket_with(Keys::fixed(key), &Stop::default()).info().unwrap_err();
    assert!(error.to_string().contains("new temporary credentials"), "{error}");
}
