//! The members of a tar archive: names, and where their bytes are. Nothing is unpacked; a name is a label.
//!
//! Read: POSIX (ustar, pax), GNU and the old (v7) format. What two readers could understand in two ways is refused: a
//! link that has a length, a name that is given twice, an archive without its end.

use super::BLOCK;
use super::header::{Entry, Header, Kind, LEN, MORE_SPARSE_AGAIN, padded_end, text};
use super::pax::Records;
use std::collections::HashMap;
use storage::{Error, ReadAt, Result, check_range, is_zero, read_array, read_vec};

/// Members of an archive; an OVA has a handful.
const MAX_MEMBERS: usize = 10_000;

/// Bytes of a name.
const MAX_NAME: usize = 4096;

/// Bytes of long names and pax records in the whole archive.
const MAX_EXTENDED: u64 = 16 << 20;

/// A member.
#[derive(Clone, Debug)]
pub(super) struct Member {
    /// Its name without a leading `./`; bytes that are not UTF-8 replaced.
    pub(super) name: String,
    pub(super) kind: Kind,
    /// Where its bytes begin.
    pub(super) start: u64,
    pub(super) size: u64,
}

/// Goes from header to header.
#[derive(Debug)]
pub(super) struct Walk<'a> {
    file: &'a dyn ReadAt,
    offset: u64,
    extended: u64,
}

/// What was said about a member before its header.
#[derive(Debug, Default)]
struct Ahead {
    name: Option<Vec<u8>>,
    records: Option<Records>,
}

impl<'a> Walk<'a> {
    pub(super) fn new(file: &'a dyn ReadAt) -> Self {
        Walk { file, offset: 0, extended: 0 }
    }

    /// The next member; `None` at the end mark.
    pub(super) fn next(&mut self) -> Result<Option<Member>> {
        let mut ahead = Ahead::default();
        loop {
            let at = self.offset;
            check_range(self.file.size(), at, BLOCK).map_err(|_| {
                Error::corrupt(at, "the tar archive ends here without its end mark (blocks of zeros); truncated?")
            })?;
            let block: [u8; LEN] = read_array(self.file, at)?;
            if is_zero(&block) {
                self.judge_end(&ahead)?;
                return Ok(None);
            }
            let header = Header::parse(&block, at)?;
            self.offset += BLOCK;
            match header.entry {
                Entry::Member(kind) => return self.member(header, kind, at, ahead).map(Some),
                entry => self.extend(entry, header.size, at, &mut ahead)?,
            }
        }
    }

    /// One block of zeros is enough, if nothing but zeros follows: what stands behind it some readers would read.
    fn judge_end(&self, ahead: &Ahead) -> Result<()> {
        if ahead.name.is_some() || ahead.records.is_some() {
            return Err(Error::corrupt(self.offset, "the tar archive ends between a member's name and the member"));
        }
        let next = self.offset + BLOCK;
        let len = BLOCK.min(self.file.size() - next);
        if is_zero(&read_vec(self.file, next, len)?) {
            return Ok(());
        }
        Err(Error::corrupt(self.offset, "a single block of zeros stands inside the tar archive, where two end it"))
    }

    /// Reads a long name or records.
    fn extend(&mut self, entry: Entry, size: u64, at: u64, ahead: &mut Ahead) -> Result<()> {
        self.extended += size.min(MAX_EXTENDED + 1);
        if self.extended > MAX_EXTENDED {
            let what = format!("the tar archive has more than {MAX_EXTENDED} bytes of long names and pax records");
            return Err(Error::corrupt(at, what));
        }
        check_range(self.file.size(), self.offset, size).map_err(|_| past_end(at, "a header's extension"))?;
        let bytes = read_vec(self.file, self.offset, size)?;
        let twice = || Error::corrupt(at, "a member of the tar archive is described twice before its header");
        match entry {
            Entry::LongName if ahead.name.is_some() => return Err(twice()),
            Entry::LongName => ahead.name = Some(text(&bytes).to_vec()),
            Entry::Records if ahead.records.is_some() => return Err(twice()),
            Entry::Records => ahead.records = Some(Records::parse(&bytes, self.offset)?),
            Entry::GlobalRecords if Records::parse(&bytes, self.offset)? != Records::default() => {
                return Err(Error::corrupt(at, "a pax record gives one name or size to all members of the archive"));
            }
            _ => {}
        }
        self.offset = padded_end(self.offset, size).ok_or_else(|| past_end(at, "a header's extension"))?;
        Ok(())
    }

