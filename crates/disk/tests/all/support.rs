//! Images made in memory, and the programs that judge them.

use disk::{Closed, CreateOptions, Disk, Opener};
use std::collections::HashMap;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::{Arc, Mutex};
use storage::{Error, ErrorKind, NewFile, ReadAt, Result, Source, WriteAt};

/// A file in memory that grows as it is written to.
#[derive(Clone, Default)]
pub(crate) struct Growing(pub(crate) Arc<Mutex<Vec<u8>>>);

impl WriteAt for Growing {
    fn write_at(&self, buf: &[u8], offset: u64) -> Result<()> {
        let mut bytes = self.0.lock().unwrap();
        let end = offset as usize + buf.len();
        if bytes.len() < end {
            bytes.resize(end, 0);
        }
        bytes[offset as usize..end].copy_from_slice(buf);
        Ok(())
    }
    fn zero_at(&self, range: Range<u64>) -> Result<()> {
        let mut bytes = self.0.lock().unwrap();
        let end = (range.end as usize).min(bytes.len());
        let start = (range.start as usize).min(end);
        bytes[start..end].fill(0);
        Ok(())
    }
    fn finish(self: Box<Self>) -> Result<()> {
        Ok(())
    }
}

/// Numbers without end, always the same.
pub(crate) struct Numbers(pub(crate) u64);

impl Numbers {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }
    pub(crate) fn below(&mut self, n: u64) -> u64 {
        (self.next() >> 11) % n
    }
    pub(crate) fn bytes(&mut self, len: usize) -> Vec<u8> {
        (0..len).map(|_| (self.next() >> 32) as u8).collect()
    }
}

/// Text, noise and zeros in turns, in pieces of 30,000 bytes.
pub(crate) fn texture(len: usize) -> Vec<u8> {
    let mut numbers = Numbers(11);
    let mut bytes = Vec::with_capacity(len + 30_000);
    while bytes.len() < len {
        match bytes.len() / 30_000 % 4 {
            0 => bytes.extend(numbers.bytes(30_000)),
            3 => bytes.resize(bytes.len() + 30_000, 0),
            _ => bytes.extend((0..7_500u32).flat_map(|i| (i / 5 + (numbers.next() & 3) as u32).to_le_bytes())),
        }
    }
    bytes.truncate(len);
    bytes
}

/// Options of an image; `-c` stands among them as an option of its own.
pub(crate) fn options(size: u64, given: &[(&str, &str)]) -> CreateOptions {
    let (flags, given): (Vec<_>, Vec<_>) = given.iter().partition(|(name, _)| *name == "-c");
    let options = given.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect();
    CreateOptions { size, options, compress: !flags.is_empty(), made: None }
}

/// An image of `size` bytes in which `writes` are made, as a file.
pub(crate) fn build(format: &str, size: u64, given: &[(&str, &str)], writes: &[(u64, &[u8])]) -> Vec<u8> {
    let file = Growing::default();
    let format = disk::format(format).unwrap();
    let disk = format.create(Arc::new(file.clone()), &options(size, given)).unwrap();
    for (offset, bytes) in writes {
        disk.write_at(bytes, *offset).unwrap();
    }
    disk.finish().unwrap();
    std::mem::take(&mut *file.0.lock().unwrap())
}

pub(crate) fn open(file: Vec<u8>, format: Option<&str>) -> Result<Arc<dyn Disk>> {
    disk::open(Arc::new(file), format, &Closed)
}

/// What a check finds wrong with an image, as sentences.
pub(crate) fn findings(file: Source, format: Option<&str>) -> Vec<String> {
    let checked = disk::check(file, format).unwrap().unwrap_or_default();
    checked.corruptions.iter().chain(&checked.leaks).map(ToString::to_string).collect()
}

pub(crate) fn content(disk: &dyn ReadAt) -> Result<Vec<u8>> {
    let mut bytes = vec![0xee; disk.size() as usize];
    disk.read_at(&mut bytes, 0)?;
    Ok(bytes)
}

#[track_caller]
pub(crate) fn refused<T>(result: Result<T>, kind: ErrorKind, word: &str) {
    match result {
        Ok(_) => panic!("accepted; should be refused with {word:?}"),
        Err(error) => assert!(error.kind() == kind && error.to_string().contains(word), "{:?} {error}", error.kind()),
    }
}

/// Opens files from a list.
#[derive(Default)]
pub(crate) struct Files {
    pub(crate) files: HashMap<String, Vec<u8>>,
    pub(crate) asked: Mutex<Vec<String>>,
}

impl Opener for Files {
    fn open(&self, name: &str) -> Result<Source> {
        self.asked.lock().unwrap().push(name.to_owned());
        let file = self.files.get(name).ok_or_else(|| Error::not_found("no such file in the list"))?;
        Ok(Arc::new(file.clone()))
    }
}

/// Opens files of one directory, for images that qemu-img made there.
pub(crate) struct Beside<'a>(pub(crate) &'a Path);

impl Opener for Beside<'_> {
    fn open(&self, name: &str) -> Result<Source> {
        Ok(Arc::new(storage::File::open(self.0.join(name))?))
    }
}

/// Where real images are, if they are anywhere.
pub(crate) fn corpora() -> PathBuf {
    let shared = std::env::var_os("BOOTWORTHY_SHARED")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"), PathBuf::from);
    shared.join("corpora")
}

fn must_not_skip() -> bool {
    std::env::var_os("BOOTWORTHY_REQUIRE_ORACLES").is_some_and(|value| value == "1")
}

/// For a test that needs what is not there.
pub(crate) fn skip(what: &str) {
    assert!(!must_not_skip(), "{what} is missing, and BOOTWORTHY_REQUIRE_ORACLES=1");
    eprintln!("SKIPPED: {what} is missing");
}

pub(crate) fn has_program(name: &str) -> bool {
    let there = Command::new(name).arg("--version").output().is_ok();
    if !there {
        skip(name);
    }
    there
}

pub(crate) fn qemu_img(directory: &Path, line: &str) -> Output {
    Command::new("qemu-img").current_dir(directory).args(line.split_whitespace()).output().unwrap()
}

#[track_caller]
pub(crate) fn qemu_img_ok(directory: &Path, line: &str) -> String {
    let output = qemu_img(directory, line);
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "qemu-img {line}: {text}");
    text
}

pub(crate) fn qemu_io(dir: &Path, image: &str, commands: &[&str]) {
    let mut line = Command::new("qemu-io");
    line.current_dir(dir).args(["-f", "qcow2"]);
    for command in commands {
        line.args(["-c", command]);
    }
    let output = line.arg(image).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && !text.contains("failed"), "{text}");
}

/// A disk of these bytes, as the file `ours`.
pub(crate) fn written(dir: &Path, name: &str, given: &[(&str, &str)], bytes: &[u8]) {
    let path = dir.join("ours");
    let _ = std::fs::remove_file(&path);
    let file = Arc::new(NewFile::create(&path, false).unwrap());
    let format = disk::format(name).unwrap();
    let disk = format.create(file.clone(), &options(bytes.len() as u64, given)).unwrap();
    for (i, part) in bytes.chunks(100_000).enumerate().filter(|(_, part)| !storage::is_zero(part)) {
        disk.write_at(part, i as u64 * 100_000).unwrap();
    }
    disk.finish().unwrap();
    Arc::into_inner(file).unwrap().commit().unwrap();
}
