//! `request`: the whole request for `ImportImage`, from images to what other programs read.

use crate::program::{Ran, finish, has, in_tree, run, s};
use serde_json::Value;
use std::process::Command;

const GOES_TO: [&str; 4] = ["--region-id", "cn-hangzhou", "--oss-bucket", "my-images"];

fn fixture(name: &str) -> String {
    s(&in_tree("fixtures").join(name)).to_owned()
}

fn request(args: &[&str]) -> Ran {
    run([&["request", "--no-policy"], GOES_TO.as_slice(), args].concat())
}

fn parameters(args: &[&str]) -> Value {
    let ran = request(&[&["--output", "json"], args].concat());
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    serde_json::from_str::<Value>(&ran.stdout).unwrap()["parameters"].clone()
}

#[test]
fn what_the_disk_says_is_derived_with_its_evidence() {
    let ran = request(&["--output", "json", &fixture("debian-like.qcow2")]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let document: Value = serde_json::from_str(&ran.stdout).unwrap();
    let expected = serde_json::json!({
        "RegionId": "cn-hangzhou",
        "OSType": "linux",
        "Platform": "Debian",
        "Architecture": "x86_64",
        "BootMode": "BIOS",
        "DiskDeviceMapping.1.Format": "QCOW2",
        "DiskDeviceMapping.1.OSSBucket": "my-images",
        "DiskDeviceMapping.1.OSSObject": "debian-like.qcow2",
        "DiskDeviceMapping.1.DiskImageSize": "20",
        "Features.NvmeSupport": "supported",
    });
    assert_eq!(document["parameters"], expected);
    for origin in document["derived"].as_array().unwrap() {
        let found = &origin["found"]["is"];
        let shows = found["evidence"].as_array().is_some_and(|places| !places.is_empty());
        assert!(origin["sent"].is_null() || origin["parameter"] == "RegionId" || shows, "{origin}");
    }
}

#[test]
fn the_target_decides_where_the_disk_leaves_a_choice() {
    let good = fixture("debian-like.qcow2");
    assert_eq!(parameters(&["--target", "uefi", &good])["BootMode"], "UEFI");
    let ran = run(["request", "--target", "ecs.g7/cn-beijing", "--oss-bucket", "b01", "--output", "json", &good]);
    assert!(ran.code == 0 && ran.stdout.contains("\"RegionId\": \"cn-beijing\""), "{}", ran.stderr);
    let elsewhere = request(&["--target", "cn-beijing", "--output", "cli", &good]);
    assert!(elsewhere.code == 0 && elsewhere.stderr.contains("REQ-REGION"), "{}", elsewhere.stderr);
}

#[test]
fn what_the_service_would_refuse_is_refused_here() {
    let good = fixture("debian-like.qcow2");
    for (args, rule) in [
        (["--architecture", "arm64"], "IMG-ARCH"),
        (["--boot-mode", "Legacy"], "IMG-BOOTMODE"),
        (["--platform", "debian"], "IMG-PLATFORM"),
        (["--disk-image-size", "5"], "IMG-DISKSIZE-MIN"),
        (["--object-format", "vpc"], "REQ-FORMAT"),
        (["--oss-object", "/disk.qcow2"], "REQ-OBJECT"),
        (["--image-name", "aliyun-debian"], "REQ-IMAGE-NAME"),
        (["--description", "https://example.com"], "REQ-DESCRIPTION"),
        (["--tag", "acs:team=images"], "REQ-TAG"),
        (["--client-token", "schlüssel"], "REQ-CLIENT-TOKEN"),
        (["--role-name", "acs:ram::1:role/x"], "REQ-ROLE-NAME"),
        (["--detection-strategy", "Thorough"], "REQ-DETECTION"),
        (["--imds-support", "v3"], "REQ-IMDS"),
        (["--resource-group-id", "production"], "REQ-RESOURCE-GROUP"),
        (["--storage-location-arn", "cb-1"], "REQ-STORAGE-LOCATION"),
    ] {
        let ran = request(&[args.as_slice(), &[&good]].concat());
        assert_eq!((ran.code, ran.stdout.as_str()), (10, ""), "{args:?}: {}", ran.stderr);
        assert!(ran.stderr.contains(rule) && ran.stderr.contains("fix: "), "{rule}: {}", ran.stderr);
        let judged = run([&["preflight", "--no-policy"], args.as_slice(), &[&good]].concat());
        assert!(judged.code == 10 && judged.stdout.contains(rule), "{rule}: {}", judged.stdout);
    }
    let nowhere = run(["request", &good]);
    assert!(nowhere.code == 10 && nowhere.stderr.contains("REQ-REQUIRED"), "{}", nowhere.stderr);
}

#[test]
fn further_images_are_data_disks_and_at_most_sixteen() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data.raw");
    std::fs::File::create(&data).unwrap().set_len((5 << 30) + 512).unwrap();
    let (good, data) = (fixture("debian-like.qcow2"), s(&data));
    let sent = parameters(&["--oss-object", "a.qcow2", "--oss-object", "b/c.raw", &good, data]);
    assert_eq!(sent["DiskDeviceMapping.2.OSSObject"], "b/c.raw");
    assert_eq!(sent["DiskDeviceMapping.2.DiskImageSize"], "6");
    assert_eq!(sent["DiskDeviceMapping.2.Format"], "RAW");
    let most = [[good.as_str()].as_slice(), &[data; 16]].concat();
    assert_eq!(parameters(&most)["DiskDeviceMapping.17.OSSObject"], "disk17-data.raw");
    let more = request(&[most.as_slice(), &[data]].concat());
    assert!(more.code == 10 && more.stderr.contains("IMG-DATADISK-COUNT"), "{}", more.stderr);
    let keys = request(&["--oss-object", "a.raw", "--oss-object", "b.raw", &good]);
    assert!(keys.code == 2 && keys.stderr.contains("--oss-object"), "{}", keys.stderr);
}

