//! What we put on the wire is what the official SDKs for Python would: the same canonical requests, the same signatures.
//!
//! The client does its work against the simulator, which keeps what was asked. `tests/sdk/wire.py` then makes the same
//! calls with the SDKs, at the same time and with the same nonce. For ECS and RAM it fills the SDK's own models from our
//! parameters; the SDK signs `accept`, `user-agent` and `x-acs-credentials-provider` too, which we do not send, so it
//! is made to sign the headers that we sign. For OSS both SDKs sign our request, one of them from its decoded parts, and
//! the newer one says what it would ask for itself.
//!
//! `BOOTWORTHY_PYTHON` names the interpreter that has the packages.

#![allow(clippy::print_stderr, reason = "skipped tests say so")]

use crate::cloud::{BUCKET, Cloud, KEY, PART, REGION, image};
use import::credentials::Keys;
use import::ecs::{Ecs, TaskFilter};
use import::oss::Bucket;
use import::ram::{Consent, IMPORT_ROLE, Ram};
use import::upload::{Content, Options, send};
use import::{Key, Secret, Session, Stop};
use preflight::Tag;
use request::{DiskDeviceMapping, ImportImage};
use serde_json::{Value, json};
use simulator::{Operation, Record, Service, SimulatedKey};
use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

/// What the script exits with where it misses a package.
const MISSING: i32 = 3;
/// The newer SDK adds this wherever keys can come back; we do where they do.
const OPTIONAL: &str = "encoding-type=url";

/// A cloud each for the key of the account and for one that is good for an hour, and what was asked of it.
fn with_both_keys(ask: fn(&Cloud, &SimulatedKey)) -> Vec<(Cloud, SimulatedKey, Vec<Record>)> {
    let asked = |temporary: bool| {
        let cloud = Cloud::new();
        let key = if temporary { cloud.simulator.temporary_key(Duration::from_secs(3600)) } else { account(&cloud) };
        ask(&cloud, &key);
        let records = seen(&cloud);
        (cloud, key, records)
    };
    vec![asked(false), asked(true)]
}

fn account(cloud: &Cloud) -> SimulatedKey {
    let options = cloud.simulator.options();
    let (id, secret) = (options.access_key_id.clone(), options.access_key_secret.clone());
    SimulatedKey { id, secret, token: String::new() }
}

fn were_asked(asked: &[(Cloud, SimulatedKey, Vec<Record>)], operations: &[Operation]) {
    for (_, _, records) in asked {
        for operation in operations {
            assert!(records.iter().any(|record| record.operation == *operation), "{operation} was not asked");
        }
    }
}

fn session(cloud: &Cloud, key: &SimulatedKey) -> Arc<Session> {
    let token = (!key.token.is_empty()).then(|| Secret::new(key.token.as_str()));
    let key = Key { id: key.id.clone(), secret: Secret::new(key.secret.as_str()), token, expires: None };
    cloud.session(Keys::fixed(key), &Stop::default())
}

/// Requests that the simulator saw, one of each target.
fn seen(cloud: &Cloud) -> Vec<Record> {
    let mut records = cloud.simulator.requests();
    records.sort_by(|one, other| (one.operation, &one.target).cmp(&(other.operation, &other.target)));
    records.dedup_by(|one, other| one.operation == other.operation && one.target == other.target);
    records
}

/// What the SDKs say of the requests of each key, beside them; `None`: skipped.
fn said(asked: Vec<(Cloud, SimulatedKey, Vec<Record>)>) -> Option<Vec<(Record, Value)>> {
    let Ok(python) = std::env::var("BOOTWORTHY_PYTHON") else { return skipped("BOOTWORTHY_PYTHON is not set") };
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sdk/wire.py");
    let mut command = Command::new(&python);
    // Bytecode is not to be left beside the sources, and proxies are not to be asked.
    command.arg("-B").arg(script).env("NO_PROXY", "*").stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = match command.spawn() {
        Ok(child) => child,
        Err(error) => return skipped(&format!("{python} does not run: {error}")),
    };
    let question: Vec<_> = asked.iter().map(|(cloud, key, records)| question(cloud, key, records)).collect();
    // A script that ends before it has read all says why by its exit code.
    let _ = child.stdin.take().unwrap().write_all(json!(question).to_string().as_bytes());
    let output = child.wait_with_output().unwrap();
    if output.status.code() == Some(MISSING) {
        return skipped(&format!("{python} lacks a package: {}", String::from_utf8_lossy(&output.stdout).trim()));
    }
    assert!(output.status.success(), "the script failed");
    let answers: Vec<Vec<Value>> = serde_json::from_slice(&output.stdout).unwrap();
    let records: Vec<_> = asked.into_iter().flat_map(|(_, _, records)| records).collect();
    let answers: Vec<_> = answers.into_iter().flatten().collect();
    assert_eq!(answers.len(), records.len());
    Some(records.into_iter().zip(answers).collect())
}

fn question(cloud: &Cloud, key: &SimulatedKey, records: &[Record]) -> Value {
    let addresses = Service::ALL.map(|service| (service.name(), cloud.simulator.address(service).to_string()));
    let requests = records.iter().map(|record| {
        let headers: BTreeMap<_, _> = record.headers.iter().cloned().collect();
        json!({
            "service": record.service.name(), "operation": record.operation.name(), "method": record.method,
            "target": record.target, "headers": headers,
        })
    });
    json!({
        "region": REGION, "id": key.id, "secret": key.secret,
        "token": if key.token.is_empty() { Value::Null } else { json!(key.token) },
        "addresses": addresses.into_iter().collect::<BTreeMap<_, _>>(),
        "requests": requests.collect::<Vec<_>>(),
    })
}

