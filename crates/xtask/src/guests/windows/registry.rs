//! Values of the registry, as the tables name them.

/// The writer of hives that the tests of the crate `hive` have.
// It says why it stops by a panic, and has more than is needed here.
#[allow(dead_code, clippy::unwrap_used, reason = "support of tests, which this is as well")]
#[path = "../../../../hive/tests/all/build.rs"]
mod build;

pub(super) use build::{Put, hive};

/// A value: key, name, content. Without a content it is the key alone.
pub(super) type Row = build::Row<'static>;

pub(super) const fn number(key: &'static str, name: &'static str, value: u32) -> Row {
    (key, name, Some(Put::Number(value)))
}

pub(super) const fn text(key: &'static str, name: &'static str, value: &'static str) -> Row {
    (key, name, Some(Put::Text(value)))
}

pub(super) const fn list(key: &'static str, name: &'static str, value: &'static [&'static str]) -> Row {
    (key, name, Some(Put::List(value)))
}

pub(super) const fn bytes(key: &'static str, name: &'static str, value: &'static [u8]) -> Row {
    (key, name, Some(Put::Bytes(value)))
}

pub(super) const fn key(key: &'static str) -> Row {
    (key, "", None)
}

/// Whether a key is another one or lies below it. Capitals do not matter.
pub(super) fn is_within(key: &str, other: &str) -> bool {
    let start = key.get(..other.len()).is_some_and(|start| start.eq_ignore_ascii_case(other));
    start && matches!(key.as_bytes().get(other.len()), None | Some(b'\\'))
}
