//! `import` and what belongs to it, against a simulated cloud.

use crate::program::{Ran, bootworthy, finish, in_tree, run, s};
use serde_json::Value;
use simulator::{Bucket, Operation, Options, Outcome, Pace, Service, Simulator};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// What must never show.
const CANARY: &str = "canary-4f9d2c";
const BUCKET: &str = "images";
const KEY: &str = "debian-like.qcow2";
/// So that the fixture has several parts.
const PARTS: [&str; 2] = ["--part-size", "100k"];

/// A cloud, and a place for what the program keeps.
struct Cloud {
    simulator: Simulator,
    folder: tempfile::TempDir,
}

impl Cloud {
    fn new() -> Self {
        let simulator = Simulator::start(Options {
            access_key_secret: CANARY.into(),
            pace: Pace::Manual,
            step: Duration::from_secs(120),
            ..Options::default()
        });
        let simulator = simulator.unwrap();
        simulator.add_bucket(Bucket::new(BUCKET));
        Cloud { simulator, folder: tempfile::tempdir().unwrap() }
    }

    /// A verb, with all that tells the program of the cloud.
    fn verb(&self, verb: &str) -> Command {
        let mut command = self.stranger(verb);
        command.env("ALIBABA_CLOUD_ACCESS_KEY_ID", "testid").env("ALIBABA_CLOUD_ACCESS_KEY_SECRET", CANARY);
        command
    }

    /// The same without credentials.
    fn stranger(&self, verb: &str) -> Command {
        let mut command = bootworthy();
        command.arg(verb).env_clear().env("HOME", self.folder.path()).current_dir(self.folder.path());
        command.env("ALIBABA_CLOUD_REGION_ID", "cn-hangzhou").env("ALIBABA_CLOUD_ECS_METADATA_DISABLED", "true");
        for (name, service) in [
            ("OSS_ENDPOINT", Service::Oss),
            ("ECS_ENDPOINT", Service::Ecs),
            ("RAM_ENDPOINT", Service::Ram),
            ("STS_ENDPOINT", Service::Sts),
        ] {
            command.env(name, self.simulator.endpoint(service));
        }
        command
    }

    fn import(&self, image: &Path) -> Command {
        let mut command = self.verb("import");
        command.args(["--oss-bucket", BUCKET, "--interval=0.01"]).args(PARTS).arg(image);
        command
    }

    fn object(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.simulator.copy_object(BUCKET, KEY, &mut bytes).unwrap();
        bytes
    }

    fn count(&self, operation: Operation) -> usize {
        self.simulator.requests().iter().filter(|record| record.operation == operation).count()
    }
}

fn good() -> PathBuf {
    in_tree("fixtures").join(KEY)
}

fn json(ran: &Ran) -> Value {
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    serde_json::from_str(&ran.stdout).unwrap()
}

/// Waits until `done`.
fn until(what: &str, mut done: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !done() {
        assert!(begun.elapsed() < Duration::from_secs(60), "{what}");
        thread::sleep(Duration::from_millis(2));
    }
}

fn signal(child: &Child, name: &str) {
    let pid = child.id().to_string();
    assert!(Command::new("kill").args([name, &pid]).status().unwrap().success());
}

