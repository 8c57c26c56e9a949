//! A server that sends ranges, and servers that do not do what they should.

#![allow(clippy::unwrap_used, clippy::cast_possible_truncation, reason = "a test that cannot go on fails")]

use remote::{Address, Remote};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use storage::{ErrorKind, ReadAt as _};

const BUDGET: u64 = 64 << 20;

/// What the server makes of a request: its number, and the range that is asked for.
type Answer = dyn Fn(usize, u64, u64) -> Vec<u8> + Send + Sync;

/// Serves as long as the test runs. Returns the address, and how often it was asked.
fn serve(answer: impl Fn(usize, u64, u64) -> Vec<u8> + Send + Sync + 'static) -> (Address, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let name = format!("http://user:canary@{}/disk.raw?Signature=canary", listener.local_addr().unwrap());
    let asked = Arc::new(AtomicUsize::new(0));
    let count = asked.clone();
    let answer: Arc<Answer> = Arc::new(answer);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (answer, count) = (answer.clone(), count.clone());
            std::thread::spawn(move || talk(stream.unwrap(), &*answer, &count));
        }
    });
    (Address::of(&name).unwrap(), asked)
}

fn talk(stream: TcpStream, answer: &Answer, asked: &AtomicUsize) {
    let mut input = BufReader::new(stream.try_clone().unwrap());
    let mut output = stream;
    loop {
        let mut range = None;
        loop {
            let mut line = String::new();
            if input.read_line(&mut line).unwrap_or(0) == 0 {
                return;
            }
            let line = line.trim_end().to_ascii_lowercase();
            if let Some(bytes) = line.strip_prefix("range: bytes=") {
                let (first, last) = bytes.split_once('-').unwrap();
                range = Some((first.parse().unwrap(), last.parse::<u64>().unwrap() + 1));
            }
            if line.is_empty() {
                break;
            }
        }
        let (first, end) = range.expect("every request names a range");
        let bytes = answer(asked.fetch_add(1, Ordering::SeqCst), first, end);
        if output.write_all(&bytes).is_err() {
            return;
        }
    }
}

fn partial(disk: &[u8], first: u64, end: u64, headers: &str) -> Vec<u8> {
    let end = end.min(disk.len() as u64);
    let body = &disk[first as usize..end as usize];
    let mut bytes = format!(
        "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes {first}-{}/{}\r\nContent-Length: {}\r\n{headers}\r\n",
        end - 1,
        disk.len(),
        body.len()
    )
    .into_bytes();
    bytes.extend(body);
    bytes
}

fn status(line: &str) -> Vec<u8> {
    format!("HTTP/1.1 {line}\r\nContent-Length: 0\r\n\r\n").into_bytes()
}

/// Bytes that tell where they are.
fn disk(len: usize) -> Vec<u8> {
    (0..len).map(|at| (at / 251 + at % 251) as u8).collect()
}

fn refused(address: Address, kind: ErrorKind, word: &str) {
    let error = Remote::open(address, BUDGET).unwrap_err();
    assert_eq!(error.kind(), kind, "{error}");
    let text = format!("{error} {error:?}");
    assert!(text.contains(word) && !text.contains("canary"), "{text}");
}

#[test]
fn reads_any_range_and_asks_for_nothing_twice() {
    let bytes = disk(10_000_001);
    let served = bytes.clone();
    let (address, asked) = serve(move |_, first, end| partial(&served, first, end, "ETag: \"1\"\r\n"));
    let remote = Remote::open(address, BUDGET).unwrap();
    assert_eq!(remote.size(), 10_000_001);
    for (offset, len) in [(0, 1), (65_535, 2), (10_000_000, 1), (3_000_000, 500_000), (3_100_000, 17), (1, 0)] {
        let mut buf = vec![0; len];
        remote.read_at(&mut buf, offset as u64).unwrap();
        assert!(buf == bytes[offset..offset + len], "{offset}+{len}");
    }
    assert_eq!(asked.load(Ordering::SeqCst), remote.requests() as usize);
    let sent = remote.sent();
    assert!(sent < 1_000_000, "{sent}");
    remote.read_at(&mut [0; 500_000], 3_000_000).unwrap();
    assert_eq!(remote.sent(), sent);
    assert_eq!(remote.read_at(&mut [0; 2], 10_000_000).unwrap_err().kind(), ErrorKind::Corrupt);
    assert!(!format!("{remote:?}").contains("canary"));
}

