//! `preflight` with a policy, a baseline, a target, facts from a file, several images, attestations.

use crate::program::{Ran, bootworthy, finish, in_tree, run, s};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

fn fixture(name: &str) -> String {
    s(&in_tree("fixtures").join(name)).to_owned()
}

fn broken() -> String {
    fixture("broken.qcow2")
}

/// Runs preflight in a directory.
fn preflight_in(directory: &Path, args: &[&str]) -> Ran {
    let mut command = bootworthy();
    command.arg("preflight").args(args).current_dir(directory);
    finish(&mut command)
}

fn written(directory: &Path, name: &str, text: &str) -> PathBuf {
    let path = directory.join(name);
    fs::write(&path, text).unwrap();
    path
}

const WAIVED: &str = r#"
[[waiver]]
rule = "LNX-FSTAB-DEV"
reason = "the data disk is attached later"
expires = 2999-12-31

[[waiver]]
rule = "LNX-INITRAMFS-VIRTIO"
reason = "rebuilt by our pipeline"
image = "broken*"
"#;

#[test]
fn waivers_of_the_policy_that_lies_here_let_pass() {
    let directory = tempfile::tempdir().unwrap();
    written(directory.path(), "bootworthy.toml", WAIVED);
    let ran = preflight_in(directory.path(), &[&broken()]);
    assert_eq!(ran.code, 0, "{}", ran.stdout);
    assert!(ran.stdout.starts_with("READY") && ran.stdout.contains("2 waived"), "{}", ran.stdout);
    assert!(ran.stdout.contains("LNX-FSTAB-DEV: the data disk is attached later (until 2999-12-31)"), "{}", ran.stdout);
    assert_eq!(preflight_in(directory.path(), &["--no-policy", &broken()]).code, 10);
    let expired = WAIVED.replace("2999-12-31", "2020-01-01");
    let other = written(directory.path(), "other.toml", &expired);
    let ran = preflight_in(directory.path(), &["--policy", s(&other), &broken()]);
    assert_eq!(ran.code, 10);
    assert!(ran.stdout.contains("POLICY-WAIVER: the waiver of LNX-FSTAB-DEV expired on 2020-01-01"), "{}", ran.stdout);
}

#[test]
fn a_wrong_policy_is_an_error_that_says_where() {
    let directory = tempfile::tempdir().unwrap();
    for (text, words) in [
        ("ignore = [\"LNX-FSTAB-UIDD\"]", "did you mean LNX-FSTAB-UUID?"),
        ("ignor = []", "unknown field `ignor`"),
        ("ignore = [", "line 1"),
        ("[[waiver]]\nrule = \"LNX-SSHD\"", "missing field `reason`"),
        ("[[waiver]]\nrule = \"LNX-SSHD\"\nreason = \"x\"\nexpires = 2027-02-30", "line 4"),
        ("[[rule]]\nid = \"LNX-X\"\npath = \"guest\"\noperator = \"exists\"\nmessage = \"m\"", "prefix is taken"),
    ] {
        let policy = written(directory.path(), "policy.toml", text);
        let ran = run(["preflight", "--policy", s(&policy), &broken()]);
        assert_eq!(ran.code, 2, "{text}: {}", ran.stderr);
        assert!(ran.stderr.contains("policy.toml: ") && ran.stderr.contains(words), "{text}: {}", ran.stderr);
        assert!(ran.stdout.is_empty());
    }
    assert_eq!(run(["preflight", "--policy", "/nonexistent.toml", &broken()]).code, 2);
}

#[test]
fn the_policy_of_the_readme_is_one() {
    let directory = tempfile::tempdir().unwrap();
    let readme = fs::read_to_string(in_tree("README.md")).unwrap();
    let example = readme.split("```toml").nth(1).and_then(|text| text.split("```").next()).expect("an example");
    let policy = written(directory.path(), "policy.toml", example);
    let ran = run(["preflight", "--policy", s(&policy), &fixture("debian-like.qcow2")]);
    assert!(ran.code == 10 && ran.stdout.contains("ACME-HOSTNAME: the host name is not one of ours"), "{}", ran.stderr);
}

