//! The order of the chain, each kind of profile, and that nothing shows a secret.

use super::*;
use std::fs;

const CANARY: &str = "canary-7f3a";

fn places(config: &std::path::Path) -> Places {
    // A port that nobody listens on: the discard service of loopback.
    let nowhere = "http://127.0.0.1:9";
    Places {
        profile: None,
        config: Some(config.into()),
        sts: Endpoint::parse(nowhere).unwrap(),
        metadata: nowhere.into(),
    }
}

fn config(text: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.json");
    fs::write(&path, text).unwrap();
    (folder, path)
}

fn find(environment: &Environment, places: &Places) -> Result<Keys> {
    Keys::find(environment, places, &Stop::default())
}

const PROFILES: &str = r#"{"current": "main", "profiles": [
    {"name": "main", "mode": "AK", "access_key_id": "MAINID", "access_key_secret": "canary-7f3a"},
    {"name": "sts", "mode": "StsToken", "access_key_id": "STSID", "access_key_secret": "canary-7f3a",
     "sts_token": "canary-7f3a-token"},
    {"name": "half", "mode": "StsToken", "access_key_id": "STSID", "access_key_secret": "canary-7f3a"},
    {"name": "program", "mode": "External", "process_command": "echo {\"access_key_id\":\"X\",\"access_key_secret\":\"canary-7f3a\"}"},
    {"name": "fails", "mode": "External", "process_command": "false canary-7f3a"},
    {"name": "circle", "mode": "ChainableRamRoleArn", "ram_role_arn": "a", "source_profile": "circle"},
    {"name": "browser", "mode": "CloudSSO"},
    {"name": "uri", "mode": "CredentialsURI", "credentials_uri": "http://127.0.0.1:9/canary-7f3a"},
    {"name": "role", "mode": "RamRoleArn", "ram_role_arn": "acs:ram::1:role/r", "access_key_id": "A",
     "access_key_secret": "canary-7f3a"}]}"#;

#[test]
fn the_environment_goes_before_profiles() {
    let (_folder, path) = config(PROFILES);
    let environment = Environment::from([
        ("ALIBABA_CLOUD_ACCESS_KEY_ID", "ENVID"),
        ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", CANARY),
        ("ALIBABA_CLOUD_SECURITY_TOKEN", ""),
    ]);
    let key = |environment: &Environment, places: &Places| find(environment, places).unwrap().get(0).unwrap();
    assert_eq!(key(&environment, &places(&path)).id, "ENVID");
    assert_eq!(key(&environment, &places(&path)).token, None);
    let named = Places { profile: Some("sts".into()), ..places(&path) };
    assert_eq!(key(&environment, &named).id, "STSID");
    assert_eq!(key(&Environment::default(), &places(&path)).id, "MAINID");
    let by_variable = Environment::from([("ALIBABA_CLOUD_PROFILE", "sts")]);
    assert!(key(&by_variable, &places(&path)).token.is_some());
    let program = Places { profile: Some("program".into()), ..places(&path) };
    assert_eq!(key(&Environment::default(), &program).secret.reveal(), CANARY);
}

#[test]
fn without_any_the_error_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let environment = Environment::from([("ALIBABA_CLOUD_ECS_METADATA_DISABLED", "true")]);
    let error = find(&environment, &places(&folder.path().join("none.json"))).unwrap_err();
    assert_eq!(error.kind(), crate::Kind::Credentials);
    assert!(error.to_string().contains("aliyun configure"), "{error}");
}

#[test]
fn nothing_shows_a_secret() {
    let (_folder, path) = config(PROFILES);
    let mut shown = format!("{:?}", Environment::from([("A", CANARY)]));
    for name in ["main", "sts", "half", "program", "fails", "circle", "browser", "uri", "role", "none"] {
        let places = Places { profile: Some(name.into()), ..places(&path) };
        match find(&Environment::default(), &places) {
            Ok(keys) => {
                shown += &format!("{keys:?} {keys:#?} {} {:?} {places:?}", keys.origin(), keys.get(0));
                shown += &keys.get(0).map_or_else(|error| error.to_string(), |_| String::new());
            }
            Err(error) => shown += &format!("{error} {error:?}"),
        }
    }
    for broken in [format!("{{\"{CANARY}\""), format!("[{CANARY}]"), format!("{{\"current\": 7, \"a\": \"{CANARY}\"}}")]
    {
        let (_folder, path) = config(&broken);
        let error = find(&Environment::default(), &places(&path)).unwrap_err();
        shown += &format!("{error} {error:?}");
    }
    assert!(shown.contains("circle") && shown.contains("CloudSSO") && shown.contains("not whole"), "{shown}");
    assert!(!shown.contains(CANARY), "{shown}");
}

#[test]
fn keys_are_renewed_before_they_end() {
    #[derive(Debug)]
    struct Counted(Mutex<i64>);
    impl Provider for Counted {
        fn name(&self) -> String {
            "a test".into()
        }
        fn key(&self, now: i64) -> Result<Key> {
            let mut count = self.0.lock().unwrap();
            *count += 1;
            let id = count.to_string();
            Ok(Key { id, secret: Secret::new(""), token: None, expires: Some(now + 3600) })
        }
    }
    let keys = Keys::of(Box::new(Counted(Mutex::new(0))));
    let first = keys.get(0).unwrap();
    assert_eq!(keys.get(3600 - EARLY - 1).unwrap(), first);
    let second = keys.get(3600 - EARLY).unwrap();
    assert_eq!(second.id, "2");
    keys.renew(&first, 0).unwrap();
    assert_eq!(keys.get(3600).unwrap().id, "2", "another thread had renewed it");
    keys.renew(&second, 0).unwrap();
    assert_eq!(keys.get(0).unwrap().id, "3");
}
