//! Opening the image that was named on the command line.

use crate::cli::{Input, Subject};
use crate::exit::{Exit, Failure};
use crate::signals;
use disk::{Disk, Opener};
use facts::{Facts, Known, Transfer};
use remote::{Address, Remote};
use std::fs;
use std::io::{BufReader, Read, Write};
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use storage::{Cache, Cursor, Error, ErrorKind, File, NewFile, ReadAt, Result, Source, spool};

/// What a packed image may unpack to: the largest system disk of ECS.
const MAX_UNPACKED: u64 = 2 << 40;

/// Read from a pipe at a time.
const PIPE_BUFFER: usize = 1 << 20;

type Outcome<T> = std::result::Result<T, Failure>;

/// An image file: its bytes, or what they unpack to.
pub(crate) struct Image {
    path: PathBuf,
    /// None: standard input.
    file: Option<Arc<File>>,
    /// Where it is on the network, if it is there.
    remote: Option<Arc<Remote>>,
    /// The bytes of the image.
    pub(crate) source: Source,
    /// The compression around it.
    pub(crate) packed: Option<&'static str>,
    /// The files that it refers to.
    pub(crate) allowed: Allowed,
}

impl Image {
    /// Opens the file of that name; `-` is standard input. A file that is compressed as a whole is unpacked, unless it
    /// was said what it is.
    pub(crate) fn open(path: &Path, input: &Input) -> Outcome<Self> {
        Self::open_with(path, input, Cache::default())
    }

    pub(crate) fn open_with(path: &Path, input: &Input, cache: Cache) -> Outcome<Self> {
        let allowed = Allowed::new(path, &input.allow_backing)?;
        if path == Path::new("-") {
            let (source, packed) = from_pipe(fs::File::open("/dev/stdin")?, input)?;
            return Ok(Image { path: path.to_owned(), file: None, remote: None, source, packed, allowed });
        }
        if let Some(address) = address(path) {
            return Err(Failure::usage(format!(
                "{address}: only inspect and preflight read images over the network; download it first"
            )));
        }
        let file = open_file_with(path, cache)?;
        let (source, packed) = unpacked(file.clone(), path, input)?;
        Ok(Image { path: path.to_owned(), file: Some(file), remote: None, source, packed, allowed })
    }

    /// Reads the image at that address over the network.
    fn open_remote(address: Address, subject: &Subject) -> Outcome<Self> {
        let path = PathBuf::from(address.to_string());
        let allowed = Allowed::new(&path, &subject.input.allow_backing)?;
        let remote = Arc::new(Remote::open(address, subject.max_read)?);
        let (source, packed) = unpacked(remote.clone(), &path, &subject.input)?;
        Ok(Image { path, file: None, remote: Some(remote), source, packed, allowed })
    }

    /// The disk in it, as of an internal snapshot where one is named.
    pub(crate) fn disk_as_of(&self, snapshot: Option<&str>, input: &Input) -> Result<Arc<dyn Disk>> {
        match snapshot {
            None => self.disk(input),
            Some(snapshot) => self.snapshot(snapshot, input),
        }
    }

    /// The disk in it.
    pub(crate) fn disk(&self, input: &Input) -> Result<Arc<dyn Disk>> {
        let (source, format) = (self.source.clone(), input.format.as_deref());
        let disk = match &input.member {
            None => disk::open(source, format, &self.allowed),
            Some(which) => disk::open_member(source, which),
        };
        disk.map_err(|error| error.at_path(&self.path))
    }

    /// The disk as of a snapshot: its id or name, or qemu-img's `snapshot.id=…,snapshot.name=…`.
    fn snapshot(&self, snapshot: &str, input: &Input) -> Result<Arc<dyn Disk>> {
        let disk = disk::open_snapshot(self.source.clone(), input.format.as_deref(), snapshot, &self.allowed);
        disk.map_err(|error| error.at_path(&self.path))
    }

    /// What was read of it over the network.
    fn transfer(&self) -> Option<Transfer> {
        self.remote.as_ref().map(|remote| Transfer { bytes: remote.sent(), requests: remote.requests() })
    }

