//! A guest whose strings are commands, markup and marks of all formats. Every format is held to this.

use crate::formats::together;
use crate::{disks, systems};
use facts::Facts;
use preflight::{Target, Waiver, check};
use report::{Judged, REPORTERS, Style};
use serde_json::Value;

/// Before each string of the guest, and behind it.
const BEFORE: &str = "::error::<script>x</script>##[error]";
const BEHIND: &str = "]]>\u{1b}[31m\u{9b}2J\u{202e}\u{2066}\u{200b}\u{e0041}\0\r\n::error::|`\"'&<img src=x onerror=y>\
    ${{x}}[a](javascript:b)%0A::set-env name=x::y-->@all\u{85}\u{2028}<!--";

/// The same facts with every string hostile that is not a word of ours.
fn hostile(facts: &Facts) -> Facts {
    let mut document = serde_json::to_value(facts).unwrap();
    let mut paths = Vec::new();
    strings(&document, &mut String::new(), &mut paths);
    assert!(paths.len() > 10);
    for path in paths {
        let place = document.pointer_mut(&path).unwrap();
        let before = place.take();
        *place = format!("{BEFORE}{}{BEHIND}", before.as_str().unwrap()).into();
        if serde_json::from_value::<Facts>(document.clone()).is_err() {
            *document.pointer_mut(&path).unwrap() = before;
        }
    }
    serde_json::from_value(document).unwrap()
}

/// JSON pointers to all strings.
fn strings(value: &Value, at: &mut String, out: &mut Vec<String>) {
    let length = at.len();
    match value {
        Value::String(_) => out.push(at.clone()),
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                *at += &format!("/{index}");
                strings(item, at, out);
                at.truncate(length);
            }
        }
        Value::Object(fields) => {
            for (name, field) in fields {
                *at += &format!("/{}", name.replace('~', "~0").replace('/', "~1"));
                strings(field, at, out);
                at.truncate(length);
            }
        }
        _ => {}
    }
}

fn guests() -> Vec<Facts> {
    let plain = [disks::broken(), disks::ready(), systems::windows(), systems::freebsd(), disks::unopened()];
    let mut guests: Vec<_> = plain.iter().map(hostile).collect();
    // Where only the names of files are hostile, other rules speak.
    let mut named = disks::broken();
    named.image.path = format!("{BEFORE}{BEHIND}");
    guests.push(named);
    guests
}

fn target() -> Target {
    let mut target = Target::default();
    let reason = format!("{BEFORE}{BEHIND}");
    target.policy.waivers = vec![Waiver { rule: "LNX-SSHD".into(), reason, expires: None, image: None }];
    target
}

/// What no document of any format may hold.
fn hides_nothing(name: &str, text: &str) {
    let hidden = text.char_indices().find(|(_, c)| facts::is_hidden(*c) && *c != '\n');
    if let Some((at, c)) = hidden {
        panic!("{name}: {c:?} came through: {:?}", &text[text.floor_char_boundary(at.saturating_sub(80))..at]);
    }
}

/// No line is a command for the runner of a workflow, but for the ones that are meant.
fn no_commands(name: &str, text: &str, meant: &[&str]) {
    for line in text.lines().filter(|line| line.trim_start().starts_with("::")) {
        assert!(meant.iter().any(|start| line.starts_with(start)), "{name}: {line}");
    }
    assert!(!text.contains("##["), "{name}: an old command came through");
}

/// The elements of a document that are ours: names only, everything quoted, all closed.
fn only_elements(name: &str, text: &str, allowed: &[&str], void: &[&str]) {
    let mut open = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix("!-- -->") {
            rest = after;
            continue;
        }
        let tag = &rest[..rest.find('>').unwrap()];
        assert!(tag.matches('"').count().is_multiple_of(2), "{name}: <{tag}>");
        let word = tag.trim_start_matches('/').split([' ', '/', '\n']).next().unwrap();
        assert!(allowed.contains(&word), "{name}: <{tag}>");
        assert!(!tag.contains("on") || !tag.split([' ', '\n']).any(|attribute| attribute.starts_with("on")), "{tag}");
        if tag.starts_with('/') {
            assert_eq!(open.pop(), Some(word), "{name}: </{word}>");
        } else if !tag.ends_with('/') && !void.contains(&word) {
            open.push(word);
        }
        rest = &rest[tag.len() + 1..];
    }
    assert!(open.is_empty(), "{name}: {open:?} stay open");
}

