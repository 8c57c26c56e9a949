//! The official Python SDKs drive the simulator: each test is a scenario of the scripts beside this file.
//!
//! `BOOTWORTHY_PYTHON` names the interpreter that has the packages; without it, `python3`. Missing packages skip a
//! test, loudly, or fail it where oracles are required.

#![allow(clippy::print_stderr)] // skipped tests say so

use simulator::{Bucket, Encryption, Fault, Operation, Options, Outcome, Pace, Rule, Service, Simulator};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// What a script that misses a package exits with.
const MISSING: i32 = 3;

/// A cloud whose tasks go on by a tenth at each look.
fn options() -> Options {
    let import_time = Duration::from_secs(600);
    Options { pace: Pace::Manual, import_time, step: import_time / 10, ..Options::default() }
}

fn start(options: Options) -> Simulator {
    let simulator = Simulator::start(options).expect("loopback");
    simulator.add_bucket(Bucket::new("bkt"));
    let mut qcow2 = b"QFI\xfb\0\0\0\x03".to_vec();
    qcow2.resize(4096, 0);
    for bucket in ["bkt", "archived", "elsewhere", "encrypted"] {
        simulator.put_object(bucket, "disk.qcow2", &qcow2).expect("stored");
    }
    simulator.clear_requests();
    simulator
}

