//! The shape of the workspace: who may import whom, and under which licences.

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

/// The house's table: a crate, and those of ours that it may import. Lower ones know nothing of higher ones.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    ("storage", &[]),
    ("facts", &[]),
    ("syntax", &[]),
    ("deflate", &[]),
    ("unpack", &[]),
    ("remote", &["storage"]),
    ("packages", &["storage"]),
    ("disk", &["storage", "deflate"]),
    ("volume", &["storage"]),
    ("filesystem", &["storage"]),
    ("initramfs", &["storage", "unpack"]),
    ("hive", &["storage"]),
    ("convert", &["storage"]),
    ("inspect", &["storage", "disk", "volume", "filesystem", "initramfs", "syntax", "packages", "hive", "facts"]),
    ("preflight", &["facts"]),
    ("report", &["facts", "preflight"]),
    ("request", &["facts", "preflight"]),
    ("fix", &["storage", "facts", "syntax", "filesystem", "inspect", "preflight"]),
    ("simulator", &[]),
    ("import", &["storage", "convert", "facts", "preflight", "request"]),
    ("xtask", &["storage", "disk", "volume", "filesystem", "convert"]),
];

fn metadata() -> Value {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version=1", "--locked", "--filter-platform=x86_64-unknown-linux-gnu"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("cargo metadata is JSON")
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}

#[test]
fn crates_import_only_what_the_table_allows() {
    let metadata = metadata();
    let mut seen = BTreeSet::new();
    for package in metadata["packages"].as_array().expect("packages") {
        let Some(name) = text(package, "name").strip_prefix("bootworthy-") else { continue };
        let (_, allowed) =
            MAY_IMPORT.iter().find(|(known, _)| *known == name).unwrap_or_else(|| panic!("{name} is not in the table"));
        seen.insert(name);
        for dependency in package["dependencies"].as_array().expect("dependencies") {
            // What tests use is their affair.
            if text(dependency, "kind") == "dev" {
                continue;
            }
            if let Some(ours) = text(dependency, "name").strip_prefix("bootworthy-") {
                assert!(allowed.contains(&ours), "{name} may not import {ours}");
            }
        }
    }
    let table: BTreeSet<_> = MAY_IMPORT.iter().map(|(name, _)| *name).collect();
    assert_eq!(seen, table, "the table names the crates that there are");
}

#[test]
fn third_party_parsers_stay_in_one_crate_each() {
    let metadata = metadata();
    let mut users: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for package in metadata["packages"].as_array().expect("packages") {
        let Some(name) = text(package, "name").strip_prefix("bootworthy-") else { continue };
        for dependency in package["dependencies"].as_array().expect("dependencies") {
            if text(dependency, "kind") != "dev" {
                users.entry(text(dependency, "name")).or_default().push(name);
            }
        }
    }
    for (parser, homes) in [
        ("gpt", ["volume"].as_slice()),
        ("mbrman", &["volume"]),
        ("ext4-view", &["filesystem"]),
        ("fatfs", &["filesystem"]),
        // Reading without credentials, and writing with them: two clients that share nothing.
        ("ureq", &["import", "remote"]),
    ] {
        assert_eq!(users.get(parser).map(Vec::as_slice), Some(homes), "{parser}");
    }
}

#[test]
fn every_dependency_has_a_licence_that_deny_toml_allows() {
    let deny = include_str!("../deny.toml");
    let list = deny.split_once("allow = [").and_then(|(_, rest)| rest.split_once(']')).expect("a list").0;
    let allowed: Vec<_> =
        list.split(',').filter_map(|item| spdx::Licensee::parse(item.trim().trim_matches('"')).ok()).collect();
    assert!(allowed.len() >= 8, "the list was read");
    for package in metadata()["packages"].as_array().expect("packages") {
        let (name, licence) = (text(package, "name"), text(package, "license"));
        let expression = spdx::Expression::parse_mode(licence, spdx::ParseMode::LAX)
            .unwrap_or_else(|error| panic!("{name}: {licence:?}: {error}"));
        let satisfied = expression.evaluate(|required| allowed.iter().any(|licensee| licensee.satisfies(required)));
        assert!(satisfied, "{name} is under {licence}, which deny.toml does not allow");
    }
}
