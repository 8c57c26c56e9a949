//! HTTP: connections that stay, chunks, interim answers, and what is not HTTP.

use crate::client::{Client, account, oss, oss_head, start};
use simulator::{Fault, Operation, Rule, Service, Simulator};
use std::time::Duration;

fn put(simulator: &Simulator, headers: &[(&str, &str)]) -> String {
    oss_head(simulator, &account(), "PUT", "/bkt/k", headers)
}

#[test]
fn a_connection_is_used_again_even_after_a_refusal() {
    let simulator = start();
    let mut client = Client::connect(simulator.address(Service::Oss));
    client.write(b"PUT /bkt/k HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello");
    assert_eq!(client.read(false).expect("an answer").value("Code"), "AccessDenied");
    for _ in 0..2 {
        client.write(put(&simulator, &[("content-length", "5")]).as_bytes());
        client.write(b"hello");
        assert_eq!(client.read(false).expect("an answer").status, 200);
    }
    client.write(oss_head(&simulator, &account(), "HEAD", "/bkt/k", &[("connection", "close")]).as_bytes());
    assert_eq!(client.read(true).expect("an answer").headers["content-length"], "5");
    assert!(client.is_closed());
}

#[test]
fn chunks_are_taken() {
    let simulator = start();
    let mut client = Client::connect(simulator.address(Service::Oss));
    client.write(put(&simulator, &[("transfer-encoding", "chunked")]).as_bytes());
    client.write(b"5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n");
    assert_eq!(client.read(false).expect("an answer").status, 200);
    let mut stored = Vec::new();
    simulator.copy_object("bkt", "k", &mut stored).expect("an object");
    assert_eq!(stored, b"hello world");
}

#[test]
fn a_client_that_waits_is_told_to_go_on_or_refused_at_once() {
    let simulator = start();
    let mut client = Client::connect(simulator.address(Service::Oss));
    client.write(put(&simulator, &[("content-length", "5"), ("expect", "100-continue")]).as_bytes());
    assert_eq!(client.read(true).expect("an interim answer").status, 100);
    client.write(b"hello");
    assert_eq!(client.read(false).expect("an answer").status, 200);
    client.write(b"PUT /bkt/k HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
    assert_eq!(client.read(false).expect("an answer").status, 403);
    assert!(client.is_closed());
}

#[test]
fn what_is_not_http_is_refused_and_nothing_stays() {
    let simulator = start();
    for bytes in [
        b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n".as_slice(),
        b"GET / HTTP/1.1\r\nHost: h\r\nContent-Length: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"PUT /bkt/k HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n",
    ] {
        let mut client = Client::connect(simulator.address(Service::Oss));
        client.write(bytes);
        assert_eq!(client.read(false).expect("an answer").status, 400);
        assert!(client.is_closed());
    }
    // A body that ends too soon is no object.
    let mut client = Client::connect(simulator.address(Service::Oss));
    client.write(put(&simulator, &[("content-length", "500")]).as_bytes());
    client.write(b"only this");
    drop(client);
    assert_eq!(oss(&simulator, "GET", "/bkt/k", &[], b"").expect("an answer").value("Code"), "NoSuchKey");
}

#[test]
fn it_stops_when_it_is_dropped_and_leaves_nothing() {
    let scratch = tempfile::tempdir().expect("a folder");
    let options = simulator::Options { scratch: Some(scratch.path().to_owned()), ..simulator::Options::default() };
    let simulator = crate::client::start_with(options);
    simulator.put_object("bkt", "k", b"x").expect("stored");
    let address = simulator.address(Service::Oss);
    let mut idle = Client::connect(address);
    idle.write(b"GET /unfinished");
    // Nobody waits for a fault that waits.
    simulator.fault(Rule::on(Operation::GetObject, Fault::Delay(Duration::from_secs(3600))));
    let mut waiting = Client::connect(address);
    waiting.write(b"GET /bkt/k HTTP/1.1\r\nHost: h\r\n\r\n");
    drop(simulator);
    assert!(idle.is_closed() && waiting.is_closed());
    // Whether anybody listens there now proves nothing: the port is free for the next one.
    assert_eq!(std::fs::read_dir(scratch.path()).expect("readable").count(), 0);
}
