//! Descriptors that are files of their own (row M1), and sets of extents.

use super::build::{Sparse, text};
use super::{details, driver, info, open};
use crate::support::{Files, content, refused};
use disk::{Disk, Opener};
use std::sync::Arc;
use storage::{Error, ErrorKind, Extents, ReadAt, Result, Source};

fn with(files: &[(&str, Vec<u8>)]) -> Files {
    Files { files: files.iter().map(|(name, bytes)| ((*name).to_owned(), bytes.clone())).collect(), ..Files::default() }
}

fn open_set(descriptor: &str, files: &Files) -> Result<Arc<dyn Disk>> {
    driver().open(super::source(descriptor.as_bytes()), files)
}

fn flat() -> Vec<u8> {
    (0..4096u32).map(|i| (i / 512 + 1) as u8).collect()
}

#[test]
fn parts_one_after_the_other() {
    let lines = "RW 2 FLAT \"f\" 3\nRW 4 ZERO\nRW 128 SPARSE \"s\"\nRW 0 ZERO\nRDONLY 1 VMFS \"g\"";
    let files = with(&[("f", flat()), ("s", Sparse::new(128, &[0]).file), ("g", flat())]);
    let disk = open_set(&text("custom", lines), &files).unwrap();
    let bytes = content(&disk).unwrap();
    assert_eq!(bytes.len(), 135 * 512);
    assert_eq!((bytes[0], bytes[512], bytes[1024], bytes[134 * 512]), (4, 5, 0, 1));
    assert!(bytes[6 * 512..134 * 512] == super::build::grain(0));
    let mut part = vec![9; 1500];
    disk.read_at(&mut part, 700).unwrap();
    assert!(part == bytes[700..2200]);
    assert_eq!(Extents::new(&disk).map(|run| run.unwrap().size()).sum::<u64>(), disk.size());
    assert_eq!(disk.mapping_at(600).unwrap().offset, Some(3 * 512 + 600));
    assert_eq!(disk.info().cluster_size, Some(65_536));
    let named: Vec<_> = details(disk.info()).extents.iter().map(|extent| extent.name.as_str()).collect();
    assert_eq!(named, ["f", "", "s", "", "g"]);
    assert_eq!(*files.asked.lock().unwrap(), ["f", "s", "g"]);
}

#[test]
fn m1_paths_are_refused_and_never_asked_for() {
    for name in
        ["/etc/passwd", "../a", "..", "a/b", "/dev/sda", "json:{}", "nbd://x", "C:\\a", "\\\\.\\PhysicalDrive0", ""]
    {
        let files = with(&[(name, flat())]);
        for kind in ["FLAT", "SPARSE", "VMFS"] {
            let set = text("monolithicFlat", &format!("RW 1 FLAT \"fine\" 0\nRW 1 {kind} \"{name}\" 0"));
            refused(open_set(&set, &files), ErrorKind::Refused, "only files beside it");
        }
        assert!(files.asked.lock().unwrap().is_empty(), "{name}");
    }
    let set = text("monolithicFlat", "RW 1 FLAT \"a-flat.vmdk\" 0");
    refused(open(set.as_bytes()), ErrorKind::Refused, "none may be opened");
    assert_eq!(info(set.as_bytes()).virtual_size, 512);
}

#[test]
fn m1_a_descriptor_that_names_itself() {
    let set = text("monolithicFlat", "RW 1 FLAT \"a.vmdk\" 0");
    for kind in ["FLAT", "SPARSE"] {
        let set = set.replace("FLAT", kind);
        let files = with(&[("a.vmdk", set.clone().into_bytes())]);
        refused(open_set(&set, &files), ErrorKind::Refused, "names itself");
    }
    let other = with(&[("a.vmdk", text("custom", "RW 8 ZERO").into_bytes())]);
    refused(open_set(&set.replace("FLAT", "SPARSE"), &other), ErrorKind::Corrupt, "KDMV");
}

#[test]
fn m1_many_extents() {
    let lines: String = (0..20_000).map(|i| format!("RW 8 FLAT \"f\" {}\n", i * 8)).collect();
    let files = with(&[("f", vec![7; 20_000 * 4096])]);
    let disk = open_set(&text("custom", &lines), &files).unwrap();
    assert_eq!((disk.size(), files.asked.lock().unwrap().len()), (20_000 * 4096, 1));
    assert!(content(&disk).unwrap().iter().all(|&byte| byte == 7));
    let zeros = text("custom", &"RW 2048 ZERO\n".repeat(20_000));
    assert_eq!(open_set(&zeros, &files).unwrap().size(), 20_000 << 20);
    let missing: String = (0..20_000).map(|i| format!("RW 8 FLAT \"f{i}\" 0\n")).collect();
    refused(open_set(&text("custom", &missing), &files), ErrorKind::NotFound, "f0");
    let most = text("custom", &"RW 1 ZERO\n".repeat(65_537));
    refused(open_set(&most, &files), ErrorKind::Corrupt, "more than 65536");
}

