//! Hives for the tests, and for the disks that xtask makes.

use regf::{DataType, HiveBuilder};

/// What a test puts into a value.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Put<'a> {
    Text(&'a str),
    Expand(&'a str),
    List(&'a [&'a str]),
    Number(u32),
    Long(u64),
    Bytes(&'a [u8]),
}

/// A value: key, name, content. An empty content makes the key only.
pub(crate) type Row<'a> = (&'a str, &'a str, Option<Put<'a>>);

pub(crate) fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect()
}

/// A hive with those values.
pub(crate) fn hive(rows: &[Row<'_>]) -> Vec<u8> {
    let mut builder = HiveBuilder::new().unwrap();
    for (path, name, put) in rows {
        let key = builder.create_key(path).unwrap();
        let (kind, bytes) = match put {
            None => continue,
            Some(Put::Text(text)) => (DataType::String, utf16(text)),
            Some(Put::Expand(text)) => (DataType::ExpandString, utf16(text)),
            Some(Put::List(list)) => (DataType::MultiString, utf16(&(list.join("\0") + "\0"))),
            Some(Put::Number(number)) => (DataType::Dword, number.to_le_bytes().to_vec()),
            Some(Put::Long(number)) => (DataType::Qword, number.to_le_bytes().to_vec()),
            Some(Put::Bytes(bytes)) => (DataType::Binary, bytes.to_vec()),
        };
        builder.add_value(key, name, kind, &bytes).unwrap();
    }
    builder.to_bytes().unwrap()
}

/// Puts the right checksum into a base block.
pub(crate) fn seal(bytes: &mut [u8]) {
    let sum = regf::calculate_checksum(&bytes[..512]);
    bytes[508..512].copy_from_slice(&sum.to_le_bytes());
}

/// Sets the two sequence numbers.
pub(crate) fn sequences(bytes: &mut [u8], first: u32, second: u32) {
    bytes[4..8].copy_from_slice(&first.to_le_bytes());
    bytes[8..12].copy_from_slice(&second.to_le_bytes());
    seal(bytes);
}