    /// Fails if somebody wrote to the file since it was opened.
    pub(crate) fn check_unchanged(&self) -> Result<()> {
        self.file.as_ref().map_or(Ok(()), |file| file.check_unchanged())
    }

    /// The file itself, where it is one and is not packed.
    pub(crate) fn file(&self) -> Option<&Arc<File>> {
        self.file.as_ref().filter(|_| self.packed.is_none())
    }

    /// Whether the file of that identity is read for this image.
    pub(crate) fn reads(&self, identity: (u64, u64)) -> bool {
        self.file.as_ref().is_some_and(|file| file.identity() == identity) || self.allowed.opened().contains(&identity)
    }
}

/// The file, before anything is known about its content.
pub(crate) fn open_file(path: &Path) -> Outcome<Arc<File>> {
    open_file_with(path, Cache::default())
}

fn open_file_with(path: &Path, cache: Cache) -> Outcome<Arc<File>> {
    // What is no file at all is a mistake on the command line, not a finding about an image.
    File::open_with(path, cache).map(Arc::new).map_err(|error| match error.kind() {
        ErrorKind::Unsupported => Failure::new(Exit::Usage, error),
        _ => error.into(),
    })
}

/// The address that was typed where the name of a file may be.
fn address(path: &Path) -> Option<Address> {
    path.to_str().and_then(Address::of)
}

/// What is in the file that may be compressed, and by what.
fn unpacked(file: Source, path: &Path, input: &Input) -> Result<(Source, Option<&'static str>)> {
    let Some(codec) = codec(&file, input)? else { return Ok((file, None)) };
    say(&format!("{}: is compressed with {}", path.display(), codec.name));
    let packed = BufReader::with_capacity(PIPE_BUFFER, Cursor::new(file));
    let unpacked = to_scratch(&mut codec.reader(Box::new(packed))).map_err(|error| error.at_path(path))?;
    Ok((unpacked, Some(codec.name)))
}

/// The compression of the file as a whole. Who says what the image is means the file as it is.
fn codec(file: &Source, input: &Input) -> Result<Option<&'static unpack::Codec>> {
    let mut head = [0; unpack::MAGIC_LEN];
    if input.format.is_some() || file.size() < head.len() as u64 {
        return Ok(None);
    }
    file.read_at(&mut head, 0)?;
    Ok(unpack::Codec::of(&head))
}

/// An image can be read at any place, and a pipe cannot.
fn from_pipe(pipe: fs::File, input: &Input) -> Outcome<(Source, Option<&'static str>)> {
    say("standard input: is read to its end first");
    let mut pipe = BufReader::with_capacity(PIPE_BUFFER, pipe);
    let mut head = [0; unpack::MAGIC_LEN];
    let len = read_most(&mut pipe, &mut head)?;
    let codec = unpack::Codec::of(&head[..len]).filter(|_| input.format.is_none());
    let bytes = std::io::Cursor::new(head[..len].to_vec()).chain(pipe);
    let unpacked = match codec {
        None => to_scratch(&mut { bytes }),
        Some(codec) => to_scratch(&mut codec.reader(Box::new(bytes))),
    };
    Ok((unpacked.map_err(|error| error.at_path("standard input"))?, codec.map(|codec| codec.name)))
}

/// Fills `buf` as far as there is anything to read.
fn read_most(input: &mut impl Read, buf: &mut [u8]) -> std::io::Result<usize> {
    let mut len = 0;
    while len < buf.len() {
        match input.read(&mut buf[len..])? {
            0 => break,
            n => len += n,
        }
    }
    Ok(len)
}

/// Keeps a stream in a file without a name.
fn to_scratch(stream: &mut dyn Read) -> Result<Source> {
    signals::catch().map_err(|error| Error::io("signals cannot be caught", error))?;
    let directory = std::env::var_os("TMPDIR").map_or_else(|| PathBuf::from("/var/tmp"), PathBuf::from);
    say(&format!("its bytes go to a scratch file in {} (TMPDIR)", directory.display()));
    let scratch = NewFile::scratch(&directory)?;
    spool(stream, MAX_UNPACKED, &scratch, &signals::stop)?;
    Ok(Arc::new(scratch))
}

