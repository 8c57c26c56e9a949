//! Lists of tasks and regions, and the platform's own check of an image beside ours.

use crate::cloud::{BUCKET, Cloud, REGION, image, key};
use crate::imports::{clearance, request};
use import::Stop;
use import::credentials::Keys;
use import::ecs::{Ecs, Pace, TaskFilter, TaskStatus, Verdict, compare};
use request::ImportImage;
use simulator::{Check, Operation, Outcome, Service};
use std::time::Duration;

fn cloud() -> Cloud {
    let cloud = Cloud::with(simulator::Options {
        pace: simulator::Pace::Manual,
        step: Duration::from_secs(60),
        import_time: Duration::from_secs(600),
        image_quota: 1000,
        ..simulator::Options::default()
    });
    cloud.simulator.put_object(BUCKET, "a.raw", &image(1)).unwrap();
    cloud
}

fn ecs(cloud: &Cloud) -> Ecs {
    let session = cloud.session(Keys::fixed(key("testsecret")), &Stop::default());
    Ecs::new(session, cloud.endpoint(Service::Ecs), REGION)
}

/// Begins an import of its own name; its task and its image.
fn begin(cloud: &Cloud, number: u32) -> (String, String) {
    let named = ImportImage {
        image_name: Some(format!("web-{number}")),
        detection_strategy: Some("Standard".into()),
        ..request()
    };
    let mut journal = import::Journal::open(cloud.folder.path().join(format!("{number}.json"))).unwrap();
    let started = ecs(cloud).import(&named, &[clearance()], &cloud.bucket(&Stop::default()), &mut journal).unwrap();
    (started.task, started.image)
}

#[test]
fn all_pages_of_tasks_are_listed_once() {
    let cloud = cloud();
    cloud.simulator.script_import(Outcome::FailAt { percent: 0, code: "E".into(), message: "m".into() });
    let begun: Vec<_> = (0..103).map(|number| begin(&cloud, number)).collect();
    let ecs = ecs(&cloud);
    let tasks = ecs.tasks(&TaskFilter::default()).unwrap();
    assert_eq!(cloud.count(Operation::DescribeTasks), 2);
    let ids: Vec<_> = tasks.iter().map(|task| (task.id.clone(), task.resource.clone())).rev().collect();
    assert_eq!(ids, begun, "newest first");
    assert!(tasks.iter().all(|task| task.does("import_image") && task.begun.is_some()));
    let with = |status| TaskFilter { status: Some(status), action: Some("ImportImage".into()) };
    let failed = ecs.tasks(&with(TaskStatus::Failed)).unwrap();
    assert_eq!(failed.iter().map(|task| task.id.as_str()).collect::<Vec<_>>(), [begun[0].0.as_str()]);
    assert!(!failed[0].cancellable && failed[0].ended.is_some());
    assert_eq!(ecs.tasks(&TaskFilter { action: Some("ExportImage".into()), status: None }).unwrap(), []);
    assert_eq!(ecs.tasks(&with(TaskStatus::Other("Paused".into()))).unwrap(), []);
    assert!(cloud.simulator.cancel_task(&begun[5].0) && !cloud.simulator.cancel_task(&begun[5].0));
    assert_eq!(ecs.tasks(&with(TaskStatus::Failed)).unwrap().len(), 2);
}

#[test]
fn regions_say_where_they_are_asked() {
    let cloud = Cloud::new();
    let ecs = ecs(&cloud);
    assert!(ecs.regions().unwrap().iter().any(|region| region.id == REGION && region.available));
    assert_eq!(
        ecs.endpoint_of("eu-central-1").unwrap(),
        import::Endpoint::ecs("eu-central-1", import::Network::Public).unwrap()
    );
    assert!(ecs.endpoint_of("nowhere").unwrap_err().to_string().contains("cn-hangzhou"));
}

#[test]
fn the_check_of_an_image_is_read_and_held_against_ours() {
    let cloud = cloud();
    let check = |name: &str, level: &str| Check {
        name: name.into(),
        value: "seen".into(),
        risk_level: level.into(),
        risk_code: if level.is_empty() { String::new() } else { format!("{name}.Bad") },
    };
    cloud.simulator.script_detection(vec![check("GUESTOS.Fstab", "High"), check("GUESTOS.Nvme", "")]);
    let (task, image) = begin(&cloud, 1);
    let ecs = ecs(&cloud);
    assert_eq!(ecs.detection("m-none").unwrap(), None);
    let started = import::ecs::Started { task, image, adopted: false };
    let pace = Pace { interval: Duration::from_millis(1), limit: Some(Duration::from_secs(20)) };
    ecs.follow(&started, pace, &(), &mut cloud.journal()).unwrap();
    let mut looks = 0;
    let detection = loop {
        let detection = ecs.detection(&started.image).unwrap().unwrap();
        looks += 1;
        assert!(looks < 50, "{detection:?}");
        if detection.is_done() {
            break detection;
        }
    };
    let ours = [("GUESTOS.Fstab", "LNX-FSTAB-UUID", Verdict::Passed), ("GUESTOS.Nvme", "LNX-NVME", Verdict::Passed)];
    let compared = compare(&detection.items, &ours);
    assert_eq!(compared.cloud_only.len(), 1, "{compared:?}");
    assert_eq!(compared.cloud_only[0].item.as_ref().unwrap().risk_code, "GUESTOS.Fstab.Bad");
    assert_eq!((compared.agree.len(), compared.ours_only.len(), compared.unmatched.len()), (1, 0, 0));
}