fn piped(command: &mut Command) -> Child {
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

fn ended(child: Child) -> Ran {
    let output = child.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ran { code: output.status.code().unwrap_or(-1), stdout: text(output.stdout), stderr: text(output.stderr) }
}

#[test]
fn a_sound_image_becomes_an_image_and_is_found_again() {
    let cloud = Cloud::new();
    let ran = finish(&mut cloud.import(&good()));
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stdout.starts_with("image: m-") && ran.stdout.contains("status: Available"), "{}", ran.stdout);
    assert!(ran.stderr.contains("import begun: task t-"), "{}", ran.stderr);
    assert_eq!(cloud.object(), fs::read(good()).unwrap());
    let sent = cloud.count(Operation::UploadPart);
    assert_eq!(sent, 6);
    // The same command again, and on a machine that knows nothing of the first, as programs ask it.
    for _ in 0..2 {
        let again = json(&finish(cloud.import(&good()).args(["-q", "--output", "json"])));
        assert_eq!((&again["adopted"], &again["status"]), (&true.into(), &"Available".into()));
        assert!(ran.stdout.contains(again["image_id"].as_str().unwrap()));
        assert_eq!(again["objects"][0]["size"], fs::metadata(good()).unwrap().len());
        fs::remove_dir_all(cloud.folder.path().join(".local")).unwrap();
    }
    assert_eq!((cloud.count(Operation::UploadPart), cloud.simulator.images().len()), (sent, 1));
    let parameters = &cloud.simulator.images()[0].parameters;
    let of = |name: &str| parameters.get(name).map(String::as_str);
    let wanted = [("BootMode", "BIOS"), ("Features.NvmeSupport", "supported"), ("DiskDeviceMapping.1.Format", "QCOW2")];
    assert!(wanted.iter().all(|(name, value)| of(name) == Some(value)), "{parameters:?}");
}

#[test]
fn what_is_converted_on_the_way_is_what_convert_writes() {
    let cloud = Cloud::new();
    // A format that ECS does not take.
    let vmdk = cloud.folder.path().join("web.vmdk");
    let converted = run(["convert", "-q", "-O", "vmdk", "-o", "subformat=streamOptimized", s(&good()), s(&vmdk)]);
    assert_eq!(converted.code, 0, "{}", converted.stderr);
    for (format, options) in [
        ("qcow2", vec![]),
        ("qcow2", vec!["-c"]),
        ("qcow2", vec!["-c", "-o", "compression_type=zstd,cluster_size=512k"]),
        ("vhd", vec![]),
    ] {
        let file = cloud.folder.path().join("file");
        let args = [&["convert", "--force", "-O", format], options.as_slice(), &[s(&vmdk), s(&file)]].concat();
        // The moment of an image that is made on the way is that of what it is made of.
        let moment = std::os::unix::fs::MetadataExt::mtime(&fs::metadata(&vmdk).unwrap()).to_string();
        let digest =
            finish(bootworthy().args(args).env("SOURCE_DATE_EPOCH", moment)).stdout.trim().replace("digest: ", "");
        let import = || {
            let args = ["--output=json", "--overwrite", "--convert", format];
            json(&finish(cloud.import(&vmdk).args(args).args(&options)))
        };
        let done = import();
        let key = format!("web.{format}");
        assert_eq!(done["objects"][0]["key"], key.as_str());
        assert_eq!(done["objects"][0]["digest"], digest.as_str());
        let mut bytes = Vec::new();
        cloud.simulator.copy_object(BUCKET, &key, &mut bytes).unwrap();
        assert!(bytes == fs::read(&file).unwrap(), "{format} {options:?}");
        let again = import();
        assert_eq!((&again["adopted"], &again["objects"][0]["parts_sent"]), (&true.into(), &0.into()));
    }
    // What does not pass does not pass as something else.
    let broken = in_tree("fixtures/broken.qcow2");
    let ran = finish(cloud.import(&broken).args(["--convert", "vhd"]));
    assert_eq!(ran.code, 10, "{}", ran.stderr);
}

#[test]
fn a_conversion_that_was_stopped_goes_on() {
    let cloud = Cloud::new();
    cloud.simulator.fault("UploadPart:4=fail:AccessDenied:403".parse().unwrap());
    let args = ["--convert", "qcow2", "--parallel", "1", "--output", "json"];
    assert_eq!(finish(cloud.import(&good()).args(args)).code, 40);
    let done = json(&finish(cloud.import(&good()).args(args)));
    assert_eq!(done["objects"][0]["parts_kept"], 3, "{done}");
}

