//! Files that the Windows Overlay Filter compresses, with chunks made by wimlib, whose format is the same.

use crate::ntfs_tools::{Options, TOOLS, make, mounted, set};
use crate::run;
use crate::support::{have, noise, random, source};
use filesystem::{GuestPath, open};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use storage::ErrorKind;

/// Code of a program as far as compression is concerned: calls, repetitions near and far, noise.
fn program(seed: u64, len: usize) -> Vec<u8> {
    let (mut state, mut content) = (seed, Vec::new());
    while content.len() < len {
        match random(&mut state) % 6 {
            0 => content.extend(b"\x55\x8B\xEC\x83\xEC\x10"),
            1 => {
                content.push(0xE8);
                content.extend((random(&mut state) as u32 % 60_000).to_le_bytes());
            }
            2 => content.extend(noise(seed, (random(&mut state) % 30) as usize)),
            3 => content.extend(vec![0xCC; (random(&mut state) % 400) as usize]),
            4 => content.extend(b"This program cannot be run in DOS mode.\r\n"),
            _ => {
                let at = random(&mut state) as usize % (content.len() + 1);
                content.extend_from_within(at..content.len().min(at + (random(&mut state) % 300) as usize));
            }
        }
    }
    content.truncate(len);
    content
}

fn contents() -> BTreeMap<usize, Vec<u8>> {
    let mut contents: BTreeMap<usize, Vec<u8>> = BTreeMap::new();
    for (seed, len) in [(1, 700), (2, 4096), (3, 4097), (4, 32_768), (5, 32_769), (6, 65_536), (7, 700_001)] {
        contents.insert(len, program(seed, len));
    }
    // Calls up to the end of the chunk; chunks that do not become shorter between others that do.
    contents
        .insert(20_000, [vec![b'a'; 19_900], [&[0xE8][..], &100_000u32.to_le_bytes()].concat().repeat(20)].concat());
    for odd in 1..12 {
        let calls = [vec![b'a'; 6000 + odd], [&[0xE8][..], &9000u32.to_le_bytes()].concat().repeat(4)].concat();
        contents.insert(calls.len() + odd * 7, [calls, vec![b'b'; odd * 7]].concat());
    }
    contents.insert(200_000, [program(8, 70_000), noise(9, 90_000), program(10, 40_000)].concat());
    contents
}

/// The compressed resources of an image of Windows, by the length of what is in them.
fn resources(wim: &[u8]) -> BTreeMap<usize, Vec<u8>> {
    let number =
        |at: usize, len: usize| wim[at..at + len].iter().rev().fold(0, |sum, &byte| sum << 8 | usize::from(byte));
    let (table, len) = (number(0x38, 8), number(0x30, 7));
    let entries = (table..table + len).step_by(50);
    let packed = entries.filter(|&at| wim[at + 7] & 4 != 0);
    packed.map(|at| (number(at + 16, 8), wim[number(at + 8, 8)..][..number(at, 7)].to_vec())).collect()
}

fn point(method: u32) -> Vec<u8> {
    [0x8000_0017, 16, 1, 2, 1, method].map(u32::to_le_bytes).concat()
}

/// Writes a compressed file as Windows does.
fn write(path: &Path, size: usize, packed: &[u8], method: u32) {
    fs::File::create(path).unwrap().set_len(size as u64).unwrap();
    fs::write(format!("{}:WofCompressedData", path.display()), packed).unwrap();
    set(path, "system.ntfs_reparse_data", &point(method));
}

#[test]
fn files_of_compact_windows_are_unpacked() {
    if !have(TOOLS) || !have(&["wimlib-imagex"]) {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let tree = dir.path().join("tree");
    fs::create_dir(&tree).unwrap();
    let contents = contents();
    for (len, content) in &contents {
        assert_eq!(*len, content.len());
        fs::write(tree.join(len.to_string()), content).unwrap();
    }
    for (method, name, chunk) in [
        (0, "XPRESS", "4096"),
        (2, "XPRESS", "8192"),
        (3, "XPRESS", "16384"),
        (1, "LZX:100", "32768"),
        (1, "LZX:20", "32768"),
    ] {
        let what = format!("{name} {chunk}");
        let wim = dir.path().join("wim");
        let _ = fs::remove_file(&wim);
        let (compress, size) = (format!("--compress={name}"), format!("--chunk-size={chunk}"));
        run!("wimlib-imagex", "capture", &tree, &wim, &compress, &size, "--no-acls", "--quiet");
        let resources = resources(&fs::read(&wim).unwrap());
        let image = make(dir.path(), &Options::default());
        let made = mounted(&image, |root| {
            for (size, packed) in resources.iter().filter(|(size, _)| contents.contains_key(size)) {
                write(&root.join(size.to_string()), *size, packed, method);
            }
        });
        if made.is_none() {
            return;
        }
        let fs = open(source(&image)).unwrap();
        let mut read = 0;
        for entry in fs.read_dir(&GuestPath::root()).unwrap() {
            let Ok(size) = String::from_utf8(entry.name).unwrap().parse::<usize>() else { continue };
            let path = GuestPath::from(size.to_string().as_str());
            assert_eq!(fs.metadata(&path).unwrap().size, size as u64, "{what}");
            let found = fs.read(&path, 1 << 20).unwrap_or_else(|error| panic!("{what}: {error}"));
            assert!(found == contents[&size], "{what}: {path} differs");
            for len in [1, 4095, 4096, 32_769, 100_000] {
                let start = fs.read_start(&path, len as u64).unwrap();
                assert!(start == contents[&size][..len.min(size)], "{what}: {path} up to {len}");
            }
            read += 1;
        }
        assert!(read >= contents.len() - 1, "{what}: {read}");
    }
}

#[test]
fn damaged_ones_are_told() {
    if !have(TOOLS) {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let image = make(dir.path(), &Options { len: 8 << 20, ..Options::default() });
    let plain = noise(3, 5000);
    let made = mounted(&image, |root| {
        let stored = [&4096u32.to_le_bytes()[..], &plain].concat();
        write(&root.join("stored"), 5000, &stored, 0);
        write(&root.join("method"), 5000, &stored, 9);
        write(&root.join("short"), 5000, &stored[..3], 0);
        write(&root.join("empty chunk"), 5000, &[&0u32.to_le_bytes()[..], &plain].concat(), 0);
        write(&root.join("long chunk"), 5000, &[&4097u32.to_le_bytes()[..], &plain].concat(), 0);
        write(&root.join("noise"), 5000, &[&4000u32.to_le_bytes()[..], &plain[..4500]].concat(), 1);
        fs::write(root.join("missing"), "x").unwrap();
        set(&root.join("missing"), "system.ntfs_reparse_data", &point(0));
    });
    if made.is_none() {
        return;
    }
    let fs = open(source(&image)).unwrap();
    assert!(fs.read(&"/stored".into(), 5000).unwrap() == plain);
    let unsupported = fs.read(&"/method".into(), 5000).unwrap_err();
    assert_eq!(unsupported.kind(), ErrorKind::Unsupported, "{unsupported}");
    for path in ["/short", "/empty chunk", "/long chunk", "/noise", "/missing"] {
        let error = fs.read(&path.into(), 5000).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Corrupt, "{error}");
        assert!(error.what().contains(path) && error.what().contains("WOF"), "{error}");
    }
}