#[test]
fn m1_impossible_sizes() {
    for sectors in ["9223372036854775807", "9223372036854775808", "18446744073709551615"] {
        let set = text("custom", &format!("RW {sectors} ZERO"));
        refused(open(set.as_bytes()), ErrorKind::Corrupt, "sectors together");
        assert!(driver().info(&set.into_bytes()).is_err());
    }
    refused(open(text("custom", "RW 18446744073709551616 ZERO").as_bytes()), ErrorKind::Corrupt, "length");
    let sum = text("custom", "RW 18014398509481983 ZERO\nRW 1 ZERO");
    refused(open(sum.as_bytes()), ErrorKind::Corrupt, "sectors together");
    let largest = open(text("custom", "RW 18014398509481983 ZERO").as_bytes()).unwrap();
    assert_eq!(Extents::new(&largest).count(), 1);
}

#[test]
fn m1_keys_that_are_missing_or_twice() {
    let sound = text("custom", "RW 8 ZERO");
    refused(open(sound.replace("createType", "#").as_bytes()), ErrorKind::Corrupt, "no createType");
    refused(open((sound.clone() + "createType=\"vmfs\"\n").as_bytes()), ErrorKind::Corrupt, "is both");
    refused(open((sound.clone() + "parentCID=12345678\n").as_bytes()), ErrorKind::Corrupt, "is both");
    let same = open((sound.clone() + "createType=\"custom\"\n").as_bytes()).unwrap();
    assert!(same.info().notes[0].contains("twice"));
    refused(open(sound.replace("custom", "novel").as_bytes()), ErrorKind::Unsupported, "novel");
}

#[test]
fn m1_line_ends_encodings_and_lengths() {
    let sound = text("monolithicFlat", "RW 1 FLAT \"fl\u{e4}che.vmdk\" 0");
    let files = with(&[("fl\u{e4}che.vmdk", flat())]);
    for set in [sound.clone(), sound.replace('\n', "\r\n"), format!("\u{feff}{sound}"), format!("\n\r\n# x\n{sound}")] {
        assert!(driver().probe(&set.clone().into_bytes()).unwrap());
        assert_eq!(content(&open_set(&set, &files).unwrap()).unwrap(), vec![1; 512]);
    }
    let mut latin = sound.replace("\u{e4}", "?").into_bytes();
    let at = latin.iter().position(|&byte| byte == b'?').unwrap();
    latin[at] = 0xe4;
    refused(driver().open(super::source(&latin), &files).map(drop), ErrorKind::Unsupported, "not UTF-8");
    let long = format!("{sound}#{}", "x".repeat(1 << 20));
    refused(open_set(&long, &files), ErrorKind::Corrupt, "at most");
    let full = format!("{sound}#{}", "x".repeat((1 << 20) - sound.len() - 1));
    assert!(open_set(&full, &files).is_ok());
}

