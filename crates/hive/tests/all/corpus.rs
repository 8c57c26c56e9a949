//! Hives of real systems, and damaged ones that other readers are tested with.

use super::walk::{Seen, walk};
use hive::{Hive, State};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use storage::{ErrorKind, Result};

fn file(name: &str) -> Option<Vec<u8>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let shared = std::env::var_os("BOOTWORTHY_SHARED").map_or_else(|| root.join("../shared"), PathBuf::from);
    let path = shared.join("corpora/hive").join(format!("{name}.zst"));
    let Ok(packed) = std::fs::read(path) else {
        assert!(std::env::var_os("BOOTWORTHY_REQUIRE_ORACLES").is_none_or(|value| value != "1"), "missing: {name}");
        eprintln!("SKIPPED: {name} of the corpus");
        return None;
    };
    let mut bytes = Vec::new();
    zstd::stream::read::Decoder::new(packed.as_slice()).unwrap().read_to_end(&mut bytes).unwrap();
    Some(bytes)
}

fn open(name: &str, logs: &[&str]) -> Option<Result<Hive>> {
    let logs = logs.iter().map(|log| file(log)).collect::<Option<Vec<_>>>()?;
    Some(Hive::open(file(name)?, &logs))
}

fn whole(name: &str) -> Option<(Hive, Seen)> {
    let hive = open(name, &[])?.unwrap();
    let seen = walk(&hive);
    assert!(seen.errors.is_empty(), "{name}: {:?}", seen.errors);
    assert!(hive.damage().is_empty(), "{name}: {:?}", hive.damage());
    Some((hive, seen))
}

#[test]
fn hives_of_real_systems_are_read_whole() {
    let Some((software, seen)) = whole("plaso-SOFTWARE") else { return };
    assert_eq!((software.state(), seen.keys, seen.values), (State::Clean, 117_488, 193_870));
    let version = software.key(r"microsoft\windows nt\currentversion").unwrap();
    assert_eq!(version.value("ProductName").unwrap().text(), Some("Windows 7 Ultimate"));
    assert_eq!(version.value("CurrentBuildNumber").unwrap().text(), Some("7601"));
    let Some((system, seen)) = whole("plaso-SYSTEM") else { return };
    assert_eq!((seen.keys, seen.values), (30_756, 73_455));
    assert_eq!(system.key("Select").unwrap().value("Current").unwrap().number(), Some(1));
    let Some((_, seen)) = whole("regipy-SYSTEM") else { return };
    assert_eq!((seen.keys, seen.values), (30_756, 73_456));
    let Some((dirty, seen)) = whole("regipy-SYSTEM_2") else { return };
    assert_eq!((dirty.state(), seen.keys, seen.values), (State::Dirty, 20_015, 49_779));
}

#[test]
fn boot_configuration_data() {
    let Some((store, seen)) = whole("ez-BCD") else { return };
    assert_eq!((seen.keys, seen.values), (66, 46));
    let manager = store.key(r"Objects\{9dea862c-5cdd-4e70-acc1-f32b344d4795}").unwrap();
    assert_eq!(manager.key("Description").unwrap().value("Type").unwrap().number(), Some(0x1010_0002));
}

#[test]
fn names_that_are_odd() {
    let Some((special, _)) = whole("hivex-special") else { return };
    assert_eq!(special.key("ABCD_ÄÖÜß").unwrap().value("abcd_äöüß").unwrap().number(), Some(0));
    assert_eq!(special.key("weird™").unwrap().value("symbols $£₤₧€").unwrap().number(), Some(0));
    assert_eq!(special.key("zero\0key").unwrap().value("zero\0val").unwrap().number(), Some(0));
    let Some((extended, _)) = whole("yarp-ExtendedASCIIHive") else { return };
    assert_eq!(extended.key("ëigenaardig").unwrap().value("ëigenaardig").unwrap().text(), Some("ëigenaardig"));
    let Some((_, seen)) = whole("hivex-minimal") else { return };
    assert_eq!(seen.keys, 1);
}

#[test]
fn long_data_and_long_lists() {
    let Some((big, _)) = whole("yarp-BigDataHive") else { return };
    let key = big.key("key_with_bigdata").unwrap();
    let lengths: Vec<_> = key.values().map(|value| value.unwrap().bytes().unwrap().len()).collect();
    assert_eq!(lengths, [16_345, 81_725]);
    let Some((_, seen)) = whole("yarp-ManySubkeysHive") else { return };
    assert_eq!(seen.keys, 5003);
}

#[test]
fn the_logs_of_windows_10_are_applied() {
    const NAME: &str = "yarp-NewDirtyHive1-NewDirtyHive";
    let Some(before) = open(NAME, &[]) else { return };
    let before = before.unwrap();
    assert_eq!(before.state(), State::Dirty);
    let logs = [format!("{NAME}.LOG1"), format!("{NAME}.LOG2")];
    let Some(after) = open(NAME, &[&logs[0], &logs[1]]) else { return };
    let after = after.unwrap();
    assert_eq!(after.state(), State::Recovered);
    assert!(before.key("Key2").is_ok() && before.key("Key3").is_err());
    assert!(after.key("Key2").is_err() && after.key(r"Key3\Key3_3").is_ok());
    let first = open(NAME, &[&logs[0]]).unwrap().unwrap();
    assert_eq!(first.state(), State::Recovered, "up to where the first log ends");
    let second = open(NAME, &[&logs[1]]).unwrap().unwrap();
    assert_eq!(second.state(), State::Dirty, "it begins after changes that only the first log has");
}

#[test]
fn damaged_hives_are_read_as_far_as_they_go() {
    let Some(corrupted) = open("regipy-corrupted_system_hive", &[]) else { return };
    let corrupted = corrupted.unwrap();
    let seen = walk(&corrupted);
    assert!(!corrupted.damage().is_empty());
    assert!(seen.keys > 1000 && !seen.errors.is_empty());
    assert!(seen.errors.iter().all(|error| error.kind() == ErrorKind::Corrupt));
    let bad_bin = open("ez-SAMBadHBinHeader", &[]).unwrap().unwrap();
    assert_eq!(bad_bin.damage()[0].offset(), Some(8192));
    let seen = walk(&bad_bin);
    assert_eq!((seen.keys, seen.errors.len()), (68, 0), "the cells in that bin are sound");
    for name in ["ez-SECURITYNoRoot", "yarp-BadListHive"] {
        let seen = walk(&open(name, &[]).unwrap().unwrap());
        assert!(seen.keys < 10, "{name}: {seen:?}");
    }
    let text = open("v2v-windows-bcd.reg", &[]).unwrap();
    assert_eq!(text.unwrap_err().kind(), ErrorKind::Corrupt);
}