#[test]
fn who_reads_on_is_sent_more_at_once() {
    let bytes = disk(16 << 20);
    let (address, asked) = serve(move |_, first, end| partial(&bytes, first, end, ""));
    let remote = Remote::open(address, BUDGET).unwrap();
    let mut buf = [0; 4096];
    for offset in (0..remote.size()).step_by(buf.len()) {
        remote.read_at(&mut buf, offset).unwrap();
    }
    assert_eq!(remote.sent(), 16 << 20);
    assert!(asked.load(Ordering::SeqCst) < 16, "{asked:?}");
}

#[test]
fn no_more_is_sent_than_is_allowed() {
    let bytes = disk(8 << 20);
    let (address, _) = serve(move |_, first, end| partial(&bytes, first, end, ""));
    let remote = Remote::open(address, 1 << 20).unwrap();
    let mut buf = vec![0; 65536];
    let failed = (0..128).find_map(|block| remote.read_at(&mut buf, block * 65536).err()).unwrap();
    assert_eq!((failed.kind(), remote.sent()), (ErrorKind::Refused, 1 << 20));
    assert!(failed.to_string().contains("--max-read"), "{failed}");
    // What came is still there.
    remote.read_at(&mut buf, 0).unwrap();
}

#[test]
fn an_empty_image_is_empty() {
    let (address, _) = serve(|_, _, _| {
        b"HTTP/1.1 416 Range Not Satisfiable\r\nContent-Range: bytes */0\r\nContent-Length: 0\r\n\r\n".to_vec()
    });
    assert_eq!(Remote::open(address, BUDGET).unwrap().size(), 0);
}

#[test]
fn servers_that_cannot_be_read_from_are_told_apart() {
    let whole = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndisk";
    refused(serve(|_, _, _| whole.to_vec()).0, ErrorKind::Unsupported, "download it first");
    refused(serve(|_, _, _| status("404 Not Found")).0, ErrorKind::Io, "404");
    refused(serve(|_, _, _| status("403 Forbidden")).0, ErrorKind::Io, "presigned");
    let odd = b"HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 7-9/10\r\nContent-Length: 3\r\n\r\nabc";
    refused(serve(|_, _, _| odd.to_vec()).0, ErrorKind::Io, "asked for");
    refused(gone(), ErrorKind::Io, "127.0.0.1");
}

/// An address where nobody listens any more.
fn gone() -> Address {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    Address::of(&format!("http://{}/disk?canary", listener.local_addr().unwrap())).unwrap()
}

#[test]
fn a_stumble_is_forgiven() {
    let bytes = disk(200_000);
    let (address, asked) = serve(move |number, first, end| match number {
        0 => status("503 Service Unavailable"),
        // The connection stays open, and nothing more comes: what follows is the next answer.
        1 => status("429 Too Many Requests"),
        _ => partial(&bytes, first, end, ""),
    });
    assert_eq!(Remote::open(address, BUDGET).unwrap().size(), 200_000);
    assert_eq!(asked.load(Ordering::SeqCst), 3);
}

#[test]
fn an_image_that_changes_is_noticed() {
    let bytes = disk(1 << 20);
    let (address, _) =
        serve(move |number, first, end| partial(&bytes, first, end, &format!("ETag: \"{}\"\r\n", number.min(1))));
    let remote = Remote::open(address, BUDGET).unwrap();
    let error = remote.read_at(&mut [0; 10], 900_000).unwrap_err();
    assert!(error.to_string().contains("was changed"), "{error}");
}

#[test]
fn too_little_to_read_anything_is_said() {
    let (address, _) = serve(|_, _, _| status("500 Oh"));
    assert_eq!(Remote::open(address, 1000).unwrap_err().kind(), ErrorKind::Refused);
}

#[test]
fn an_answer_that_breaks_off_is_asked_for_again() {
    let bytes = disk(100_000);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = Address::of(&format!("http://{}/disk", listener.local_addr().unwrap())).unwrap();
    let served = bytes.clone();
    std::thread::spawn(move || {
        for (number, stream) in listener.incoming().enumerate() {
            let mut stream = stream.unwrap();
            let mut request = [0; 4096];
            let _ = stream.read(&mut request).unwrap();
            let answer = partial(&served, 0, 65536, "Connection: close\r\n");
            let len = if number == 0 { answer.len() / 2 } else { answer.len() };
            stream.write_all(&answer[..len]).unwrap();
        }
    });
    let remote = Remote::open(address, BUDGET).unwrap();
    let mut buf = [0; 65536];
    remote.read_at(&mut buf, 0).unwrap();
    assert!(buf == bytes[..65536]);
}
