//! A client of a few lines: one connection, OSS signature V1, RPC signature V1.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use simulator::{Bucket, Operation, Options, Pace, Record, Service, SimulatedKey, Simulator};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The text of the first element, or of the first member, with this name.
    pub(crate) fn value(&self, name: &str) -> String {
        let text = self.text();
        let xml = text.split_once(&format!("<{name}>")).and_then(|(_, rest)| rest.split_once('<'));
        let json = || text.split_once(&format!("\"{name}\":\"")).and_then(|(_, rest)| rest.split_once('"'));
        xml.or_else(json).map(|(value, _)| value.replace("&quot;", "\"")).unwrap_or_default()
    }

    pub(crate) fn crc(&self) -> u64 {
        self.headers["x-oss-hash-crc64ecma"].parse().expect("a number")
    }
}

/// A cloud with a bucket, whose tasks wait for [`Simulator::advance`].
pub(crate) fn start() -> Simulator {
    start_with(Options { pace: Pace::Manual, import_time: Duration::from_secs(100), ..Options::default() })
}

pub(crate) fn start_with(options: Options) -> Simulator {
    let simulator = Simulator::start(options).expect("loopback");
    simulator.add_bucket(Bucket::new("bkt"));
    simulator
}

/// One connection.
pub(crate) struct Client {
    stream: BufReader<TcpStream>,
}

impl Client {
    pub(crate) fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).expect("connected");
        stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a time limit");
        Self { stream: BufReader::new(stream) }
    }

    pub(crate) fn write(&mut self, bytes: &[u8]) {
        // A connection that the simulator cut shows when it is read.
        let _ = self.stream.get_mut().write_all(bytes);
    }

    /// `None`: the connection was closed before an answer was whole.
    pub(crate) fn read(&mut self, headless: bool) -> Option<Answer> {
        let mut line = String::new();
        self.stream.read_line(&mut line).ok().filter(|read| *read > 0)?;
        let status = line.split(' ').nth(1)?.parse().ok()?;
        let mut headers = BTreeMap::new();
        loop {
            line.clear();
            self.stream.read_line(&mut line).ok().filter(|read| *read > 0)?;
            match line.trim_end().split_once(": ") {
                Some((name, value)) => headers.insert(name.to_ascii_lowercase(), value.to_owned()),
                None => break,
            };
        }
        let length = headers.get("content-length").map_or(0, |text| text.parse().expect("a length"));
        let mut body = vec![0; if headless { 0 } else { length }];
        self.stream.read_exact(&mut body).ok()?;
        Some(Answer { status, headers, body })
    }

    /// True: the peer has closed.
    pub(crate) fn is_closed(&mut self) -> bool {
        // What was answered before the end does not matter.
        match self.stream.read_to_end(&mut Vec::new()) {
            Ok(_) => true,
            Err(error) => error.kind() == ErrorKind::ConnectionReset,
        }
    }
}

/// Who signs.
pub(crate) fn account() -> SimulatedKey {
    SimulatedKey { id: "testid".to_owned(), secret: "testsecret".to_owned(), token: String::new() }
}

fn mac(key: &str, text: &str) -> String {
    let mut mac = Hmac::<Sha1>::new_from_slice(key.as_bytes()).expect("any key");
    mac.update(text.as_bytes());
    STANDARD.encode(mac.finalize().into_bytes())
}