#[test]
fn severities_and_rules_of_the_project() {
    let directory = tempfile::tempdir().unwrap();
    let policy = r#"
select = ["LNX-FSTAB-DEV", "ACME-"]
[severity]
LNX-FSTAB-DEV = "info"
[[rule]]
id = "ACME-HOSTNAME"
path = "guest.hostname"
operator = "matches"
value = "web-*"
message = "the host name is not one of ours"
severity = "no-boot"
"#;
    let policy = written(directory.path(), "policy.toml", policy);
    let ran = run(["preflight", "--output", "json", "--policy", s(&policy), &broken()]);
    let document: Value = serde_json::from_str(&ran.stdout).unwrap();
    let result = |id: &str| document["results"].as_array().unwrap().iter().find(|result| result["id"] == id).cloned();
    assert_eq!(result("LNX-FSTAB-DEV").unwrap()["severity"], "info");
    assert_eq!(result("LNX-INITRAMFS-VIRTIO").unwrap()["status"], "SKIPPED");
    assert_eq!(result("ACME-HOSTNAME").unwrap()["confidence"], "project");
    assert_eq!((ran.code, &result("ACME-HOSTNAME").unwrap()["status"]), (10, &Value::from("FAILED")));
}

#[test]
fn only_what_is_new_since_the_baseline_fails() {
    let directory = tempfile::tempdir().unwrap();
    let report = run(["preflight", "--output", "json", &broken()]).stdout;
    let baseline = written(directory.path(), "before.json", &report);
    let ran = run(["preflight", "--baseline", s(&baseline), &broken()]);
    assert_eq!(ran.code, 0, "{}", ran.stdout);
    assert!(ran.stdout.contains("Known from the baseline"), "{}", ran.stdout);
    let good = run(["preflight", "--output", "json", &fixture("debian-like.qcow2")]).stdout;
    let baseline = written(directory.path(), "good.json", &good);
    assert_eq!(run(["preflight", "--baseline", s(&baseline), &broken()]).code, 10);
    for (text, words) in [
        ("{}", "no report of preflight"),
        ("nonsense", "no JSON"),
        (&*report.replace("\"schema_version\": 1", "\"schema_version\": 9"), "version 9"),
    ] {
        let wrong = written(directory.path(), "wrong.json", text);
        let ran = run(["preflight", "--baseline", s(&wrong), &broken()]);
        assert!(ran.code == 2 && ran.stderr.contains(words), "{words}: {}", ran.stderr);
    }
}

#[test]
fn facts_from_elsewhere_are_judged_like_the_image() {
    let directory = tempfile::tempdir().unwrap();
    let facts = run(["inspect", "--output", "json", &broken()]).stdout;
    let path = written(directory.path(), "facts.json", &facts);
    let (from_facts, from_image) = (run(["preflight", "--from-facts", s(&path)]), run(["preflight", &broken()]));
    assert_eq!((from_facts.code, from_facts.stdout), (10, from_image.stdout));
    for (text, words) in [
        (facts.replace("\"schema_version\": 1", "\"schema_version\": 7"), "facts of version 7"),
        ("{}".into(), "these are no facts"),
        ("[".into(), "no JSON"),
        (facts.replace("\"volumes\": [", "\"volumes\": [3, "), "these are no facts"),
    ] {
        let wrong = written(directory.path(), "wrong.json", &text);
        let ran = run(["preflight", "--from-facts", s(&wrong)]);
        assert!(ran.code == 2 && ran.stderr.contains(words), "{words}: {}", ran.stderr);
    }
}

#[test]
fn several_images_are_summed_up() {
    let (broken, good) = (broken(), fixture("debian-like.qcow2"));
    let ran = run(["preflight", &broken, &good, &broken]);
    assert_eq!(ran.code, 10);
    assert!(ran.stdout.contains("3 images: 1 ready, 2 not ready"), "{}", ran.stdout);
    assert!(ran.stdout.contains("stops 2 of 3"), "{}", ran.stdout);
    let ran = run(["preflight", "--output", "json", &good, &broken]);
    let document: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(document["summary"]["images"], 2);
    assert_eq!(document["reports"][0]["image"], good.as_str(), "in the order of the command line");
    let missing = run(["preflight", &good, "/nonexistent.raw"]);
    assert_eq!(missing.code, 2);
    assert!(missing.stdout.starts_with("READY") && missing.stderr.contains("/nonexistent.raw"), "{}", missing.stderr);
}

#[test]
fn the_instances_are_part_of_the_question() {
    let good = fixture("debian-like.qcow2");
    for (target, code) in [("ecs.g8y", 10), ("ecs.g7/cn-hangzhou", 0), ("uefi", 0), ("arm64", 10)] {
        assert_eq!(run(["preflight", "--target", target, &good]).code, code, "{target}");
    }
    let ran = run(["preflight", "--target", "gigantic", &good]);
    assert!(ran.code == 2 && ran.stderr.contains("no instance family"), "{}", ran.stderr);
}

