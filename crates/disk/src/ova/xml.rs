//! XML as a tree of bounded size. Document types are refused, and with them all entities that a text could define.
//!
//! The only file that knows the parser, quick-xml.

use super::label;
use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion, escape};
use storage::{Error, Result};

/// Bytes of a text.
pub(super) const MAX_LEN: u64 = 16 << 20;

/// Elements inside each other.
const MAX_DEPTH: usize = 64;

/// Elements and attributes in all: about 100 bytes of memory each.
const MAX_NODES: usize = 200_000;

/// Attributes of one element.
const MAX_ATTRIBUTES: usize = 64;

/// An element, known by its name without namespace.
#[derive(Debug, Default)]
pub(super) struct Element {
    pub(super) name: String,
    attributes: Vec<(String, String)>,
    pub(super) children: Vec<Element>,
    text: String,
}

impl Element {
    /// The attribute of that name without namespace. Where several namespaces have it, that of OVF counts.
    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        let local = |full: &str| full.rsplit(':').next() == Some(name);
        let own = |full: &str| full == name || full.strip_prefix("ovf:") == Some(name);
        let find = |wanted: &dyn Fn(&str) -> bool| self.attributes.iter().find(|(full, _)| wanted(full));
        find(&own).or_else(|| find(&local)).map(|(_, value)| value.trim())
    }

    /// The children of that name.
    pub(super) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Element> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// The first child of that name.
    pub(super) fn child(&self, name: &str) -> Option<&Element> {
        self.children.iter().find(|child| child.name == name)
    }

    /// The text in it, its children's left out.
    pub(super) fn text(&self) -> &str {
        self.text.trim()
    }

    /// The text of the first child of that name; `None` where it is empty.
    pub(super) fn text_of(&self, name: &str) -> Option<&str> {
        self.child(name).map(Element::text).filter(|text| !text.is_empty())
    }

    /// This and all that are in it, in the order of the text.
    pub(super) fn descendants(&self) -> impl Iterator<Item = &Element> {
        let mut waiting = vec![self];
        std::iter::from_fn(move || {
            let element = waiting.pop()?;
            waiting.extend(element.children.iter().rev());
            Some(element)
        })
    }
}

/// The outermost element.
pub(super) fn parse(text: &str) -> Result<Element> {
    let mut reader = Reader::from_str(text);
    let mut open: Vec<Element> = Vec::new();
    let mut root = None;
    let mut nodes = 0;
    loop {
        let at = reader.buffer_position();
        let corrupt = |what: String| Error::corrupt(at, what);
        let event =
            reader.read_event().map_err(|error| corrupt(format!("this is not XML: {}", label(&error.to_string()))))?;
        let closed = match event {
            Event::Start(start) => {
                if open.len() == MAX_DEPTH {
                    return Err(corrupt(format!("elements lie in each other more than {MAX_DEPTH} deep")));
                }
                open.push(element(&start, &mut nodes).map_err(corrupt)?);
                continue;
            }
            Event::Empty(start) => element(&start, &mut nodes).map_err(corrupt)?,
            Event::End(_) => open.pop().ok_or_else(|| corrupt("an element ends that did not begin".to_owned()))?,
            Event::DocType(_) => return Err(Error::refused("the XML has a DOCTYPE, which is not read: remove it")),
            Event::Eof => break,
            other => {
                if let Some(inner) = open.last_mut() {
                    append(&mut inner.text, &other).map_err(corrupt)?;
                }
                continue;
            }
        };
        match open.last_mut() {
            Some(parent) => parent.children.push(closed),
            None if root.is_none() => root = Some(closed),
            None => return Err(corrupt("a second outermost element begins".to_owned())),
        }
    }
    let len = text.len() as u64;
    match root {
        Some(root) if open.is_empty() => Ok(root),
        _ => Err(Error::corrupt(len, "the XML ends before its outermost element does; truncated?")),
    }
}

fn element(start: &BytesStart<'_>, nodes: &mut usize) -> std::result::Result<Element, String> {
    let damaged = |error: &dyn std::fmt::Display| format!("an attribute is damaged: {}", label(&error.to_string()));
    let mut attributes: Vec<(String, String)> = Vec::new();
    // The parser's own search for duplicates takes the square of their number, and does not end early.
    for attribute in start.attributes().with_checks(false) {
        let attribute = attribute.map_err(|error| damaged(&error))?;
        let value = attribute.normalized_value(XmlVersion::Implicit1_0);
        let value = value.map_err(|error| damaged(&error))?.into_owned();
        let name = attribute.key.into_inner().to_owned();
        if attributes.iter().any(|(other, _)| *other == name) {
            return Err(format!("the attribute {:?} stands twice in one element", label(&name)));
        }
        if attributes.len() == MAX_ATTRIBUTES {
            return Err(format!("an element has more than {MAX_ATTRIBUTES} attributes"));
        }
        attributes.push((name, value));
    }
    *nodes += 1 + attributes.len();
    if *nodes > MAX_NODES {
        return Err(format!("there are more than {MAX_NODES} elements and attributes"));
    }
    let name = start.local_name().into_inner().to_owned();
    Ok(Element { name, attributes, ..Element::default() })
}

