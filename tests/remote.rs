//! Images behind HTTP addresses.

use crate::program::{Ran, in_tree, run, s};
use serde_json::Value;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;

/// Serves the file as long as the tests run; the address has a secret in it.
fn serve(path: &Path) -> String {
    let bytes = std::fs::read(path).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/some/disk.qcow2?Signature=canary", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            answer(stream.unwrap(), &bytes);
        }
    });
    address
}

/// Answers until the client hangs up.
fn answer(mut stream: TcpStream, bytes: &[u8]) {
    let input = BufReader::new(stream.try_clone().unwrap());
    let mut range = 0..0;
    for line in input.lines().map_while(Result::ok) {
        if let Some(asked) = line.to_ascii_lowercase().strip_prefix("range: bytes=") {
            let (first, last) = asked.split_once('-').unwrap();
            range = first.parse().unwrap()..(last.parse::<usize>().unwrap() + 1).min(bytes.len());
        }
        if line.is_empty() {
            let head = format!(
                "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes {}-{}/{}\r\nContent-Length: {}\r\n\r\n",
                range.start,
                range.end - 1,
                bytes.len(),
                range.len()
            );
            stream.write_all(head.as_bytes()).unwrap();
            stream.write_all(&bytes[range.clone()]).unwrap();
        }
    }
}

fn facts(ran: &Ran) -> Value {
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(!ran.stdout.contains("canary") && !ran.stderr.contains("canary"), "{ran:?}");
    serde_json::from_str(&ran.stdout).unwrap()
}

#[test]
fn facts_are_those_of_the_file() {
    let file = in_tree("fixtures/debian-like.qcow2");
    let mut here = facts(&run(["inspect", "--output=json", s(&file)]));
    let mut there = facts(&run(["inspect", "--output=json", &serve(&file)]));
    let image = there["image"].as_object_mut().unwrap();
    let read = image.remove("remote").unwrap();
    assert!(read["bytes"].as_u64() <= image["file_size"].as_u64() && read["requests"].as_u64() > Some(0), "{read}");
    assert!(image["path"].as_str().unwrap().ends_with("/some/disk.qcow2"));
    image.insert("path".into(), here["image"]["path"].take());
    here["image"]["path"] = image["path"].clone();
    assert_eq!(here, there);
}

#[test]
fn an_image_is_judged_and_its_secrets_stay_secret() {
    let address = serve(&in_tree("fixtures/broken.qcow2"));
    let ran = run(["preflight", &address]);
    assert_eq!(ran.code, 10);
    assert!(ran.stdout.starts_with("NOT READY") && ran.stdout.contains("/etc/fstab:3"), "{}", ran.stdout);
    let text = run(["inspect", &address]);
    assert!(text.stdout.contains("of the server"), "{}", text.stdout);
    for ran in [ran, text, run(["convert", &address, "/nowhere/out.raw"]), run(["info", &address])] {
        assert!(!ran.stdout.contains("canary") && !ran.stderr.contains("canary"), "{ran:?}");
    }
}

#[test]
fn a_packed_image_is_unpacked() {
    let directory = tempfile::tempdir().unwrap();
    let packed = directory.path().join("packed");
    let bytes = std::fs::read(in_tree("fixtures/debian-like.qcow2")).unwrap();
    std::fs::write(&packed, zstd_of(&bytes)).unwrap();
    let ran = run(["inspect", "--output=json", &serve(&packed)]);
    assert_eq!(facts(&ran)["image"]["format"]["is"], "zstd");
    assert!(ran.stderr.contains("is compressed with zstd"), "{}", ran.stderr);
}

/// A frame of raw blocks (RFC 8878), which no program is needed for.
fn zstd_of(bytes: &[u8]) -> Vec<u8> {
    const BLOCK: usize = 128 << 10;
    let mut out = vec![0x28, 0xb5, 0x2f, 0xfd, 0b1010_0000];
    out.extend(u32::try_from(bytes.len()).unwrap().to_le_bytes());
    let blocks = bytes.chunks(BLOCK);
    let count = blocks.len();
    for (number, block) in blocks.enumerate() {
        let header = u32::try_from(block.len() << 3).unwrap() | u32::from(number + 1 == count);
        out.extend(&header.to_le_bytes()[..3]);
        out.extend(block);
    }
    out
}

#[test]
fn what_cannot_be_read_is_said_in_one_line() {
    let address = serve(&in_tree("fixtures/debian-like.qcow2"));
    for (args, code, word) in [
        (vec!["convert", &address, "/nowhere/out.raw"], 2, "download it first"),
        (vec!["info", &address], 2, "download it first"),
        (vec!["inspect", "--max-read=1k", &address], 20, "--max-read"),
        (vec!["inspect", "http://127.0.0.1:1/disk?canary"], 1, "127.0.0.1:1/disk"),
    ] {
        let ran = run(&args);
        assert_eq!(ran.code, code, "{args:?}: {ran:?}");
        assert!(ran.stderr.contains(word) && !ran.stderr.contains("canary"), "{ran:?}");
        assert_eq!(ran.stderr.lines().count(), 1, "{}", ran.stderr);
    }
}
