//! Damaged and hostile VHDs, each made from a sound one by a patch.

use crate::support::{Growing, Numbers, build, content, open, options, refused};
use disk::{CreateOptions, Details, Disk, Info, VhdDetails};
use std::sync::Arc;
use storage::{ErrorKind, Result};

const SIZE: u64 = 5 << 20;
const TABLE: usize = 1536;

#[derive(Clone)]
struct Image(Vec<u8>);

fn dynamic() -> Image {
    let bytes = Numbers(23).bytes(100_000);
    Image(build("vhd", SIZE, &[], &[(0, &bytes), (4 << 20, &bytes)]))
}

fn fixed() -> Image {
    let bytes = Numbers(23).bytes(100_000);
    Image(build("vhd", SIZE, &[("subformat", "fixed")], &[(700, &bytes)]))
}

impl Image {
    fn footer(&self) -> usize {
        self.0.len() - 512
    }

    fn put(&mut self, at: usize, bytes: &[u8]) {
        self.0[at..at + bytes.len()].copy_from_slice(bytes);
    }

    fn sum(&mut self, at: usize, len: usize, field: usize) {
        self.put(at + field, &[0; 4]);
        let sum: u32 = self.0[at..at + len].iter().map(|&byte| u32::from(byte)).sum();
        self.put(at + field, &(!sum).to_be_bytes());
    }

    /// Changes the footer, and its copy if there is one, checksums made right.
    fn footers(mut self, at: usize, bytes: &[u8]) -> Self {
        let both = if self.0.starts_with(b"conectix") { vec![0, self.footer()] } else { vec![self.footer()] };
        for footer in both {
            self.put(footer + at, bytes);
            self.sum(footer, 512, 64);
        }
        self
    }

    fn header(mut self, at: usize, bytes: &[u8]) -> Self {
        self.put(512 + at, bytes);
        self.sum(512, 1024, 36);
        self
    }

    fn with(mut self, at: usize, bytes: &[u8]) -> Self {
        self.put(at, bytes);
        self
    }

    fn entry(&self, i: usize) -> u32 {
        u32::from_be_bytes(self.0[TABLE + 4 * i..][..4].try_into().unwrap())
    }

    fn entries(self, i: usize, sector: u32) -> Self {
        self.with(TABLE + 4 * i, &sector.to_be_bytes())
    }

    fn open(&self) -> Result<Arc<dyn Disk>> {
        open(self.0.clone(), Some("vpc"))
    }

    fn info(&self) -> Info {
        disk::format("vhd").unwrap().info(&self.0).unwrap()
    }

    fn details(&self) -> VhdDetails {
        match self.info().details {
            Details::Vhd(details) => details,
            _ => panic!(),
        }
    }

    #[track_caller]
    fn corrupt(&self, word: &str) {
        refused(self.open().and_then(|disk| content(&disk)), ErrorKind::Corrupt, word);
    }

    #[track_caller]
    fn noted(&self, word: &str) {
        let disk = self.open().unwrap();
        assert!(disk.info().notes.iter().any(|note| note.contains(word)), "{:?}", disk.info().notes);
        assert!(content(&disk).unwrap() == content(&dynamic().open().unwrap()).unwrap());
    }
}

#[test]
fn the_sound_ones_are_sound() {
    for image in [dynamic(), fixed()] {
        let disk = open(image.0.clone(), None).unwrap();
        assert_eq!((disk.info().format, disk.size()), ("vhd", SIZE));
        assert!(disk.info().notes.is_empty());
        let details = image.details();
        assert!(details.footer_valid && details.current_size == SIZE && details.creator == "win ");
    }
    let details = dynamic().details();
    assert_eq!((details.disk_type, details.block_size, details.max_table_entries), (3, Some(2 << 20), Some(3)));
}

#[test]
fn v1_checksums() {
    // Byte 90 is reserved and zero in every footer.
    let footer = dynamic().footer();
    dynamic().with(90, b"x").noted("copy at the start");
    dynamic().with(footer + 90, b"x").noted("at the end of the file is missing or damaged");
    assert!(!dynamic().with(footer + 90, b"x").details().footer_valid);
    dynamic().with(90, b"x").with(footer + 90, b"x").corrupt("checksum is wrong");
    dynamic().with(512 + 100, b"x").corrupt("dynamic header: the checksum");
    let mut other = dynamic();
    other.put(48, &(SIZE + 512).to_be_bytes());
    other.sum(0, 512, 64);
    other.corrupt("another disk than its copy");
    fixed().with(fixed().footer() + 90, b"x").corrupt("checksum is wrong");
}

