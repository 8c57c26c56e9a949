//! Bytes flipped at random, always the same way: nothing panics, hangs or takes memory without bound, and what is read
//! is read within the file.

use crate::support::{Numbers, build};
use disk::{Closed, FORMATS, Mappings};
use std::sync::Arc;
use storage::{Extents, ReadAt};

const ROUNDS: u64 = 1000;

fn samples() -> Vec<(&'static str, Vec<u8>)> {
    let data = Numbers(41).bytes(20_000);
    let writes: &[(u64, &[u8])] = &[(0, &data[..9000]), (300_000, &data[9000..])];
    let size = 1 << 20;
    let texture = crate::support::texture(200_000);
    let texture: &[(u64, &[u8])] = &[(0, &texture), (300_000, &texture[..50_000])];
    vec![
        ("raw", build("raw", 1 << 16, &[], &[(0, &data)])),
        ("qcow2", build("qcow2", size, &[("cluster_size", "512")], writes)),
        ("qcow2", build("qcow2", size, &[("cluster_size", "4k"), ("compat", "0.10")], writes)),
        ("qcow2", crate::qcow2::extended(0xffff_fffa_0000_0005).0),
        ("qcow2", crate::qcow2::compressed_sample(false)),
        ("qcow2", crate::qcow2::compressed_sample(true)),
        ("qcow2", build("qcow2", size, &[("-c", ""), ("cluster_size", "4k")], texture)),
        ("qcow2", build("qcow2", size, &[("-c", ""), ("compression_type", "zstd")], texture)),
        ("qcow2", build("qcow2", size, &[("-c", ""), ("extended_l2", "on"), ("cluster_size", "16k")], texture)),
        ("vhd", build("vhd", size, &[], writes)),
        ("vhd", build("vhd", 1 << 16, &[("subformat", "fixed")], &[(0, &data)])),
    ]
}

/// Where flips matter: the metadata of our own images lies at both ends.
fn mutate(file: &mut Vec<u8>, numbers: &mut Numbers) {
    for _ in 0..=numbers.below(4) {
        let len = file.len() as u64;
        let at = match numbers.below(4) {
            0 => numbers.below(len.min(128)),
            1 => numbers.below(len.min(4096)),
            2 => len - 1 - numbers.below(len.min(16 << 10)),
            _ => numbers.below(len),
        } as usize;
        match numbers.below(4) {
            0 => file[at] ^= 1 << numbers.below(8),
            1 => file[at] = numbers.next() as u8,
            2 => file[at] = [0, 1, 0x7f, 0x80, 0xff][numbers.below(5) as usize],
            _ => file.truncate((len - numbers.below(len.min(3000))).max(1) as usize),
        }
    }
}

fn exercise(file: &[u8], name: Option<&str>) -> bool {
    let source = Arc::new(file.to_vec());
    let _ = disk::probe(&*source);
    for format in FORMATS {
        let _ = format.info(&*source);
    }
    let _ = disk::check(source.clone(), name);
    let _ = disk::open_snapshot(source.clone(), name, "1", &Closed);
    let Ok(disk) = disk::open(source, name, &Closed) else { return false };
    for extent in Extents::new(&disk).take(3000) {
        let Ok(extent) = extent else { break };
        let mut buf = vec![0; extent.size().min(1 << 20) as usize];
        let _ = disk.read_at(&mut buf, extent.range.start);
    }
    let _ = Mappings::new(&*disk).take(3000).all(|run| run.is_ok());
    true
}

#[test]
fn flipped_bytes() {
    for (seed, (name, sample)) in (1..).zip(samples()) {
        let mut numbers = Numbers(seed * 104_729);
        let (mut opened, mut refused) = (0, 0);
        for round in 0..ROUNDS {
            let mut file = sample.clone();
            mutate(&mut file, &mut numbers);
            // Checksums keep all flips from the code behind them: most rounds name the format, some do not.
            let given = (round % 4 != 0).then_some(name);
            if exercise(&file, given) { opened += 1 } else { refused += 1 }
        }
        assert!(opened > 20, "{name}: {opened} opened, {refused} refused");
        assert!(refused > 20 || name == "raw", "{name}: {opened} opened, {refused} refused");
    }
}