/// Adds what an event says to the text of the element that it stands in.
fn append(text: &mut String, event: &Event<'_>) -> std::result::Result<(), String> {
    match event {
        Event::Text(part) => text.push_str(&part.xml10_content()),
        Event::CData(part) => text.push_str(&part.xml10_content()),
        Event::GeneralRef(name) if name.is_char_ref() => {
            let character = name.resolve_char_ref().ok().flatten();
            text.push(character.ok_or_else(|| format!("&{}; is not a character", label(&name.xml10_content())))?);
        }
        Event::GeneralRef(name) => {
            let name = name.xml10_content();
            let meant = escape::resolve_predefined_entity(&name);
            text.push_str(meant.ok_or_else(|| format!("&{}; is not defined", label(&name)))?);
        }
        _ => {}
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use storage::ErrorKind;

    #[test]
    fn a_tree_without_namespaces() {
        let root = parse(
            "<?xml version='1.0'?><a:r x='1' ovf:x='2' b:y='&lt;&#65;'><!-- c --><b> t&amp;<![CDATA[<u>]]> </b></a:r>",
        );
        let root = root.unwrap();
        assert_eq!((root.name.as_str(), root.attribute("x"), root.attribute("y")), ("r", Some("1"), Some("<A")));
        assert_eq!((root.text_of("b"), root.text_of("c"), root.attribute("z")), (Some("t&<u>"), None, None));
        assert_eq!(root.descendants().map(|element| element.name.as_str()).collect::<Vec<_>>(), ["r", "b"]);
    }

    #[test]
    fn bombs_and_damage_are_refused() {
        let bomb = "<!DOCTYPE l [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;&a;'>]><l>&b;</l>";
        let cases: &[(String, ErrorKind, &str)] = &[
            (bomb.to_owned(), ErrorKind::Refused, "DOCTYPE"),
            ("<!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>".to_owned(), ErrorKind::Refused, "DOCTYPE"),
            ("<a>&b;</a>".to_owned(), ErrorKind::Corrupt, "&b;"),
            ("<a b='&c;'/>".to_owned(), ErrorKind::Corrupt, "attribute"),
            ("<a>&#x110000;</a>".to_owned(), ErrorKind::Corrupt, "not a character"),
            ("<a>".repeat(65), ErrorKind::Corrupt, "64 deep"),
            ("<a>".repeat(2_000_000), ErrorKind::Corrupt, "64 deep"),
            (format!("<a>{}</a>", "<b/>".repeat(200_000)), ErrorKind::Corrupt, "200000 elements"),
            (
                format!("<a {}/>", (0..65).map(|i| format!("b{i}='' ")).collect::<String>()),
                ErrorKind::Corrupt,
                "64 attributes",
            ),
            (format!("<a {}/>", "b='' ".repeat(1_000_000)), ErrorKind::Corrupt, "twice"),
            ("<a b='1' b='2'/>".to_owned(), ErrorKind::Corrupt, "twice"),
            ("<a><b></a>".to_owned(), ErrorKind::Corrupt, "not XML"),
            ("<a>".to_owned(), ErrorKind::Corrupt, "truncated?"),
            (String::new(), ErrorKind::Corrupt, "truncated?"),
            ("<a/><b/>".to_owned(), ErrorKind::Corrupt, "second"),
            ("</a>".to_owned(), ErrorKind::Corrupt, ""),
        ];
        for (text, kind, word) in cases {
            let error = parse(text).unwrap_err();
            let start: String = text.chars().take(60).collect();
            assert!(error.kind() == *kind && error.to_string().contains(word), "{start}: {error}");
        }
    }

    #[test]
    fn large_is_not_wrong() {
        let value = "v".repeat(8 << 20);
        let root = parse(&format!("<a b='{value}'>{value}</a>")).unwrap();
        assert_eq!(root.attribute("b").map(str::len), Some(8 << 20));
        assert_eq!(parse(&format!("<a>{}</a>", "&#65;".repeat(2_000_000))).unwrap().text.len(), 2_000_000);
    }
}