#[test]
fn v2_missing_footers() {
    let mut cut = dynamic();
    cut.0.truncate(cut.footer());
    cut.noted("missing or damaged");
    assert_eq!(open(cut.0.clone(), None).unwrap().info().format, "vhd");
    dynamic().with(0, &[0; 512]).noted("copy at the start");
    assert_eq!(open(dynamic().with(0, &[0; 512]).0, None).unwrap().info().format, "vhd");
    cut.with(0, &[0; 512]).corrupt("no VHD");
    let mut cut = fixed();
    cut.0.truncate(cut.footer());
    cut.corrupt("no VHD");
    let header = fixed().0[fixed().footer()..].to_vec();
    Image([header, vec![0; 4096]].concat()).corrupt("missing at the end");
}

pub(crate) fn differencing(parent: &str) -> Vec<u8> {
    let name: Vec<u8> = parent.encode_utf16().flat_map(u16::to_be_bytes).collect();
    dynamic().footers(60, &4u32.to_be_bytes()).header(64, &name).0
}

#[test]
fn v3_differencing_disks_are_named_and_refused() {
    let image = Image(differencing("..\\parent.vhd"));
    refused(image.open(), ErrorKind::Unsupported, "merge");
    assert_eq!(image.info().backing_file.as_deref(), Some("..\\parent.vhd"));
    assert_eq!(image.details().disk_type, 4);
    assert_eq!(dynamic().info().backing_file, None);
}

#[test]
fn v4_types() {
    for kind in [0u32, 1, 5, 9, u32::MAX] {
        dynamic().footers(60, &kind.to_be_bytes()).corrupt("disk type");
        fixed().footers(60, &kind.to_be_bytes()).corrupt("disk type");
    }
}

#[test]
fn v5_block_table() {
    let image = dynamic();
    let (first, third) = (image.entry(0), image.entry(2));
    assert_eq!(image.entry(1), u32::MAX);
    image.clone().entries(1, first).corrupt("overlaps block");
    image.clone().entries(1, first + 1).corrupt("overlaps block");
    image.clone().entries(2, 0).corrupt("overlaps");
    image.clone().entries(2, 1).corrupt("overlaps");
    image.clone().entries(2, 3).corrupt("overlaps");
    image.clone().entries(2, u32::MAX - 1).corrupt("reaches past");
    image.clone().entries(0, third + 100).corrupt("reaches past");
    image.clone().header(16, &(1u64 << 50).to_be_bytes()).corrupt("block table");
    image.clone().header(16, &u64::MAX.to_be_bytes()).corrupt("block table");
    image.clone().header(16, &0u64.to_be_bytes()).corrupt("");
    image.clone().header(28, &u32::MAX.to_be_bytes()).corrupt("block table");
    image.clone().header(28, &2u32.to_be_bytes()).corrupt("too few");
    image.clone().footers(16, &(1u64 << 40).to_be_bytes()).corrupt("dynamic header");
    image.footers(16, &0u64.to_be_bytes()).corrupt("cookie");
}

#[test]
fn v6_block_sizes() {
    for size in [0u32, 1, 512, 3 << 20, 2 << 30, u32::MAX] {
        dynamic().header(32, &size.to_be_bytes()).corrupt("blocks of");
    }
    // Larger blocks in a file that has none of them.
    let empty = Image(build("vhd", SIZE, &[], &[])).header(32, &(8u32 << 20).to_be_bytes());
    assert!(empty.info().notes.iter().any(|note| note.contains("few programs")));
    assert_eq!(content(&empty.open().unwrap()).unwrap().len() as u64, SIZE);
    // What the bitmaps of a dynamic disk say does not matter.
    let place = dynamic().entry(0) as usize * 512;
    assert!(
        content(&dynamic().with(place, &[0; 512]).open().unwrap()).unwrap()
            == content(&dynamic().open().unwrap()).unwrap()
    );
}

