//! The page in a browser: headless Chromium, spoken to over its pipe (Chrome DevTools Protocol).
//!
//! `BOOTWORTHY_SCREENSHOTS=DIR` keeps the pictures, as base64 of PNG.

use crate::formats::together;
use crate::{disks, systems};
use preflight::Target;
use report::Style;
use serde_json::{Value, json};
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

const PROGRAMS: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];

/// A browser with one page open.
struct Browser {
    process: Child,
    commands: File,
    answers: BufReader<File>,
    session: String,
    count: u64,
    /// What the page has asked for.
    requests: Vec<String>,
}

impl Browser {
    fn start(program: &str, dir: &Path) -> Self {
        let pipes = [dir.join("commands"), dir.join("answers")];
        assert!(Command::new("mkfifo").args(&pipes).status().unwrap().success());
        let options = "--headless --no-sandbox --disable-gpu --no-first-run --disable-background-networking \
            --disable-component-update --disable-dev-shm-usage --force-color-profile=srgb --remote-debugging-pipe";
        let script = format!("exec {program} {options} --user-data-dir=\"$1\" about:blank 3<\"$2\" 4>\"$3\"");
        let process = Command::new("sh")
            .args(["-c", &script, "sh"])
            .arg(dir.join("profile"))
            .args(&pipes)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let commands = File::options().write(true).open(&pipes[0]).unwrap();
        let answers = BufReader::new(File::open(&pipes[1]).unwrap());
        let session = String::new();
        let mut browser = Browser { process, commands, answers, session, count: 0, requests: Vec::new() };
        let target = browser.ask("Target.createTarget", json!({ "url": "about:blank" }))["targetId"].clone();
        let attached = browser.ask("Target.attachToTarget", json!({ "targetId": target, "flatten": true }));
        browser.session = attached["sessionId"].as_str().unwrap().into();
        for name in ["Page.enable", "Network.enable", "Accessibility.enable"] {
            browser.ask(name, json!({}));
        }
        browser.ask("Emulation.setScriptExecutionDisabled", json!({ "value": true }));
        browser
    }

    /// The result of a command. Requests that are reported meanwhile are noted.
    fn ask(&mut self, method: &str, params: Value) -> Value {
        self.count += 1;
        let mut command = json!({ "id": self.count, "method": method, "params": params });
        if !self.session.is_empty() {
            command["sessionId"] = json!(self.session);
        }
        self.commands.write_all(format!("{command}\0").as_bytes()).unwrap();
        self.until(|answer, count| answer["id"] == count)
    }

    fn until(&mut self, wanted: impl Fn(&Value, u64) -> bool) -> Value {
        loop {
            let mut bytes = Vec::new();
            self.answers.read_until(0, &mut bytes).unwrap();
            assert_eq!(bytes.pop(), Some(0), "the browser has gone");
            let mut answer: Value = serde_json::from_slice(&bytes).unwrap();
            if answer["method"] == "Network.requestWillBeSent" {
                self.requests.push(answer["params"]["request"]["url"].as_str().unwrap().into());
            }
            if wanted(&answer, self.count) {
                assert!(answer.get("error").is_none(), "{answer}");
                return answer["result"].take();
            }
        }
    }

    /// The page as a picture in base64.
    fn picture(&mut self, path: &Path, scheme: &str, width: u32) -> String {
        let feature = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
        self.ask("Emulation.setEmulatedMedia", json!({ "features": feature }));
        let screen = json!({ "width": width, "height": 1000, "deviceScaleFactor": 1, "mobile": false });
        self.ask("Emulation.setDeviceMetricsOverride", screen);
        self.open(path);
        let wide = self.ask("Page.getLayoutMetrics", json!({}));
        assert!(wide["cssContentSize"]["width"].as_f64().unwrap() <= f64::from(width), "it must be scrolled sideways");
        let shot = self.ask("Page.captureScreenshot", json!({ "captureBeyondViewport": true }));
        shot["data"].as_str().unwrap().into()
    }

