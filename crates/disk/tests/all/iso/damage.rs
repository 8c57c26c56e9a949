//! Media that are cut, and media with flipped bytes.

use super::media::{ANCHOR, CATALOG, IMAGE, Media, SECTOR, content, mixed, refused, uefi};
use disk::Closed;
use disk::bootable;
use std::sync::Arc;
use storage::{ErrorKind, Extents, Source};

const ROUNDS: u64 = 3000;

/// Numbers without end, always the same.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, n: u64) -> u64 {
        (self.next() >> 11) % n
    }
}

fn bridge() -> Media {
    let mut media = uefi();
    media.with_udf(19).put(18 * SECTOR, b"\xffCD001");
    media
}

fn samples() -> Vec<Media> {
    let hybrid = Media(content(&bootable(uefi().source()).unwrap().disk));
    vec![Media::iso(), Media::udf(), uefi(), bridge(), mixed(), hybrid]
}

fn driver() -> &'static dyn disk::Format {
    disk::format("iso").unwrap()
}

#[test]
fn cut_media_are_refused() {
    for media in samples() {
        assert_eq!(content(&media.open().unwrap()), media.0);
        for cut in (0..media.0.len()).step_by(512).chain([media.0.len() - 1]) {
            let file: Source = Arc::new(media.0[..cut].to_vec());
            // What is there can be looked at, with a note.
            if let Ok(disk) = driver().open(file.clone(), &Closed) {
                let told = disk.info().notes.iter().any(|note| note.contains("download it again"));
                assert!(told, "cut at byte {cut} of {}", media.0.len());
            }
            assert!(bootable(file).is_err(), "cut at byte {cut}");
        }
    }
}

#[test]
fn a_cut_download_is_told_so() {
    let media = Media(uefi().0[..500_000].to_vec());
    let error = bootable(media.source()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "at byte 500000: the file ends at byte 500000 and the ISO 9660 volume at byte 614400; download it again (or \
         say -f raw to take what is there)"
    );
    assert!(driver().info(&media.0).unwrap().notes.iter().any(|note| note.contains("download it again")));
}

#[test]
fn damage_is_named() {
    let cases: &[(usize, &[u8], &str)] = &[
        (16 * SECTOR, &[3], "no primary volume descriptor"),
        (16 * SECTOR + 128, &[0, 0], "logical blocks of 0 bytes"),
        (16 * SECTOR + 80, &[0xff; 4], "download it again"),
        (17 * SECTOR + 71, &[0xff; 4], "boot catalogue: lies at"),
        (CATALOG * SECTOR, &[0], "validation entry"),
        (CATALOG * SECTOR + 40, &[0xff; 4], "boot image: lies at"),
        (ANCHOR * SECTOR, &[0], "no anchor"),
        (ANCHOR * SECTOR + 5, &[1], "no anchor"),
        (ANCHOR * SECTOR + 12, &[1], "no anchor"),
        (260 * SECTOR, &[0], "no partition descriptor"),
    ];
    for &(at, bytes, word) in cases {
        let mut media = bridge();
        refused(bootable(media.put(at, bytes).source()), ErrorKind::Corrupt, word);
    }
    let mut endless = Media::iso();
    (17..130).for_each(|sector| _ = endless.put(sector * SECTOR, b"\x03CD001"));
    refused(endless.open(), ErrorKind::Corrupt, "do not end");
    // The label of a volume may end without a terminator, as other readers have it.
    let mut open_ended = Media::iso();
    open_ended.put(17 * SECTOR, &[0; 6]);
    assert_eq!(driver().info(&open_ended.0).unwrap().notes.len(), 1);
}

#[test]
fn a_gpt_whose_partition_is_turned_around_is_damage() {
    let mut media = Media(content(&bootable(uefi().source()).unwrap().disk));
    media.put(1024 + 40, &[0; 8]);
    let sum = crc32(&media.0[1024..34 * 512]);
    media.put(512 + 88, &sum.to_le_bytes()).put(512 + 16, &[0; 4]);
    let sum = crc32(&media.0[512..512 + 92]);
    media.put(512 + 16, &sum.to_le_bytes());
    refused(bootable(media.source()), ErrorKind::Corrupt, "begins at sector 64 and ends at sector 0");
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0u32, |sum, &byte| {
        (0..8).fold(sum ^ u32::from(byte), |sum, _| (sum >> 1) ^ (0xedb8_8320 & 0u32.wrapping_sub(sum & 1)))
    })
}

/// Where flips matter.
fn mutate(file: &mut Vec<u8>, numbers: &mut Numbers) {
    const PLACES: [(usize, usize); 6] = [
        (0, 2048),
        (16 * SECTOR, 4 * SECTOR),
        (CATALOG * SECTOR, 256),
        (IMAGE * SECTOR, 64),
        (ANCHOR * SECTOR, 32),
        (260 * SECTOR, 4096),
    ];
    for _ in 0..=numbers.below(3) {
        let (start, len) = PLACES[numbers.below(6) as usize];
        let at = start + numbers.below(len as u64) as usize;
        let len = file.len() as u64;
        match (numbers.below(20), file.get_mut(at)) {
            (0, _) => file.truncate((len - numbers.below(len.min(3000))).max(1) as usize),
            (1..8, Some(byte)) => *byte ^= 1 << numbers.below(8),
            (8..14, Some(byte)) => *byte = numbers.next() as u8,
            (_, Some(byte)) => *byte = [0, 1, 0x7f, 0x80, 0xff][numbers.below(5) as usize],
            _ => {}
        }
    }
}

#[test]
fn flipped_bytes() {
    for (seed, media) in (1..).zip(samples()) {
        let mut numbers = Numbers(seed * 104_729);
        let (mut opened, mut refused) = (0, 0);
        for _ in 0..ROUNDS {
            let mut file = media.0.clone();
            mutate(&mut file, &mut numbers);
            let file: Source = Arc::new(file);
            let _ = driver().probe(&file);
            let _ = driver().info(&file);
            let Ok(disk) = driver().open(file.clone(), &Closed) else {
                refused += 1;
                continue;
            };
            assert_eq!(disk.size(), file.size());
            if let Ok(made) = bootable(file) {
                opened += 1;
                let end = Extents::new(&made.disk).last().unwrap().unwrap().range.end;
                assert_eq!(end, made.disk.size());
                assert!(made.disk.size() <= disk.size() + (2 << 20));
                content(&made.disk);
            } else {
                refused += 1;
            }
        }
        assert!(opened > 100 && refused > 100, "{seed}: {opened} opened, {refused} refused");
    }
}
