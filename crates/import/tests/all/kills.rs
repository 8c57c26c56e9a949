//! Killed at many points over the whole flow, and run again: one object, one image.
//!
//! The process that is killed is this test binary, asked for [`the_flow`] alone.

use crate::cloud::{BUCKET, Cloud, PART, REGION, image, key};
use crate::imports::{clearance, request};
use import::credentials::Keys;
use import::ecs::{Ecs, Pace};
use import::oss::Bucket;
use import::upload::{Content, Options, send};
use import::{Endpoint, Journal, Limits, Session, Stop};
use simulator::{Operation, Service};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

const OSS: &str = "BOOTWORTHY_TEST_OSS";
const ECS: &str = "BOOTWORTHY_TEST_ECS";
const JOURNAL: &str = "BOOTWORTHY_TEST_JOURNAL";
const PARTS: u64 = 6;

/// Uploads, imports and follows, where the parent says; without one there is nothing to do.
#[test]
fn the_flow() {
    let variable = |name| std::env::var(name).ok();
    let (Some(oss), Some(ecs), Some(path)) = (variable(OSS), variable(ECS), variable(JOURNAL)) else { return };
    let session = Arc::new(Session::new(Keys::fixed(key("testsecret")), Limits::default(), Stop::default()));
    let bucket = Bucket::new(session.clone(), Endpoint::parse(&oss).unwrap(), REGION, BUCKET).unwrap();
    let mut journal = Journal::open(path).unwrap();
    let options = Options { part_size: Some(PART), workers: 2, ..Options::default() };
    send(&bucket, "a.raw", Content::Stored(&image(PARTS)), &mut journal, options, &(), &|| Ok(())).unwrap();
    let ecs = Ecs::new(session, Endpoint::parse(&ecs).unwrap(), REGION);
    let started = ecs.import(&request(), &[clearance()], &bucket, &mut journal).unwrap();
    let pace = Pace { interval: Duration::from_millis(1), limit: Some(Duration::from_secs(30)) };
    assert!(ecs.follow(&started, pace, &(), &mut journal).unwrap().is_available());
}

fn start(cloud: &Cloud) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "kills::the_flow"])
        .env(OSS, cloud.simulator.endpoint(Service::Oss))
        .env(ECS, cloud.simulator.endpoint(Service::Ecs))
        .env(JOURNAL, cloud.journal_path())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Kills it once so many requests came, and whatever it is doing then; false: it was done before.
fn kill_after(cloud: &Cloud, requests: usize) -> bool {
    let mut child = start(cloud);
    let begun = Instant::now();
    while cloud.simulator.requests().len() < requests {
        if child.try_wait().unwrap().is_some() {
            return false;
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "the child hangs");
        thread::sleep(Duration::from_millis(1));
    }
    child.kill().unwrap();
    !child.wait().unwrap().success()
}

#[test]
fn kills_anywhere_end_in_one_image() {
    let mut killed = 0;
    for requests in (1..24).step_by(2) {
        let cloud = Cloud::with(simulator::Options {
            pace: simulator::Pace::Manual,
            step: Duration::from_secs(120),
            ..simulator::Options::default()
        });
        cloud.simulator.fault("*:*=delay:4".parse().unwrap());
        killed += usize::from(kill_after(&cloud, requests));
        // And once more, in the run that goes on.
        let seen = cloud.simulator.requests().len();
        killed += usize::from(kill_after(&cloud, seen + requests / 2 + 1));
        assert!(start(&cloud).wait().unwrap().success(), "{requests}");
        assert_eq!(cloud.simulator.images().len(), 1, "{requests}");
        let mut bytes = Vec::new();
        cloud.simulator.copy_object(BUCKET, "a.raw", &mut bytes).unwrap();
        assert!(bytes == image(PARTS), "{requests}");
        // What was under way at a kill may be sent again: two parts a kill.
        assert!(cloud.count(Operation::UploadPart) <= 7 + 2 * 2, "{requests}");
    }
    assert!(killed >= 12, "only {killed} kills hit");
}
