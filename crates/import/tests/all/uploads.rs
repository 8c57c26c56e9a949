//! Uploads: every fault ends in an object with the bytes of the image, or in a clear stop that can be gone on from.

use crate::cloud::{BUCKET, Cloud, KEY, PART, image, key};
use import::credentials::Keys;
use import::upload::{Content, Options, Progress, send};
use import::{Kind, ObjectState, Stop};
use simulator::{Operation, Rule};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use storage::ReadAt;

/// The object is the image.
fn check(cloud: &Cloud, image: &[u8]) {
    assert!(cloud.object().expect("the object is there") == image, "other bytes");
    // Where the answer to its beginning was lost, an upload without parts stays: nobody knows its id, and it costs nothing.
    let left = cloud.simulator.uploads(BUCKET);
    assert!(left.iter().all(|upload| upload.parts.is_empty()), "{left:?}");
}

fn rule(text: &str) -> Rule {
    text.parse().unwrap()
}

#[test]
fn a_clean_upload_sends_each_part_once() {
    let (cloud, image) = (Cloud::new(), image(7));
    let done = cloud.upload(&image).unwrap();
    assert_eq!((done.size, done.sent, done.kept, done.changed), (image.len() as u64, 8, 0, 0));
    check(&cloud, &image);
    assert_eq!(cloud.count(Operation::UploadPart), 8);
    // Again: what is there is found, with a journal and without.
    assert_eq!(cloud.upload(&image).unwrap().sent, 0);
    std::fs::remove_file(cloud.journal_path()).unwrap();
    assert_eq!(cloud.upload(&image).unwrap().crc64, done.crc64);
    assert_eq!(cloud.count(Operation::UploadPart), 8);
    // Another image does not take its place unasked.
    let error = cloud.upload(&image[..1000].to_vec()).unwrap_err();
    assert!(error.kind() == Kind::Usage && error.to_string().contains("allow to overwrite"), "{error}");
    check(&cloud, &image);
    let options = Options { overwrite: true, ..Options::default() };
    let other = vec![7; 1000];
    let bucket = cloud.bucket(&Stop::default());
    send(&bucket, KEY, Content::Stored(&other), &mut cloud.journal(), options, &(), &|| Ok(())).unwrap();
    check(&cloud, &other);
}

#[test]
fn what_passes_is_passed_over() {
    for faults in [
        &["UploadPart#3:1=drop-request:5000"][..],
        &["UploadPart#3:-2=drop-response:0", "UploadPart#1:1=drop-response:10"],
        &["UploadPart:-6=fail:SlowDown:503", "InitiateMultipartUpload:-2=fail:InternalError:500"],
        &["UploadPart#2:1=fail:SlowDown:503:1"],
        &["UploadPart:30%5=fail:ServiceUnavailable:503"],
        &["UploadPart#1:1=foreign:502:<html>bad gateway</html>"],
        &["InitiateMultipartUpload:1=foreign:200:<html>log in</html>"],
        &["UploadPart#4:1=flip-byte:100"],
        &["UploadPart#4:1=wrong-crc"],
        &["CompleteMultipartUpload:1=drop-response:0"],
        &["CompleteMultipartUpload:-2=drop-response:20"],
        &["CompleteMultipartUpload:1=fail-after:InternalError"],
        &["CompleteMultipartUpload:*=drop-response:0"],
        &["CompleteMultipartUpload:1=foreign:200:words"],
        &["HeadObject:1=drop-response:0"],
        &["*:1=skew:3000"],
        &["UploadPart:3=skew:-5000"],
        &["*:20%3=delay:20", "*:10%9=drop-response:0"],
    ] {
        let (cloud, image) = (Cloud::new(), image(5));
        faults.iter().for_each(|fault| cloud.simulator.fault(rule(fault)));
        let done = cloud.upload(&image).unwrap_or_else(|error| panic!("{faults:?}: {error}"));
        cloud.simulator.clear_faults();
        assert_eq!(done.size, image.len() as u64, "{faults:?}");
        check(&cloud, &image);
    }
}

