//! XML under construction.

use crate::escape::xml as escaped;
use std::fmt::Write as _;

/// A document under construction, indented by two spaces a level.
pub(crate) struct Xml {
    text: String,
    depth: usize,
}

impl Xml {
    /// With its first line.
    pub(crate) fn new(declaration: &str) -> Self {
        Xml { text: format!("{declaration}\n"), depth: 0 }
    }

    pub(crate) fn finish(self) -> String {
        self.text
    }

    pub(crate) fn element(&mut self, name: &str, attributes: &[(&str, &str)], inside: impl FnOnce(&mut Self)) {
        self.start(name, attributes);
        self.text.push_str(">\n");
        self.depth += 1;
        inside(self);
        self.depth -= 1;
        let _ = writeln!(self.text, "{:1$}</{name}>", "", self.depth * 2);
    }

    pub(crate) fn text(&mut self, name: &str, text: &str) {
        self.line(name, &[], text);
    }

    /// An element that holds text only.
    pub(crate) fn line(&mut self, name: &str, attributes: &[(&str, &str)], text: &str) {
        self.start(name, attributes);
        let _ = writeln!(self.text, ">{}</{name}>", escaped(text));
    }

    /// An element that holds nothing.
    pub(crate) fn empty(&mut self, name: &str, attributes: &[(&str, &str)]) {
        self.start(name, attributes);
        self.text.push_str("/>\n");
    }

    fn start(&mut self, name: &str, attributes: &[(&str, &str)]) {
        let _ = write!(self.text, "{:1$}<{name}", "", self.depth * 2);
        for (key, value) in attributes {
            let _ = write!(self.text, " {key}=\"{}\"", escaped(value));
        }
    }
}
