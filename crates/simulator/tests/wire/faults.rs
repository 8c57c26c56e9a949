//! Every fault over the wire: what the client sees, and what the cloud did.

use crate::client::{account, asked, oss, oss_as, rpc, start};
use crate::oss::{list, upload};
use simulator::{Fault, Operation, Rule, Service, SimulatedKey};
use std::time::{Duration, Instant};

#[test]
fn a_cut_request_does_nothing_and_a_cut_answer_does_all() {
    let simulator = start();
    simulator.fault("PutObject:1=drop-request:3".parse().expect("a rule"));
    simulator.fault("PutObject:2=drop-response:0".parse().expect("a rule"));
    simulator.fault("PutObject:3=drop-response:40".parse().expect("a rule"));
    for (body, stored) in [(b"first!", None), (b"second", Some(6)), (b"third!", Some(6))] {
        assert!(oss(&simulator, "PUT", "/bkt/k", &[], body).is_none());
        assert_eq!(simulator.object("bkt", "k").map(|object| object.size), stored);
    }
    assert_eq!(oss(&simulator, "PUT", "/bkt/k", &[], b"fourth").expect("an answer").status, 200);
    let seen: Vec<_> = asked(&simulator, Operation::PutObject).iter().map(|r| (r.received, r.status)).collect();
    assert_eq!(seen, [(3, None), (6, Some(200)), (6, Some(200)), (6, Some(200))]);
}

#[test]
fn a_completion_whose_answer_is_lost_is_complete() {
    let simulator = start();
    let (id, etags) = upload(&simulator, "k", &[b"x"]);
    simulator.fault(Rule::on(Operation::CompleteMultipartUpload, Fault::DropResponse(0)).nth(1));
    let target = format!("/bkt/k?uploadId={id}");
    assert!(oss(&simulator, "POST", &target, &[], list(&etags).as_bytes()).is_none());
    let again = oss(&simulator, "POST", &target, &[], list(&etags).as_bytes()).expect("an answer");
    assert_eq!(again.value("Code"), "NoSuchUpload");
    assert_eq!(oss(&simulator, "HEAD", "/bkt/k", &[], b"").expect("an answer").headers["content-length"], "1");
}

#[test]
fn a_completion_that_fails_after_the_deed_is_complete() {
    let simulator = start();
    let (id, etags) = upload(&simulator, "k", &[b"x"]);
    simulator.fault("CompleteMultipartUpload:1=fail-after:InternalError".parse().expect("a rule"));
    let target = format!("/bkt/k?uploadId={id}");
    let failed = oss(&simulator, "POST", &target, &[], list(&etags).as_bytes()).expect("an answer");
    assert_eq!((failed.status, failed.value("Code").as_str()), (500, "InternalError"));
    assert!(simulator.object("bkt", "k").is_some());
}

#[test]
fn a_late_completion_is_complete_only_later() {
    let simulator = start();
    let (id, etags) = upload(&simulator, "k", &[b"x"]);
    simulator.fault("CompleteMultipartUpload:1=late:300".parse().expect("a rule"));
    let target = format!("/bkt/k?uploadId={id}");
    assert!(oss(&simulator, "POST", &target, &[], list(&etags).as_bytes()).is_none());
    assert!(simulator.object("bkt", "k").is_none());
    let patience = Instant::now();
    while simulator.object("bkt", "k").is_none() {
        assert!(patience.elapsed() < Duration::from_secs(20), "it never came");
        std::thread::sleep(Duration::from_millis(10));
    }
    assert!(simulator.uploads("bkt").is_empty());
}

#[test]
fn a_wrong_tag_is_in_the_answer_only() {
    let simulator = start();
    simulator.fault("PutObject:1=wrong-etag".parse().expect("a rule"));
    let wrong = oss(&simulator, "PUT", "/bkt/k", &[], b"hello").expect("an answer").headers["etag"].clone();
    assert_ne!(simulator.object("bkt", "k").expect("an object").etag, wrong);
}

