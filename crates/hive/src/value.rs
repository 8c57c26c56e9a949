//! Values: a name, a type and data.
//!
//! Data of up to four bytes stands in the place of its offset; data of more than 16344 bytes is cut into segments, which
//! a list (`db`) names.

use crate::bytes::{at, index, le16, le32, le64, part};
use crate::cells::{Cell, Cells};
use crate::name;
use storage::Result;

/// Data of this length at most lies in one cell.
const SEGMENT: usize = 16344;

/// What a value holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Data {
    /// `REG_SZ`, `REG_EXPAND_SZ`, `REG_LINK`: up to the first NUL; variables are not expanded.
    Text(String),
    /// `REG_MULTI_SZ`.
    List(Vec<String>),
    /// `REG_DWORD` of either order, `REG_QWORD`.
    Number(u64),
    /// Anything else, and numbers that are too short.
    Bytes(Vec<u8>),
}

/// A value of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Value {
    /// Its name; empty for the default value.
    pub name: String,
    /// Type as stored: 1 is `REG_SZ`.
    pub kind: u32,
    /// What it holds.
    pub data: Data,
}

impl Value {
    /// The text, if it is one.
    pub fn text(&self) -> Option<&str> {
        match &self.data {
            Data::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The texts of a list, or the only one of a text.
    pub fn list(&self) -> Option<Vec<&str>> {
        match &self.data {
            Data::List(list) => Some(list.iter().map(String::as_str).collect()),
            Data::Text(text) => Some(vec![text]),
            _ => None,
        }
    }

    /// The number, if it is one.
    pub fn number(&self) -> Option<u64> {
        match self.data {
            Data::Number(number) => Some(number),
            _ => None,
        }
    }

    /// The bytes, if it is neither text nor number.
    pub fn bytes(&self) -> Option<&[u8]> {
        match &self.data {
            Data::Bytes(bytes) => Some(bytes),
            _ => None,
        }
    }
}

/// The record of a value, its data not read yet.
pub(crate) struct Record<'h> {
    cell: Cell<'h>,
    pub(crate) name: String,
}

impl<'h> Record<'h> {
    pub(crate) fn read(cells: Cells<'h>, offset: u32) -> Result<Self> {
        let cell = cells.get(offset)?;
        let record = cell.content;
        let narrow = le16(record, 16).is_some_and(|flags| flags & 1 != 0);
        let name = le16(record, 2).and_then(|len| part(record, 20, len.into()));
        match name {
            Some(name) if record.starts_with(b"vk") => Ok(Record { cell, name: name::decode(name, narrow) }),
            Some(_) => Err(cell.broken("the record of a value does not begin with \"vk\"")),
            None => Err(cell.broken("the record of a value is cut off")),
        }
    }

    /// The value with its data.
    pub(crate) fn value(self, cells: Cells<'_>) -> Result<Value> {
        let kind = le32(self.cell.content, 12).unwrap_or(0);
        let data = decode(kind, self.data(cells)?);
        Ok(Value { name: self.name, kind, data })
    }

    fn data(&self, cells: Cells<'_>) -> Result<Vec<u8>> {
        let size = le32(self.cell.content, 4).unwrap_or(0);
        let len = index(size & 0x7fff_ffff);
        if size >> 31 == 1 {
            let inline = part(self.cell.content, 8, len).filter(|_| len <= 4);
            return inline.map(<[u8]>::to_vec).ok_or_else(|| self.cell.broken("data in a value's record is too long"));
        }
        if len == 0 {
            return Ok(Vec::new());
        }
        let cell = cells.get(le32(self.cell.content, 8).unwrap_or(0))?;
        if len > SEGMENT && cell.content.starts_with(b"db") {
            return segments(cells, &cell, len);
        }
        let data = cell.content.get(..len).ok_or_else(|| cell.broken("data of a value is longer than its cell"))?;
        Ok(data.to_vec())
    }
}

/// Data in segments. Never longer than the hive: each segment is a cell of its own.
fn segments(cells: Cells<'_>, list: &Cell<'_>, len: usize) -> Result<Vec<u8>> {
    let count = le16(list.content, 2).map_or(0, usize::from);
    if len > cells.len() || count != len.div_ceil(SEGMENT) {
        return Err(list.broken("data in segments has a length that does not go with their number"));
    }
    let places = cells.get(le32(list.content, 4).unwrap_or(0))?;
    let mut data = Vec::with_capacity(len);
    for entry in 0..count {
        let offset = le32(places.content, entry * 4);
        let segment = cells.get(offset.ok_or_else(|| places.broken("a list of segments is cut off"))?)?;
        let piece = segment.content.get(..SEGMENT.min(len - data.len()));
        data.extend_from_slice(piece.ok_or_else(|| segment.broken("a segment of data is too short"))?);
    }
    Ok(data)
}

fn decode(kind: u32, bytes: Vec<u8>) -> Data {
    let number = match kind {
        4 => le32(&bytes, 0).map(u64::from),
        5 => at(&bytes, 0).map(|four| u32::from_be_bytes(four).into()),
        11 => le64(&bytes, 0),
        _ => None,
    };
    match (kind, number) {
        (_, Some(number)) => Data::Number(number),
        (1 | 2 | 6, _) => Data::Text(texts(&bytes).swap_remove(0)),
        (7, _) => {
            let mut list = texts(&bytes);
            list.retain(|text| !text.is_empty());
            Data::List(list)
        }
        _ => Data::Bytes(bytes),
    }
}

/// Texts that end with NUL; at least one.
fn texts(bytes: &[u8]) -> Vec<String> {
    name::utf16(bytes).split('\0').map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utf16(text: &str) -> Vec<u8> {
        text.encode_utf16().flat_map(u16::to_le_bytes).collect()
    }

    #[test]
    fn types() {
        assert_eq!(decode(1, utf16("a\0rest")), Data::Text("a".into()));
        assert_eq!(decode(2, utf16("%x%")), Data::Text("%x%".into()));
        assert_eq!(decode(1, Vec::new()), Data::Text(String::new()));
        assert_eq!(decode(7, utf16("a\0b\0\0")), Data::List(vec!["a".into(), "b".into()]));
        assert_eq!(decode(4, vec![1, 2, 0, 0]), Data::Number(0x201));
        assert_eq!(decode(5, vec![0, 0, 2, 1]), Data::Number(0x201));
        assert_eq!(decode(11, vec![1, 0, 0, 0, 0, 0, 0, 1]), Data::Number((1 << 56) + 1));
        assert_eq!(decode(4, vec![1]), Data::Bytes(vec![1]));
        assert_eq!(decode(3, vec![1]), Data::Bytes(vec![1]));
    }
}
