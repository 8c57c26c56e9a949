//! XML that OSS writes, and the two documents that it reads.

use crate::encoding::percent_encode;
use quick_xml::Reader;
use quick_xml::escape::escape;
use quick_xml::events::Event;

/// Elements within each other: ours; the documents that are read have three.
const DEPTH: usize = 16;

/// A document in the making.
pub(super) struct Document {
    text: String,
    open: Vec<&'static str>,
}

impl Document {
    pub(super) fn new(root: &'static str) -> Self {
        let mut document = Self { text: "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_owned(), open: Vec::new() };
        document.open(root);
        document
    }

    /// An element with text. What XML cannot say, such as most control characters, is left out.
    pub(super) fn text(&mut self, name: &str, value: &str) -> &mut Self {
        let sayable: String =
            value.chars().filter(|character| matches!(character, '\t' | '\n' | '\r') || *character >= ' ').collect();
        self.text.push_str(&format!("<{name}>{}</{name}>", escape(sayable.as_str())));
        self
    }

    /// An element with a key, percent-encoded where that was asked for.
    pub(super) fn key(&mut self, name: &str, value: &str, encoded: bool) -> &mut Self {
        if encoded { self.text(name, &percent_encode(value, "/")) } else { self.text(name, value) }
    }

    pub(super) fn open(&mut self, name: &'static str) -> &mut Self {
        self.text.push_str(&format!("<{name}>"));
        self.open.push(name);
        self
    }

    /// Text of the element that is open, which has no other.
    pub(super) fn bare(&mut self, value: &str) -> &mut Self {
        self.text.push_str(&escape(value));
        self
    }

    pub(super) fn close(&mut self) -> &mut Self {
        if let Some(name) = self.open.pop() {
            self.text.push_str(&format!("</{name}>"));
        }
        self
    }

    pub(super) fn end(mut self) -> String {
        while !self.open.is_empty() {
            self.close();
        }
        self.text
    }
}

/// The texts of a document, each with the names of the elements around it: `Root/Part/ETag`. `None`: not XML.
pub(super) fn texts(bytes: &[u8]) -> Option<Vec<(String, String)>> {
    let mut reader = Reader::from_reader(bytes);
    let (mut path, mut found) = (Vec::new(), Vec::new());
    let mut text = String::new();
    loop {
        match reader.read_event().ok()? {
            Event::Start(_) if path.len() == DEPTH => return None,
            Event::Start(element) => {
                path.push(element.local_name().as_ref().to_owned());
                text.clear();
            }
            Event::Text(part) => text.push_str(part.as_ref()),
            // The entities of an ETag: its quotes.
            Event::GeneralRef(name) => text.push_str(match name.as_ref() {
                "quot" | "#34" => "\"",
                "amp" => "&",
                "lt" => "<",
                "gt" => ">",
                "apos" | "#39" => "'",
                _ => return None,
            }),
            Event::End(_) => {
                found.push((path.join("/"), text.trim().to_owned()));
                text.clear();
                path.pop()?;
            }
            Event::Eof => return path.is_empty().then_some(found),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let mut document = Document::new("Root");
        document.open("Part").text("ETag", "\"A<&\u{1}B\"").close().key("Key", "a b/c", true);
        let text = document.end();
        let texts = texts(text.as_bytes()).expect("XML");
        let value = |path: &str| texts.iter().find(|(known, _)| known == path).map(|(_, value)| value.as_str());
        assert_eq!(value("Root/Part/ETag"), Some("\"A<&B\""));
        assert_eq!(value("Root/Key"), Some("a%20b/c"));
    }

    #[test]
    fn what_is_no_xml_is_none() {
        let deep = "<a>".repeat(DEPTH + 1) + &"</a>".repeat(DEPTH + 1);
        for text in ["<a>", "<a></b>", "<a>&bomb;</a>", "<", deep.as_str()] {
            assert_eq!(texts(text.as_bytes()), None, "{text}");
        }
    }
}