#[test]
fn reports_into_files_are_whole_or_not_there() {
    let directory = tempfile::tempdir().unwrap();
    let (json, text) = (directory.path().join("a.json"), directory.path().join("b.txt"));
    let (to_json, to_text) = (format!("json={}", s(&json)), format!("text={}", s(&text)));
    let ran = run(["preflight", "--report", &to_json, "--report", &to_text, &broken()]);
    assert_eq!(ran.code, 10);
    assert_eq!(fs::read_to_string(&text).unwrap(), ran.stdout);
    let document: Value = serde_json::from_slice(&fs::read(&json).unwrap()).unwrap();
    assert_eq!(document["verdict"], "not_ready");
    for wrong in ["json", "json=", "nonsense=a"] {
        assert_eq!(run(["preflight", "--report", wrong, &broken()]).code, 2, "{wrong}");
    }
    let nowhere = format!("json={}", s(&directory.path().join("none/a.json")));
    assert_ne!(run(["preflight", "--report", &nowhere, &broken()]).code, 10);
}

#[test]
fn every_format_is_written_and_lets_nothing_of_a_hostile_guest_through() {
    for reporter in report::REPORTERS {
        let ran = run(["preflight", "-v", "--output", reporter.name(), &fixture("hostile.qcow2")]);
        let name = reporter.name();
        assert_eq!(ran.code, 10, "{name}: {}", ran.stderr);
        assert!(ran.stdout.len() > 200, "{name}");
        let hidden: Vec<char> = ran.stdout.chars().filter(|&c| facts::is_hidden(c) && c != '\n').collect();
        assert!(hidden.is_empty(), "{name}: {hidden:?}");
        let commands = ran.stdout.lines().filter(|line| line.trim_start().starts_with("::error::"));
        assert_eq!(commands.count(), 0, "{name}: a line is a workflow command of the guest");
        if ["html", "markdown", "junit"].contains(&name) {
            assert!(!ran.stdout.contains("<script>") && !ran.stdout.contains("<b>&amp;"), "{name}");
        }
    }
}

#[test]
fn in_ci_the_report_is_what_that_ci_reads() {
    let directory = tempfile::tempdir().unwrap();
    let summary = directory.path().join("summary.md");
    fs::write(&summary, "before\n").unwrap();
    let mut command = bootworthy();
    command.args(["preflight", "--output", "auto", &broken()]);
    command.env("GITHUB_ACTIONS", "true").env("GITHUB_STEP_SUMMARY", &summary);
    let ran = finish(&mut command);
    assert!(ran.code == 10 && ran.stdout.contains("\n::error file="), "{}", ran.stdout);
    let written = fs::read_to_string(&summary).unwrap();
    assert!(written.starts_with("before\n") && written.contains("LNX-FSTAB-DEV"), "{written}");
    let mut command = bootworthy();
    command.args(["preflight", "--output", "auto", &broken()]).env_remove("GITHUB_ACTIONS");
    assert!(finish(&mut command).stdout.starts_with("NOT READY"));
}

#[test]
fn what_was_attested_is_found_again_in_another_format() {
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name);
    let good = fixture("debian-like.qcow2");
    assert_eq!(run(["preflight", "--attest", s(&path("good.json")), &good]).code, 0);
    assert_eq!(run(["convert", "-O", "vhd", &good, s(&path("good.vhd"))]).code, 0);
    let ran = run(["verify-attestation", s(&path("good.json")), s(&path("good.vhd"))]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stdout.contains("holds what was attested") && ran.stdout.contains("bw1:"), "{}", ran.stdout);
    let other = run(["verify-attestation", s(&path("good.json")), &broken()]);
    assert!(other.code == 10 && other.stderr.contains("another disk"), "{}", other.stderr);
    assert_eq!(run(["preflight", "--attest", s(&path("bad.json")), &broken()]).code, 10);
    let bad = run(["verify-attestation", s(&path("bad.json")), &broken()]);
    assert!(bad.code == 10 && bad.stderr.contains("not ready"), "{}", bad.stderr);
    let statement: Value = serde_json::from_slice(&fs::read(path("good.json")).unwrap()).unwrap();
    assert_eq!(statement["_type"], "https://in-toto.io/Statement/v1");
    assert_eq!(statement["subject"][0]["name"], "debian-like.qcow2");
    fs::write(path("no.json"), "{}").unwrap();
    assert_eq!(run(["verify-attestation", s(&path("no.json")), &good]).code, 2);
}