#[test]
fn what_does_not_pass_is_not_uploaded() {
    let cloud = Cloud::new();
    let ran = finish(&mut cloud.import(&in_tree("fixtures/broken.qcow2")));
    assert_eq!((ran.code, ran.stdout.as_str()), (10, ""));
    assert!(ran.stderr.contains("LNX-FSTAB-DEV") && ran.stderr.contains("nothing was uploaded"), "{}", ran.stderr);
    let policy = cloud.folder.path().join("undecided.toml");
    fs::write(&policy, "").unwrap();
    for (args, code) in [
        (vec!["--license-type", "BYOL", "--image-name", "aliyun-x"], 10),
        (vec!["--resume"], 2),
        (vec!["--part-size", "1k"], 2),
        (vec!["--oss-endpoint", "http://example.com"], 2),
        (vec!["--region-id", "cn-beijing"], 2),
    ] {
        let ran = finish(cloud.import(&good()).args(&args));
        assert_eq!((ran.code, ran.stdout.as_str()), (code, ""), "{args:?}: {}", ran.stderr);
    }
    for image in ["/dev/null", "/", "-", "https://example.com/a.raw", "nowhere.raw"] {
        let ran = finish(&mut cloud.import(Path::new(image)));
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{image}: {}", ran.stderr);
    }
    assert_eq!(cloud.count(Operation::InitiateMultipartUpload), 0);
    assert_eq!(cloud.count(Operation::ImportImage), 0);
}

#[test]
fn only_what_needs_credentials_looks_for_them() {
    let cloud = Cloud::new();
    let ran = finish(cloud.stranger("import").args(["--oss-bucket", BUCKET, s(&good())]));
    assert_eq!(ran.code, 40, "{}", ran.stderr);
    assert!(ran.stderr.contains("no credentials were found"), "{}", ran.stderr);
    // A process of these would be noticed.
    let config = cloud.folder.path().join(".aliyun");
    fs::create_dir(&config).unwrap();
    let noticed = cloud.folder.path().join("noticed");
    let command = format!("touch {}", s(&noticed));
    let profiles = serde_json::json!({
        "current": "default", "profiles": [{ "name": "default", "mode": "External", "process_command": command }],
    });
    fs::write(config.join("config.json"), profiles.to_string()).unwrap();
    let copy = cloud.folder.path().join("copy.raw");
    for args in [
        vec!["inspect", s(&good())],
        vec!["preflight", s(&good())],
        vec!["request", "--oss-bucket", BUCKET, "--region-id", "cn-hangzhou", s(&good())],
        vec!["convert", "-O", "qcow2", s(&good()), s(&copy)],
    ] {
        let ran = finish(cloud.stranger(args[0]).args(&args[1..]));
        assert_eq!(ran.code, 0, "{args:?}: {}", ran.stderr);
    }
    assert!(!noticed.exists());
    finish(cloud.stranger("import").args(["--oss-bucket", BUCKET, s(&good())]));
    assert!(noticed.exists(), "the test sees who looks");
    assert!(cloud.simulator.requests().is_empty());
}

#[test]
fn a_stop_keeps_what_was_sent_and_says_how_to_go_on() {
    let cloud = Cloud::new();
    cloud.simulator.fault("UploadPart#5:*=delay:60000".parse().unwrap());
    let child = piped(cloud.import(&good()).args(["--parallel", "1"]));
    until("four parts are there", || {
        cloud.simulator.requests().iter().filter(|one| one.operation == Operation::UploadPart).count() >= 4
            && cloud.simulator.uploads(BUCKET).first().is_some_and(|upload| upload.parts.len() >= 4)
    });
    let stopped = Instant::now();
    signal(&child, "-INT");
    let ran = ended(child);
    assert!(stopped.elapsed() < Duration::from_secs(20));
    assert_eq!((ran.code, ran.stdout.as_str()), (75, ""), "{}", ran.stderr);
    assert!(ran.stderr.contains("the same command goes on from here"), "{}", ran.stderr);
    let abort = ran.stderr.lines().find_map(|line| line.split_once("throw it away: bootworthy ")).unwrap().1.to_owned();
    cloud.simulator.clear_faults();
    let listed = finish(cloud.verb("uploads").args(["list", "--oss-bucket", BUCKET]));
    assert!(listed.code == 0 && listed.stdout.contains(KEY), "{}", listed.stderr);
    let done = json(&finish(cloud.import(&good()).args(["--resume", "--output", "json"])));
    let object = &done["objects"][0];
    assert_eq!((&object["parts_sent"], &object["parts_kept"]), (&2.into(), &4.into()));
    // What it said about throwing it away is true of another that was stopped.
    assert!(abort.starts_with("uploads abort --region-id cn-hangzhou --oss-bucket images 'debian-like.qcow2' "));
}

