//! YAML of `cloud.cfg` and netplan, with the lines of its values.
//!
//! YAML 1.2 as `saphyr-parser` scans it, without recursion; the tree is built here. Tags are ignored and scalars stay
//! text. An alias is a copy of what it names, and counts as such against the bounds, so that aliases of aliases end
//! there; a merge key (`<<`) stays a key of that name. Not supported: keys that are no scalars, which are errors, and
//! documents after the first. Where the first line is `## template: jinja`, lines that hold a `{% … %}` statement are passed over.

use saphyr_parser::{Event, Parser};

use crate::text::decode;
use std::collections::BTreeMap;

/// Longest text that is read, in bytes. Ours: a `cloud.cfg` has under 10 KiB.
const MAX_TEXT: usize = 1 << 20;

/// Deepest nesting of sequences and mappings.
const MAX_DEPTH: usize = 64;

/// Most scalars, sequences and mappings.
const MAX_NODES: usize = 100_000;

/// A node.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// What it is.
    pub value: Value,
    /// Line where it begins; of a `|` or `>` scalar the first line of its text.
    pub line: u32,
}

/// What a node is.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A scalar as written, quotes removed.
    Text(String),
    /// A sequence.
    List(Vec<Node>),
    /// A mapping in order.
    Map(Vec<(String, Node)>),
}

/// The first document; an error says line and reason. Text without any content is an empty scalar.
pub fn parse(text: &[u8]) -> Result<Node, String> {
    if text.len() > MAX_TEXT {
        return Err("line 1: longer than 1 MiB".to_string());
    }
    if let Some(nul) = text.iter().position(|&byte| byte == 0) {
        let line = 1 + text[..nul].iter().filter(|&&byte| byte == b'\n').count();
        return Err(format!("line {line}: a NUL byte"));
    }
    let text = without_statements(&decode(text));
    let last_line = 1 + text.matches('\n').count();
    let mut tree = Tree::default();
    for event in Parser::new_from_str(&text) {
        let (event, span) = event.map_err(|error| format!("line {}: {}", error.marker().line(), error.info()))?;
        // What is empty at the end of the text may be placed behind it.
        let line = u32::try_from(span.start.line().min(last_line)).unwrap_or(u32::MAX);
        match event {
            Event::DocumentEnd => break,
            event => tree.add(event, line).map_err(|reason| format!("line {line}: {reason}"))?,
        }
    }
    Ok(tree.root.unwrap_or(Node { value: Value::Text(String::new()), line: 1 }))
}

/// Empties the lines of a Jinja template that are statements; the numbers of the others stay.
fn without_statements(text: &str) -> String {
    let first = text.lines().next().unwrap_or("").replace(' ', "");
    if first != "##template:jinja" {
        return text.to_string();
    }
    let kept = text.split('\n').map(|line| if line.trim_start().starts_with("{%") { "" } else { line });
    kept.collect::<Vec<_>>().join("\n")
}

/// A sequence or mapping that is not closed yet; a mapping with the key that waits for its value.
struct Open {
    node: Node,
    key: Option<String>,
    anchor: usize,
}

#[derive(Default)]
struct Tree {
    open: Vec<Open>,
    root: Option<Node>,
    nodes: usize,
    /// Complete nodes by the parser's number for their anchor; 0 is no anchor.
    anchors: BTreeMap<usize, Node>,
}

impl Tree {
    fn add(&mut self, event: Event<'_>, line: u32) -> Result<(), String> {
        match event {
            Event::Scalar(text, _, anchor, _) => {
                self.anchored(Node { value: Value::Text(text.into_owned()), line }, anchor)
            }
            Event::SequenceStart(anchor, _) => self.begin(Node { value: Value::List(Vec::new()), line }, anchor),
            Event::MappingStart(anchor, _) => self.begin(Node { value: Value::Map(Vec::new()), line }, anchor),
            Event::SequenceEnd | Event::MappingEnd => match self.open.pop() {
                Some(done) => self.anchored(done.node, done.anchor),
                None => Ok(()),
            },
            Event::Alias(anchor) => self.repeat(anchor),
            _ => Ok(()),
        }
    }

    fn begin(&mut self, node: Node, anchor: usize) -> Result<(), String> {
        if self.open.len() == MAX_DEPTH {
            return Err("nested more than 64 deep".to_string());
        }
        self.open.push(Open { node, key: None, anchor });
        Ok(())
    }

