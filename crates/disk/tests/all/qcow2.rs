//! Damaged and hostile qcow2 images, each made from a sound one by a patch.

use crate::support::{Files, Numbers, build, content, findings, open, refused};
use disk::{Closed, Details, Disk, Info};
use libdeflater::{CompressionLvl, Compressor};
use std::sync::Arc;
use storage::{ErrorKind, Result};

const CLUSTER: usize = 4096;
const SIZE: usize = 1 << 20;
const COPIED: u64 = 1 << 63;
/// Guest clusters that the sound image has.
const USED: [usize; 3] = [0, 1, 5];

#[derive(Clone)]
pub(crate) struct Image(pub(crate) Vec<u8>);

impl Image {
    pub(crate) fn sound() -> Self {
        Self::with(&[("cluster_size", "4k")])
    }

    fn with(options: &[(&str, &str)]) -> Self {
        let bytes = Numbers(17).bytes(3 * CLUSTER);
        let writes = [(0, &bytes[..2 * CLUSTER]), (5 * CLUSTER as u64, &bytes[2 * CLUSTER..])];
        Image(build("qcow2", SIZE as u64, options, &writes))
    }

    pub(crate) fn get64(&self, at: usize) -> u64 {
        u64::from_be_bytes(self.0[at..at + 8].try_into().unwrap())
    }

    pub(crate) fn put64(&mut self, at: usize, n: u64) {
        self.0[at..at + 8].copy_from_slice(&n.to_be_bytes());
    }

    pub(crate) fn put32(&mut self, at: usize, n: u32) {
        self.0[at..at + 4].copy_from_slice(&n.to_be_bytes());
    }

    fn put(&mut self, at: usize, bytes: &[u8]) {
        self.0[at..at + bytes.len()].copy_from_slice(bytes);
    }

    pub(crate) fn l1(&self) -> usize {
        self.get64(40) as usize
    }

    pub(crate) fn l2(&self) -> usize {
        (self.get64(self.l1()) & !COPIED) as usize
    }

    fn len(&self) -> u64 {
        self.0.len() as u64
    }

    /// Appends whole clusters and says where.
    fn append(&mut self, bytes: &[u8]) -> u64 {
        self.0.resize(self.0.len().next_multiple_of(CLUSTER), 0);
        let at = self.len();
        self.0.extend(bytes);
        at
    }

    /// A header extension, after the header of version 3; the end mark follows by itself.
    fn extension(&mut self, at: usize, kind: u32, content: &[u8]) -> usize {
        self.put32(at, kind);
        self.put32(at + 4, content.len() as u32);
        self.put(at + 8, content);
        at + 8 + content.len().next_multiple_of(8)
    }

    fn backing(&mut self, name: &[u8], format: Option<&str>) {
        if let Some(format) = format {
            self.extension(104, 0xe279_2aca, format.as_bytes());
        }
        self.put64(8, 512);
        self.put32(16, name.len() as u32);
        self.put(512, name);
    }

    fn open(&self) -> Result<Arc<dyn Disk>> {
        open(self.0.clone(), Some("qcow2"))
    }

    fn info(&self) -> Result<Info> {
        disk::format("qcow2").unwrap().info(&self.0)
    }

    fn findings(&self) -> Vec<String> {
        findings(Arc::new(self.0.clone()), Some("qcow2"))
    }
}

fn patched(patch: impl FnOnce(&mut Image)) -> Image {
    let mut image = Image::sound();
    patch(&mut image);
    image
}

#[track_caller]
fn corrupt(word: &str, patch: impl FnOnce(&mut Image)) {
    let image = patched(patch);
    refused(image.open().and_then(|disk| content(&disk)), ErrorKind::Corrupt, word);
}

#[track_caller]
fn harmless(patch: impl FnOnce(&mut Image)) -> Info {
    let image = patched(patch);
    let disk = image.open().unwrap();
    assert!(content(&disk).unwrap() == content(&Image::sound().open().unwrap()).unwrap());
    disk.info().clone()
}

