//! ECS, RAM, STS and metadata: what the official SDKs do not ask for.

use crate::client::{Answer, Client, rpc, rpc_head, start, start_with};
use simulator::{Operation, Options, Outcome, Pace, Rule, Service, Simulator};
use std::time::Duration;

const REGION: (&str, &str) = ("RegionId", "cn-hangzhou");

fn import(simulator: &Simulator, more: &[(&str, &str)]) -> Option<Answer> {
    simulator.put_object("bkt", "disk.raw", &[1; 512]).expect("stored");
    let disk = [REGION, ("DiskDeviceMapping.1.OSSBucket", "bkt"), ("DiskDeviceMapping.1.OSSObject", "disk.raw")];
    let parameters: Vec<_> = disk.iter().chain(more).copied().collect();
    rpc(simulator, Service::Ecs, "ImportImage", &parameters)
}

fn task(simulator: &Simulator, id: &str) -> Answer {
    rpc(simulator, Service::Ecs, "DescribeTaskAttribute", &[REGION, ("TaskId", id)]).expect("an answer")
}

#[test]
fn an_import_whose_answer_is_lost_is_found_by_its_token() {
    let simulator = start();
    simulator.fault("ImportImage:1=drop-response:0".parse::<Rule>().expect("a rule"));
    let token = [("ClientToken", "one"), ("ImageName", "image")];
    assert!(import(&simulator, &token).is_none());
    let again = import(&simulator, &token).expect("an answer");
    assert_eq!(simulator.tasks().len(), 1);
    assert_eq!((again.status, again.value("TaskId")), (200, simulator.tasks()[0].id.clone()));
    assert_eq!(simulator.images()[0].parameters["ImageName"], "image");
}

#[test]
fn a_dry_run_makes_nothing_and_keeps_the_token_free() {
    let simulator = start();
    let dry = import(&simulator, &[("ClientToken", "one"), ("DryRun", "true")]).expect("an answer");
    assert_eq!((dry.status, dry.value("Code").as_str()), (400, "DryRunOperation"));
    assert_eq!(import(&simulator, &[("ClientToken", "one")]).expect("an answer").status, 200);
    assert_eq!(simulator.tasks().len(), 1);
}

#[test]
fn tasks_go_on_by_the_clock_that_is_moved() {
    let simulator = start();
    simulator.script_import(Outcome::VanishAt(80));
    let id = import(&simulator, &[]).expect("an answer").value("TaskId");
    for (percent, status) in [("0%", "Processing"), ("40%", "Processing")] {
        let task = task(&simulator, &id);
        assert_eq!((task.value("TaskProcess").as_str(), task.value("TaskStatus").as_str()), (percent, status));
        simulator.advance(Duration::from_secs(40));
    }
    assert_eq!(task(&simulator, &id).value("Code"), "InvalidTaskId.NotFound");
    assert!(simulator.tasks().is_empty() && simulator.images().is_empty());
}

#[test]
fn time_passes_by_itself_at_the_pace_asked_for() {
    let options = Options { pace: Pace::Scaled(1e9), ..Options::default() };
    let simulator = start_with(options);
    let id = import(&simulator, &[]).expect("an answer").value("TaskId");
    assert_eq!(task(&simulator, &id).value("TaskStatus"), "Finished");
}

#[test]
fn quotas_and_rights_are_kept() {
    let simulator = start_with(Options { image_quota: 1, ..Options::default() });
    assert_eq!(import(&simulator, &[]).expect("an answer").status, 200);
    assert_eq!(import(&simulator, &[]).expect("an answer").value("Code"), "QuotaExceed.Image");
    simulator.deny(Operation::CreateRole);
    let role = [("RoleName", "r"), ("AssumeRolePolicyDocument", "{\"Statement\":[]}")];
    let denied = rpc(&simulator, Service::Ram, "CreateRole", &role).expect("an answer");
    assert_eq!((denied.status, denied.value("Code").as_str()), (403, "Forbidden.RAM"));
    simulator.allow(Operation::CreateRole);
    assert_eq!(rpc(&simulator, Service::Ram, "CreateRole", &role).expect("an answer").status, 200);
    let bad = [("RoleName", "q"), ("AssumeRolePolicyDocument", "{")];
    let bad = rpc(&simulator, Service::Ram, "CreateRole", &bad).expect("an answer");
    assert_eq!(bad.value("Code"), "MalformedPolicyDocument");
    let unknown = rpc(&simulator, Service::Ecs, "RunInstances", &[REGION]).expect("an answer");
    assert_eq!(unknown.value("Code"), "InvalidAction.NotFound");
    let elsewhere = rpc(&simulator, Service::Sts, "GetRole", &[("RoleName", "r")]).expect("an answer");
    assert_eq!(elsewhere.value("Code"), "InvalidAction.NotFound");
}

#[test]
fn a_request_is_taken_once_and_as_it_was_signed() {
    let simulator = start();
    let head = rpc_head(&simulator, Service::Ecs, "DescribeRegions", &[("AcceptLanguage", "a b~*+\u{e9}/")]);
    let mut client = Client::connect(simulator.address(Service::Ecs));
    let mut send = |head: &str| {
        client.write(head.as_bytes());
        client.read(false).expect("an answer").value("Code")
    };
    assert_eq!(send(&head.replace("AcceptLanguage=a", "AcceptLanguage=b")), "SignatureDoesNotMatch");
    assert_eq!(send(&head.replace("Signature=", "Signatur=")), "IncompleteSignature");
    assert_eq!(send(&head), "");
    assert_eq!(send(&head), "SignatureNonceUsed");
    simulator.skew(1000);
    assert_eq!(send(&head), "InvalidTimeStamp.Expired");
}

fn metadata(simulator: &Simulator, request: &str) -> Answer {
    let mut client = Client::connect(simulator.address(Service::Metadata));
    client.write(format!("{request}\r\n\r\n").as_bytes());
    client.read(false).expect("an answer")
}

#[test]
fn metadata_wants_a_token_that_lives() {
    let simulator = start();
    let role = "GET /latest/meta-data/ram/security-credentials/ HTTP/1.1\r\nHost: h";
    assert_eq!(metadata(&simulator, role).status, 403);
    let ask = "PUT /latest/api/token HTTP/1.1\r\nHost: h\r\nContent-Length: 0";
    assert_eq!(metadata(&simulator, ask).status, 400);
    let ask = format!("{ask}\r\nX-aliyun-ecs-metadata-token-ttl-seconds: ");
    assert_eq!(metadata(&simulator, &format!("{ask}99999")).status, 400);
    let token = metadata(&simulator, &format!("{ask}60")).text();
    let shown = format!("{role}\r\nX-aliyun-ecs-metadata-token: {token}");
    assert_eq!(metadata(&simulator, &shown).text(), "SimulatedInstanceRole");
    let wrong = shown.replace("credentials/", "credentials/Other");
    assert_eq!(metadata(&simulator, &wrong).status, 404);
    let keys = metadata(&simulator, &shown.replace("credentials/", "credentials/SimulatedInstanceRole"));
    assert_eq!((keys.value("Code").as_str(), keys.value("SecurityToken").is_empty()), ("Success", false));
    simulator.skew(120);
    assert_eq!(metadata(&simulator, &shown).status, 403);
    let plain = start_with(Options { hardened_metadata: false, ..Options::default() });
    assert_eq!(metadata(&plain, role).status, 200);
    assert_eq!(metadata(&plain, "GET /credentials HTTP/1.1\r\nHost: h").value("Code"), "Success");
}
