//! Documents against the committed schemas, by a reader of the part of JSON Schema that these use.

use crate::{disks, systems};
use facts::Facts;
use preflight::{Target, check};
use report::Style;
use serde_json::{Value, json};
use std::path::Path;

pub(crate) fn schema(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("schema").join(name);
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn preflight(facts: &Facts, with_facts: bool) -> Value {
    let style = Style { facts: with_facts, ..Style::default() };
    let mut out = Vec::new();
    let report = check(facts, &Target::default());
    let judged = [report::Judged { report: &report, facts }];
    report::reporter("json").unwrap().write(&judged, &style, &mut out).unwrap();
    serde_json::from_slice(&out).unwrap()
}

fn inspection(facts: &Facts) -> Value {
    let mut out = Vec::new();
    report::inspect_json(facts, &mut out).unwrap();
    serde_json::from_slice(&out).unwrap()
}

/// What of `value` is not as the schema says; the path to it first.
pub(crate) fn wrong(schema: &Value, root: &Value, value: &Value, at: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (key, rule) in schema.as_object().into_iter().flatten() {
        let bad = match key.as_str() {
            "$ref" => {
                let target = root.pointer(rule.as_str().unwrap().trim_start_matches('#')).expect("it is in the schema");
                found.extend(wrong(target, root, value, at));
                false
            }
            "type" => !is_of_type(value, rule.as_str().unwrap()),
            "const" => value != rule,
            "enum" => !rule.as_array().unwrap().contains(value),
            "minItems" => value.as_array().is_some_and(|items| (items.len() as u64) < rule.as_u64().unwrap()),
            "required" => rule.as_array().unwrap().iter().any(|key| value.get(key.as_str().unwrap()).is_none()),
            "items" => {
                for (index, item) in value.as_array().into_iter().flatten().enumerate() {
                    found.extend(wrong(rule, root, item, &format!("{at}/{index}")));
                }
                false
            }
            "properties" => {
                for (name, rule) in rule.as_object().unwrap() {
                    if let Some(value) = value.get(name) {
                        found.extend(wrong(rule, root, value, &format!("{at}/{name}")));
                    }
                }
                false
            }
            "additionalProperties" => {
                let named = |name: &str| schema["properties"].get(name).is_some();
                let others = value.as_object().into_iter().flatten().filter(|(name, _)| !named(name));
                for (name, value) in others.clone().filter(|_| rule.is_object()) {
                    found.extend(wrong(rule, root, value, &format!("{at}/{name}")));
                }
                rule == false && others.count() > 0
            }
            "oneOf" | "anyOf" => {
                let fits = |rule: &&Value| wrong(rule, root, value, at).is_empty();
                let fit = rule.as_array().unwrap().iter().filter(fits).count();
                fit == 0 || (key == "oneOf" && fit > 1)
            }
            "minimum" => value.as_f64().is_some_and(|number| number < rule.as_f64().unwrap()),
            "maximum" => value.as_f64().is_some_and(|number| number > rule.as_f64().unwrap()),
            "uniqueItems" => {
                let items = value.as_array().map_or(&[][..], Vec::as_slice);
                rule == true && items.iter().enumerate().any(|(index, item)| items[..index].contains(item))
            }
            "format" => value.as_str().is_some_and(|text| !is_of_format(text, rule.as_str().unwrap())),
            "pattern" => {
                assert!(!value.is_string(), "the test does not know the pattern {rule}");
                false
            }
            "$schema" | "$id" | "$defs" | "definitions" | "default" | "title" | "description" => false,
            other => panic!("the test does not know {other}"),
        };
        if bad {
            found.push(format!("{at}: {key}"));
        }
    }
    found
}

fn is_of_type(value: &Value, name: &str) -> bool {
    match name {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "number" => value.is_number(),
        "integer" => value.is_u64() || value.is_i64(),
        other => panic!("the test does not know the type {other}"),
    }
}

/// URI references of RFC 3986, and moments in UTC.
fn is_of_format(text: &str, name: &str) -> bool {
    let plain = |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~:/?#[]@!$&'()*+,;=%".contains(&b));
    match name {
        "uri" => {
            plain(text) && text.split_once(':').is_some_and(|(scheme, _)| scheme.chars().all(char::is_alphanumeric))
        }
        "uri-reference" => plain(text),
        "date-time" => text.len() == 20 && text.as_bytes()[10] == b'T' && text.ends_with('Z'),
        other => panic!("the test does not know the format {other}"),
    }
}

fn valid(name: &str, document: &Value) {
    let schema = schema(name);
    let wrong = wrong(&schema, &schema, document, "");
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_eq!(document["$schema"], schema["$id"]);
}

#[test]
fn reports_are_as_the_schema_says() {
    for facts in [disks::ready(), disks::broken(), disks::unopened(), Facts::default()] {
        valid("preflight-1.json", &preflight(&facts, false));
    }
    let with_facts = preflight(&disks::broken(), true);
    valid("preflight-1.json", &with_facts);
    let schema = schema("facts-1.json");
    assert_eq!(wrong(&schema, &schema, &with_facts["facts"], ""), Vec::<String>::new());
}

#[test]
fn facts_are_as_the_schema_says() {
    let mut several = disks::ready();
    several.data_disks.push(facts::DataDisk { image: several.image.clone(), disk: several.disk.clone() });
    several.volumes[0].kind = facts::VolumeKind::Array;
    several.volumes[0].disk = Some(2);
    let systems = [systems::windows(), systems::freebsd(), several];
    for facts in [disks::ready(), disks::broken(), disks::unopened(), disks::media()].into_iter().chain(systems) {
        valid("facts-1.json", &inspection(&facts));
        assert_eq!(serde_json::from_value::<Facts>(serde_json::to_value(&facts).unwrap()).unwrap(), facts);
    }
}

#[test]
fn every_status_is_shown_and_facts_only_when_told() {
    let document = preflight(&disks::broken(), false);
    for status in ["PASSED", "FAILED", "SKIPPED", "UNKNOWN"] {
        assert!(document["results"].as_array().unwrap().iter().any(|result| result["status"] == status), "{status}");
    }
    assert!(document.get("facts").is_none());
}

/// What is inside a guest is held too, as far as the schema goes.
#[test]
fn wrong_facts_are_refused() {
    let schema = schema("facts-1.json");
    let refused = |facts: &Facts, change: &dyn Fn(&mut Value)| {
        let mut document = inspection(facts);
        assert!(wrong(&schema, &schema, &document, "").is_empty());
        change(&mut document);
        assert!(!wrong(&schema, &schema, &document, "").is_empty(), "{document:#}");
    };
    refused(&systems::windows(), &|document| document["guest"]["is"]["os"] = json!("dos"));
    refused(&systems::windows(), &|document| document["guest"]["is"]["windows"] = json!({}));
    refused(&systems::freebsd(), &|document| document["guest"]["is"]["freebsd"] = json!([]));
    refused(&systems::freebsd(), &|document| document["volumes"][0]["kind"] = json!("chunk"));
    refused(&disks::media(), &|document| document["image"]["media"]["hybrid"] = json!("yes"));
}

/// The schema is worth something only if it refuses what is wrong.
#[test]
fn wrong_documents_are_refused() {
    let schema = schema("preflight-1.json");
    let refused = |change: &dyn Fn(&mut Value)| {
        let mut document = preflight(&disks::broken(), false);
        change(&mut document);
        assert!(!wrong(&schema, &schema, &document, "").is_empty(), "{document:#}");
    };
    for key in schema["required"].as_array().unwrap() {
        refused(&|document| {
            document.as_object_mut().unwrap().remove(key.as_str().unwrap());
        });
    }
    refused(&|document| document["verdict"] = json!("fine"));
    refused(&|document| document["surprise"] = json!(1));
    refused(&|document| document["results"][0]["status"] = json!("OK"));
    refused(&|document| document["results"][0]["findings"] = json!([]));
    refused(&|document| {
        document["results"][0] = json!({"id": "X", "aliases": [], "title": "", "severity": "info", "status": "FAILED"})
    });
    refused(&|document| document["fail_on"] = json!("no-boot"));
}