#[test]
fn the_sound_image_is_sound() {
    let info = harmless(|_| ());
    assert_eq!((info.virtual_size, info.cluster_size), (SIZE as u64, Some(4096)));
    assert!(info.notes.is_empty() && !info.dirty);
    let Details::Qcow2(details) = info.details else { panic!() };
    assert_eq!((details.version, details.refcount_bits, details.compression), (3, 16, "zlib"));
}

#[test]
fn q1_cluster_bits() {
    for bits in [0, 8, 22, 63, u32::MAX] {
        corrupt("clusters of 2^", |image| image.put32(20, bits));
    }
}

#[test]
fn q2_q3_sizes() {
    for size in [u64::MAX - 511, 1 << 63, 1 << 60] {
        corrupt("too large", |image| image.put64(24, size));
    }
    corrupt("too small", |image| image.put64(24, 1 << 30));
    corrupt("not whole sectors", |image| image.put64(24, SIZE as u64 - 1));
    let empty = patched(|image| image.put64(24, 0)).open().unwrap();
    assert_eq!(empty.size(), 0);
}

#[test]
fn q5_counts() {
    corrupt("too large", |image| image.put32(36, u32::MAX));
    corrupt("L1 table", |image| image.put32(36, 1 << 22));
    corrupt("too large", |image| image.put32(56, u32::MAX));
    for count in [u32::MAX, 65_537] {
        corrupt("too many", |image| image.put32(60, count));
    }
    corrupt("snapshot table", |image| image.put32(60, 65_536));
}

#[test]
fn q6_place_of_the_l1_table() {
    corrupt("cannot be at byte 0", |image| image.put64(40, 0));
    corrupt("L1 table", |image| image.put64(40, 1 << 40));
    corrupt("cannot be at", |image| image.put64(40, image.get64(40) + 8));
    corrupt("L1 table", |image| image.put64(40, u64::MAX - 4095));
}

#[test]
fn q7_entries_that_point_at_metadata() {
    let l1 = |entry: fn(&Image) -> u64| move |image: &mut Image| image.put64(image.l1(), COPIED | entry(image));
    corrupt("overlaps", l1(|image| image.l1() as u64));
    corrupt("overlaps", l1(|image| image.get64(48)));
    corrupt("past the end", l1(Image::len));
    corrupt("past the end", l1(|_| 1 << 50));
    corrupt("cannot be at", l1(|_| 0));
    corrupt("cannot be at", l1(|_| 512));
    let l2 = |entry: fn(&Image) -> u64| move |image: &mut Image| image.put64(image.l2() + 8, COPIED | entry(image));
    corrupt("overlaps the L1 table", l2(|image| image.l1() as u64));
    corrupt("overlaps", l2(|image| image.l2() as u64));
    corrupt("overlaps", l2(|image| image.get64(48)));
    corrupt("overlaps", l2(|image| image.get64(48) + 4096));
    corrupt("past the end", l2(Image::len));
    corrupt("past the end", l2(|_| 1 << 55));
    corrupt("nowhere", l2(|_| 0));
    corrupt("cannot be at", l2(|_| 4096 + 512));
}

#[test]
fn an_l2_table_is_named_once() {
    // Clusters of 512 bytes: an L1 table of many entries.
    let mut image = Image::with(&[("cluster_size", "512")]);
    let (l1, entry) = (image.l1(), image.get64(image.l1()));
    image.put64(l1 + 8, entry);
    refused(image.open(), ErrorKind::Corrupt, "share the L2 table");
}

