//! OSS: what the official SDKs do not ask for.

use crate::client::{account, oss, oss_as, start};
use simulator::{Bucket, Operation, SimulatedKey, Simulator};
use std::time::Duration;

const PART: usize = 100 << 10;

/// An upload with these parts; its id.
pub(crate) fn upload(simulator: &Simulator, key: &str, parts: &[&[u8]]) -> (String, Vec<String>) {
    let started = oss(simulator, "POST", &format!("/bkt/{key}?uploads"), &[], b"").expect("an answer");
    let id = started.value("UploadId");
    let etags = (1..).zip(parts).map(|(number, part)| {
        let target = format!("/bkt/{key}?partNumber={number}&uploadId={id}");
        oss(simulator, "PUT", &target, &[], part).expect("an answer").headers["etag"].clone()
    });
    (id.clone(), etags.collect())
}

/// The list of parts that completes an upload.
pub(crate) fn list(etags: &[String]) -> String {
    let parts = (1..)
        .zip(etags)
        .map(|(number, etag)| format!("<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag></Part>"));
    format!("<CompleteMultipartUpload>{}</CompleteMultipartUpload>", parts.collect::<String>())
}

#[test]
fn the_checksum_of_parts_is_that_of_the_whole() {
    let simulator = start();
    let whole: Vec<u8> = (0..=250).cycle().take(3 * PART + 77).collect();
    let plain = oss(&simulator, "PUT", "/bkt/plain", &[], &whole).expect("an answer");
    let parts: Vec<_> = whole.chunks(PART).collect();
    let (id, etags) = upload(&simulator, "parts", &parts);
    assert_eq!(simulator.uploads("bkt")[0].parts.len(), 4);
    let target = format!("/bkt/parts?uploadId={id}");
    let done = oss(&simulator, "POST", &target, &[], list(&etags).as_bytes()).expect("an answer");
    assert_eq!((done.status, done.crc()), (200, plain.crc()));
    assert!(done.value("ETag").ends_with("-4\""));
    let ranged = oss(&simulator, "GET", "/bkt/parts", &[("range", "bytes=102390-204810")], b"").expect("an answer");
    assert_eq!((ranged.status, &ranged.body[..]), (206, &whole[102_390..=204_810]));
    assert_eq!(ranged.headers["content-range"], format!("bytes 102390-204810/{}", whole.len()));
    assert_eq!(simulator.object("bkt", "parts").expect("an object").crc64, plain.crc());
}

#[test]
fn parts_may_come_again_and_gaps_are_legal() {
    let simulator = start();
    let (id, mut etags) = upload(&simulator, "k", &[&[1; PART], &[2; PART], b"end"]);
    let target = format!("/bkt/k?partNumber=1&uploadId={id}");
    etags[0] = oss(&simulator, "PUT", &target, &[], &[9; PART]).expect("an answer").headers["etag"].clone();
    let gap = list(&etags).replace(&format!("<Part><PartNumber>2</PartNumber><ETag>{}</ETag></Part>", etags[1]), "");
    let done = oss(&simulator, "POST", &format!("/bkt/k?uploadId={id}"), &[], gap.as_bytes()).expect("an answer");
    assert_eq!(done.status, 200);
    let mut stored = Vec::new();
    assert_eq!(simulator.copy_object("bkt", "k", &mut stored).expect("an object"), PART as u64 + 3);
    assert_eq!((stored[0], &stored[PART..]), (9, b"end".as_slice()));
}

#[test]
fn completion_is_refused_for_what_is_no_list() {
    let simulator = start();
    let (id, etags) = upload(&simulator, "k", &[b"x"]);
    let target = format!("/bkt/k?uploadId={id}");
    let good = list(&etags);
    for (body, code) in [
        (String::new(), "MalformedXML"),
        ("<CompleteMultipartUpload></CompleteMultipartUpload>".to_owned(), "MalformedXML"),
        (good.replace("</Part>", ""), "MalformedXML"),
        (good.replace("<PartNumber>1", "<PartNumber>one"), "MalformedXML"),
        (good.replace("<PartNumber>1", "<PartNumber>2"), "InvalidPart"),
        (list(&[etags[0].clone(), etags[0].clone()]).replace("<PartNumber>2", "<PartNumber>1"), "InvalidPartOrder"),
    ] {
        assert_eq!(
            oss(&simulator, "POST", &target, &[], body.as_bytes()).expect("an answer").value("Code"),
            code,
            "{body}"
        );
    }
    let wrong = [("content-md5", "AAAAAAAAAAAAAAAAAAAAAA==")];
    let digest = oss(&simulator, "POST", &target, &wrong, good.as_bytes()).expect("an answer");
    assert_eq!(digest.value("Code"), "InvalidDigest");
    assert_eq!(oss(&simulator, "POST", &target, &[], good.as_bytes()).expect("an answer").status, 200);
}