/// Runs a scenario. False: it was skipped.
fn run(simulator: &Simulator, scenario: &str) -> bool {
    let python = std::env::var("BOOTWORTHY_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sdk/run.py");
    let mut command = Command::new(&python);
    // Bytecode is not to be left beside the sources, and proxies are not to be asked.
    command.arg("-B").arg(script).arg(scenario).env("NO_PROXY", "*");
    for service in Service::ALL {
        command.env(service.name().to_uppercase(), simulator.address(service).to_string());
    }
    for (name, lifetime) in [("TOKEN", 3600), ("OLD", 0)] {
        let key = simulator.temporary_key(Duration::from_secs(lifetime));
        command.env(format!("{name}_ID"), key.id).env(format!("{name}_SECRET"), key.secret).env(name, key.token);
    }
    let output = match command.output() {
        Ok(output) => output,
        Err(error) => {
            return skipped(scenario, &format!("{python} does not run: {error}"));
        }
    };
    let said = String::from_utf8_lossy(&output.stdout);
    if output.status.code() == Some(MISSING) {
        return skipped(scenario, &format!("{python} lacks a package of the official SDKs: {}", said.trim()));
    }
    assert!(output.status.success(), "{scenario}: {said}{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(said.trim(), "done", "{scenario}");
    true
}

fn skipped(scenario: &str, why: &str) -> bool {
    let required = std::env::var_os("BOOTWORTHY_REQUIRE_ORACLES").is_some_and(|set| set == "1");
    assert!(!required, "{scenario}: no oracle: {why}");
    eprintln!("SKIPPED: {scenario}: {why}");
    false
}

fn both_versions(scenario: &str, prepare: fn(&Simulator), check: fn(&Simulator)) {
    for version in ["v1", "v4"] {
        let simulator = start(options());
        prepare(&simulator);
        if run(&simulator, &format!("{scenario}_{version}")) {
            check(&simulator);
        }
    }
}

fn count(simulator: &Simulator, operation: Operation) -> usize {
    simulator.requests().iter().filter(|record| record.operation == operation).count()
}

#[test]
fn oss2_puts_gets_and_lists() {
    both_versions("oss2_objects", |_| (), |_| ());
}

#[test]
fn oss2_uploads_in_parts() {
    both_versions(
        "oss2_multipart",
        |_| (),
        |simulator| {
            assert!(simulator.uploads("bkt").is_empty());
        },
    );
}

#[test]
fn oss2_resumes_after_a_cut_connection() {
    both_versions(
        "oss2_resume",
        |simulator| {
            // The SDK tries a part again as often as it was cut here.
            simulator.fault(Rule::on(Operation::UploadPart, Fault::DropRequest(1000)).part(3).first(1));
        },
        |simulator| {
            let parts: Vec<_> =
                simulator.requests().into_iter().filter(|r| r.operation == Operation::UploadPart).collect();
            let numbers: Vec<_> = parts.iter().filter_map(|record| record.part).collect();
            assert_eq!(numbers, [1, 2, 3, 3, 4], "only what was missing is sent again");
            assert_eq!((parts[2].status, parts[2].received), (None, 1000));
        },
    );
}

#[test]
fn oss2_is_refused_with_the_right_codes() {
    both_versions("oss2_refusals", |simulator| simulator.deny(Operation::DeleteObject), |_| ());
}

#[test]
fn oss2_is_told_of_its_clock() {
    both_versions("oss2_skew", |simulator| simulator.skew(1800), |_| ());
}

#[test]
fn oss_v2_puts_gets_and_lists() {
    let simulator = start(options());
    simulator.remove_object("bkt", "disk.qcow2");
    run(&simulator, "ossv2_objects");
}

#[test]
fn oss_v2_uploads_in_parts() {
    run(&start(options()), "ossv2_multipart");
}

#[test]
fn oss_v2_gets_through_a_storm() {
    let simulator = start(options());
    let slow = Fault::Fail { code: "SlowDown".to_owned(), status: None, retry_after: Some(1) };
    simulator.fault(Rule::on(Operation::UploadPart, slow).first(2));
    simulator.fault(Rule::on(Operation::UploadPart, Fault::DropResponse(0)).nth(4));
    if run(&simulator, "ossv2_uploader") {
        assert!(count(&simulator, Operation::UploadPart) >= 11);
        assert_eq!(count(&simulator, Operation::CompleteMultipartUpload), 1);
    }
}

#[test]
fn oss_v2_tries_again_when_its_clock_is_off() {
    let simulator = start(options());
    simulator.fault(Rule::everywhere(Fault::Skew(1800)).nth(1));
    simulator.fault(Rule::everywhere(Fault::Skew(0)).from(2));
    if run(&simulator, "ossv2_skew") {
        let codes: Vec<_> = simulator.requests().into_iter().map(|record| record.code).collect();
        assert_eq!(codes, [Some("RequestTimeTooSkewed".to_owned()), None]);
    }
}

#[test]
fn oss_v2_names_the_bucket_in_the_host() {
    run(&start(options()), "ossv2_virtual_host");
}

#[test]
fn ecs_imports_and_is_polled() {
    let simulator = start(options());
    if run(&simulator, "ecs_import") {
        assert!(simulator.images().is_empty(), "deleted in the end");
        assert_eq!(simulator.tasks().len(), 1, "one token, one import");
    }
}

#[test]
fn ecs_cancels_and_fails_as_scripted() {
    let simulator = start(options());
    simulator.script_import(Outcome::Finish);
    simulator.script_import(Outcome::FailAt {
        percent: 90,
        code: "InvalidImage".to_owned(),
        message: "No boot loader.".to_owned(),
    });
    if run(&simulator, "ecs_cancel_and_fail") {
        let statuses: Vec<_> = simulator.images().into_iter().map(|image| image.status).collect();
        assert_eq!(statuses, ["CreateFailed"]);
    }
}

#[test]
fn ecs_refuses_with_the_right_codes() {
    let simulator = start(options());
    simulator.add_bucket(Bucket { region: Some("cn-beijing".to_owned()), ..Bucket::new("elsewhere") });
    simulator.add_bucket(Bucket { encryption: Some(Encryption::Kms), ..Bucket::new("encrypted") });
    simulator.add_bucket(Bucket { storage_class: "Archive".to_owned(), ..Bucket::new("archived") });
    simulator.put_object("archived", "disk.qcow2", b"QFI\xfb").expect("stored");
    simulator.put_object("bkt", "empty.raw", b"").expect("stored");
    let throttled = Fault::Fail { code: "Throttling.User".to_owned(), status: None, retry_after: None };
    simulator.fault(Rule::on(Operation::DescribeTasks, throttled).first(1));
    if run(&simulator, "ecs_refusals") {
        assert!(simulator.images().is_empty());
    }
}

#[test]
fn ecs_takes_the_old_signature() {
    run(&start(options()), "ecs_old_signatures");
}

#[test]
fn ram_makes_roles_and_sts_lends_them() {
    let simulator = start(Options { import_role: false, ..options() });
    if run(&simulator, "ram_and_sts") {
        assert!(simulator.role("AliyunECSImageImportDefaultRole").is_some());
    }
}

#[test]
fn the_instance_gets_keys_of_its_role() {
    run(&start(options()), "metadata");
}