#[test]
fn q8_two_guest_clusters_in_one_place() {
    let share = |image: &mut Image| image.put64(image.l2() + 8, image.get64(image.l2()));
    corrupt("overlaps the data of guest byte 0", share);
    // With a snapshot, and a refcount that knows of it, it is possible.
    let with_snapshot = |refcount: u8| {
        patched(|image| {
            share(image);
            let table = image.append(&[0; CLUSTER]);
            image.put64(64, table);
            image.put32(60, 1);
            let block = image.get64(image.get64(48) as usize) as usize;
            image.0[block + 5] = refcount;
        })
    };
    refused(with_snapshot(1).open(), ErrorKind::Corrupt, "overlaps");
    let bytes = content(&with_snapshot(2).open().unwrap()).unwrap();
    assert_eq!(bytes[..CLUSTER], bytes[CLUSTER..2 * CLUSTER]);
}

#[test]
fn q9_reserved_bits() {
    for bit in [0, 1, 8, 56, 60, 62] {
        corrupt("reserved", |image| image.put64(image.l1(), image.get64(image.l1()) | 1 << bit));
    }
    for bit in [1, 5, 8, 56, 61] {
        corrupt("reserved", |image| image.put64(image.l2(), image.get64(image.l2()) | 1 << bit));
    }
}

#[test]
fn zero_clusters() {
    for entry in [1, COPIED | 8192 | 1] {
        let image = patched(|image| image.put64(image.l2(), entry));
        let disk = image.open().unwrap();
        let bytes = content(&disk).unwrap();
        assert!(storage::is_zero(&bytes[..CLUSTER]) && !storage::is_zero(&bytes[CLUSTER..2 * CLUSTER]));
        assert_eq!(disk.extent_at(0).unwrap().state, storage::State::Zero);
    }
    let mut old = Image::with(&[("cluster_size", "4k"), ("compat", "0.10")]);
    let l2 = old.l2();
    old.put64(l2 + 16, 1);
    refused(old.open(), ErrorKind::Corrupt, "version 2");
}

#[test]
fn q10_refcounts_are_not_needed_to_read() {
    let patches: [fn(&mut Image); 5] = [
        |image| image.put64(48, 0),
        |image| image.put64(48, 1 << 40),
        |image| image.put64(48, image.get64(48) + 512),
        |image| image.put64(image.get64(48) as usize, 1 << 40),
        |image| image.put64(image.get64(48) as usize, 77),
    ];
    for patch in patches {
        assert!(harmless(patch).notes.iter().any(|note| note.contains("refcount")));
        assert!(!patched(patch).findings().is_empty());
    }
    let wrong = |image: &mut Image| {
        let block = image.get64(image.get64(48) as usize) as usize;
        image.0[block + 5] = 0;
        image.0[block + 7] = 7;
    };
    harmless(wrong);
    let found = patched(wrong).findings();
    assert!(found.iter().any(|what| what.contains("too low")), "{found:?}");
    assert!(found.iter().any(|what| what.contains("leaked")), "{found:?}");
    assert!(found.iter().any(|what| what.contains("copied bit")), "{found:?}");
}

#[test]
fn q11_names_of_backing_files() {
    let names = ["/etc/passwd", "../x", "json:{}", "nbd://h/x", "http://h/x", "fd:3", "a b", &"n".repeat(1023)];
    for name in names {
        let image = patched(|image| image.backing(name.as_bytes(), Some("raw")));
        refused(image.open(), ErrorKind::Refused, "none may be opened");
        assert_eq!(image.info().unwrap().backing_file.as_deref(), Some(name));
        assert_eq!(image.info().unwrap().backing_format.as_deref(), Some("raw"));
    }
    corrupt("1024 bytes", |image| image.backing(&[b'n'; 1024], Some("raw")));
    corrupt("0 bytes", |image| image.backing(b"", Some("raw")));
    corrupt("zero byte", |image| image.backing(b"/etc\0x", Some("raw")));
    corrupt("UTF-8", |image| image.backing(b"\xff\xfe", Some("raw")));
    corrupt("outside the first cluster", |image| {
        image.put64(8, 4090);
        image.put32(16, 10);
    });
    corrupt("header", |image| {
        image.put64(8, 80);
        image.put32(16, 4);
    });
}

pub(crate) fn overlay(name: &str, format: Option<&str>) -> Vec<u8> {
    patched(|image| image.backing(name.as_bytes(), format)).0
}

