//! What Rock Ridge writes behind the names in records: long names, modes, owners, links, moved directories.
//!
//! Specification: SUSP 1.12 section 5, RRIP 1.12 section 4. Not read: times, extended attributes (AA, AL).

use super::record::Record;
use crate::field::{le16, le32};
use crate::nodes::MAX_LINK;
use storage::{Error, ReadAt, Result, read_vec};

/// Continuations of one record.
const MAX_AREAS: usize = 64;
/// Bytes in all continuations of one record: extended attributes fill some.
const MAX_CONTINUED: u64 = 128 << 10;
/// Bytes in a name, as Linux allows.
const MAX_NAME: usize = 255;

const CONTINUES: u8 = 1;
const CURRENT: u8 = 2;
const PARENT: u8 = 4;
const ROOT: u8 = 8;

/// What the fields of one record say.
#[derive(Debug, Default)]
pub(super) struct Fields {
    pub(super) name: Vec<u8>,
    /// File type, permissions, owner, group.
    pub(super) posix: Option<(u32, u32, u32)>,
    pub(super) target: Option<Vec<u8>>,
    /// Where the directory lies that this record stands for, in logical blocks.
    pub(super) child: Option<u64>,
    /// It was moved here from where another record stands for it.
    pub(super) moved: bool,
    /// Bytes of the content, where that is compressed.
    pub(super) compressed: Option<u64>,
    pub(super) sparse: bool,
    /// What follows a certain field is none: genisoimage breaks off so behind long targets of links.
    pub(super) damaged: bool,
    /// A field that only Rock Ridge has.
    present: bool,
    /// Bytes to pass over in all records, if this one says so.
    skip: Option<u8>,
    /// The last component of the target goes on in the next.
    joins: bool,
}

/// How many bytes of each record precede the fields; none if there is no Rock Ridge. `root` is the first record of the
/// first directory. On media with extended architecture 14 bytes precede the very mark.
pub(super) fn skip(volume: &dyn ReadAt, block: u64, root: &Record) -> Result<Option<usize>> {
    for start in [0, 14] {
        if root.system_use.get(start..).is_some_and(|rest| rest.starts_with(b"SP\x07\x01\xBE\xEF")) {
            let fields = Fields::read(volume, block, root, start, &mut { MAX_CONTINUED })?;
            return Ok(fields.skip.filter(|_| fields.present).map(usize::from));
        }
    }
    Ok(None)
}

impl Fields {
    /// Follows the continuations of a record, which may be as long as is `left`.
    pub(super) fn read(volume: &dyn ReadAt, block: u64, record: &Record, skip: usize, left: &mut u64) -> Result<Self> {
        let mut fields = Fields::default();
        let mut next = fields.area(record.system_use.get(skip..).unwrap_or_default());
        let mut areas = 0;
        let mut own = MAX_CONTINUED;
        while let Some((start, offset, len)) = next {
            areas += 1;
            let endless = || Error::corrupt(record.at, "a record of Rock Ridge is continued without end");
            own = own.checked_sub(len).filter(|_| areas <= MAX_AREAS).ok_or_else(endless)?;
            *left = left.checked_sub(len).ok_or_else(endless)?;
            let area = read_vec(volume, start * block + offset, len);
            next = fields.area(&area.map_err(|error| error.within("a continuation of Rock Ridge"))?);
        }
        // The name may be what is lost.
        if fields.damaged && fields.name.is_empty() && !record.is_self() && !record.is_parent() {
            return Err(Error::corrupt(record.at, "a record with damaged fields of Rock Ridge"));
        }
        if fields.name.len() > MAX_NAME {
            return Err(Error::corrupt(record.at, format!("a name of {} bytes", fields.name.len())));
        }
        Ok(fields)
    }

    /// The fields in one area; gives block, offset and length of the next one.
    fn area(&mut self, mut area: &[u8]) -> Option<(u64, u64, u64)> {
        let mut next = None;
        while area.len() >= 4 && !storage::is_zero(area) {
            let field = area.get(..usize::from(area[2])).filter(|field| field.len() >= 4 && field[0] != 0);
            match field {
                Some(field) if field.starts_with(b"ST") => break,
                Some(field) if field.starts_with(b"CE") && field.len() >= 28 => {
                    next = Some((le32(field, 4).into(), le32(field, 12).into(), le32(field, 20).into()));
                }
                Some(field) if self.field(field).is_some() => {}
                _ => {
                    self.damaged = true;
                    return None;
                }
            }
            area = &area[usize::from(area[2])..];
        }
        next
    }

    /// One field; none if it is too short for what it is.
    fn field(&mut self, field: &[u8]) -> Option<()> {
        match &field[..2] {
            b"SP" => self.skip = Some(*field.get(6)?),
            b"RR" => self.present = true,
            b"PX" if field.len() >= 36 => {
                self.present = true;
                self.posix = Some((le32(field, 4), le32(field, 20), le32(field, 28)));
            }
            b"NM" => {
                self.present = true;
                // What is flagged otherwise is the directory itself or its parent.
                if field.get(4)? & (CURRENT | PARENT) == 0 {
                    self.name.extend_from_slice(&field[5..]);
                }
            }
            b"SL" => self.link(field.get(5..)?)?,
            b"CL" if field.len() >= 12 => self.child = Some(le32(field, 4).into()),
            b"RE" => self.moved = true,
            b"ZF" if field.len() >= 16 => self.compressed = Some(le32(field, 8).into()),
            b"SF" => self.sparse = true,
            b"PX" | b"CL" | b"CE" | b"ZF" => return None,
            _ => {}
        }
        Some(())
    }

    /// Components of a link's target, in one of its fields.
    fn link(&mut self, mut components: &[u8]) -> Option<()> {
        let target = self.target.get_or_insert_with(Vec::new);
        while let [flags, len, rest @ ..] = components {
            let text = rest.get(..usize::from(*len))?;
            components = &rest[text.len()..];
            if !self.joins && !target.is_empty() && target.last() != Some(&b'/') {
                target.push(b'/');
            }
            match flags & (CURRENT | PARENT | ROOT) {
                0 => target.extend_from_slice(text),
                CURRENT => target.push(b'.'),
                PARENT => target.extend_from_slice(b".."),
                ROOT => *target = b"/".to_vec(),
                _ => return None,
            }
            self.joins = flags & CONTINUES != 0;
            if target.len() as u64 > MAX_LINK {
                return None;
            }
        }
        Some(())
    }
}

/// The file type in a mode of POSIX.
pub(super) fn type_of(mode: u32) -> u16 {
    le16(&mode.to_le_bytes(), 0) >> 12
}