/// A word to the user beside the output.
pub(crate) fn say(words: &str) {
    // Nobody can be told if standard error is closed.
    let _ = writeln!(std::io::stderr(), "bootworthy: {words}");
}

/// That the name of a file claims another format than its content has, if it does. `.img` claims nothing: half of the
/// world's qcow2 images bear it.
pub(crate) fn misnamed(path: &Path, format: &str) -> Option<String> {
    let claimed =
        inspect::claimed_format(&path.to_string_lossy()).filter(|_| path.extension() != Some("img".as_ref()))?;
    let expected = disk::format(claimed).map_or(claimed, |claimed| claimed.name());
    (expected != format).then(|| format!("is named as if it were {claimed}, and is {format} by its content"))
}

/// The name that qemu-img has for a format.
pub(crate) fn qemu_name(format: &str) -> &str {
    if format == "vhd" { "vpc" } else { format }
}

/// Opens files that an image refers to, if they lie beneath a directory that the user allowed.
#[derive(Debug)]
pub(crate) struct Allowed {
    /// Where the image lies: what relative names are relative to.
    base: PathBuf,
    directories: Vec<PathBuf>,
    opened: Mutex<Vec<(u64, u64)>>,
}

impl Allowed {
    /// For the image at `path`.
    pub(crate) fn new(path: &Path, directories: &[PathBuf]) -> std::result::Result<Self, Failure> {
        let base = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let canonical = |directory: &PathBuf| {
            directory
                .canonicalize()
                .map_err(|error| Failure::usage(format!("--allow-backing {}: {error}", directory.display())))
        };
        Ok(Allowed {
            base: base.canonicalize().unwrap_or_else(|_| base.to_owned()),
            directories: directories.iter().map(canonical).collect::<std::result::Result<_, _>>()?,
            opened: Mutex::default(),
        })
    }

    /// Device and inode numbers of the files opened.
    pub(crate) fn opened(&self) -> Vec<(u64, u64)> {
        self.opened.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The name as an absolute path without `..`, by its text alone: nothing is asked of the filesystem.
    fn absolute(&self, name: &Path) -> PathBuf {
        let mut path = PathBuf::new();
        for component in self.base.join(name).components() {
            match component {
                Component::ParentDir => drop(path.pop()),
                Component::CurDir => {}
                other => path.push(other),
            }
        }
        path
    }
}

impl Opener for Allowed {
    fn open(&self, name: &str) -> Result<Source> {
        let shown = name.escape_debug();
        let has_scheme = name.split_once(':').is_some_and(|(scheme, _)| !scheme.contains('/'));
        if name.is_empty() || has_scheme || name.contains('\0') {
            return Err(Error::refused(format!("refers to \"{shown}\", which is not the name of a file")));
        }
        let path = self.absolute(Path::new(name));
        let within =
            self.directories.iter().find_map(|directory| Some((directory, path.strip_prefix(directory).ok()?)));
        let Some((directory, rest)) = within else {
            let hint = path.parent().unwrap_or(Path::new("/")).display();
            return Err(Error::refused(format!(
                "refers to another file, \"{shown}\", and files that images name are not opened; if you trust this \
                 image, allow its directory with --allow-backing {hint}"
            )));
        };
        let file = File::open_beneath(directory, rest)?;
        self.opened.lock().unwrap_or_else(PoisonError::into_inner).push(file.identity());
        Ok(Arc::new(file))
    }
}

/// What was found out about an image, and why not more.
pub(crate) struct Examined {
    pub(crate) facts: Facts,
    /// Why the disk could not be opened; the facts are then those of the header.
    pub(crate) failure: Option<Error>,
    /// The disk that the facts are about, where it could be opened.
    pub(crate) disk: Option<Arc<dyn Disk>>,
}

/// Opens and inspects the image. A file that is no image at all, or a machine that fails, is an error; an image that
/// is damaged, not supported or refused gives facts all the same.
pub(crate) fn examine(path: &Path, subject: &Subject) -> Outcome<Examined> {
    examine_machine(path, &[], subject)
}

/// Opens an image here or elsewhere.
pub(crate) fn open(path: &Path, subject: &Subject) -> Outcome<Image> {
    match address(path) {
        None => Image::open(path, &subject.input),
        Some(address) => Image::open_remote(address, subject),
    }
}

/// An image beside the first, opened as far as that goes.
struct Further {
    image: Image,
    path: String,
    disk: Result<Arc<dyn Disk>>,
}

impl Further {
    fn open(path: &Path, subject: &Subject) -> Outcome<Self> {
        let image = open(path, subject)?;
        match image.disk(&subject.input) {
            Err(error) if error.kind() == ErrorKind::Io => Err(error.into()),
            disk => Ok(Further { path: image.path.to_string_lossy().into_owned(), image, disk }),
        }
    }