#[test]
fn uploads_are_thrown_away() {
    let cloud = Cloud::new();
    cloud.simulator.fault("UploadPart#2:*=fail:AccessDenied:403".parse().unwrap());
    let ran = finish(&mut cloud.import(&good()));
    assert_eq!(ran.code, 40, "{}", ran.stderr);
    assert!(ran.stderr.contains("AccessDenied"), "{}", ran.stderr);
    assert_eq!(cloud.simulator.uploads(BUCKET).len(), 1);
    let abort = |key: &str| finish(cloud.verb("uploads").args(["abort", "--oss-bucket", BUCKET, key]));
    assert!(abort("other").stdout.contains("nothing was begun"));
    assert!(abort(KEY).stdout.contains("thrown away"));
    assert!(cloud.simulator.uploads(BUCKET).is_empty());
}

#[test]
fn leaving_an_import_leaves_it_going_on() {
    let cloud = Cloud::new();
    let begun = json(&finish(cloud.import(&good()).args(["--no-wait", "--output", "json"])));
    assert!(begun["status"].is_null());
    let (task, image) = (begun["task_id"].as_str().unwrap(), begun["image_id"].as_str().unwrap());
    let waited = json(&finish(cloud.verb("wait").args(["--interval", "0.01", "--output", "json", task])));
    assert_eq!((&waited["image_id"], &waited["status"]), (&image.into(), &"Available".into()));
    assert_eq!(finish(cloud.verb("wait").args(["--interval", "0.01", image])).code, 0);
    let ran = finish(cloud.verb("cancel").args([task]));
    assert!(ran.code == 40 && ran.stderr.contains("IncorrectTaskStatus"), "{}", ran.stderr);
    assert_eq!(finish(cloud.verb("wait").arg("x")).code, 2);
}

#[test]
fn an_interrupt_while_waiting_detaches() {
    let cloud = Cloud::new();
    let child = piped(cloud.verb("import").args(["--oss-bucket", BUCKET, "--interval", "30", s(&good())]));
    until("the import is followed", || cloud.count(Operation::DescribeImages) > 0);
    signal(&child, "-TERM");
    let ran = ended(child);
    assert_eq!((ran.code, ran.stdout.as_str()), (75, ""), "{}", ran.stderr);
    let id = ran.stderr.rsplit(' ').next().unwrap().trim();
    assert!(ran.stderr.contains("to follow it: bootworthy wait --region-id cn-hangzhou t-"), "{}", ran.stderr);
    assert_eq!(finish(cloud.verb("cancel").arg(id)).code, 0);
    let again = finish(&mut cloud.import(&good()));
    assert!(again.code == 40 && again.stderr.contains("the import failed"), "{}", again.stderr);
    assert_eq!(finish(&mut cloud.import(&good())).code, 0);
}

#[test]
fn the_role_is_looked_at_and_made() {
    let cloud = Cloud::new();
    cloud.simulator.remove_role("AliyunECSImageImportDefaultRole");
    let ran = finish(&mut cloud.import(&good()));
    assert_eq!((ran.code, cloud.count(Operation::UploadPart)), (40, 0), "{}", ran.stderr);
    assert!(ran.stderr.contains("is not there") && ran.stderr.contains("--ensure-role"), "{}", ran.stderr);
    let ran = finish(cloud.import(&good()).arg("--ensure-role"));
    assert!(ran.code == 0 && ran.stderr.contains("was made"), "{}", ran.stderr);
    assert_eq!((cloud.count(Operation::CreateRole), cloud.count(Operation::AttachPolicyToRole)), (1, 1));
    // Who may not ask goes on.
    for operation in [Operation::GetRole, Operation::GetBucketInfo] {
        cloud.simulator.deny(operation);
    }
    let ran = finish(&mut cloud.import(&good()));
    assert!(ran.code == 0 && ran.stderr.contains("is taken as it is"), "{}", ran.stderr);
}