#[test]
fn snapshots_and_other_kinds_are_named() {
    let delta = text("monolithicFlat", "RW 1 FLAT \"a\" 0\nparentFileNameHint=\"base.vmdk\"").replace("ffffffff", "1");
    refused(open(delta.as_bytes()), ErrorKind::Unsupported, "consolidate");
    assert_eq!(info(delta.as_bytes()).backing_file.as_deref(), Some("base.vmdk"));
    let no_hint = text("monolithicFlat", "RW 1 FLAT \"a\" 0").replace("ffffffff", "1");
    assert_eq!(info(no_hint.as_bytes()).backing_file.as_deref(), Some(""));
    for (create_type, kind, word) in [
        ("vmfsSparse", ErrorKind::Unsupported, "vmfsSparse"),
        ("seSparse", ErrorKind::Unsupported, "seSparse"),
        ("fullDevice", ErrorKind::Refused, "device"),
        ("partitionedDevice", ErrorKind::Refused, "device"),
        ("vmfsRaw", ErrorKind::Refused, "device"),
        ("vmfsPassthroughRawDeviceMap", ErrorKind::Refused, "device"),
    ] {
        refused(open(text(create_type, "RW 1 FLAT \"a\" 0").as_bytes()), kind, word);
    }
    for (line, kind, word) in [
        ("RW 1 VMFSSPARSE \"a\"", ErrorKind::Unsupported, "VMFSSPARSE"),
        ("RW 1 SESPARSE \"a\"", ErrorKind::Unsupported, "SESPARSE"),
        ("RW 1 VMFSRDM \"a\"", ErrorKind::Refused, "device"),
        ("RW 1 NOVEL \"a\"", ErrorKind::Unsupported, "NOVEL"),
        ("NOACCESS 1 FLAT \"a\" 0", ErrorKind::Unsupported, "NOACCESS"),
    ] {
        refused(open(text("custom", line).as_bytes()), kind, word);
    }
    let mut cowd = vec![0; 2048];
    cowd[..8].copy_from_slice(b"COWD\x01\0\0\0");
    cowd[12] = 100;
    refused(open(&cowd), ErrorKind::Unsupported, "COWD");
    assert_eq!((info(&cowd).virtual_size, details(&info(&cowd)).create_type.as_str()), (51_200, "vmfsSparse"));
    let mut se_sparse = vec![0; 2048];
    se_sparse[..16].copy_from_slice(b"\xbe\xba\xfe\xca\0\0\0\0\x01\0\0\0\x02\0\0\0");
    refused(open(&se_sparse), ErrorKind::Unsupported, "seSparse");
    assert!(driver().probe(&se_sparse).unwrap() && driver().check(super::source(&se_sparse)).is_err());
}

#[test]
fn extents_that_are_not_what_is_said() {
    let set = |line: &str| text("custom", line);
    let files = with(&[("f", flat()), ("s", Sparse::new(128 * 4, &[1]).file), ("t", Sparse::new(1, &[]).file)]);
    refused(open_set(&set("RW 8 FLAT \"f\" 1"), &files), ErrorKind::Corrupt, "extent \"f\"");
    refused(open_set(&set("RW 1 FLAT \"f\" 18014398509481983"), &files), ErrorKind::Corrupt, "data ends at");
    refused(open_set(&set("RW 2 FLAT \"f\" 0\nRW 2 FLAT \"f\" 1"), &files), ErrorKind::Corrupt, "same part");
    refused(open_set(&set("RW 512 SPARSE \"s\"\nRW 512 SPARSE \"s\""), &files), ErrorKind::Corrupt, "same part");
    refused(open_set(&set("RW 513 SPARSE \"s\""), &files), ErrorKind::Corrupt, "has 512 sectors");
    refused(open_set(&set("RW 100 SPARSE \"s\""), &files), ErrorKind::Corrupt, "has 512 sectors");
    refused(open_set(&set("RW 8 SPARSE \"f\""), &files), ErrorKind::Corrupt, "KDMV");
    assert!(open_set(&set("RW 4 FLAT \"f\" 4\nRW 4 FLAT \"f\" 0"), &files).is_ok());
    let short = open_set(&set("RW 500 SPARSE \"s\"\nRW 8 FLAT \"f\" 0"), &files).unwrap();
    let bytes = content(&short).unwrap();
    assert_eq!((bytes.len(), bytes[500 * 512]), (508 * 512, 1));
    let past = Extents::new(&short).map(|run| run.unwrap().range.end).max();
    assert_eq!(past, Some(508 * 512));
}

#[test]
fn checks_of_descriptors_say_where_to_look() {
    let set = text("custom", "RW 8 ZERO").into_bytes();
    refused(driver().check(super::source(&set)).map(drop), ErrorKind::Unsupported, "check the extents");
}

/// Bytes of a descriptor changed at random.
#[test]
fn flipped_bytes() {
    struct Any;
    impl Opener for Any {
        fn open(&self, name: &str) -> Result<Source> {
            assert!(!name.contains('/') && name != "..");
            if name.len().is_multiple_of(2) { Ok(Arc::new(flat())) } else { Err(Error::not_found("")) }
        }
    }
    let sound = text("custom", "RW 2 FLAT \"ff\" 3\nRW 4 ZERO\nRW 1 FLAT \"../a\" 0").into_bytes();
    let mut numbers = crate::support::Numbers(5);
    for _ in 0..5000 {
        let mut set = sound.clone();
        for _ in 0..=numbers.below(3) {
            let at = numbers.below(set.len() as u64) as usize;
            set[at] = [numbers.next() as u8, b'"', b'\n', b'9'][numbers.below(4) as usize];
        }
        let source = super::source(&set);
        let _ = (driver().probe(&source), driver().info(&source));
        if let Ok(disk) = driver().open(source, &Any) {
            let _ = disk.read_at(&mut [0; 512], 0);
        }
    }
}