#[test]
fn what_nobody_knows_is_asked_for() {
    let directory = tempfile::tempdir().unwrap();
    let facts = directory.path().join("facts.json");
    let ran = run(["inspect", "--output", "json", &fixture("debian-like.qcow2")]);
    let mut document: Value = serde_json::from_str(&ran.stdout).unwrap();
    for way in ["bios", "uefi"] {
        document["boot"][way]["can"] = serde_json::json!({"unknown": {"why": "the ESP is \u{1b}[31mred"}});
    }
    std::fs::write(&facts, document.to_string()).unwrap();
    let open = request(&["--from-facts", s(&facts)]);
    assert_eq!((open.code, open.stdout.as_str()), (11, ""), "{}", open.stderr);
    assert!(open.stderr.contains("state it with --boot-mode") && !open.stderr.contains('\u{1b}'), "{}", open.stderr);
    let stated = request(&["--from-facts", "--boot-mode", "UEFI", s(&facts)]);
    assert_eq!(stated.code, 0, "{}", stated.stderr);
}

#[test]
fn a_request_in_order_for_an_image_that_is_not_says_so() {
    let ran = request(&["--output", "cli", &fixture("broken.qcow2")]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stderr.contains("LNX-FSTAB-DEV") && ran.stdout.contains("--Platform Debian"), "{}", ran.stderr);
}

#[test]
fn the_command_line_is_read_back_by_another_shell_parser() {
    if !has("python3") {
        return;
    }
    let good = fixture("debian-like.qcow2");
    let text = "it's $HOME `x` \"y\" \\ 镜像";
    let line = request(&["--output", "cli", "--description", text, "--tag", "a b=c*", &good]);
    let script = "import json,shlex,sys; print(json.dumps(shlex.split(sys.argv[1])))";
    let ran = finish(Command::new("python3").args(["-c", script, &line.stdout]));
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    // The backslash and the end of line between two flags are one word for shlex, and nothing for a shell.
    let words: Vec<String> = serde_json::from_str::<Vec<String>>(&ran.stdout).unwrap();
    let words: Vec<_> =
        words.iter().map(|word| word.trim_start_matches('\n')).filter(|word| !word.is_empty()).collect();
    let after = |flag: &str| words.iter().position(|word| *word == flag).map(|at| words[at + 1]);
    assert_eq!(words[..3], ["aliyun", "ecs", "ImportImage"]);
    assert_eq!(
        (after("--Description"), after("--Tag.1.Key"), after("--Tag.1.Value")),
        (Some(text), Some("a b"), Some("c*"))
    );
}

#[test]
fn packer_gets_no_request_that_it_would_make_into_another() {
    let good = fixture("debian-like.qcow2");
    let ran = request(&["--output", "packer", "--image-name", "debian-12", &good]);
    assert!(ran.code == 2 && ran.stderr.contains("-O vhd"), "{}", ran.stderr);
    let directory = tempfile::tempdir().unwrap();
    let vhd = directory.path().join("disk.vhd");
    assert_eq!(run(["convert", "-O", "vhd", &good, s(&vhd)]).code, 0);
    let ran = request(&["--output", "packer", "--image-name", "debian-12", s(&vhd)]);
    assert!(ran.code == 0 && ran.stdout.contains("oss_key_name       = \"disk.vhd\""), "{}{}", ran.stdout, ran.stderr);
}