#[test]
fn a_backing_file_is_read_where_it_is_allowed() {
    let mut files = Files::default();
    // Shorter than the overlay, and not whole sectors.
    files.files.insert("base".to_owned(), vec![0xbb; 600_001]);
    let disk = disk::open(Arc::new(overlay("base", Some("raw"))), None, &files).unwrap();
    let alone = content(&Image::sound().open().unwrap()).unwrap();
    let bytes = content(&disk).unwrap();
    for (i, (cluster, own)) in bytes.chunks(CLUSTER).zip(alone.chunks(CLUSTER)).enumerate() {
        let wanted = if USED.contains(&i) {
            own.to_vec()
        } else {
            (i * CLUSTER..(i + 1) * CLUSTER).map(|at| if at < 600_001 { 0xbb } else { 0 }).collect()
        };
        assert!(cluster == wanted, "{i}");
    }
    crate::conformance::extents_are_true(&disk);
}

#[test]
fn the_format_of_a_backing_file_is_never_guessed() {
    let mut files = Files::default();
    files.files.insert("base".to_owned(), vec![0xbb; 4096]);
    refused(disk::open(Arc::new(overlay("base", None)), None, &files), ErrorKind::Refused, "rebase");
    refused(disk::open(Arc::new(overlay("base", Some("qed"))), None, &files), ErrorKind::Unsupported, "QED");
    refused(disk::open(Arc::new(overlay("base", Some("qcow2"))), None, &files), ErrorKind::Corrupt, "no qcow2");
    assert_eq!(*files.asked.lock().unwrap(), ["base"]);
    // A raw backing file whose guest wrote a header there: its bytes, and no other file.
    files.files.insert("trap".to_owned(), overlay("canary", Some("raw")));
    let disk = disk::open(Arc::new(overlay("trap", Some("raw"))), None, &files).unwrap();
    let mut start = [0; 4];
    disk.read_at(&mut start, 2 * CLUSTER as u64).unwrap();
    assert_eq!(start, files.files["trap"][2 * CLUSTER..][..4]);
    assert!(!files.asked.lock().unwrap().contains(&"canary".to_owned()));
}

#[test]
fn circles_and_long_chains_end() {
    let mut files = Files::default();
    files.files.insert("self".to_owned(), overlay("self", Some("qcow2")));
    files.files.insert("a".to_owned(), overlay("b", Some("qcow2")));
    files.files.insert("b".to_owned(), overlay("a", Some("qcow2")));
    files.files.insert("c0".to_owned(), vec![1; SIZE]);
    for i in 1..=200 {
        let format = if i == 1 { "raw" } else { "qcow2" };
        files.files.insert(format!("c{i}"), overlay(&format!("c{}", i - 1), Some(format)));
    }
    for name in ["self", "a", "c200", "c17"] {
        let result = disk::open(Arc::new(overlay(name, Some("qcow2"))), None, &files);
        refused(result, ErrorKind::Refused, "circle");
    }
    assert!(disk::open(Arc::new(overlay("c15", Some("qcow2"))), None, &files).is_ok());
}

#[test]
fn q12_external_data_file() {
    let with_file = |name: Option<&str>| {
        patched(|image| {
            image.put64(72, 1 << 2);
            if let Some(name) = name {
                image.extension(104, 0x4441_5441, name.as_bytes());
            }
        })
    };
    refused(with_file(Some("/etc/passwd")).open(), ErrorKind::Refused, "none may be opened");
    assert_eq!(with_file(Some("data")).info().unwrap().data_file.as_deref(), Some("data"));
    refused(with_file(None).open(), ErrorKind::Corrupt, "none is named");
    assert_eq!(with_file(None).info().unwrap().data_file.as_deref(), Some(""));
    let mut files = Files::default();
    files.files.insert("data".to_owned(), vec![0xdd; SIZE]);
    let disk = disk::open(Arc::new(with_file(Some("data")).0), None, &files).unwrap();
    assert!(content(&disk).unwrap()[..CLUSTER].iter().all(|&byte| byte == 0xdd));
    files.files.insert("data".to_owned(), vec![0xdd; CLUSTER]);
    let short = disk::open(Arc::new(with_file(Some("data")).0), None, &files);
    refused(short, ErrorKind::Corrupt, "past the end");
    let raw = patched(|image| {
        image.put64(72, 1 << 2);
        image.put64(88, 1 << 1);
        image.extension(104, 0x4441_5441, b"data");
    });
    refused(disk::open(Arc::new(raw.0), None, &files), ErrorKind::Corrupt, "said to be raw");
}