/// Now, as HTTP and as ISO write it, by the `date` of the services' own answers.
fn now(simulator: &Simulator) -> (String, String) {
    let mut client = Client::connect(simulator.address(Service::Oss));
    client.write(b"GET /none HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
    let http = client.read(false).expect("an answer").headers["date"].clone();
    let words: Vec<_> = http.split(' ').collect();
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let month = 1 + months.iter().position(|month| *month == words[2]).expect("a month");
    let iso = format!("{}-{month:02}-{}T{}Z", words[3], words[1], words[4]);
    (http, iso)
}

/// The head of a signed request of OSS. `target` is `/bkt/key?query`; its query is signed whole.
pub(crate) fn oss_head(
    simulator: &Simulator,
    key: &SimulatedKey,
    method: &str,
    target: &str,
    headers: &[(&str, &str)],
) -> String {
    let date = now(simulator).0;
    let mut all: BTreeMap<_, _> =
        headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    if !key.token.is_empty() {
        all.insert("x-oss-security-token".to_owned(), key.token.clone());
    }
    let signed: String = all
        .iter()
        .filter(|(name, _)| name.starts_with("x-oss-"))
        .map(|(name, value)| format!("{name}:{value}\n"))
        .collect();
    let field = |name: &str| all.get(name).map_or("", String::as_str);
    let text = format!("{method}\n{}\n{}\n{date}\n{signed}{target}", field("content-md5"), field("content-type"));
    let mut head = format!("{method} {target} HTTP/1.1\r\nHost: 127.0.0.1\r\nDate: {date}\r\n");
    head.push_str(&format!("Authorization: OSS {}:{}\r\n", key.id, mac(&key.secret, &text)));
    for (name, value) in all {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head + "\r\n"
}

/// One request of OSS on a connection of its own.
pub(crate) fn oss(
    simulator: &Simulator,
    method: &str,
    target: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Option<Answer> {
    oss_as(simulator, &account(), method, target, headers, body)
}

pub(crate) fn oss_as(
    simulator: &Simulator,
    key: &SimulatedKey,
    method: &str,
    target: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Option<Answer> {
    let length = body.len().to_string();
    let headers: Vec<_> = headers.iter().copied().chain([("content-length", length.as_str())]).collect();
    let mut client = Client::connect(simulator.address(Service::Oss));
    client.write(oss_head(simulator, key, method, target, &headers).as_bytes());
    client.write(body);
    client.read(method == "HEAD")
}

/// One signed request of an RPC service.
pub(crate) fn rpc(
    simulator: &Simulator,
    service: Service,
    action: &str,
    parameters: &[(&str, &str)],
) -> Option<Answer> {
    let mut client = Client::connect(simulator.address(service));
    client.write(rpc_head(simulator, service, action, parameters).as_bytes());
    client.read(false)
}

/// The head of a signed request of an RPC service, with a nonce of its own.
pub(crate) fn rpc_head(simulator: &Simulator, service: Service, action: &str, parameters: &[(&str, &str)]) -> String {
    static NONCE: AtomicU64 = AtomicU64::new(0);
    let nonce = format!("nonce-{}", NONCE.fetch_add(1, Ordering::Relaxed));
    let timestamp = now(simulator).1;
    let versions = [(Service::Ecs, "2014-05-26"), (Service::Ram, "2015-05-01"), (Service::Sts, "2015-04-01")];
    let version = versions.iter().find(|(known, _)| *known == service).expect("an RPC service").1;
    let mut all: BTreeMap<&str, &str> = parameters.iter().copied().collect();
    all.extend([("Action", action), ("Version", version), ("Format", "JSON"), ("AccessKeyId", "testid")]);
    all.extend([("SignatureMethod", "HMAC-SHA1"), ("SignatureVersion", "1.0"), ("Timestamp", &timestamp)]);
    all.insert("SignatureNonce", &nonce);
    let query: Vec<_> = all.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect();
    let query = query.join("&");
    let signature = mac("testsecret&", &format!("POST&%2F&{}", encode(&query)));
    let target = format!("/?{query}&Signature={}", encode(&signature));
    format!("POST {target} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 0\r\n\r\n")
}

fn encode(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    text.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

/// What was asked of one operation.
pub(crate) fn asked(simulator: &Simulator, operation: Operation) -> Vec<Record> {
    simulator.requests().into_iter().filter(|record| record.operation == operation).collect()
}
