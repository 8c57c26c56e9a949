//! `/etc/netplan/*.yaml`, written in blocks. What is written in one line (`{…}`) is left alone.

use super::Wanted;
use crate::edit::Edit;
use crate::work::Work;
use facts::InterfaceMatch;
use syntax::yaml::{Node, Value};

/// Keys of the old network.
const OLD: &[&str] = &["addresses", "gateway4", "routes", "nameservers", "dhcp4"];

pub(super) fn change(work: &Work<'_>, wanted: &Wanted<'_>) -> Option<Vec<Edit>> {
    let bytes = work.read(wanted.path)?;
    let node = syntax::yaml::parse(&bytes).ok()?;
    let ethernets = node.get("network")?.get("ethernets")?;
    let Value::Map(pairs) = &ethernets.value else { return None };
    let (id, settings) = pairs.iter().find(|(id, settings)| is_of(id, settings, &wanted.profile.interface))?;
    let lines = work.lines(wanted.path);
    let block = Block::find(&lines, id)?;
    let indent = " ".repeat(block.inner);
    let mut edits = Vec::new();
    if wanted.dhcp {
        edits.push(Edit::Insert(block.head, format!("{indent}dhcp4: true")));
        edits.extend(block.keys(OLD).map(Edit::Delete));
    }
    if wanted.any_name || wanted.any_hardware {
        let names = settings.get("set-name").map(|_| "set-name");
        edits.extend(block.keys(&["match"]).chain(block.keys(names.as_slice())).map(Edit::Delete));
        edits.push(Edit::Insert(block.head, format!("{indent}match:")));
        edits.push(Edit::Insert(block.head, format!("{indent}  name: \"e*\"")));
    }
    Some(edits)
}

fn is_of(id: &str, settings: &Node, interface: &InterfaceMatch) -> bool {
    let matched = |key: &str| settings.get("match").and_then(|node| node.get(key)).and_then(Node::text);
    match interface {
        InterfaceMatch::Any => settings.get("match").is_some(),
        InterfaceMatch::Name(name) => matched("name").unwrap_or(id) == name,
        InterfaceMatch::Mac(mac) => matched("macaddress") == Some(mac.as_str()),
    }
}

/// The lines of one interface.
struct Block<'t> {
    /// Its first line: `ens3:`.
    head: usize,
    /// Blanks before its keys.
    inner: usize,
    /// The lines below, with blanks and text.
    lines: Vec<(usize, usize, &'t str)>,
}

impl<'t> Block<'t> {
    fn find(lines: &'t [(usize, String)], id: &str) -> Option<Self> {
        let is_head = |text: &str| {
            let name = text.split('#').next().unwrap_or_default().trim().strip_suffix(':');
            name.is_some_and(|name| name.trim_matches(['"', '\'']) == id)
        };
        let mut heads = lines.iter().filter(|(_, text)| is_head(text));
        let (head, text) = heads.next().filter(|_| heads.next().is_none())?;
        let outer = indent(text);
        let below = lines.iter().skip(*head).map(|(number, text)| (*number, indent(text), text.trim()));
        let below: Vec<_> = below
            .take_while(|(_, indent, text)| text.is_empty() || text.starts_with('#') || *indent > outer)
            .filter(|(_, _, text)| !text.is_empty() && !text.starts_with('#'))
            .collect();
        let inner = below.first()?.1;
        Some(Block { head: *head, inner, lines: below })
    }

    /// The lines of those keys, with all that belongs to them. A list may begin at the indent of its key.
    fn keys(&self, keys: &[&str]) -> impl Iterator<Item = usize> + use<> {
        let mut inside = false;
        let mut found = Vec::new();
        for &(number, indent, text) in &self.lines {
            if indent == self.inner && !text.starts_with("- ") {
                let key = text.split(':').next().unwrap_or_default().trim_matches(['"', '\'']);
                inside = keys.contains(&key);
            }
            if inside {
                found.push(number);
            }
        }
        found.into_iter()
    }
}

fn indent(text: &str) -> usize {
    text.len() - text.trim_start_matches(' ').len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_is_its_lines() {
        let text = "network:\n  ethernets:\n    ens3: # it\n      # why\n      addresses:\n      - 10.0.0.2/24\n      dhcp4: no\n\n    ens4:\n      dhcp4: true\n";
        let lines: Vec<_> = (1..).zip(text.lines().map(str::to_owned)).collect();
        let block = Block::find(&lines, "ens3").unwrap();
        assert_eq!((block.head, block.inner), (3, 6));
        assert_eq!(block.keys(OLD).collect::<Vec<_>>(), [5, 6, 7]);
        assert!(Block::find(&lines, "dhcp4").is_none());
    }
}