#[test]
fn q13_features_that_are_not_known() {
    for (bit, name) in [(5, "bit 5 \"flux\\n\""), (63, "bit 63")] {
        let image = patched(|image| {
            image.put64(72, 1 << bit);
            let mut entry = vec![0, 5];
            entry.extend(b"flux\n");
            entry.resize(48, 0);
            image.extension(104, 0x6803_f857, &entry);
        });
        refused(image.open(), ErrorKind::Unsupported, name);
        assert!(image.info().is_ok());
    }
    harmless(|image| image.put64(80, 1 << 40));
    harmless(|image| image.put64(88, 1 << 40));
}

#[test]
fn q14_q15_dirty_and_corrupt() {
    let info = harmless(|image| image.put64(72, 1));
    assert!(info.dirty && info.notes.iter().any(|note| note.contains("dirty")));
    corrupt("marked corrupt", |image| image.put64(72, 2));
    let Details::Qcow2(details) = patched(|image| image.put64(72, 2)).info().unwrap().details else { panic!() };
    assert!(details.corrupt);
}

/// An image with subclusters, by hand: entries of 16 bytes, cluster 0 with that bitmap.
pub(crate) fn extended(bitmap: u64) -> Image {
    let mut image = Image(build("qcow2", SIZE as u64, &[("cluster_size", "16k")], &[(0, &[7; 16 << 10])]));
    image.put64(72, 1 << 4);
    let l2 = image.l2();
    image.put64(l2 + 8, bitmap);
    image
}

#[test]
fn q16_subclusters() {
    let bytes = content(&extended(0xffff_fffa_0000_0005).open().unwrap()).unwrap();
    let wanted: Vec<u8> = (0..32).flat_map(|i| [if i == 0 || i == 2 { 7 } else { 0 }; 512]).collect();
    assert!(bytes[..16 << 10] == wanted);
    let disk = extended(0x0000_fff0_0000_000f).open().unwrap();
    crate::conformance::extents_are_true(&disk);
    refused(extended(0x0000_0001_0000_0001).open(), ErrorKind::Corrupt, "contradicts itself");
    corrupt("too small for subclusters", |image| image.put64(72, 1 << 4));
    let mut nowhere = extended(1);
    let l2 = nowhere.l2();
    nowhere.put64(l2, 0);
    refused(nowhere.open(), ErrorKind::Corrupt, "nowhere");
    let mut zero_bit = extended(1);
    zero_bit.put64(l2, zero_bit.get64(l2) | 1);
    refused(zero_bit.open(), ErrorKind::Corrupt, "zero bit");
    // The bit on an image that has none: its second entry becomes a bitmap.
    let mut stray = Image(build("qcow2", SIZE as u64, &[("cluster_size", "16k")], &[(0, &[7; 64 << 10])]));
    stray.put64(72, 1 << 4);
    refused(stray.open(), ErrorKind::Corrupt, "set by mistake");
}

#[test]
fn q17_compression_type() {
    let with = |kind: u8, bit: u64| {
        patched(|image| {
            image.put32(100, 112);
            image.0[104] = kind;
            image.put64(72, bit << 3);
        })
    };
    assert!(with(0, 0).open().is_ok() && with(1, 1).open().is_ok());
    refused(with(1, 0).open(), ErrorKind::Corrupt, "compression type");
    refused(with(0, 1).open(), ErrorKind::Corrupt, "compression type");
    refused(with(7, 1).open(), ErrorKind::Unsupported, "compression type 7");
}