/// XML, by a parser.
pub(crate) fn well_formed(xml: &str) {
    let mut reader = quick_xml::Reader::from_str(xml);
    let mut open = Vec::new();
    loop {
        match reader.read_event().expect("well-formed") {
            quick_xml::events::Event::Start(start) => {
                assert!(start.attributes().all(|one| one.is_ok()));
                open.push(start.name().as_ref().to_owned());
            }
            quick_xml::events::Event::End(end) => assert_eq!(open.pop().unwrap(), end.name().as_ref()),
            quick_xml::events::Event::Eof => break,
            _ => {}
        }
    }
    assert!(open.is_empty());
}

fn markdown_holds(name: &str, text: &str) {
    only_elements(name, text, &["code", "details", "summary"], &[]);
    no_commands(name, text, &[]);
    let mut columns = 0;
    for line in text.lines() {
        match (line.starts_with('|'), columns) {
            (true, 0) => columns = line.matches('|').count(),
            (true, _) => assert_eq!(line.matches('|').count(), columns, "{name}: {line}"),
            (false, _) => columns = 0,
        }
        assert!(!line.contains('`') && !line.contains("]("), "{name}: {line}");
    }
}

const HTML: &[&str] = &[
    "!doctype",
    "html",
    "head",
    "meta",
    "title",
    "style",
    "body",
    "header",
    "main",
    "footer",
    "section",
    "article",
    "nav",
    "h1",
    "h2",
    "h3",
    "h4",
    "p",
    "ul",
    "ol",
    "li",
    "dl",
    "dt",
    "dd",
    "div",
    "span",
    "strong",
    "code",
    "a",
    "table",
    "caption",
    "thead",
    "tbody",
    "tr",
    "th",
    "td",
    "details",
    "summary",
    "figure",
    "figcaption",
    "svg",
    "g",
    "rect",
    "text",
    "desc",
    "path",
    "line",
    "circle",
    "defs",
    "pattern",
];

#[test]
fn no_format_lets_anything_through() {
    let guests = guests();
    for reporter in REPORTERS {
        let name = reporter.name();
        for verbose in [false, true] {
            let style = Style { verbose, facts: true, ..Style::default() };
            let alone = guests.iter().map(|facts| together(name, std::slice::from_ref(facts), &target(), &style));
            for text in alone.chain([together(name, &guests, &target(), &style)]) {
                assert!(text.contains("error"), "{name}: the strings are in it, in some form");
                hides_nothing(name, &text);
                match name {
                    "json" | "sarif" | "gitlab" | "image-check" => {
                        no_lines(name, &text);
                        serde_json::from_str::<Value>(&text).expect(name);
                    }
                    "text" => no_commands(name, &text, &[]),
                    "github" => {
                        let meant =
                            ["::error file=", "::warning file=", "::notice file=", "::notice title=Bootworthy::"];
                        no_commands(name, &text, &meant);
                        text.lines().filter(|line| line.starts_with("::")).for_each(properties);
                    }
                    "junit" => {
                        well_formed(&text);
                        assert!(!text.contains("]]>") && !text.contains("<script") && !text.contains("<img"));
                        assert!(!text.contains('\u{fffd}'), "what cannot be written is written out");
                    }
                    "markdown" => markdown_holds(name, &text),
                    "html" => only_elements(name, &text, HTML, &["!doctype", "meta"]),
                    other => panic!("say here what must not come through in {other}"),
                }
            }
        }
    }
}

/// Strings of JSON are quoted, so that a line begins with a mark of JSON.
fn no_lines(name: &str, text: &str) {
    assert!(text.lines().all(|line| !line.trim_start().starts_with("::")), "{name}");
}

/// File and title, each without what would end it.
fn properties(line: &str) {
    let (_, rest) = line[2..].split_once(' ').unwrap();
    let (properties, _) = rest.split_once("::").unwrap();
    let names: Vec<_> = properties.split(',').map(|one| one.split_once('=').unwrap().0).collect();
    assert!(names == ["file", "title"] || names == ["title"], "{line}");
    assert!(!properties.contains(':'), "{line}");
}

#[test]
fn nor_does_a_page_of_facts() {
    for facts in guests() {
        for text in
            [report::inspect_text(&facts, &Style::default()), report::boot_chain_text(&facts, &Style::default())]
        {
            hides_nothing("facts as text", &text);
            no_commands("facts as text", &text, &[]);
        }
        let mut json = Vec::new();
        report::inspect_json(&facts, &mut json).unwrap();
        hides_nothing("facts as JSON", str::from_utf8(&json).unwrap());
        assert_eq!(serde_json::from_slice::<Facts>(&json).unwrap(), facts, "and nothing of it is lost");
        let xml = report::inspect_xml(&facts);
        hides_nothing("facts as XML", &xml);
        well_formed(&xml);
        let report = check(&facts, &target());
        let summary = report::github_summary(&[Judged { report: &report, facts: &facts }], &Style::default());
        hides_nothing("summary", &summary);
        markdown_holds("summary", &summary);
    }
}
