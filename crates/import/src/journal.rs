//! What was done so far, on disk: enough to go on after a kill, and no secret.
//!
//! A JSON file with its own checksum, replaced as a whole (write, flush, rename, flush the folder), of mode 0600. A
//! second file beside it is locked as long as a process works with the journal. A journal that is damaged or of another
//! version is put aside, and the work starts anew: what the service has is asked of the service anyway.

use crate::error::{Error, Kind, Result};
use crate::hash::sha256_hex;
use crate::state::{ImportState, ObjectState};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

/// What this program writes and reads.
const VERSION: u32 = 1;
/// A process that has just ended, or begun another, may have the lock a moment longer: how often to look, and how long
/// to wait between two looks.
const TRIES: u32 = 20;
const NAP: Duration = Duration::from_millis(25);
/// Longest journal that is read: ours.
const LONGEST: u64 = 4 << 20;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Record {
    version: u32,
    objects: BTreeMap<String, ObjectState>,
    import: Option<ImportState>,
}

#[derive(Serialize, Deserialize)]
struct Sealed {
    checksum: String,
    record: Record,
}

/// The journal of one import.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    record: Record,
    put_aside: Option<PathBuf>,
    /// Held until the journal is dropped.
    _lock: File,
}

impl Journal {
    /// Opens or begins the journal at `path`; that another process has it open is an error.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self> {
        let path = path.into();
        let lock = lock(&beside(&path, "lock"))?;
        let (record, put_aside) = match read(&path)? {
            Found::Nothing => (Record::default(), None),
            Found::Whole(record) => (record, None),
            Found::Damaged => {
                let aside = beside(&path, "damaged");
                fs::rename(&path, &aside)
                    .map_err(|error| Error::journal(shown(&path, "cannot be put aside"), &error))?;
                (Record::default(), Some(aside))
            }
        };
        Ok(Journal { path, record: Record { version: VERSION, ..record }, put_aside, _lock: lock })
    }

    /// Where a journal that could not be used was put.
    pub fn put_aside(&self) -> Option<&Path> {
        self.put_aside.as_deref()
    }

    /// Whether nothing was begun.
    pub fn is_empty(&self) -> bool {
        self.record.objects.is_empty() && self.record.import.is_none()
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// How far an object is; `None`: not begun.
    pub fn object(&self, bucket: &str, key: &str) -> Option<ObjectState> {
        self.record.objects.get(&name(bucket, key)).cloned()
    }

    /// How far the import is; `None`: not begun.
    pub fn import(&self) -> Option<&ImportState> {
        self.record.import.as_ref()
    }

    pub(crate) fn set_object(&mut self, bucket: &str, key: &str, state: ObjectState) -> Result<()> {
        self.record.objects.insert(name(bucket, key), state);
        self.write()
    }

    pub(crate) fn forget_object(&mut self, bucket: &str, key: &str) -> Result<()> {
        self.record.objects.remove(&name(bucket, key));
        self.write()
    }

    pub(crate) fn set_import(&mut self, state: Option<ImportState>) -> Result<()> {
        self.record.import = state;
        self.write()
    }

    fn write(&self) -> Result<()> {
        let checksum = checksum(&self.record);
        let sealed = Sealed { checksum, record: self.record.clone() };
        let text = serde_json::to_string_pretty(&sealed).expect("strings and numbers are JSON");
        let new = beside(&self.path, "new");
        let write = || -> std::io::Result<()> {
            let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&new)?;
            file.write_all(text.as_bytes())?;
            file.sync_all()?;
            fs::rename(&new, &self.path)?;
            let folder = self.path.parent().filter(|folder| !folder.as_os_str().is_empty());
            File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
        };
        write().map_err(|error| Error::journal(shown(&self.path, "cannot be written"), &error))
    }
}

enum Found {
    Nothing,
    Whole(Record),
    Damaged,
}

fn read(path: &Path) -> Result<Found> {
    let mut text = Vec::new();
    match File::open(path).and_then(|file| file.take(LONGEST).read_to_end(&mut text)) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Found::Nothing),
        Err(error) => return Err(Error::journal(shown(path, "cannot be read"), &error)),
        Ok(_) => {}
    }
    Ok(match serde_json::from_slice::<Sealed>(&text) {
        Ok(sealed) if sealed.record.version == VERSION && sealed.checksum == checksum(&sealed.record) => {
            Found::Whole(sealed.record)
        }
        _ => Found::Damaged,
    })
}

fn lock(path: &Path) -> Result<File> {
    let fail = |error| Error::journal(shown(path, "cannot be opened"), &error);
    let file = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(path).map_err(fail)?;
    for _ in 0..TRIES {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) => thread::sleep(NAP),
            Err(TryLockError::Error(error)) => return Err(fail(error)),
        }
    }
    Err(Error::new(Kind::Journal, shown(path, "another process is at work on this import"))
        .remedy("wait for it, or stop it"))
}

fn checksum(record: &Record) -> String {
    sha256_hex(&serde_json::to_vec(record).expect("strings and numbers are JSON"))
}

/// No bucket has a slash in its name.
fn name(bucket: &str, key: &str) -> String {
    format!("{bucket}/{key}")
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(ending);
    name.into()
}

fn shown(path: &Path, what: &str) -> String {
    format!("{}: {what}", path.display())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state() -> ObjectState {
        ObjectState::Uploaded { size: 1, etag: "\"E\"".into(), crc64: u64::MAX }
    }

    #[test]
    fn what_was_written_is_read_and_one_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.json");
        let mut journal = Journal::open(&path).unwrap();
        journal.set_object("b", "k/1", state()).unwrap();
        let error = Journal::open(&path).unwrap_err();
        assert!(error.kind() == Kind::Journal && error.to_string().contains("another process"), "{error}");
        drop(journal);
        let journal = Journal::open(&path).unwrap();
        assert_eq!(journal.object("b", "k/1"), Some(state()));
        assert_eq!((journal.object("b", "k"), journal.put_aside()), (None, None));
    }

    #[test]
    fn a_damaged_journal_is_put_aside() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.json");
        Journal::open(&path).unwrap().set_object("b", "k", state()).unwrap();
        let good = fs::read(&path).unwrap();
        for at in 0..good.len() {
            let mut bad = good.clone();
            bad[at] ^= 1;
            fs::write(&path, &bad).unwrap();
            let journal = Journal::open(&path).unwrap();
            // Blanks between words may become others that mean as little.
            let same = journal.object("b", "k") == Some(state());
            assert!(journal.put_aside().is_some() != same, "{at}");
        }
        for len in 0..good.len() {
            fs::write(&path, &good[..len]).unwrap();
            assert!(Journal::open(&path).unwrap().put_aside().is_some(), "{len}");
        }
    }
}
