//! Compressed clusters as they are written: what their streams say, and where they lie.

use crate::inflate::inflate;
use crate::qcow2::Image;
use crate::support::{Numbers, build, texture};

const CLUSTER: usize = 64 << 10;
const COMPRESSED: u64 = 1 << 62;

/// Guest cluster, offset and stream of each compressed cluster of an image with one table and clusters of 64 KiB. What
/// follows a stream in its last sector comes with it.
fn streams(file: Vec<u8>) -> Vec<(usize, usize, Vec<u8>)> {
    let image = Image(file);
    let l2 = image.l2();
    let entries = (0..CLUSTER / 8).map(|i| (i, image.get64(l2 + 8 * i)));
    entries
        .filter(|(_, entry)| entry & COMPRESSED != 0)
        .map(|(i, entry)| {
            let offset = (entry & ((1 << 54) - 1)) as usize;
            let sectors = (entry >> 54 & 0xff) as usize + 1;
            (i, offset, image.0[offset..(offset / 512 + sectors) * 512].to_vec())
        })
        .collect()
}

/// What repeats itself close by, at 3 to 30 KiB, and all over the cluster.
fn sample() -> Vec<u8> {
    let mut numbers = Numbers(99);
    let mut bytes = texture(1 << 20);
    for period in [3000, 4095, 4096, 4097, 5000, 20_000, 30_000] {
        let noise = numbers.bytes(period);
        bytes.extend(noise.iter().cycle().take(3 * CLUSTER));
    }
    let words: Vec<Vec<u8>> = (0..3000)
        .map(|_| {
            let len = 4 + numbers.below(9) as usize;
            numbers.bytes(len)
        })
        .collect();
    while bytes.len() < 4 << 20 {
        bytes.extend(&words[numbers.below(3000) as usize]);
    }
    bytes.truncate(4 << 20);
    bytes
}

fn written(given: &[(&str, &str)]) -> Vec<(usize, usize, Vec<u8>)> {
    let bytes = sample();
    streams(build("qcow2", bytes.len() as u64, given, &[(0, &bytes)]))
}

/// Longest distance in any stream; all streams unpack to what was written.
fn reach(given: &[(&str, &str)]) -> usize {
    let bytes = sample();
    let streams = written(given);
    assert!(streams.len() > 30);
    let reach = |(i, _, stream): &(usize, usize, Vec<u8>)| {
        let inflated = inflate(stream);
        assert!(inflated.bytes == bytes[i * CLUSTER..(i + 1) * CLUSTER]);
        inflated.reach
    };
    streams.iter().map(reach).max().unwrap()
}

#[test]
fn zlib_reaches_back_4_kib_and_no_further() {
    for given in [&[("-c", "")][..], &[("-c", ""), ("zlib_window", "4k")], &[("-c", ""), ("compat", "0.10")]] {
        let reach = reach(given);
        assert!(reach <= 4096, "{given:?}: {reach}");
        assert!(reach > 3000, "{given:?}: {reach}");
    }
}

#[test]
fn a_larger_window_is_made_use_of() {
    let reach = reach(&[("-c", ""), ("zlib_window", "32k")]);
    assert!((20_000..=32_768).contains(&reach), "{reach}");
    let len =
        |window| written(&[("-c", ""), ("zlib_window", window)]).iter().map(|(.., stream)| stream.len()).sum::<usize>();
    assert!(len("32k") < len("4k"));
}

#[test]
fn zstd_frames_are_of_one_cluster_and_say_so() {
    for (_, _, stream) in written(&[("-c", ""), ("compression_type", "zstd")]) {
        assert_eq!(zstd::zstd_safe::get_frame_content_size(&stream).ok().flatten(), Some(CLUSTER as u64));
    }
}

/// A stream begins at the byte where the one before ends, also within a sector.
#[test]
fn clusters_lie_side_by_side() {
    let streams = written(&[("-c", "")]);
    let gaps = streams.windows(2).map(|pair| pair[1].1 as i64 - (pair[0].1 + pair[0].2.len()) as i64);
    assert!(gaps.clone().filter(|gap| (-511..=0).contains(gap)).count() * 10 > streams.len() * 9);
    assert!(streams.iter().any(|(_, offset, _)| offset % 512 != 0));
}
