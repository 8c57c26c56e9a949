//! A file that is cut short is refused, or has the same content: never zeros instead of what was there.

use crate::support::{Numbers, build, content, open};
use disk::{Closed, Disk};
use std::sync::Arc;
use storage::Result;

/// Opens `file` cut at every 512 bytes and at every odd place near its end.
fn sweep(name: &str, file: &[u8]) {
    let wanted = content(&open(file.to_vec(), Some(name)).unwrap()).unwrap();
    let near_end = file.len().saturating_sub(1500)..file.len();
    let cuts = (0..file.len()).step_by(512).chain(near_end.step_by(37));
    let (mut refused, mut same) = (0, 0);
    for cut in cuts {
        match read(&file[..cut], name) {
            Err(_) => refused += 1,
            Ok(bytes) => {
                assert!(bytes == wanted, "{name} cut at byte {cut} of {}", file.len());
                same += 1;
            }
        }
    }
    assert!(refused > 0, "{name}: {refused} refused, {same} the same");
}

fn read(file: &[u8], name: &str) -> Result<Vec<u8>> {
    let disk: Arc<dyn Disk> = disk::open(Arc::new(file.to_vec()), Some(name), &Closed)?;
    content(&disk)
}

#[test]
fn cut_images_are_refused() {
    let data = Numbers(5).bytes(300_000);
    let writes: &[(u64, &[u8])] = &[(0, &data[..70_000]), (500_000, &data[70_000..])];
    sweep("qcow2", &build("qcow2", 1 << 20, &[], writes));
    sweep("qcow2", &build("qcow2", 1 << 20, &[("extended_l2", "on"), ("cluster_size", "16k")], writes));
    sweep("qcow2", &build("qcow2", 1 << 20, &[("compat", "0.10"), ("cluster_size", "512")], writes));
    let texture = crate::support::texture(300_000);
    let writes_packed: &[(u64, &[u8])] = &[(0, &texture[..70_000]), (500_000, &texture[70_000..])];
    for given in [&[("-c", "")][..], &[("-c", ""), ("compression_type", "zstd"), ("cluster_size", "4k")]] {
        sweep("qcow2", &build("qcow2", 1 << 20, given, writes_packed));
    }
    sweep("vhd", &build("vhd", 1 << 20, &[], writes));
    sweep("vhd", &build("vhd", 1 << 20, &[("subformat", "fixed")], writes));
}

/// A dynamic VHD whose last block is not needed to its end may lose that end.
#[test]
fn images_of_qemu_are_refused_when_cut() {
    if !crate::support::has_program("qemu-img") {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let mut data = Numbers(6).bytes(400_000);
    data.resize(1 << 20, 0);
    std::fs::write(dir.path().join("raw"), &data).unwrap();
    for flags in [
        "-O qcow2 -o cluster_size=4k",
        "-O qcow2 -c -o cluster_size=16k",
        "-O qcow2 -c -o compression_type=zstd",
        "-O qcow2 -o extended_l2=on,cluster_size=16k",
        "-O vpc -o force_size=on",
        "-O vpc -o subformat=fixed",
    ] {
        crate::support::qemu_img_ok(dir.path(), &format!("convert -f raw {flags} raw image"));
        let name = flags.split_whitespace().nth(1).unwrap();
        sweep(name, &std::fs::read(dir.path().join("image")).unwrap());
    }
}