#[test]
fn v7_size_by_creator() {
    // 4 MiB less 16 KiB, and 3.98 MiB by geometry: 120 x 4 x 17 sectors.
    let geometry = [0, 120, 4, 17];
    for (creator, by_geometry) in [
        (b"vpc ", true),
        (b"qemu", true),
        (b"qem2", false),
        (b"win ", false),
        (b"d2v ", false),
        (b"d2v\0", false),
        (b"vs  ", false),
        (b"tap\0", false),
        (b"vbox", false),
        (b"wa\0\0", false),
        (b"CTXS", false),
        (b"\0\0\0\0", false),
        (b"\xff\xfe\xfd\xfc", false),
    ] {
        for image in [dynamic(), fixed()] {
            let image = image.footers(28, creator).footers(56, &geometry);
            let size = if by_geometry { 120 * 4 * 17 * 512 } else { SIZE };
            assert_eq!(image.open().unwrap().size(), size, "{creator:?}");
            assert_eq!(image.info().notes.iter().any(|note| note.contains("geometry")), by_geometry);
            assert_eq!(image.details().geometry_size, 120 * 4 * 17 * 512);
            let full = image.footers(56, &[0xff, 0xff, 16, 255]);
            assert_eq!(full.open().unwrap().size(), SIZE, "{creator:?}");
        }
    }
    let larger = [0, 200, 4, 17];
    fixed().footers(28, b"vpc ").footers(56, &larger).corrupt("geometry is larger");
    dynamic().footers(28, b"vpc ").footers(56, &[9, 200, 4, 17]).corrupt("too few");
}

#[test]
fn v8_fixed_disks_end_where_the_footer_begins() {
    for size in [0u64, 512, SIZE - 512, SIZE + 512, u64::MAX, 1 << 62] {
        let image = fixed().footers(48, &size.to_be_bytes());
        image.corrupt("");
        refused(open(image.0, None), ErrorKind::Refused, "vhd and raw");
    }
    dynamic().footers(48, &(SIZE - 1).to_be_bytes()).corrupt("whole sectors");
    dynamic().footers(48, &(3u64 << 40).to_be_bytes()).corrupt("at most");
}

#[test]
fn footers_of_511_bytes() {
    let mut image = fixed();
    image.0.pop();
    let disk = image.open().unwrap();
    assert!(content(&disk).unwrap() == content(&fixed().open().unwrap()).unwrap());
    assert_eq!(open(image.0, None).unwrap().info().format, "vhd");
}

#[test]
fn v9_force_size() {
    let exact = |given: &[(&str, &str)], size| Image(build("vhd", size, given, &[]));
    let off = exact(&[("force_size", "off")], 10 << 20);
    assert_eq!((off.open().unwrap().size(), off.details().creator.as_str()), (10_514_432, "qemu"));
    assert_eq!(off.details().geometry_size, off.details().current_size);
    for size in [512, 10 << 20, 200 << 30, 2040 << 30] {
        assert_eq!(exact(&[], size).open().unwrap().size(), size);
        let rounded = exact(&[("force_size", "off")], size).open().unwrap().size();
        assert!(rounded >= size && rounded < size + (16 << 20));
    }
}

#[test]
fn v10_saved_state_and_features() {
    dynamic().footers(84, &[1]).noted("saved state");
    assert!(dynamic().footers(84, &[1]).details().saved_state);
    dynamic().footers(8, &[0; 4]).noted("feature bit");
}

#[test]
fn identities_differ() {
    let id = |image: Image| image.0[image.footer() + 68..][..16].to_vec();
    assert_ne!(id(fixed()), id(fixed()));
}

#[test]
fn what_is_made_at_one_moment_is_one_file() {
    let made = |moment: u64, size: u64, given: &[(&str, &str)]| {
        let file = Growing::default();
        let options = CreateOptions { made: Some(moment), ..options(size, given) };
        disk::format("vhd").unwrap().create(Arc::new(file.clone()), &options).unwrap().finish().unwrap();
        std::mem::take(&mut *file.0.lock().unwrap())
    };
    for given in [vec![], vec![("subformat", "fixed")]] {
        let first = made(1_700_000_000, 1 << 20, &given);
        assert!(first == made(1_700_000_000, 1 << 20, &given));
        let footer = |file: &[u8]| file[file.len() - 512..].to_vec();
        // Seconds since the year 2000.
        assert_eq!(footer(&first)[24..28], 753_315_200_u32.to_be_bytes());
        for (moment, size) in [(1_700_000_001, 1 << 20), (1_700_000_000, 2 << 20)] {
            assert!(footer(&first)[68..84] != footer(&made(moment, size, &given))[68..84]);
        }
    }
}