fn deflate(bytes: &[u8]) -> Vec<u8> {
    let mut compressor = Compressor::new(CompressionLvl::default());
    let mut packed = vec![0; compressor.deflate_compress_bound(bytes.len())];
    let len = compressor.deflate_compress(bytes, &mut packed).unwrap();
    packed.truncate(len);
    packed
}

/// Entry of a compressed cluster at `offset` that touches `sectors` more sectors; clusters of 4 KiB.
fn packed(offset: u64, sectors: u64) -> u64 {
    1 << 62 | sectors << 58 | offset
}

/// Guest cluster 9 is `stream`, which takes whole clusters at the end of the file.
fn compressed(stream: &[u8], zstd: bool) -> Image {
    patched(|image| {
        let at = image.append(stream);
        image.0.resize(image.0.len().next_multiple_of(CLUSTER), 0xaa);
        let sectors = (stream.len() as u64).div_ceil(512).saturating_sub(1);
        image.put64(image.l2() + 9 * 8, packed(at, sectors));
        if zstd {
            image.put64(72, 1 << 3);
            image.put32(100, 112);
            image.0[104] = 1;
        }
    })
}

pub(crate) fn compressed_sample(zstd: bool) -> Vec<u8> {
    let cluster = Numbers(9).bytes(CLUSTER / 4).repeat(4);
    let stream = if zstd { zstd::bulk::compress(&cluster, 3).unwrap() } else { deflate(&cluster) };
    compressed(&stream, zstd).0
}

#[test]
fn q18_compressed_clusters() {
    let cluster: Vec<u8> = (0..CLUSTER).map(|i| (i / 7) as u8).collect();
    let read = |image: &Image| image.open().and_then(|disk| content(&disk));
    let frame = |bytes: &[u8]| zstd::bulk::compress(bytes, 3).unwrap();
    for (image, short, long) in [
        (
            compressed(&deflate(&cluster), false),
            compressed(&deflate(&cluster[1..]), false),
            compressed(&deflate(&[1; 5000]), false),
        ),
        (
            compressed(&frame(&cluster), true),
            compressed(&frame(&cluster[1..]), true),
            compressed(&frame(&[1; 5000]), true),
        ),
    ] {
        assert!(read(&image).unwrap()[9 * CLUSTER..10 * CLUSTER] == cluster);
        let mut part = [0; 100];
        let disk = image.open().unwrap();
        for _ in 0..2 {
            disk.read_at(&mut part, 9 * CLUSTER as u64 + 50).unwrap();
            assert_eq!(part, cluster[50..150]);
        }
        for wrong in [short, long] {
            refused(read(&wrong), ErrorKind::Corrupt, "guest byte 36864");
        }
    }
    refused(read(&compressed(&[0xff; 900], false)), ErrorKind::Corrupt, "deflate");
    refused(read(&compressed(&[0xff; 900], true)), ErrorKind::Corrupt, "zstd");
    corrupt("past the end", |image| image.put64(image.l2() + 72, packed(image.len() - 512, 1)));
    corrupt("past the end", |image| image.put64(image.l2() + 72, packed(image.len(), 0)));
    corrupt("overlaps", |image| image.put64(image.l2() + 72, packed(image.l1() as u64, 0)));
    corrupt("reserved", |image| image.put64(image.l2() + 72, COPIED | packed(4096, 0)));
}

#[test]
fn entries_that_share_a_compressed_cluster_are_refused() {
    let mut image = compressed(&deflate(&[1; CLUSTER]), false);
    let (l2, entry) = (image.l2(), image.get64(image.l2() + 72));
    image.put64(l2 + 80, entry);
    refused(image.open(), ErrorKind::Corrupt, "overlaps that of another");
}