    fn anchored(&mut self, node: Node, anchor: usize) -> Result<(), String> {
        if anchor != 0 {
            self.count(node.nodes())?;
            self.anchors.insert(anchor, node.clone());
        }
        self.put(node)
    }

    /// Puts a copy of what the alias names.
    fn repeat(&mut self, anchor: usize) -> Result<(), String> {
        let Some(node) = self.anchors.get(&anchor) else {
            return Err("an alias of what it stands in".to_string());
        };
        if self.open.len() + node.depth() > MAX_DEPTH {
            return Err("nested more than 64 deep".to_string());
        }
        let node = node.clone();
        self.count(node.nodes())?;
        self.put(node)
    }

    fn count(&mut self, nodes: usize) -> Result<(), String> {
        self.nodes = self.nodes.saturating_add(nodes);
        if self.nodes > MAX_NODES { Err("more than 100000 values".to_string()) } else { Ok(()) }
    }

    /// Puts a complete node where it belongs.
    fn put(&mut self, node: Node) -> Result<(), String> {
        self.count(1)?;
        let Some(around) = self.open.last_mut() else {
            self.root = Some(node);
            return Ok(());
        };
        match (&mut around.node.value, around.key.take(), node) {
            (Value::List(items), _, node) => items.push(node),
            (Value::Map(pairs), Some(key), node) => pairs.push((key, node)),
            (_, _, Node { value: Value::Text(key), .. }) => around.key = Some(key),
            _ => return Err("a key that is no scalar".to_string()),
        }
        Ok(())
    }
}

impl Node {
    fn children(&self) -> Box<dyn Iterator<Item = &Node> + '_> {
        match &self.value {
            Value::Text(_) => Box::new(std::iter::empty()),
            Value::List(items) => Box::new(items.iter()),
            Value::Map(pairs) => Box::new(pairs.iter().map(|(_, node)| node)),
        }
    }

    /// How many there are in it, itself counted. Never deeper than [`MAX_DEPTH`].
    fn nodes(&self) -> usize {
        1 + self.children().map(Node::nodes).sum::<usize>()
    }

    /// How deep it is; a scalar is 0.
    fn depth(&self) -> usize {
        self.children().map(|child| child.depth() + 1).max().unwrap_or(0)
    }

    /// The value of a key of a mapping.
    pub fn get(&self, key: &str) -> Option<&Node> {
        match &self.value {
            Value::Map(pairs) => pairs.iter().rev().find(|(name, _)| name == key).map(|(_, node)| node),
            _ => None,
        }
    }

    /// A scalar's text.
    pub fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// A scalar as YAML 1.1 reads truth: `true`, `yes`, `on`, and their opposites.
    pub fn truth(&self) -> Option<bool> {
        match self.text()?.to_ascii_lowercase().as_str() {
            "true" | "yes" | "on" => Some(true),
            "false" | "no" | "off" => Some(false),
            _ => None,
        }
    }

    /// The items of a sequence, or the one scalar.
    pub fn items(&self) -> Vec<&Node> {
        match &self.value {
            Value::List(items) => items.iter().collect(),
            Value::Map(_) => Vec::new(),
            Value::Text(_) => vec![self],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn get<'a>(node: &'a Node, path: &str) -> Option<&'a Node> {
        path.split('.').try_fold(node, |node, key| match &node.value {
            Value::List(items) => items.get(key.parse::<usize>().ok()?),
            _ => node.get(key),
        })
    }

    const CLOUD: &str = "\u{feff}# The top level settings\r
## more
users:
   - default
   - {name: admin, lock_passwd: yes}

