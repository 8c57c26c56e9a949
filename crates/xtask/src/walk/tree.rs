//! A whole tree, with digests in the place of content.

use filesystem::FileKind;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::io::Read;

/// Longest file that is read whole, in bytes; of longer ones the first MiB.
pub(super) const MAX_FILE: u64 = 2 << 30;
/// So much of the longer ones.
pub(super) const START: u64 = 1 << 20;

/// What is known of one path, or why it cannot be read.
pub(super) type Seen = Result<Node, String>;

/// By path, in bytes, beginning with a slash.
pub(super) type Tree = BTreeMap<Vec<u8>, Seen>;

/// One file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Node {
    pub(super) kind: FileKind,
    /// Bytes of a file, zero of all else.
    pub(super) size: u64,
    /// Of content, or of the target of a link; none if it is not compared.
    pub(super) digest: Option<[u8; 32]>,
    /// Permissions, owner and group; none if the other program has none.
    pub(super) owner: Option<(u32, u32, u32)>,
}

/// SHA-256 of all that is read.
pub(super) fn digest(mut content: impl Read) -> std::io::Result<[u8; 32]> {
    let mut sha256 = Sha256::new();
    let mut buffer = vec![0; 1 << 20];
    loop {
        match content.read(&mut buffer)? {
            0 => return Ok(sha256.finalize().into()),
            len => sha256.update(&buffer[..len]),
        }
    }
}

/// In what two trees differ, in sentences.
pub(super) fn differences(ours: &Tree, theirs: &Tree) -> Vec<String> {
    let mut found = Vec::new();
    let mut say = |path: &[u8], what: String| found.push(format!("{}: {what}", path.escape_ascii()));
    for (path, theirs) in theirs {
        match (ours.get(path), theirs) {
            (None, _) => say(path, "is not in ours".to_owned()),
            (Some(Err(_)), Err(_)) => {}
            (Some(Err(ours)), Ok(_)) => say(path, format!("ours cannot read it: {ours}")),
            (Some(Ok(_)), Err(theirs)) => say(path, format!("theirs cannot read it: {theirs}")),
            (Some(Ok(ours)), Ok(theirs)) => {
                if let Some(what) = difference(ours, theirs) {
                    say(path, what);
                }
            }
        }
    }
    ours.keys().filter(|path| !theirs.contains_key(*path)).for_each(|path| say(path, "is only in ours".to_owned()));
    found
}

fn difference(ours: &Node, theirs: &Node) -> Option<String> {
    if ours.kind != theirs.kind {
        return Some(format!("is {:?} in ours and {:?} in theirs", ours.kind, theirs.kind));
    }
    if ours.size != theirs.size {
        return Some(format!("has {} bytes in ours and {} in theirs", ours.size, theirs.size));
    }
    if theirs.digest.is_some() && ours.digest != theirs.digest {
        return Some("has other content".to_owned());
    }
    match (ours.owner, theirs.owner) {
        (Some(ours), Some(theirs)) if ours != theirs => Some(format!(
            "has mode {:o} of {}:{} in ours and {:o} of {}:{} in theirs",
            ours.0, ours.1, ours.2, theirs.0, theirs.1, theirs.2
        )),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(size: u64, content: &[u8]) -> Node {
        Node { kind: FileKind::File, size, digest: Some(digest(content).unwrap()), owner: Some((0o644, 0, 0)) }
    }

    #[test]
    fn every_kind_of_difference_is_told() {
        let tree = |nodes: Vec<(&str, Seen)>| -> Tree {
            nodes.into_iter().map(|(path, node)| (path.as_bytes().to_vec(), node)).collect()
        };
        let same = file(1, b"a");
        let theirs = tree(vec![
            ("/a", Ok(same.clone())),
            ("/b", Ok(same.clone())),
            ("/c", Ok(same.clone())),
            ("/d", Ok(Node { digest: None, owner: None, ..same.clone() })),
            ("/e", Ok(same.clone())),
            ("/f", Err("damaged".into())),
        ]);
        assert!(differences(&theirs, &theirs).is_empty());
        let ours = tree(vec![
            ("/a", Ok(file(1, b"b"))),
            ("/b", Ok(Node { kind: FileKind::Link, ..same.clone() })),
            ("/c", Ok(Node { owner: Some((0o600, 0, 0)), ..same.clone() })),
            ("/d", Ok(same.clone())),
            ("/e", Err("no".into())),
            ("/g", Ok(same)),
        ]);
        let found = differences(&ours, &theirs);
        let words = ["content", "Link in ours", "mode 600", "ours cannot read", "not in ours", "only in ours"];
        assert_eq!(found.len(), words.len(), "{found:?}");
        assert!(found.iter().zip(words).all(|(line, word)| line.contains(word)), "{found:?}");
    }
}
