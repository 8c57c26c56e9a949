//! A rule in its own words.

use crate::page::Page;
use crate::style::{Ink, Style};
use preflight::Rule;

/// What a rule checks, why, and how to fix what it finds.
pub fn explain(rule: &Rule, style: &Style) -> String {
    let mut page = Page::new(style);
    page.line(&format!("{}  {}", style.paint(Ink::Bold, rule.id), rule.title));
    page.gap();
    page.row("severity", rule.severity.word());
    if !rule.aliases.is_empty() {
        page.row("also known as", &rule.aliases.join(", "));
    }
    page.row("source", &format!("{} ({})", rule.source, rule.confidence.words()));
    for paragraph in rule.docs.trim().split("\n\n").flat_map(heading_apart) {
        page.gap();
        match paragraph.strip_prefix("# ") {
            Some(title) => page.line(&style.paint(Ink::Bold, title)),
            None => page.hanging("", 0, &paragraph.replace('\n', " ")),
        }
    }
    page.finish()
}

/// A heading directly above its text is a paragraph of its own.
fn heading_apart(paragraph: &str) -> Vec<&str> {
    match paragraph.split_once('\n') {
        Some((heading, text)) if heading.starts_with("# ") => vec![heading, text],
        _ => vec![paragraph],
    }
}