#[test]
fn the_check_of_the_platform_is_held_against_ours() {
    let cloud = Cloud::new();
    let args = ["--detection-strategy", "Standard"];
    let done = json(&finish(cloud.import(&good()).args(args).arg("--output=json")));
    let detection = &done["detection"];
    assert!(detection["items"].as_array().is_some_and(|items| !items.is_empty()), "{detection}");
    let ran = finish(cloud.import(&good()).args(args));
    assert!(ran.stdout.contains("check of the platform: "), "{}", ran.stdout);
}

#[test]
fn an_attestation_stands_for_the_judgement() {
    let cloud = Cloud::new();
    let statement = |name: &str, args: &[&str]| {
        let path = cloud.folder.path().join(name);
        let ran = run([&["preflight", "--attest", s(&path)], args].concat());
        assert!(path.exists(), "{}", ran.stderr);
        path
    };
    let broken = in_tree("fixtures/broken.qcow2");
    let waived = cloud.folder.path().join("waived.toml");
    let waiver = |rule: &str| format!("[[waiver]]\nrule = \"{rule}\"\nreason = \"tested\"\n");
    fs::write(&waived, ["LNX-FSTAB-DEV", "LNX-INITRAMFS-VIRTIO", "LNX-DHCP"].map(waiver).concat()).unwrap();
    let ready = statement("ready.json", &["--policy", s(&waived), s(&broken)]);
    let not = statement("not.json", &["--no-policy", s(&broken)]);
    let import = |image: &Path, path: &Path| finish(cloud.import(image).args(["--attestation", s(path)]));
    for (image, path) in [(&broken, &not), (&good(), &ready)] {
        let ran = import(image, path);
        assert!(ran.code == 10 && ran.stderr.contains("does not clear"), "{}", ran.stderr);
    }
    assert_eq!(cloud.count(Operation::InitiateMultipartUpload), 0);
    let ran = import(&broken, &ready);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
}

#[test]
fn what_goes_on_in_the_cloud_is_listed() {
    let cloud = Cloud::new();
    let begun = json(&finish(cloud.import(&good()).args(["--no-wait", "--output=json"])));
    let listed = json(&finish(cloud.verb("tasks").arg("--output=json")));
    assert_eq!(
        (&listed["tasks"][0]["task_id"], &listed["tasks"][0]["image_id"]),
        (&begun["task_id"], &begun["image_id"])
    );
    assert_eq!(
        json(&finish(cloud.verb("tasks").args(["--status=failed", "--output=json"])))["tasks"],
        Value::Array(vec![])
    );
    let text = finish(&mut cloud.verb("tasks"));
    assert!(text.code == 0 && text.stdout.contains(begun["task_id"].as_str().unwrap()));
}

#[test]
fn codes_are_explained() {
    let ran = run(["explain-error", "invalidossobject.size"]);
    assert!(ran.code == 0 && ran.stdout.contains("What to do: "), "{}", ran.stdout);
    assert!(run(["explain-error"]).stdout.lines().count() > 60);
    let ran = run(["explain-error", "NoSuchUplaod"]);
    assert!(ran.code == 2 && ran.stderr.contains("did you mean NoSuchUpload?"), "{}", ran.stderr);
}

#[test]
fn a_failed_task_says_why() {
    let cloud = Cloud::new();
    let (code, message) = ("InvalidImageFormat".to_owned(), "no \u{1b}[2J table".to_owned());
    cloud.simulator.script_import(Outcome::FailAt { percent: 90, code, message });
    let ran = finish(&mut cloud.import(&good()));
    assert_eq!((ran.code, ran.stdout.as_str()), (40, ""), "{}", ran.stderr);
    assert!(ran.stderr.contains("InvalidImageFormat") && !ran.stderr.contains('\u{1b}'), "{}", ran.stderr);
    assert!(ran.stderr.contains("preflight tells before: IMG-"), "{}", ran.stderr);
}