    fn member(&mut self, header: Header, kind: Kind, at: u64, ahead: Ahead) -> Result<Member> {
        let records = ahead.records.unwrap_or_default();
        let size = records.size.unwrap_or(header.size);
        let name = match (ahead.name, records.path) {
            (Some(long), Some(path)) if long != path => {
                return Err(Error::corrupt(
                    at,
                    "a member of the tar archive has two names, one of GNU's and one of pax",
                ));
            }
            (long, path) => name(&long.or(path).unwrap_or(header.name), at)?,
        };
        let links = [Kind::HardLink, Kind::SymbolicLink, Kind::Device, Kind::Directory, Kind::Fifo];
        if links.contains(&kind) && size != 0 {
            let what = format!("{name:?} in the tar archive is {}, and yet {size} bytes long", kind.words());
            return Err(Error::corrupt(at, what));
        }
        let mut more = header.more_sparse;
        while more {
            check_range(self.file.size(), self.offset, BLOCK).map_err(|_| past_end(at, &name))?;
            let map: [u8; LEN] = read_array(self.file, self.offset)?;
            more = map[MORE_SPARSE_AGAIN] != 0;
            self.offset += BLOCK;
        }
        let start = self.offset;
        check_range(self.file.size(), start, size).map_err(|_| past_end(at, &name))?;
        self.offset = padded_end(start, size).ok_or_else(|| past_end(at, &name))?;
        Ok(Member { name, kind: if records.sparse { Kind::Sparse } else { kind }, start, size })
    }
}

fn past_end(at: u64, name: &str) -> Error {
    Error::corrupt(at, format!("{name} in the tar archive reaches past the end of the file; truncated?"))
}

fn name(bytes: &[u8], at: u64) -> Result<String> {
    let mut bytes = bytes;
    // The directory itself keeps its name, `./`.
    while let Some(rest) = bytes.strip_prefix(b"./").filter(|rest| !rest.is_empty()) {
        bytes = rest;
    }
    if bytes.is_empty() || bytes.len() > MAX_NAME || bytes.contains(&0) {
        let what = format!("a name of {} bytes in the tar archive is none (1 to {MAX_NAME})", bytes.len());
        return Err(Error::corrupt(at, what));
    }
    Ok(String::from_utf8_lossy(bytes).into_owned())
}

/// All members, each name once.
#[derive(Debug)]
pub(super) struct Archive {
    pub(super) members: Vec<Member>,
    by_name: HashMap<String, usize>,
}

impl Archive {
    pub(super) fn read(file: &dyn ReadAt) -> Result<Self> {
        let mut archive = Archive { members: Vec::new(), by_name: HashMap::new() };
        let mut walk = Walk::new(file);
        while let Some(member) = walk.next()? {
            let at = member.start;
            if archive.members.len() == MAX_MEMBERS {
                return Err(Error::corrupt(at, format!("the tar archive has more than {MAX_MEMBERS} members")));
            }
            // A directory may be told of again; nothing comes of it.
            let before = archive.by_name.insert(member.name.clone(), archive.members.len());
            if before.is_some_and(|i| archive.members[i].kind != Kind::Directory || member.kind != Kind::Directory) {
                return Err(Error::corrupt(at, format!("{:?} is in the tar archive twice", member.name)));
            }
            archive.members.push(member);
        }
        Ok(archive)
    }

    /// The member of that name.
    pub(super) fn get(&self, name: &str) -> Option<&Member> {
        self.by_name.get(name).map(|&i| &self.members[i])
    }

    /// What is odd and harmless.
    pub(super) fn notes(&self) -> Vec<String> {
        let outside = |name: &str| name.starts_with(['/', '\\']) || name.split(['/', '\\']).any(|part| part == "..");
        let names = self.members.iter().filter(|member| outside(&member.name)).map(|member| {
            format!(
                "the name {:?} in the archive points out of it; nothing is unpacked, so it is only a name",
                member.name
            )
        });
        let others = self.members.iter().filter(|member| !matches!(member.kind, Kind::File | Kind::Directory));
        names
            .chain(others.map(|member| format!("{:?} in the archive is {}; ignored", member.name, member.kind.words())))
            .collect()
    }
}

impl Kind {
    /// To follow "is".
    pub(super) fn words(self) -> &'static str {
        match self {
            Kind::File => "a file",
            Kind::HardLink => "a hard link",
            Kind::SymbolicLink => "a symbolic link",
            Kind::Device => "a device",
            Kind::Directory => "a directory",
            Kind::Fifo => "a pipe",
            Kind::Label => "a label",
            Kind::Sparse => "a sparse file, of which not all is stored",
            Kind::Other(_) => "of a kind that is not known",
        }
    }
}
