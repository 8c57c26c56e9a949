//! Imports: begun once, whatever is lost; followed to the end, with the reason of a failure.

use crate::cloud::{BUCKET, Cloud, KEY, REGION, image, key};
use import::credentials::Keys;
use import::ecs::{Ecs, Following, Image, Pace, Started, Task};
use import::{ImportState, Journal, Kind, Result, Stop};
use preflight::{Attestation, Clearance, Date, DiskUse, PACK, Severity, Summary};
use request::{DiskDeviceMapping, ImportImage};
use simulator::{Operation, Outcome, Service};
use std::cell::RefCell;
use std::time::Duration;

/// The clearance of an image, as another machine would hand it over.
pub(crate) fn clearance() -> Clearance {
    let statement = serde_json::json!({
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{ "name": "a.qcow2", "digest": { "bw1": "00" } }],
        "predicateType": "https://github.com/bootworthy/bootworthy/attestation/preflight/v1",
        "predicate": {
            "tool": { "name": "bootworthy", "version": "0" }, "pack": PACK, "profile": "current",
            "disk": DiskUse::System, "fail_on": Severity::NoBoot, "verdict": "ready", "virtual_size": 1,
            "summary": Summary::default(), "waivers": [],
        },
    });
    let attestation = Attestation::parse(statement.to_string().as_bytes()).unwrap();
    attestation.clear("a.qcow2", 1, "bw1:00", Date::today()).unwrap()
}

pub(crate) fn request() -> ImportImage {
    let text = |text: &str| Some(text.to_owned());
    ImportImage {
        region_id: text(REGION),
        image_name: text("web-1"),
        description: text("a b~*+é/"),
        disk_device_mapping: vec![DiskDeviceMapping {
            format: text("RAW"),
            oss_bucket: text(BUCKET),
            oss_object: text("a.raw"),
            disk_image_size: Some(20),
        }],
        ..ImportImage::default()
    }
}

fn cloud() -> Cloud {
    let options = simulator::Options {
        pace: simulator::Pace::Manual,
        step: Duration::from_secs(60),
        import_time: Duration::from_secs(600),
        ..simulator::Options::default()
    };
    let cloud = Cloud::with(options);
    cloud.simulator.put_object(BUCKET, "a.raw", &image(1)).unwrap();
    cloud
}

fn ecs(cloud: &Cloud) -> Ecs {
    let session = cloud.session(Keys::fixed(key("testsecret")), &Stop::default());
    Ecs::new(session, cloud.endpoint(Service::Ecs), REGION)
}

fn begin(cloud: &Cloud, journal: &mut Journal) -> Result<Started> {
    let bucket = cloud.bucket(&Stop::default());
    ecs(cloud).import(&request(), &[clearance()], &bucket, journal)
}

const PACE: Pace = Pace { interval: Duration::from_millis(1), limit: Some(Duration::from_secs(20)) };

/// Keeps what was seen.
#[derive(Default)]
struct Seen(RefCell<Vec<u8>>);

impl Following for Seen {
    fn seen(&self, task: Option<&Task>, _: Option<&Image>) {
        self.0.borrow_mut().extend(task.and_then(|task| task.percent));
    }
}

#[test]
fn an_import_is_begun_followed_and_found_again() {
    let cloud = cloud();
    let (ecs, seen) = (ecs(&cloud), Seen::default());
    ecs.try_import(&request()).unwrap();
    assert!(cloud.simulator.tasks().is_empty());
    let started = begin(&cloud, &mut cloud.journal()).unwrap();
    assert!(!started.adopted && !started.task.is_empty());
    let done = ecs.follow(&started, PACE, &seen, &mut cloud.journal()).unwrap();
    assert!(done.is_available() && done.id == started.image && done.name == "web-1");
    let seen = seen.0.into_inner();
    assert!(seen.len() > 2 && seen.is_sorted(), "{seen:?}");
    assert!(matches!(cloud.journal().import(), Some(ImportState::Finished { image, .. }) if *image == done.id));
    // Again, with the journal and without it.
    for _ in 0..2 {
        let again = begin(&cloud, &mut cloud.journal()).unwrap();
        assert!(again.adopted && again.image == done.id);
        assert_eq!(ecs.follow(&again, PACE, &(), &mut cloud.journal()).unwrap().id, done.id);
        std::fs::remove_file(cloud.journal_path()).unwrap();
    }
    assert_eq!(cloud.simulator.images().len(), 1);
}

#[test]
fn a_lost_answer_begins_no_second_import() {
    for fault in [
        "ImportImage:1=drop-response:0",
        "ImportImage:-3=drop-response:0",
        "ImportImage:*=drop-response:0",
        "ImportImage:1=fail-after:InternalError",
        "ImportImage:-2=fail:Throttling.User:400",
        "ImportImage:1=foreign:200:words",
        "ImportImage:1=fail:ServiceUnavailable:503",
    ] {
        let cloud = cloud();
        cloud.simulator.fault(fault.parse().unwrap());
        let first = begin(&cloud, &mut cloud.journal());
        cloud.simulator.clear_faults();
        let started = first.or_else(|error| {
            assert!(error.is_temporary(), "{fault}: {error}");
            assert!(matches!(cloud.journal().import(), Some(ImportState::Submitted { .. })), "{fault}");
            begin(&cloud, &mut cloud.journal())
        });
        ecs(&cloud).follow(&started.unwrap(), PACE, &(), &mut cloud.journal()).unwrap();
        assert_eq!(cloud.simulator.images().len(), 1, "{fault}");
    }
}