    fn shown(&self) -> inspect::DataImage<'_> {
        inspect::Image { path: &self.path, file: &self.image.source, disk: self.disk.as_ref() }
    }
}

/// The same of a machine that starts from the first image and has those in `data` too.
pub(crate) fn examine_machine(path: &Path, data: &[PathBuf], subject: &Subject) -> Outcome<Examined> {
    let input = &subject.input;
    let image = open(path, subject)?;
    let further = data.iter().map(|path| Further::open(path, subject)).collect::<Outcome<Vec<_>>>()?;
    // Without what may be secret in an address.
    let shown = image.path.to_string_lossy();
    let (mut facts, failure, disk) = match image.disk(input) {
        Ok(disk) => {
            let system = inspect::Image { path: &shown, file: &image.source, disk: &disk };
            let data: Vec<_> = further.iter().map(Further::shown).collect();
            let facts = inspect::inspect_machine(system, &data).map_err(|error| error.at_path(&image.path))?;
            image.check_unchanged()?;
            further.iter().try_for_each(|further| further.image.check_unchanged())?;
            (facts, None, Some(disk))
        }
        Err(error) if error.kind() == ErrorKind::Io => return Err(error.into()),
        Err(error) => (inspect::unreadable(&shown, &image.source, &error), Some(error), None),
    };
    facts.image.remote = image.transfer();
    if let Some(codec) = image.packed {
        // What would be uploaded is the packed file.
        facts.image.format = Known::Is(codec.to_owned());
    }
    for (disk, further) in facts.data_disks.iter_mut().zip(&further) {
        disk.image.remote = further.image.transfer();
        if let Some(codec) = further.image.packed {
            disk.image.format = Known::Is(codec.to_owned());
        }
    }
    Ok(Examined { facts, failure, disk })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_beneath_an_allowed_directory_are_opened() {
        let directory = tempfile::tempdir().unwrap();
        let allowed = directory.path().join("allowed");
        fs::create_dir(&allowed).unwrap();
        for name in ["canary", "allowed/base"] {
            fs::write(directory.path().join(name), "x").unwrap();
        }
        let image = allowed.join("top.qcow2");
        let closed = Allowed::new(&image, &[]).unwrap();
        let open = Allowed::new(&image, std::slice::from_ref(&allowed)).unwrap();
        assert!(open.open("base").is_ok());
        assert!(open.open(&allowed.join("base").to_string_lossy()).is_ok());
        assert_eq!(closed.open("base").unwrap_err().kind(), ErrorKind::Refused);
        let canary = directory.path().join("canary");
        for name in ["../canary", &canary.to_string_lossy(), "json:{}", "nbd://host", "fd:3", "", "a\0b", "/etc/passwd"]
        {
            assert_eq!(open.open(name).unwrap_err().kind(), ErrorKind::Refused, "{name}");
        }
        assert_eq!(open.opened().len(), 2);
    }
}