#[test]
fn numbers_of_parts_keys_and_lengths_have_bounds() {
    let simulator = start();
    let (id, _) = upload(&simulator, "k", &[]);
    for number in ["0", "10001", "x", "-1"] {
        let target = format!("/bkt/k?partNumber={number}&uploadId={id}");
        assert_eq!(oss(&simulator, "PUT", &target, &[], b"x").expect("an answer").value("Code"), "InvalidArgument");
    }
    let long = format!("/bkt/{}", "k".repeat(1024));
    assert_eq!(oss(&simulator, "PUT", &long, &[], b"x").expect("an answer").value("Code"), "InvalidObjectName");
    let other = format!("/bkt/other?uploadId={id}");
    assert_eq!(oss(&simulator, "GET", &other, &[], b"").expect("an answer").value("Code"), "NoSuchUpload");
}

#[test]
fn an_overwrite_is_forbidden_from_the_beginning_to_the_end() {
    let simulator = start();
    let guard = [("x-oss-forbid-overwrite", "true")];
    let started = oss(&simulator, "POST", "/bkt/k?uploads", &guard, b"").expect("an answer");
    let id = started.value("UploadId");
    let part = oss(&simulator, "PUT", &format!("/bkt/k?partNumber=1&uploadId={id}"), &[], b"x").expect("an answer");
    simulator.put_object("bkt", "k", b"someone else's").expect("stored");
    let list = list(&[part.headers["etag"].clone()]);
    let refused = oss(&simulator, "POST", &format!("/bkt/k?uploadId={id}"), &[], list.as_bytes()).expect("an answer");
    assert_eq!((refused.status, refused.value("Code").as_str()), (409, "FileAlreadyExists"));
    assert_eq!(simulator.object("bkt", "k").expect("an object").size, 14);
}

#[test]
fn archived_objects_and_absent_ranges_are_refused() {
    let simulator = start();
    simulator.add_bucket(Bucket { storage_class: "Archive".to_owned(), ..Bucket::new("old") });
    simulator.put_object("old", "k", b"x").expect("stored");
    assert_eq!(oss(&simulator, "GET", "/old/k", &[], b"").expect("an answer").value("Code"), "InvalidObjectState");
    simulator.put_object("bkt", "k", b"0123456789").expect("stored");
    let standard = [("range", "bytes=10-"), ("x-oss-range-behavior", "standard")];
    assert_eq!(oss(&simulator, "GET", "/bkt/k", &standard, b"").expect("an answer").value("Code"), "InvalidRange");
    let lenient = oss(&simulator, "GET", "/bkt/k", &[("range", "bytes=10-")], b"").expect("an answer");
    assert_eq!((lenient.status, lenient.body.len()), (200, 10));
}

#[test]
fn rights_and_keys_can_be_taken_away() {
    let simulator = start();
    let key = simulator.temporary_key(Duration::from_secs(3600));
    let put =
        |key: &SimulatedKey| oss_as(&simulator, key, "PUT", "/bkt/k", &[], b"x").expect("an answer").value("Code");
    assert_eq!((put(&account()), put(&key)), (String::new(), String::new()));
    simulator.deny(Operation::PutObject);
    assert_eq!((put(&account()), put(&key)), ("AccessDenied".to_owned(), "AccessDenied".to_owned()));
    simulator.allow(Operation::PutObject);
    simulator.expire_tokens();
    assert_eq!((put(&account()), put(&key)), (String::new(), "SecurityTokenExpired".to_owned()));
    let debug = format!("{key:?}{simulator:?}");
    assert!(!debug.contains(&key.secret) && !debug.contains(&key.token), "{debug}");
}

#[test]
fn a_wrong_secret_and_a_wrong_key_are_told_apart() {
    let simulator = start();
    let put = |key: &SimulatedKey| oss_as(&simulator, key, "PUT", "/bkt/k", &[], b"x").expect("an answer");
    let wrong = put(&SimulatedKey { secret: "other".to_owned(), ..account() });
    assert_eq!((wrong.status, wrong.value("Code").as_str()), (403, "SignatureDoesNotMatch"));
    assert!(wrong.value("StringToSign").starts_with("PUT\n"), "what was signed is shown");
    let nobody = put(&SimulatedKey { id: "nobody".to_owned(), ..account() });
    assert_eq!((nobody.status, nobody.value("Code").as_str()), (403, "InvalidAccessKeyId"));
    assert!(simulator.object("bkt", "k").is_none());
}
