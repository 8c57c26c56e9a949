//! The menu as a tree, and which of its entries `default` means.

use std::rc::Rc;

use super::parser::Block;
use super::{Entry, Place};

/// What `menuentry` and `submenu` leave behind. GRUB runs the block when the entry is chosen, after the whole file.
pub(super) struct Pending {
    pub(super) id: Option<String>,
    pub(super) title: String,
    /// `$1` and following in the block.
    pub(super) arguments: Vec<String>,
    pub(super) body: Rc<Block>,
    pub(super) unrestricted: bool,
    pub(super) place: Place,
    pub(super) is_submenu: bool,
}

/// A line of the menu being built.
pub(super) enum Item {
    Pending(Pending),
    /// From `blscfg`.
    Ready(Entry),
}

/// A line of the finished menu.
pub(super) struct Node {
    pub(super) id: Option<String>,
    pub(super) title: String,
    pub(super) leads_to: Target,
}

pub(super) enum Target {
    /// Index among the flattened entries.
    Entry(usize),
    Submenu(Vec<Node>),
}

/// The entry that a value of `default` means: id before title before position, `>` before the line of a submenu.
///
/// An empty value means the first entry, as does a submenu without more.
pub(super) fn default_entry(nodes: &[Node], default: &str) -> Option<usize> {
    let (mut nodes, mut rest) = (nodes, default);
    loop {
        let (name, after) = first_name(rest);
        let node = if name.is_empty() { nodes.first() } else { named(nodes, &name) };
        match &node?.leads_to {
            Target::Entry(index) => return Some(*index),
            Target::Submenu(inner) => (nodes, rest) = (inner, after),
        }
    }
}

fn named<'a>(nodes: &'a [Node], name: &str) -> Option<&'a Node> {
    let by_id = nodes.iter().find(|node| node.id.as_deref() == Some(name));
    let by_title = || nodes.iter().find(|node| node.title == name);
    let by_position = || nodes.get(name.trim().parse::<usize>().ok()?);
    by_id.or_else(by_title).or_else(by_position)
}

/// The part before a single `>` and what follows; `>>` stands for the character itself.
fn first_name(default: &str) -> (String, &str) {
    let mut name = String::new();
    let mut rest = default;
    while let Some(at) = rest.find('>') {
        name.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        match rest.strip_prefix('>') {
            None => return (name, rest),
            Some(after) => {
                name.push('>');
                rest = after;
            }
        }
    }
    (name + rest, "")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(id: &str, title: &str, index: usize) -> Node {
        let id = Some(id.to_string()).filter(|id| !id.is_empty());
        Node { id, title: title.to_string(), leads_to: Target::Entry(index) }
    }

    #[test]
    fn finds_the_default_as_grub_does() {
        let inner = vec![entry("simple-1", "1.0", 1), entry("", "A > B", 2), entry("", "2", 3)];
        let submenu = Node { id: Some("advanced".into()), title: "Advanced".into(), leads_to: Target::Submenu(inner) };
        let nodes = [entry("simple", "Linux", 0), submenu, entry("", "Other", 4), entry("Linux", "x", 5)];
        let cases = [
            ("", Some(0)),
            ("0", Some(0)),
            ("2", Some(4)),
            ("4", None),
            ("simple", Some(0)),
            ("Linux", Some(5)),
            ("Other", Some(4)),
            ("1", Some(1)),
            ("1>1", Some(2)),
            ("1>2", Some(3)),
            ("1>3", None),
            ("advanced>simple-1", Some(1)),
            ("Advanced>A >> B", Some(2)),
            ("advanced>", Some(1)),
            ("gone>0", None),
            ("0>7", Some(0)),
            ("saved", None),
        ];
        for (default, expected) in cases {
            assert_eq!(default_entry(&nodes, default), expected, "{default}");
        }
        assert_eq!(default_entry(&[], ""), None);
    }
}