#[test]
fn what_does_not_pass_stops_and_can_be_gone_on_from() {
    for (fault, kind, temporary) in [
        ("UploadPart#4:*=fail:SlowDown:503", Kind::Refused, true),
        ("UploadPart#4:*=drop-request:100", Kind::Network, true),
        ("UploadPart#4:*=fail:AccessDenied:403", Kind::Refused, false),
        ("UploadPart#4:*=wrong-crc", Kind::Mismatch, false),
        ("UploadPart#4:*=fail:SecurityTokenExpired:403", Kind::Refused, false),
        ("CompleteMultipartUpload:*=fail:InternalError:500", Kind::Refused, true),
        ("InitiateMultipartUpload:*=foreign:407:<html>", Kind::Refused, false),
    ] {
        let (cloud, image) = (Cloud::new(), image(5));
        cloud.simulator.fault(rule(fault));
        let error = cloud.upload(&image).unwrap_err();
        assert_eq!((error.kind(), error.is_temporary()), (kind, temporary), "{fault}: {error}");
        assert!(error.to_string().contains("oss://images/dir"), "{error}");
        cloud.simulator.clear_faults();
        let sent = || {
            cloud
                .simulator
                .requests()
                .iter()
                .filter(|r| r.operation == Operation::UploadPart && r.status == Some(200))
                .count()
        };
        let before = sent();
        let done = cloud.upload(&image).unwrap_or_else(|error| panic!("{fault}: {error}"));
        check(&cloud, &image);
        assert_eq!(done.sent + done.kept, 6, "{fault}");
        assert_eq!(sent() - before, done.sent as usize, "{fault}");
    }
}

#[test]
fn an_object_that_is_not_the_image_is_deleted() {
    let (cloud, image) = (Cloud::new(), image(2));
    cloud.simulator.fault(rule("CompleteMultipartUpload:1=wrong-crc"));
    let error = cloud.upload(&image).unwrap_err();
    assert!(error.kind() == Kind::Mismatch && error.to_string().contains("was deleted"), "{error}");
    assert!(cloud.object().is_none());
    cloud.upload(&image).unwrap();
    check(&cloud, &image);
}

/// Asks for a stop after so many bytes.
struct StopAfter(Stop, u64, AtomicU64);

impl Progress for StopAfter {
    fn sent(&self, bytes: u64) {
        if self.2.fetch_add(bytes, Ordering::SeqCst) + bytes >= self.1 {
            self.0.ask();
        }
    }
}

#[test]
fn a_stop_anywhere_loses_nothing_that_arrived() {
    let image = image(6);
    for after in [0, 1000, PART, PART * 3 / 2, PART * 4, PART * 6] {
        let cloud = Cloud::new();
        let stop = Stop::default();
        let progress = StopAfter(stop.clone(), after, AtomicU64::new(0));
        if let Err(error) = cloud.upload_with(&image, &stop, &progress) {
            assert_eq!((error.kind(), error.is_temporary()), (Kind::Stopped, true), "{after}: {error}");
        }
        let requests = cloud.simulator.requests();
        let arrived = requests.iter().filter(|r| r.operation == Operation::UploadPart && r.status == Some(200)).count();
        let done = cloud.upload(&image).unwrap();
        assert!(done.kept as usize == arrived || done.sent + done.kept == 0, "{after}: {done:?}, {arrived} arrived");
        check(&cloud, &image);
    }
}

#[test]
fn a_slow_rate_is_kept_and_can_be_stopped() {
    let (cloud, image) = (Cloud::new(), image(1));
    let stop = Stop::default();
    let upload = |rate, progress: &dyn Progress| {
        let options = Options { part_size: Some(PART), rate: Some(rate), ..Options::default() };
        send(&cloud.bucket(&stop), KEY, Content::Stored(&image), &mut cloud.journal(), options, progress, &|| Ok(()))
    };
    // A hundred bytes a second: without the stop this takes a quarter of an hour.
    let progress = StopAfter(stop.clone(), 1, AtomicU64::new(0));
    assert_eq!(upload(100, &progress).unwrap_err().kind(), Kind::Stopped);
    assert_eq!(cloud.count(Operation::CompleteMultipartUpload), 0);
    // The last part has but 77 bytes, and may have arrived.
    let done = cloud.upload(&image).unwrap();
    assert!(done.sent >= 1 && done.sent + done.kept == 2, "{done:?}");
    check(&cloud, &image);
}

#[test]
fn a_changed_image_is_noticed_on_the_way() {
    let (cloud, mut image) = (Cloud::new(), image(5));
    cloud.simulator.fault(rule("CompleteMultipartUpload:*=fail:InternalError:500"));
    cloud.upload(&image).unwrap_err();
    cloud.simulator.clear_faults();
    image[2 * 100 * 1024 + 5] ^= 1;
    struct Notes(Mutex<String>);
    impl Progress for Notes {
        fn note(&self, text: &str) {
            self.0.lock().unwrap().push_str(text);
        }
    }
    let notes = Notes(Mutex::default());
    let done = cloud.upload_with(&image, &Stop::default(), &notes).unwrap();
    assert_eq!((done.sent, done.kept, done.changed), (1, 5, 1));
    assert!(notes.0.lock().unwrap().contains("part 3"));
    check(&cloud, &image);
}

