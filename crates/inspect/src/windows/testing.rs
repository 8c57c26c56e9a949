//! Windows guests made of literals.

use crate::testing::{facts_of, volumes};
use crate::volumes::{Held, Volumes};
use facts::{Content, Filesystem, Guest, Known, Volume, VolumeId, Windows};
use filesystem::{Entry, FileKind, FileSystem, GuestPath, Info, Metadata};
use regf::{DataType, HiveBuilder};
use std::collections::BTreeMap;
use std::sync::Arc;
use storage::{Error, Result};

/// What a test puts into a value.
#[derive(Clone, Copy)]
pub(super) enum Put<'a> {
    Text(&'a str),
    List(&'a [&'a str]),
    Number(u32),
    Bytes(&'a [u8]),
    /// The key, and no value.
    Nothing,
}

/// A value: `key\name`, or a key alone with [`Put::Nothing`]; the key ends at the last `|`.
pub(super) type Row<'a> = (&'a str, Put<'a>);

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect()
}

/// A hive with those values.
pub(super) fn hive(rows: &[Row<'_>]) -> Vec<u8> {
    let mut builder = HiveBuilder::new().unwrap();
    for (place, put) in rows {
        let (path, name) = place.rsplit_once('|').unwrap_or((place, ""));
        let key = builder.create_key(path).unwrap();
        let (kind, bytes) = match put {
            Put::Nothing => continue,
            Put::Text(text) => (DataType::String, utf16(text)),
            Put::List(list) => (DataType::MultiString, utf16(&(list.join("\0") + "\0"))),
            Put::Number(number) => (DataType::Dword, number.to_le_bytes().to_vec()),
            Put::Bytes(bytes) => (DataType::Binary, bytes.to_vec()),
        };
        builder.add_value(key, name, kind, &bytes).unwrap();
    }
    builder.to_bytes().unwrap()
}

/// The start of a PE program for a machine.
pub(super) fn pe(machine: u16) -> Vec<u8> {
    let mut bytes = vec![0; 512];
    bytes[..2].copy_from_slice(b"MZ");
    bytes[0x3c] = 0x80;
    bytes[0x80..0x84].copy_from_slice(b"PE\0\0");
    bytes[0x84..0x86].copy_from_slice(&machine.to_le_bytes());
    bytes
}

/// A tree in memory in which capitals do not matter, as on NTFS. Directories are the paths before files.
#[derive(Debug, Default)]
pub(super) struct Files {
    info: Info,
    files: BTreeMap<String, (String, Vec<u8>)>,
}

impl Files {
    pub(super) fn put(&mut self, path: &str, bytes: Vec<u8>) {
        self.files.insert(path.to_lowercase(), (path.to_owned(), bytes));
    }

    pub(super) fn remove(&mut self, path: &str) {
        self.files.remove(&path.to_lowercase());
    }
}

fn text(path: &GuestPath) -> String {
    String::from_utf8_lossy(path.as_bytes()).to_lowercase()
}

impl FileSystem for Files {
    fn info(&self) -> &Info {
        &self.info
    }

    fn metadata(&self, path: &GuestPath) -> Result<Metadata> {
        let path = text(path);
        let below = format!("{}/", path.trim_end_matches('/'));
        let (kind, size) = match self.files.get(&path) {
            Some((_, bytes)) => (FileKind::File, bytes.len() as u64),
            None if self.files.keys().any(|file| file.starts_with(&below)) => (FileKind::Directory, 0),
            None => return Err(Error::not_found("no such file")),
        };
        Ok(Metadata { kind, size, mode: 0o755, uid: 0, gid: 0, immutable: false })
    }

    fn read_dir(&self, path: &GuestPath) -> Result<Vec<Entry>> {
        let below = format!("{}/", text(path).trim_end_matches('/'));
        let mut names = BTreeMap::new();
        for (key, (file, _)) in self.files.iter().filter(|(key, _)| key.starts_with(&below)) {
            let rest = &file[below.len()..];
            let kind = if rest.contains('/') { FileKind::Directory } else { FileKind::File };
            let name = rest.split('/').next().unwrap();
            names.insert(key[below.len()..].split('/').next().unwrap().to_owned(), (name.to_owned(), kind));
        }
        Ok(names.into_values().map(|(name, kind)| Entry { name: name.into_bytes(), kind }).collect())
    }

    fn read_link(&self, _: &GuestPath) -> Result<Vec<u8>> {
        Err(Error::corrupt(0, "no link"))
    }

    fn read(&self, path: &GuestPath, _: u64) -> Result<Vec<u8>> {
        let file = self.files.get(&text(path)).ok_or_else(|| Error::not_found("no such file"))?;
        match file.1.starts_with(b"!wof") {
            true => Err(Error::unsupported("its content is compressed (WOF)")),
            false => Ok(file.1.clone()),
        }
    }

    fn read_start(&self, path: &GuestPath, len: u64) -> Result<Vec<u8>> {
        let mut bytes = self.read(path, len)?;
        bytes.truncate(usize::try_from(len).unwrap());
        Ok(bytes)
    }

    fn case_sensitive(&self) -> bool {
        false
    }
}

/// Signature of the disk of the tests.
pub(super) const SIGNATURE: u32 = 0xa1b2_c3d4;

/// A partition of an MBR disk, each a mebibyte after the one before; the first is active.
pub(super) fn partition(number: u32, files: Files) -> Held {
    let filesystem = Filesystem { fs_type: "ntfs".into(), readable: Known::Is(true), ..Filesystem::default() };
    Held {
        facts: Volume {
            id: VolumeId::partition(number),
            number: Some(number),
            size: 1 << 20,
            offset: Some(u64::from(number) << 20),
            uuid: Some(format!("{SIGNATURE:08x}-{number:02}")),
            bootable: number == 1,
            partition_type: Some("0x7".into()),
            content: Known::Is(Content::Filesystem(filesystem)),
            ..Volume::default()
        },
        source: Arc::new(vec![0; 1024]),
        files: Ok(Box::new(files)),
    }
}

/// What an installation is made of.
#[derive(Default)]
pub(super) struct Made<'a> {
    pub(super) system: Vec<Row<'a>>,
    pub(super) software: Vec<Row<'a>>,
    pub(super) sam: Vec<Row<'a>>,
    pub(super) files: Vec<(&'a str, Vec<u8>)>,
}

/// Server 2019 on x86-64: the least that any has.
pub(super) fn server_2019<'a>() -> Made<'a> {
    Made {
        system: vec![
            ("Select|Current", Put::Number(2)),
            (r"ControlSet001\Services\Tcpip\Parameters|Hostname", Put::Text("WRONG")),
            (r"ControlSet002\Services\Tcpip\Parameters|Hostname", Put::Text("WIN-1")),
            (r"ControlSet002\Control\ProductOptions|ProductType", Put::Text("ServerNT")),
        ],
        software: vec![
            (r"Microsoft\Windows NT\CurrentVersion|ProductName", Put::Text("Windows Server 2019 Standard")),
            (r"Microsoft\Windows NT\CurrentVersion|CurrentBuildNumber", Put::Text("17763")),
            (r"Microsoft\Windows NT\CurrentVersion|CurrentVersion", Put::Text("6.3")),
            (r"Microsoft\Windows NT\CurrentVersion|CurrentMajorVersionNumber", Put::Number(10)),
            (r"Microsoft\Windows NT\CurrentVersion|CurrentMinorVersionNumber", Put::Number(0)),
            (r"Microsoft\Windows NT\CurrentVersion|UBR", Put::Number(5122)),
            (r"Microsoft\Windows NT\CurrentVersion|EditionID", Put::Text("ServerStandard")),
            (r"Microsoft\Windows NT\CurrentVersion|InstallationType", Put::Text("Server")),
            (r"Microsoft\Windows NT\CurrentVersion|SystemRoot", Put::Text(r"C:\Windows")),
        ],
        sam: vec![("SAM", Put::Nothing)],
        files: vec![
            ("/Windows/System32/ntoskrnl.exe", pe(0x8664)),
            ("/Windows/System32/kernel32.dll", pe(0x8664)),
            ("/Windows/System32/cmd.exe", pe(0x8664)),
        ],
    }
}

impl<'a> Made<'a> {
    /// With more in `SYSTEM`.
    pub(super) fn system(mut self, rows: &[Row<'a>]) -> Self {
        self.system.extend(rows);
        self
    }

    /// With more in `SOFTWARE`.
    pub(super) fn software(mut self, rows: &[Row<'a>]) -> Self {
        self.software.extend(rows);
        self
    }

    /// With more files.
    pub(super) fn file(mut self, path: &'a str, bytes: Vec<u8>) -> Self {
        self.files.push((path, bytes));
        self
    }

    pub(super) fn files(&self) -> Files {
        let mut files = Files::default();
        for (name, rows) in [("SYSTEM", &self.system), ("SOFTWARE", &self.software), ("SAM", &self.sam)] {
            files.put(&format!("/Windows/System32/config/{name}"), hive(rows));
        }
        self.files.iter().for_each(|(path, bytes)| files.put(path, bytes.clone()));
        files
    }

    /// What is found out about it as the only partition.
    pub(super) fn guest(&self) -> Guest {
        guest(&volumes(vec![partition(1, self.files())]))
    }

    /// Its Windows facts.
    pub(super) fn windows(&self) -> Windows {
        *self.guest().windows.unwrap()
    }
}

/// The guest whose root is chosen among volumes.
pub(super) fn guest(volumes: &Volumes) -> Guest {
    let facts = facts_of(volumes);
    let Known::Is(root) = crate::root::choose(volumes, &facts) else { panic!("no root") };
    let stitched = crate::mounts::stitch(volumes, &facts, root.index);
    let Known::Is(guest) = crate::guest::detect(&root, &stitched, volumes, &facts) else { panic!("no guest") };
    guest
}