    fn open(&mut self, path: &Path) {
        self.ask("Page.navigate", json!({ "url": format!("file://{}", path.display()) }));
        self.until(|answer, _| answer["method"] == "Page.loadEventFired");
    }

    /// Level and name of the headings, and names of pictures, as a screen reader has them.
    fn heard(&mut self) -> (Vec<(u64, String)>, Vec<String>) {
        let tree = self.ask("Accessibility.getFullAXTree", json!({}));
        let nodes = tree["nodes"].as_array().unwrap().iter().filter(|node| node["ignored"] == false);
        let (mut headings, mut pictures) = (Vec::new(), Vec::new());
        for node in nodes {
            let name = node["name"]["value"].as_str().unwrap_or_default().to_owned();
            match node["role"]["value"].as_str().unwrap_or_default() {
                "heading" => {
                    let level = node["properties"].as_array().unwrap().iter().find(|one| one["name"] == "level");
                    headings.push((level.unwrap()["value"]["value"].as_u64().unwrap(), name));
                }
                "image" | "img" => pictures.push(name),
                _ => {}
            }
        }
        (headings, pictures)
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Its name, or nothing after a loud word.
fn program() -> Option<&'static str> {
    let works = |name: &&str| Command::new(name).arg("--version").output().is_ok_and(|out| out.status.success());
    let found = PROGRAMS.into_iter().find(|name| works(name));
    if found.is_none() {
        assert!(std::env::var_os("BOOTWORTHY_REQUIRE_ORACLES").is_none_or(|set| set != "1"), "no browser");
        eprintln!("SKIPPED: the page is not looked at: none of {PROGRAMS:?} is there");
    }
    found
}

#[test]
fn the_page_is_seen_and_heard_and_asks_for_nothing() {
    let Some(program) = program() else { return };
    let dir = tempfile::tempdir().unwrap();
    let mut browser = Browser::start(program, dir.path());
    let blank = dir.path().join("blank.html");
    std::fs::write(&blank, "<!doctype html><title>blank</title>").unwrap();
    let several = [disks::broken(), disks::ready(), disks::unopened(), systems::windows(), systems::freebsd()];
    let pages = [("one", &several[..1]), ("several", &several[..])];
    for (name, facts) in pages {
        let path = dir.path().join(name).with_extension("html");
        std::fs::write(&path, together("html", facts, &Target::default(), &Style::default())).unwrap();
        for (scheme, width) in [("light", 1280), ("dark", 1280), ("light", 400), ("dark", 400)] {
            let empty = browser.picture(&blank, scheme, width).len();
            let picture = browser.picture(&path, scheme, width);
            assert!(picture.len() > 5 * empty, "{name} in {scheme} is blank");
            if let Some(keep) = std::env::var_os("BOOTWORTHY_SCREENSHOTS") {
                std::fs::write(Path::new(&keep).join(format!("{name}-{scheme}-{width}.b64")), picture).unwrap();
            }
        }
        let (headings, pictures) = browser.heard();
        assert_eq!(headings.iter().filter(|(level, _)| *level == 1).count(), 1, "{headings:?}");
        assert_eq!(headings[0].0, 1);
        assert!(headings.windows(2).all(|pair| pair[1].0 <= pair[0].0 + 1), "a level is left out: {headings:?}");
        for wanted in ["To fix before the import", "Disk", "How it boots", "Rules"] {
            assert!(headings.iter().any(|(_, text)| text == wanted), "{wanted}: {headings:?}");
        }
        assert!(pictures.iter().any(|name| name.starts_with("Map of the disk")), "{pictures:?}");
    }
    assert!(
        browser.requests.iter().all(|url| url.starts_with("file:///") && url.ends_with(".html")),
        "{:?}",
        browser.requests
    );
    assert!(browser.requests.len() >= 16, "they are counted");
}
