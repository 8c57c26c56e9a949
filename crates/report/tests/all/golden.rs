//! Committed pages. UPDATE_GOLDEN=1 writes them anew.

use crate::{disks, systems};
use facts::{Facts, Known};
use preflight::{Target, check};
use report::Style;
use std::path::Path;

/// Compares with the committed page of that name.
pub(crate) fn golden(name: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, text).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(text == expected, "{name} differs; UPDATE_GOLDEN=1 writes it anew. It is now:\n{text}");
}

pub(crate) fn page(format: &str, facts: &Facts, style: &Style) -> String {
    let report = check(facts, &Target::default());
    let mut out = Vec::new();
    report::reporter(format).unwrap().write(&[report::Judged { report: &report, facts }], style, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn text_of_three_disks() {
    golden("ready.txt", &page("text", &disks::ready(), &Style::default()));
    golden("broken.txt", &page("text", &disks::broken(), &Style::default()));
    golden("unopened.txt", &page("text", &disks::unopened(), &Style { width: 80, ..Style::default() }));
}

#[test]
fn colour_only_when_told() {
    let plain = page("text", &disks::broken(), &Style::default());
    assert!(!plain.contains('\u{1b}') && !plain.contains('\u{202e}'), "the guest's escapes came through");
    let colour = page("text", &disks::broken(), &Style { colour: true, ..Style::default() });
    assert_eq!(uncoloured(&colour), plain, "colour changes nothing but colour");
}

fn uncoloured(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("\u{1b}[") {
        out.push_str(&rest[..at]);
        let end = rest[at..].find('m').expect("a sequence ends") + at + 1;
        rest = &rest[end..];
    }
    out + rest
}

#[test]
fn verbose_lists_every_rule() {
    let style = Style { verbose: true, ..Style::default() };
    let text = page("text", &disks::ready(), &style);
    for rule in preflight::RULES {
        assert!(text.contains(rule.id), "{} is not listed", rule.id);
    }
}

#[test]
fn no_line_is_wider_than_asked_unless_a_word_is() {
    let text = page("text", &disks::unopened(), &Style { width: 80, ..Style::default() });
    for line in text.lines().filter(|line| line.chars().count() > 80) {
        assert!(line.split_whitespace().any(|word| word.len() > 40), "{line}");
    }
}

#[test]
fn inspection_of_a_disk() {
    golden("inspect.txt", &report::inspect_text(&disks::broken(), &Style::default()));
    golden("inspect_windows.txt", &report::inspect_text(&systems::windows(), &Style::default()));
    golden("inspect_freebsd.txt", &report::inspect_text(&systems::freebsd(), &Style::default()));
}

/// Nothing looked at is nothing claimed.
#[test]
fn what_was_not_examined_is_unknown_in_every_row() {
    for (mut facts, own) in [(systems::windows(), true), (systems::freebsd(), false)] {
        let Known::Is(guest) = &mut facts.guest else { panic!("no guest") };
        guest.windows = own.then(Box::default);
        guest.freebsd = (!own).then(Box::default);
        let text = report::inspect_text(&facts, &Style::default());
        let tail = &text[text.find(if own { "\nWindows\n" } else { "\nKernel\n" }).unwrap()..];
        for row in ["none", "not installed", "not set", "no letters"] {
            assert!(!tail.contains(&format!("  {row}\n")), "{row}:\n{tail}");
        }
        assert!(tail.matches("(not examined)").count() >= 10, "{tail}");
    }
}

#[test]
fn the_way_it_boots() {
    golden("boot_chain.txt", &report::boot_chain_text(&disks::ready(), &Style::default()));
    golden("boot_chain_broken.txt", &report::boot_chain_text(&disks::broken(), &Style::default()));
    golden("boot_chain_windows.txt", &report::boot_chain_text(&systems::windows(), &Style::default()));
    golden("boot_chain_freebsd.txt", &report::boot_chain_text(&systems::freebsd(), &Style::default()));
}

/// What virt-inspector's readers get, of a disk whose strings are hostile too.
#[test]
fn xml_of_disks() {
    golden("ready.xml", &report::inspect_xml(&disks::ready()));
    golden("broken.xml", &report::inspect_xml(&disks::broken()));
    golden("windows.xml", &report::inspect_xml(&systems::windows()));
    golden("freebsd.xml", &report::inspect_xml(&systems::freebsd()));
    for facts in [disks::ready(), disks::broken(), disks::unopened(), systems::windows(), systems::freebsd()] {
        let xml = report::inspect_xml(&facts);
        let mut reader = quick_xml::Reader::from_str(&xml);
        let mut open = Vec::new();
        loop {
            match reader.read_event().expect("well-formed") {
                quick_xml::events::Event::Start(start) => open.push(start.name().as_ref().to_owned()),
                quick_xml::events::Event::End(end) => assert_eq!(open.pop().unwrap(), end.name().as_ref()),
                quick_xml::events::Event::Eof => break,
                _ => {}
            }
        }
        assert!(open.is_empty() && !xml.contains(|c: char| c < ' ' && c != '\n'), "{xml}");
    }
}

#[test]
fn explanation_of_a_rule() {
    let rule = preflight::rule("GUESTOS.Nvme").unwrap();
    golden("explain.txt", &report::explain(rule, &Style::default()));
}

/// The document with what failed, and one result of each other kind: rules come and go, its form does not.
#[test]
fn json_of_a_disk() {
    let text = page("json", &disks::broken(), &Style::default());
    let mut document: serde_json::Value = serde_json::from_str(&text).unwrap();
    document["tool"]["version"] = "VERSION".into();
    let mut seen = Vec::new();
    let results = document["results"].as_array_mut().unwrap();
    results.retain(|result| {
        let status = result["status"].clone();
        let first = !seen.contains(&status);
        seen.push(status.clone());
        first || (status == "FAILED" && result["severity"] != "info" && result["severity"] != "degraded")
    });
    document["summary"] = serde_json::json!({});
    golden("broken.json", &(serde_json::to_string_pretty(&document).unwrap() + "\n"));
}