fn skipped<T>(why: &str) -> Option<T> {
    assert!(std::env::var_os("BOOTWORTHY_REQUIRE_ORACLES").is_none_or(|set| set != "1"), "no oracle: {why}");
    eprintln!("SKIPPED: wire equality: {why}");
    None
}

fn authorization(record: &Record) -> &str {
    let found = record.headers.iter().find(|(name, _)| name == "authorization");
    found.map(|(_, value)| value.as_str()).expect("our requests are signed")
}

/// 17 disks, tags, features, and everything odd that a text can hold.
fn odd_import() -> ImportImage {
    let text = |text: &str| Some(text.to_owned());
    let disk = |number: u32| DiskDeviceMapping {
        format: text("QCOW2"),
        oss_bucket: text(BUCKET),
        oss_object: Some(format!("{KEY}-{number}")),
        disk_image_size: Some(20 + u64::from(number)),
    };
    let tag = |key: &str, value: &str| Tag { key: key.into(), value: value.into() };
    ImportImage {
        region_id: text(REGION),
        image_name: text("web-1"),
        description: text("a b~*+é/!'()[]{}:;@&=$,?#%\"\\|<>^` 中文 😀\t"),
        os_type: text("linux"),
        platform: text("Others Linux"),
        architecture: text("x86_64"),
        boot_mode: text("UEFI"),
        disk_device_mapping: (1..=17).map(disk).collect(),
        nvme_support: text("supported"),
        imds_support: text("v2"),
        detection_strategy: text("Standard"),
        tag: vec![tag("made by", "~ ()*+é/"), tag("ключ=&", "")],
        ..ImportImage::default()
    }
}

fn calls(cloud: &Cloud, key: &SimulatedKey) {
    let session = session(cloud, key);
    let ecs = Ecs::new(session.clone(), cloud.endpoint(Service::Ecs), REGION);
    // Refusals are fine: it is the requests that count.
    let _ = ecs.try_import(&odd_import());
    let _ = ecs.task("t-1~ *+é/");
    let _ = ecs.cancel("t-1~ *+é/");
    ecs.tasks(&TaskFilter { status: None, action: Some("ImportImage".into()) }).unwrap();
    ecs.images_named("web-1 *+é/").unwrap();
    ecs.regions().unwrap();
    cloud.simulator.remove_role(IMPORT_ROLE);
    let ram = Ram::new(session, cloud.endpoint(Service::Ram));
    ram.ensure_role(IMPORT_ROLE, Consent::Attach).unwrap();
    ram.ensure_role(IMPORT_ROLE, Consent::Attach).unwrap();
}

#[test]
fn calls_are_signed_as_the_official_sdk_signs_them() {
    let asked = with_both_keys(calls);
    let operations = [
        Operation::ImportImage,
        Operation::DescribeTasks,
        Operation::DescribeTaskAttribute,
        Operation::CancelTask,
        Operation::DescribeImages,
        Operation::DescribeRegions,
        Operation::GetRole,
        Operation::CreateRole,
        Operation::AttachPolicyToRole,
        Operation::ListPoliciesForRole,
    ];
    were_asked(&asked, &operations);
    let Some(said) = said(asked) else { return };
    for (record, said) in said {
        assert_eq!(said["query"], record.target.strip_prefix("/?").unwrap(), "{}", record.operation);
        assert_eq!(said["authorization"], authorization(&record), "{}", record.operation);
        assert_eq!(said["extra"], json!(["accept", "user-agent", "x-acs-credentials-provider"]));
    }
}

/// An upload that is cut, gone on with, and done; another that is aborted; the lists.
fn objects(cloud: &Cloud, key: &SimulatedKey) {
    let bucket = Bucket::new(session(cloud, key), cloud.endpoint(Service::Oss), REGION, BUCKET).unwrap();
    let options = Options { part_size: Some(PART), workers: 1, ..Options::default() };
    let upload = || send(&bucket, KEY, Content::Stored(&image(2)), &mut cloud.journal(), options, &(), &|| Ok(()));
    cloud.simulator.fault("UploadPart:2=fail:AccessDenied".parse().unwrap());
    upload().unwrap_err();
    cloud.simulator.clear_faults();
    assert_eq!(bucket.uploads("dir/a b~(1)*é").unwrap().len(), 1);
    upload().unwrap();
    bucket.abort(KEY, "none of these").unwrap();
    bucket.info().unwrap();
}

#[test]
fn requests_of_objects_are_signed_as_both_official_sdks_sign_them() {
    let asked = with_both_keys(objects);
    let operations = [
        Operation::InitiateMultipartUpload,
        Operation::UploadPart,
        Operation::CompleteMultipartUpload,
        Operation::ListParts,
        Operation::AbortMultipartUpload,
        Operation::ListMultipartUploads,
        Operation::HeadObject,
        Operation::GetBucketInfo,
    ];
    were_asked(&asked, &operations);
    let Some(said) = said(asked) else { return };
    for (record, said) in said {
        let own = authorization(&record);
        assert_eq!(said["authorization"], own, "{}", record.operation);
        assert_eq!(said["first"], own.rsplit_once("Signature=").unwrap().1, "{}", record.operation);
        let (path, query) = record.target.split_once('?').unwrap_or((&record.target, ""));
        let pairs: Vec<_> = query.split('&').filter(|pair| *pair != OPTIONAL).collect();
        assert_eq!(said["asks"], format!("{} {path}?{}", record.method, pairs.join("&")));
    }
}
