//! The little XML that OSS speaks: texts with the names of the elements around them. No entities but the five, no
//! document types.

use quick_xml::Reader;
use quick_xml::events::Event;

/// Elements within elements, at most: ours.
const DEPTH: usize = 16;

/// The texts of a document in its order, each with its path: `ListPartsResult/Part/ETag`. `None`: this is no XML.
pub(crate) fn texts(bytes: &[u8]) -> Option<Vec<(String, String)>> {
    let mut reader = Reader::from_reader(bytes);
    let mut path: Vec<String> = Vec::new();
    let (mut text, mut found) = (String::new(), Vec::new());
    loop {
        match reader.read_event().ok()? {
            Event::Start(element) if path.len() < DEPTH => {
                path.push(element.local_name().as_ref().to_owned());
                text.clear();
            }
            Event::Empty(element) => {
                found.push((format!("{}/{}", path.join("/"), element.local_name().as_ref()), String::new()))
            }
            Event::Text(part) => text.push_str(part.as_ref()),
            Event::CData(part) => text.push_str(part.as_ref()),
            Event::GeneralRef(name) => text.push(entity(name.as_ref())?),
            Event::End(_) => {
                found.push((path.join("/"), text.trim().to_owned()));
                text.clear();
                path.pop()?;
            }
            Event::Eof => return (path.is_empty() && !found.is_empty()).then_some(found),
            Event::Decl(_) | Event::Comment(_) | Event::PI(_) => {}
            Event::Start(_) | Event::DocType(_) => return None,
        }
    }
}

fn entity(name: &str) -> Option<char> {
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix('x') {
                Some(digits) => u32::from_str_radix(digits, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code)
        }
    }
}

/// The texts of the same name within each element of another: the parts of a list.
pub(crate) fn groups<'a>(texts: &'a [(String, String)], element: &str) -> Vec<Vec<(&'a str, &'a str)>> {
    let (mut groups, mut group) = (Vec::new(), Vec::new());
    for (path, text) in texts {
        if path == element {
            groups.push(std::mem::take(&mut group));
        } else if let Some(name) = path.strip_prefix(element).and_then(|rest| rest.strip_prefix('/')) {
            group.push((name, text.as_str()));
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_a_list_are_groups() {
        let text = b"<?xml version=\"1.0\"?><L><P><N>1</N><E>&quot;A&#34;</E></P><P><N>2</N><E/></P><T>false</T></L>";
        let texts = texts(text).unwrap();
        let groups = groups(&texts, "L/P");
        assert_eq!(groups, [vec![("N", "1"), ("E", "\"A\"")], vec![("N", "2"), ("E", "")]]);
        assert!(texts.contains(&("L/T".into(), "false".into())));
    }

    #[test]
    fn what_is_no_xml_is_none() {
        let deep = "<a>".repeat(1000);
        for text in ["", "<a>", "<a></b>", "<a>&bomb;</a>", "<!DOCTYPE a [<!ENTITY b 'c'>]><a/>", "words", &deep] {
            assert_eq!(texts(text.as_bytes()), None, "{text:.40}");
        }
    }
}