/// Gives other bytes at each read.
#[derive(Debug)]
struct Restless(AtomicU64);

impl ReadAt for Restless {
    fn size(&self) -> u64 {
        3 * PART
    }
    fn read_at(&self, buf: &mut [u8], _: u64) -> storage::Result<()> {
        buf.fill(self.0.fetch_add(1, Ordering::SeqCst).to_le_bytes()[0]);
        Ok(())
    }
}

#[test]
fn an_image_that_changes_while_it_is_sent_is_an_error() {
    let cloud = Cloud::new();
    let error = cloud.upload(&Restless(AtomicU64::new(0))).unwrap_err();
    assert!(error.kind() == Kind::Source && error.to_string().contains("changed while part"), "{error}");
    let image = image(2);
    let cloud = Cloud::new();
    let changed = || Err(storage::Error::refused("the file changed"));
    let bucket = cloud.bucket(&Stop::default());
    let error = send(&bucket, KEY, Content::Stored(&image), &mut cloud.journal(), Options::default(), &(), &changed)
        .unwrap_err();
    assert!(error.kind() == Kind::Source && cloud.object().is_none(), "{error}");
}

#[test]
fn an_upload_that_is_gone_starts_anew() {
    let (cloud, image) = (Cloud::new(), image(4));
    cloud.simulator.fault(rule("CompleteMultipartUpload:*=fail:AccessDenied:403"));
    cloud.upload(&image).unwrap_err();
    cloud.simulator.clear_faults();
    let Some(ObjectState::Uploading { id, .. }) = cloud.journal().object(BUCKET, KEY) else { panic!("no upload") };
    let bucket = cloud.bucket(&Stop::default());
    assert_eq!(
        bucket.uploads("dir/").unwrap().iter().map(|upload| (&*upload.key, &*upload.id)).collect::<Vec<_>>(),
        [(KEY, &*id)]
    );
    assert!(bucket.abort(KEY, &id).unwrap() && !bucket.abort(KEY, &id).unwrap());
    assert_eq!(cloud.upload(&image).unwrap().sent, 5);
    check(&cloud, &image);
}

#[test]
fn an_image_of_another_size_starts_anew_and_leaves_nothing() {
    let (cloud, image) = (Cloud::new(), image(4));
    cloud.simulator.fault(rule("CompleteMultipartUpload:*=fail:AccessDenied:403"));
    cloud.upload(&image).unwrap_err();
    cloud.simulator.clear_faults();
    let shorter = image[..300_000].to_vec();
    assert_eq!(cloud.upload(&shorter).unwrap().sent, 3);
    check(&cloud, &shorter);
}

#[test]
fn pages_of_parts_are_followed() {
    let (cloud, image) = (Cloud::new(), image(1004));
    cloud.simulator.fault(rule("CompleteMultipartUpload:*=fail:AccessDenied:403"));
    cloud.upload(&image).unwrap_err();
    cloud.simulator.clear_faults();
    let done = cloud.upload(&image).unwrap();
    assert_eq!((done.sent, done.kept), (0, 1005));
    check(&cloud, &image);
}

#[test]
fn no_secret_reaches_the_journal_or_an_error() {
    const CANARY: &str = "canary-91c2";
    let (cloud, image) = (Cloud::new(), image(2));
    let bucket = cloud.bucket_with(Keys::fixed(key(CANARY)), &Stop::default());
    let error = send(&bucket, KEY, Content::Stored(&image), &mut cloud.journal(), Options::default(), &(), &|| Ok(()))
        .unwrap_err();
    assert_eq!(error.code(), "SignatureDoesNotMatch", "{error}");
    cloud.simulator.fault(rule("CompleteMultipartUpload:*=fail:AccessDenied:403"));
    cloud.upload(&image).unwrap_err();
    let journal = std::fs::read_to_string(cloud.journal_path()).unwrap();
    let shown = format!("{error} {error:?} {bucket:?} {journal}");
    assert!(journal.contains("uploading") && !shown.contains(CANARY) && !shown.contains("testsecret"), "{shown}");
}

#[test]
fn what_is_known_of_buckets() {
    let cloud = Cloud::new();
    let info = cloud.bucket(&Stop::default()).info().unwrap();
    assert_eq!((info.region.as_str(), info.storage_class.as_str(), info.encryption), ("cn-hangzhou", "Standard", None));
}