#[test]
fn a_zstd_frame_may_claim_any_window() {
    // Not a single segment, window of 1 GiB, one raw block of 4096 bytes that is the last.
    let mut frame = vec![0x28, 0xb5, 0x2f, 0xfd, 0x00, 0xa0];
    frame.extend(&(1u32 | (CLUSTER as u32) << 3).to_le_bytes()[..3]);
    frame.extend([0x5a; CLUSTER]);
    let bytes = content(&compressed(&frame, true).open().unwrap()).unwrap();
    assert!(bytes[9 * CLUSTER..10 * CLUSTER].iter().all(|&byte| byte == 0x5a));
}

#[test]
fn q19_encryption() {
    for (method, name) in [(1, "aes"), (2, "luks")] {
        let image = patched(|image| image.put32(32, method));
        refused(image.open(), ErrorKind::Unsupported, "encrypted");
        assert_eq!(image.info().unwrap().encryption.as_deref(), Some(name));
    }
    corrupt("encryption method 3", |image| image.put32(32, 3));
}

#[test]
fn q20_header_length_and_extensions() {
    for len in [0, 5, 103, 109, 4104, u32::MAX] {
        corrupt("header length", |image| image.put32(100, len));
    }
    for len in [0xffff_fff0, 65_537, 4000] {
        corrupt("extension", |image| {
            image.extension(104, 77, &[]);
            image.put32(108, len);
        });
    }
    corrupt("no end mark", |image| {
        image.extension(104, 77, &[0; CLUSTER - 112]);
    });
    harmless(|image| {
        let next = image.extension(104, 77, b"something");
        image.extension(next, 0x6803_f857, b"");
    });
    for version in [0, 4, u32::MAX] {
        refused(patched(|image| image.put32(4, version)).open(), ErrorKind::Unsupported, "version");
    }
}

#[test]
fn q21_q22_snapshots_and_bitmaps_are_ignored_but_by_check() {
    let snapshot = |image: &mut Image| {
        let table = image.append(&[0xff; CLUSTER]);
        image.put64(64, table);
        image.put32(60, 1);
    };
    assert!(harmless(snapshot).notes.iter().any(|note| note.contains("1 internal snapshots")));
    let found = patched(snapshot).findings();
    assert!(found.iter().any(|what| what.contains("snapshot 0")), "{found:?}");
    let bitmaps = |autoclear: u64| {
        move |image: &mut Image| {
            let mut content = vec![0, 0, 0, 2, 0, 0, 0, 0];
            content.extend(64u64.to_be_bytes());
            content.extend((1u64 << 40).to_be_bytes());
            image.extension(104, 0x2385_2875, &content);
            image.put64(88, autoclear);
        }
    };
    let Details::Qcow2(details) = harmless(bitmaps(1)).details else { panic!() };
    assert_eq!(details.bitmaps, 2);
    assert!(harmless(bitmaps(0)).notes.iter().any(|note| note.contains("out of date")));
    let found = patched(bitmaps(1)).findings();
    assert!(found.iter().any(|what| what.contains("bitmap directory")), "{found:?}");
}

/// An image with a snapshot of its own tables: the refcounts know nothing of it, which matters to nobody here.
fn with_snapshot(id: &[u8], extra: u32, l1: impl FnOnce(&Image) -> (u64, u32)) -> Image {
    patched(|image| {
        let (offset, entries) = l1(image);
        let mut row = vec![0; 40];
        row[..8].copy_from_slice(&offset.to_be_bytes());
        row[8..12].copy_from_slice(&entries.to_be_bytes());
        row[12..14].copy_from_slice(&(id.len() as u16).to_be_bytes());
        row[14..16].copy_from_slice(&4u16.to_be_bytes());
        row[16..20].copy_from_slice(&7u32.to_be_bytes());
        row[36..40].copy_from_slice(&extra.to_be_bytes());
        row.resize(40 + extra.min(2000) as usize, 0);
        if extra == 16 {
            row[48..56].copy_from_slice(&(SIZE as u64 / 2).to_be_bytes());
        }
        row.extend(id);
        row.extend(b"name");
        row.resize(CLUSTER, 0);
        let table = image.append(&row);
        image.put64(64, table);
        image.put32(60, 1);
    })
}