disable_root: true
datasource_list: [ NoCloud, 'AliYun', \"None\" ]
bootcmd:
- |
  echo one
  echo two
- >-
  folded
  text
system_info: &info
  distro: debian
  empty:
  tilde: ~
disable_root: off
";

    #[test]
    fn reads_cloud_configuration() {
        let node = parse(CLOUD.as_bytes()).unwrap();
        let texts = [
            ("users.0", "default", 4),
            ("users.1.name", "admin", 5),
            ("datasource_list.1", "AliYun", 8),
            ("datasource_list.2", "None", 8),
            ("bootcmd.0", "echo one\necho two\n", 11),
            ("bootcmd.1", "folded text", 14),
            ("system_info.distro", "debian", 17),
            ("system_info.tilde", "~", 19),
            ("disable_root", "off", 20),
        ];
        for (path, text, line) in texts {
            let found = get(&node, path).unwrap();
            assert_eq!((found.text(), found.line), (Some(text), line), "{path}");
        }
        assert_eq!(get(&node, "users.1.lock_passwd").and_then(Node::truth), Some(true));
        assert_eq!(get(&node, "disable_root").and_then(Node::truth), Some(false));
        assert_eq!(get(&node, "system_info.distro").and_then(Node::truth), None);
        assert_eq!(get(&node, "datasource_list").map(|list| list.items().len()), Some(3));
        assert_eq!(get(&node, "disable_root").map(|one| one.items().len()), Some(1));
        assert_eq!((node.line, get(&node, "users").unwrap().line), (3, 4));
    }

    #[test]
    fn reads_netplan() {
        let text = b"network:\n  version: 2\n  ethernets:\n    eth0:\n      match: {macaddress: '00:16:3e:aa'}\n      \
                     dhcp4: true\n      addresses:\n      - 10.0.0.2/24\n      nameservers:\n        addresses: [1.1.1.1]\n";
        let node = parse(text).unwrap();
        assert_eq!(get(&node, "network.ethernets.eth0.dhcp4").and_then(Node::truth), Some(true));
        assert_eq!(get(&node, "network.ethernets.eth0.match.macaddress").and_then(Node::text), Some("00:16:3e:aa"));
        assert_eq!(get(&node, "network.ethernets.eth0.addresses.0").map(|node| node.line), Some(8));
    }

    #[test]
    fn text_without_content_is_an_empty_scalar() {
        for text in ["", "# only\n", "---\n", "\r\n", "---\n...\n"] {
            assert_eq!(parse(text.as_bytes()).unwrap().get("a"), None, "{text:?}");
        }
    }

    #[test]
    fn reads_the_first_document_and_passes_over_jinja_statements() {
        assert_eq!(parse(b"a: 1\n---\n]broken").unwrap().get("a").and_then(Node::text), Some("1"));
        let template = b"## template: jinja\n{% if x %}\na: 1\n  {% endif %}\nb: 2\n";
        assert_eq!(parse(template).unwrap().get("b").map(|node| node.line), Some(5));
    }

    #[test]
    fn says_where_it_fails() {
        let cases: [(&[u8], &str); 8] = [
            (b"a: 1\nb: [1, 2\n", "line 3: "),
            (b"a: 1\n  - b: 2\n", "line 2: "),
            (b"a: \"open\n", "line 1: "),
            (b"a: 1\nb: *x\n", "line 2: "),
            (b"a: 1\nb: &x [*x]\n", "line 2: an alias of what it stands in"),
            (b"a: 1\n? [b]\n: c\n", "line 2: a key that is no scalar"),
            (b"a: 1\nb\0: 2\n", "line 2: a NUL"),
            (b"x: {a: 1}}\n", "line 1: "),
        ];
        for (text, expected) in cases {
            let error = parse(text).unwrap_err();
            assert!(error.starts_with(expected), "{text:?}: {error}");
        }
    }

    #[test]
    fn aliases_are_copies_and_bombs_end_at_the_bound() {
        let node = parse(b"base: &b |\n  text\nlist: &l [*b, x]\nsame: *l\n").unwrap();
        assert_eq!(get(&node, "same.0").and_then(Node::text), Some("text\n"));
        assert_eq!(get(&node, "same"), get(&node, "list"));
        let mut bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x]\n".to_string();
        for level in 1..40 {
            let below = format!("*a{}", level - 1);
            bomb += &format!("a{level}: &a{level} [{}]\n", [below.as_str(); 9].join(","));
        }
        assert!(parse(bomb.as_bytes()).unwrap_err().contains("100000"));
        let mut deep = "a0: &a0 [x]\n".to_string();
        for level in 1..100 {
            deep += &format!("a{level}: &a{level} [*a{}]\n", level - 1);
        }
        assert!(parse(deep.as_bytes()).unwrap_err().contains("64 deep"));
    }

    #[test]
    fn bounds_depth_length_and_count() {
        for (text, expected) in [
            ("[".repeat(1 << 20), "recursion limit"),
            ("[".repeat(100), "64 deep"),
            ("- ".repeat(1 << 19), "64 deep"),
            ("x".repeat((1 << 20) + 1), "1 MiB"),
            (format!("[{}]", "a,".repeat(MAX_NODES + 1)), "100000"),
        ] {
            let error = parse(text.as_bytes()).unwrap_err();
            assert!(error.contains(expected), "{error}");
        }
    }
}