#[test]
fn storms_pass_and_say_when_to_come_again() {
    let simulator = start();
    simulator.fault("DescribeRegions:-2=fail:ServiceUnavailable:503:7".parse().expect("a rule"));
    for status in [503, 503, 200] {
        let answer = rpc(&simulator, Service::Ecs, "DescribeRegions", &[]).expect("an answer");
        assert_eq!(answer.status, status);
        assert_eq!(answer.headers.get("retry-after").map(String::as_str), (status == 503).then_some("7"));
    }
}

#[test]
fn changed_bytes_show_in_digests_and_wrong_sums_in_answers() {
    let simulator = start();
    let good = oss(&simulator, "PUT", "/bkt/k", &[], b"hello").expect("an answer");
    simulator.fault(Rule::on(Operation::PutObject, Fault::FlipByte(2)).first(2));
    let flipped = oss(&simulator, "PUT", "/bkt/k", &[], b"hello").expect("an answer");
    assert!(flipped.status == 200 && flipped.crc() != good.crc() && flipped.headers["etag"] != good.headers["etag"]);
    let digest = [("content-md5", good.headers["content-md5"].as_str())];
    let refused = oss(&simulator, "PUT", "/bkt/k", &digest, b"hello").expect("an answer");
    assert_eq!(refused.value("Code"), "InvalidDigest");
    assert_eq!(oss(&simulator, "PUT", "/bkt/k", &digest, b"hello").expect("an answer").crc(), good.crc());
    simulator.fault(Rule::on(Operation::PutObject, Fault::WrongCrc));
    let wrong = oss(&simulator, "PUT", "/bkt/k", &[], b"hello").expect("an answer");
    assert!(wrong.crc() != good.crc() && wrong.headers["etag"] == good.headers["etag"]);
}

#[test]
fn tokens_expire_from_a_request_on_and_new_ones_hold() {
    let simulator = start();
    simulator.fault(Rule::on(Operation::PutObject, Fault::ExpireTokens).nth(2));
    let old = simulator.temporary_key(Duration::from_secs(3600));
    let put =
        |key: &SimulatedKey| oss_as(&simulator, key, "PUT", "/bkt/k", &[], b"x").expect("an answer").value("Code");
    assert_eq!([put(&old), put(&old), put(&old)], ["", "SecurityTokenExpired", "SecurityTokenExpired"]);
    assert_eq!(put(&simulator.temporary_key(Duration::from_secs(3600))), "");
    assert_eq!(put(&account()), "");
}

#[test]
fn a_skewed_clock_shows_in_refusals_and_in_dates() {
    let simulator = start();
    let head = crate::client::oss_head(&simulator, &account(), "GET", "/bkt/k", &[]);
    simulator.fault(Rule::on(Operation::GetObject, Fault::Skew(3600)).nth(1));
    let mut client = crate::client::Client::connect(simulator.address(Service::Oss));
    client.write(head.as_bytes());
    assert_eq!(client.read(false).expect("an answer").value("Code"), "RequestTimeTooSkewed");
    // The test's client takes the time from the answers, as one that corrects its clock does.
    assert_eq!(oss(&simulator, "GET", "/bkt/k", &[], b"").expect("an answer").value("Code"), "NoSuchKey");
    simulator.skew(0);
    assert_eq!(oss(&simulator, "GET", "/bkt/k", &[], b"").expect("an answer").value("Code"), "NoSuchKey");
}

#[test]
fn a_proxy_answers_and_requests_wait() {
    let simulator = start();
    simulator.fault("GetObject:1=foreign:502:<html>busy</html>".parse().expect("a rule"));
    simulator.fault("GetObject:2=delay:50".parse().expect("a rule"));
    let foreign = oss(&simulator, "GET", "/bkt/k", &[], b"").expect("an answer");
    assert_eq!((foreign.status, foreign.text().as_str()), (502, "<html>busy</html>"));
    let started = Instant::now();
    assert_eq!(oss(&simulator, "GET", "/bkt/k", &[], b"").expect("an answer").status, 404);
    assert!(started.elapsed() >= Duration::from_millis(50), "a wait has a shortest time");
    let faults: Vec<_> =
        asked(&simulator, Operation::GetObject).into_iter().map(|record| record.faults.len()).collect();
    assert_eq!(faults, [1, 1]);
}
