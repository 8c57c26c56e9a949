//! How a report looks.

use preflight::Date;

/// How a report looks. Whether there is a terminal is for the caller to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// Colours, by ANSI escapes.
    pub colour: bool,
    /// Columns to wrap text at; at least 40 are used.
    pub width: usize,
    /// Say everything: rules that passed or were skipped too.
    pub verbose: bool,
    /// Put the facts into the document (JSON only).
    pub facts: bool,
    /// When it was, in seconds since 1970, for the formats that say so.
    pub time: Option<u64>,
}

/// For a pipe: no colour, 100 columns, in short.
impl Default for Style {
    fn default() -> Self {
        Style { colour: false, width: 100, verbose: false, facts: false, time: None }
    }
}

/// What a word stands for, and so in what colour it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ink {
    /// Blocking.
    Red,
    /// A warning, or open.
    Yellow,
    /// All right.
    Green,
    /// A heading.
    Bold,
    /// Less important.
    Dim,
}

impl Style {
    /// Day and time of day in UTC, with what stands between them and between the parts of the time.
    pub(crate) fn moment(&self, between: &str, within: &str) -> Option<String> {
        let time = self.time?;
        let (hours, minutes, seconds) = (time / 3600 % 24, time / 60 % 60, time % 60);
        Some(format!("{}{between}{hours:02}{within}{minutes:02}{within}{seconds:02}", Date::after_1970(time / 86_400)))
    }

    /// The text in that ink, if there is colour at all.
    pub(crate) fn paint(&self, ink: Ink, text: &str) -> String {
        let code = match ink {
            Ink::Red => "1;31",
            Ink::Yellow => "33",
            Ink::Green => "1;32",
            Ink::Bold => "1",
            Ink::Dim => "2",
        };
        if self.colour { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_string() }
    }
}