#[test]
fn a_failure_comes_with_its_reason_and_can_be_tried_again() {
    let reason = || ("InvalidImageFormat".to_owned(), "bad \u{1b}[2J table".to_owned());
    let outcomes = [
        Outcome::FailAt { percent: 90, code: reason().0, message: reason().1 },
        Outcome::FinishFailed { code: reason().0, message: reason().1 },
        Outcome::VanishAt(40),
    ];
    for outcome in outcomes {
        let cloud = cloud();
        cloud.simulator.script_import(outcome.clone());
        let started = begin(&cloud, &mut cloud.journal()).unwrap();
        let error = ecs(&cloud).follow(&started, PACE, &(), &mut cloud.journal()).unwrap_err();
        assert_eq!((error.kind(), error.is_temporary()), (Kind::Failed, false), "{outcome:?}: {error}");
        let said = error.to_string();
        assert!(said.contains("InvalidImageFormat") || said.contains("gone"), "{said}");
        assert!(!said.contains('\u{1b}'), "{said}");
        assert_eq!(cloud.journal().import(), None);
    }
}

#[test]
fn a_status_of_no_reference_is_no_reason_to_give_up() {
    let cloud = cloud();
    cloud.simulator.script_import(Outcome::ReportAt { percent: 30, status: "Paused".into() });
    let started = begin(&cloud, &mut cloud.journal()).unwrap();
    let pace = Pace { limit: Some(Duration::from_millis(200)), ..PACE };
    let done = ecs(&cloud).follow(&started, pace, &(), &mut cloud.journal());
    assert!(done.as_ref().is_ok_and(Image::is_available) || done.is_err_and(|error| error.is_temporary()));
}

#[test]
fn tasks_are_cancelled() {
    let cloud = cloud();
    let ecs = ecs(&cloud);
    let started = begin(&cloud, &mut cloud.journal()).unwrap();
    assert!(ecs.task(&started.task).unwrap().cancellable);
    ecs.cancel(&started.task).unwrap();
    let error = ecs.follow(&started, PACE, &(), &mut cloud.journal()).unwrap_err();
    assert_eq!(error.kind(), Kind::Failed, "{error}");
    assert_eq!(ecs.cancel(&started.task).unwrap_err().code(), "InvalidTaskId.IncorrectTaskStatus");
    assert_eq!(ecs.cancel("t-none").unwrap_err().code(), "InvalidTaskId.NotFound");
    assert!(cloud.count(Operation::CancelTask) == 3);
}

#[test]
fn what_may_not_be_imported_is_not() {
    let cloud = cloud();
    let (ecs, bucket) = (ecs(&cloud), cloud.bucket(&Stop::default()));
    let refused = |request: &ImportImage, clearances: &[Clearance]| {
        ecs.import(request, clearances, &bucket, &mut cloud.journal()).unwrap_err()
    };
    assert_eq!(refused(&request(), &[]).kind(), Kind::Usage);
    let elsewhere = ImportImage { region_id: Some("cn-beijing".into()), ..request() };
    assert_eq!(refused(&elsewhere, &[clearance()]).kind(), Kind::Usage);
    assert_eq!(cloud.count(Operation::ImportImage), 0);
    // The service refuses: the journal is as it was, so that the request can be put right.
    cloud.simulator.remove_role("AliyunECSImageImportDefaultRole");
    let error = refused(&request(), &[clearance()]);
    assert!(error.code().starts_with("NoSetRoletoECS") && error.to_string().contains("must be there"), "{error}");
    assert_eq!(cloud.journal().import(), None);
    assert!(ecs.try_import(&request()).is_err());
}

#[test]
fn other_parameters_are_another_import() {
    let cloud = cloud();
    begin(&cloud, &mut cloud.journal()).unwrap();
    let other = ImportImage { description: Some("another".into()), ..request() };
    let bucket = cloud.bucket(&Stop::default());
    let error = ecs(&cloud).import(&other, &[clearance()], &bucket, &mut cloud.journal()).unwrap_err();
    assert!(error.to_string().contains("other parameters"), "{error}");
}

#[test]
fn an_object_that_somebody_replaced_is_not_imported() {
    let (cloud, bytes) = (cloud(), image(2));
    cloud.upload(&bytes).unwrap();
    cloud.simulator.put_object(BUCKET, KEY, b"something else").unwrap();
    let mut request = request();
    request.disk_device_mapping[0].oss_object = Some(KEY.into());
    let bucket = cloud.bucket(&Stop::default());
    let error = ecs(&cloud).import(&request, &[clearance()], &bucket, &mut cloud.journal()).unwrap_err();
    assert!(error.kind() == Kind::Mismatch && error.to_string().contains("was replaced"), "{error}");
    assert_eq!(cloud.count(Operation::ImportImage), 0);
}
