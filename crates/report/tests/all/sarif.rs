//! SARIF against its published schema, by our reader of schemas and by Python's.

use crate::golden::{golden, page};
use crate::schema::{schema, wrong};
use crate::{disks, systems};
use facts::Facts;
use preflight::{Baseline, Target, Waiver, check};
use report::{Judged, Style};
use serde_json::{Value, json};
use std::io::Write as _;
use std::process::{Command, Stdio};

fn document(facts: &[Facts], target: &Target, style: &Style) -> Value {
    let reports: Vec<_> = facts.iter().map(|facts| check(facts, target)).collect();
    let images: Vec<_> = facts.iter().zip(&reports).map(|(facts, report)| Judged { report, facts }).collect();
    let mut out = Vec::new();
    report::reporter("sarif").unwrap().write(&images, style, &mut out).unwrap();
    serde_json::from_slice(&out).unwrap()
}

/// One of everything: findings, waived and known ones, open, passed and skipped rules.
fn everything() -> Value {
    let waiver = Waiver { rule: "LNX-SSHD".into(), reason: "by design".into(), expires: None, image: None };
    let mut target = Target::default();
    target.policy.waivers = vec![waiver];
    let before = page("json", &disks::broken(), &Style::default());
    let mut before: Value = serde_json::from_str(&before).unwrap();
    before["results"].as_array_mut().unwrap().retain(|result| result["id"] != "LNX-FSTAB-DEV");
    target.baseline = Some(Baseline::of(&before).unwrap());
    let all = [disks::broken(), disks::unopened(), systems::windows(), systems::freebsd(), Facts::default()];
    document(&all, &target, &Style { verbose: true, time: Some(1_795_449_600), ..Style::default() })
}

#[test]
fn documents_are_as_the_published_schema_says() {
    let schema = schema("sarif-2.1.0.json");
    for document in [everything(), document(&[disks::ready()], &Target::default(), &Style::default())] {
        assert_eq!(wrong(&schema, &schema, &document, ""), Vec::<String>::new());
    }
    for change in [
        &|document: &mut Value| document["version"] = json!("2.0.0"),
        &|document: &mut Value| document["runs"][0]["results"][0]["kind"] = json!("bad"),
        &|document: &mut Value| document["runs"][0]["results"][0]["message"] = json!({}),
        &|document: &mut Value| document["runs"][0]["surprise"] = json!(1),
        &|document: &mut Value| document["runs"][0]["artifacts"][0]["location"]["uri"] = json!("a b"),
    ] as [&dyn Fn(&mut Value); 5]
    {
        let mut document = everything();
        change(&mut document);
        assert!(!wrong(&schema, &schema, &document, "").is_empty());
    }
}

/// The second opinion.
#[test]
fn python_agrees() {
    let program = "import json, sys, jsonschema\n\
        jsonschema.Draft7Validator(json.load(open(sys.argv[1]))).validate(json.load(sys.stdin))";
    let there = Command::new("python3").args(["-c", "import jsonschema"]).stderr(Stdio::null()).status();
    if !there.is_ok_and(|status| status.success()) {
        assert!(std::env::var_os("BOOTWORTHY_REQUIRE_ORACLES").is_none_or(|set| set != "1"), "no python3 jsonschema");
        eprintln!("SKIPPED: SARIF is not validated by Python: python3 with jsonschema is missing");
        return;
    }
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/schema/sarif-2.1.0.json");
    let mut validator = Command::new("python3").args(["-c", program, path]).stdin(Stdio::piped()).spawn().unwrap();
    validator.stdin.take().unwrap().write_all(everything().to_string().as_bytes()).unwrap();
    assert!(validator.wait().unwrap().success());
}

#[test]
fn each_outcome_has_its_form() {
    let document = everything();
    let run = &document["runs"][0];
    let results = run["results"].as_array().unwrap();
    let of = |rule: &str| results.iter().filter(move |result| result["ruleId"] == rule).collect::<Vec<_>>();
    let sshd = of("LNX-SSHD")[0];
    assert_eq!(sshd["suppressions"][0]["kind"], "external");
    assert_eq!(sshd["suppressions"][0]["justification"], "by design");
    let fstab = of("LNX-FSTAB-DEV")[0];
    assert_eq!((&fstab["level"], &fstab["baselineState"]), (&json!("error"), &json!("new")));
    let place = &fstab["locations"][0]["logicalLocations"][0];
    assert_eq!(place["fullyQualifiedName"], "partition/1/etc/fstab:1");
    assert_eq!(fstab["locations"][0]["physicalLocation"]["artifactLocation"]["uri"], "broken.qcow2");
    assert!(fstab["partialFingerprints"]["bootworthy/v1"].as_str().unwrap().len() == 32);
    assert!(results.iter().any(|result| result["baselineState"] == "unchanged"));
    for kind in ["open", "pass", "notApplicable"] {
        let some: Vec<_> = results.iter().filter(|result| result["kind"] == kind).collect();
        assert!(!some.is_empty() && some.iter().all(|result| result["level"] == "none"), "{kind}");
    }
    for result in results {
        let rule = &run["tool"]["driver"]["rules"][usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap()];
        assert_eq!(rule["id"], result["ruleId"]);
    }
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    assert_eq!(rules.len(), preflight::RULES.len());
    assert!(rules.iter().all(|rule| rule["help"]["markdown"].as_str().is_some_and(|text| text.len() > 200)));
    assert_eq!(run["invocations"][0]["endTimeUtc"], "2026-11-23T16:00:00Z");
}

#[test]
fn what_passed_is_left_out_unless_asked_for() {
    let document = document(&[disks::ready()], &Target::default(), &Style::default());
    let results = document["runs"][0]["results"].as_array().unwrap();
    assert!(results.iter().all(|result| result["kind"] != "pass" && result["kind"] != "notApplicable"));
}

/// What fails, with the rules that it comes from.
#[test]
fn sarif_of_a_disk() {
    let mut document = document(&[disks::broken()], &Target::default(), &Style::default());
    let run = &mut document["runs"][0];
    for place in ["version", "semanticVersion"] {
        run["tool"]["driver"][place] = "VERSION".into();
    }
    let results = run["results"].as_array_mut().unwrap();
    results.retain(|result| result["level"] == "error");
    for result in results.iter_mut() {
        result.as_object_mut().unwrap().remove("ruleIndex");
    }
    let named: Vec<_> = results.iter().map(|result| result["ruleId"].clone()).collect();
    run["tool"]["driver"]["rules"].as_array_mut().unwrap().retain(|rule| named.contains(&rule["id"]));
    run["properties"] = json!({});
    golden("broken.sarif", &(serde_json::to_string_pretty(&document).unwrap() + "\n"));
}