#[test]
fn q21_rows_of_the_snapshot_table() {
    let own = |image: &Image| (image.l1() as u64, 1);
    let open = |image: &Image, name: &str| disk::open_snapshot(Arc::new(image.0.clone()), None, name, &Closed);
    let sound = with_snapshot(b"1", 16, own);
    let info = sound.info().unwrap();
    assert_eq!((info.snapshots.len(), info.snapshots[0].name.as_str()), (1, "name"));
    assert_eq!((info.snapshots[0].date_ns, info.snapshots[0].disk_size), (7_000_000_000, SIZE as u64 / 2));
    let now = content(&sound.open().unwrap()).unwrap();
    assert!(content(&open(&sound, "name").unwrap()).unwrap() == now[..SIZE / 2]);
    assert!(content(&open(&with_snapshot(b"1", 0, own), "1").unwrap()).unwrap() == now);
    refused(open(&sound, "2"), ErrorKind::NotFound, "there are 1");
    let listed = |image: &Image| image.info().unwrap().snapshots.len();
    for extra in [1025, 2000, u32::MAX] {
        let long = with_snapshot(b"1", extra, own);
        refused(open(&long, "1"), ErrorKind::Corrupt, "too long");
        assert!(long.open().is_ok() && listed(&long) == 0);
        assert!(long.info().unwrap().notes.iter().any(|note| note.contains("cannot be listed")));
    }
    let long = with_snapshot(&[b'1'; 5000], 0, own);
    assert!(long.open().is_ok() && listed(&long) == 0);
    for (offset, entries) in [(1 << 40, 1), (512, 1), (0, 1), (u64::MAX - 7, 1), (4096, u32::MAX), (4096, 0)] {
        let image = with_snapshot(b"1", 0, |_| (offset, entries));
        refused(open(&image, "1"), ErrorKind::Corrupt, "");
        assert!(image.open().is_ok() && listed(&image) == 1);
    }
    refused(open(&with_snapshot(b"1", 0, |image| (image.l2() as u64, 1)), "1"), ErrorKind::Corrupt, "");
}

#[test]
fn tiny_files_are_refused() {
    for len in [0, 1, 4, 8, 71, 72, 103, 104, 111] {
        let mut file = Image::sound().0;
        file.truncate(len);
        assert!(open(file, Some("qcow2")).is_err(), "{len}");
    }
    assert!(disk::open(Arc::new(b"QFI\xfb\0\0\0\x03".to_vec()), None, &Closed).is_err());
}

/// A sparse file of 4 TiB that claims two million tables of 2 MiB, none of which is stored.
#[test]
fn tables_that_are_not_stored_take_no_time() {
    use std::os::unix::fs::FileExt;
    let entries = 1u64 << 21;
    let path = tempfile::NamedTempFile::new().unwrap();
    let mut header = build("qcow2", 1 << 30, &[("cluster_size", "2M")], &[]);
    header.truncate(512);
    let mut image = Image(header);
    image.put64(24, entries << 39);
    image.put32(36, entries as u32);
    image.put64(40, 2 << 20);
    let l1: Vec<u8> = (0..entries).flat_map(|i| (COPIED | ((i + 100) << 21)).to_be_bytes()).collect();
    path.as_file().write_all_at(&image.0, 0).unwrap();
    path.as_file().write_all_at(&l1, 2 << 20).unwrap();
    if path.as_file().set_len((entries + 100) << 21).is_err() {
        return crate::support::skip("a filesystem for files of 4 TiB");
    }
    let disk = disk::open(Arc::new(storage::File::open(path.path()).unwrap()), Some("qcow2"), &Closed).unwrap();
    assert_eq!(disk.extent_at(0).unwrap().range, 0..entries << 39);
}