/// Killed at as many points as `BOOTWORTHY_KILLS` says, over the whole flow, and run again: one object, one image.
#[test]
fn kills_anywhere_end_in_one_image() {
    let points = std::env::var("BOOTWORTHY_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(12_usize);
    let ways = [[].as_slice(), &["--convert", "qcow2"]];
    // Requests, and parts among them, of each way.
    let whole = ways.map(|way| {
        let cloud = Cloud::new();
        assert_eq!(finish(cloud.import(&good()).args(way)).code, 0);
        (cloud.simulator.requests().len(), cloud.count(Operation::UploadPart))
    });
    let mut killed = 0;
    for point in 0..points {
        let (cloud, way) = (Cloud::new(), point % 2);
        let (requests, parts) = whole[way];
        cloud.simulator.fault("*:*=delay:3".parse().unwrap());
        let import = || {
            let mut command = cloud.import(&good());
            command.args(ways[way]);
            command
        };
        // Before, at and between all requests: the further points fall into the time that one takes.
        let wanted = point * requests / points;
        let mut child = piped(&mut import());
        while cloud.simulator.requests().len() < wanted && child.try_wait().unwrap().is_none() {
            thread::sleep(Duration::from_micros(200));
        }
        thread::sleep(Duration::from_millis(point as u64 % 4));
        child.kill().unwrap();
        killed += usize::from(!child.wait().unwrap().success());
        let ran = finish(&mut import());
        assert_eq!(ran.code, 0, "{point}: {}", ran.stderr);
        assert_eq!(cloud.simulator.images().len(), 1, "{point}: {}", ran.stderr);
        assert!(way == 1 || cloud.object() == fs::read(good()).unwrap(), "{point}");
        // What was under way at the kill may be sent again.
        let sent = [Operation::UploadPart, Operation::ImportImage].map(|operation| cloud.count(operation));
        assert!(sent[0] <= parts + 16 && sent[1] <= 4, "{point}: {sent:?}");
    }
    assert!(killed >= points * 2 / 3, "only {killed} kills hit");
}

#[test]
fn nothing_that_is_written_holds_a_secret() {
    let cloud = Cloud::new();
    let mut all = String::new();
    for fault in
        ["UploadPart#2:*=fail:SignatureDoesNotMatch:403", "ImportImage:*=fail:QuotaExceed.Image:403", "*:99=delay:0"]
    {
        cloud.simulator.clear_faults();
        cloud.simulator.fault(fault.parse().unwrap());
        let ran = finish(cloud.import(&good()).args(["-p", "--output", "json"]));
        all += &(ran.stdout + &ran.stderr);
    }
    let state = cloud.folder.path().join(".local/state/bootworthy");
    for entry in fs::read_dir(&state).unwrap() {
        all += &fs::read_to_string(entry.unwrap().path()).unwrap();
    }
    assert!(all.contains("SignatureDoesNotMatch") && all.contains("QuotaExceed") && all.contains("m-"), "{all}");
    assert!(!all.contains(CANARY) && !all.contains("Signature="), "{all}");
}

#[test]
fn the_simulator_serves_who_reads_what_it_prints() {
    let folder = tempfile::tempdir().unwrap();
    let mut child = piped(bootworthy().args(["simulator", "--import-time", "0.2", "--bucket", "b01"]));
    let mut reader = std::io::BufReader::new(child.stdout.take().unwrap());
    let mut command = bootworthy();
    command.arg("import").env_clear().env("HOME", folder.path());
    for _ in 0..7 {
        let mut line = String::new();
        std::io::BufRead::read_line(&mut reader, &mut line).unwrap();
        let (name, value) = line.trim().strip_prefix("export ").unwrap().split_once('=').unwrap();
        command.env(name, value);
    }
    let ran = finish(command.args(["--oss-bucket", "b01", "--interval", "0.05"]).arg(good()));
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    signal(&child, "-INT");
    assert_eq!(ended(child).code, 0);
}
