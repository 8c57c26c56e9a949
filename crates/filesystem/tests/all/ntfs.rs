//! NTFS, as mkntfs and ntfs-3g make it.

use crate::ntfs_tools::{Options, TOOLS, make, mounted};
use crate::support::{assert_same, guest_tree, have, host_tree, noise, source};
use filesystem::{Content, Info, identify, open};
use std::fs;
use std::os::unix::fs::FileExt;
use std::path::Path;

/// What trips readers up: sizes around clusters, holes, many names, long names, other scripts, several names of a file.
pub(crate) fn sample(root: &Path) {
    for dir in ["Windows/System32/config", "many", "a directory with a long name", "empty", "\u{540D}\u{524D}"] {
        fs::create_dir_all(root.join(dir)).unwrap();
    }
    for (i, len) in
        [0usize, 1, 100, 511, 512, 513, 700, 1024, 4095, 4096, 4097, 65536, 65537, 300_000].into_iter().enumerate()
    {
        fs::write(root.join(format!("Windows/size-{len}")), noise(i as u64, len)).unwrap();
    }
    fs::write(root.join("Windows/System32/config/SYSTEM"), noise(77, 1_000_000)).unwrap();
    fs::write(root.join("\u{540D}\u{524D}/\u{C9}T\u{C9} \u{1F600}.txt"), "other scripts").unwrap();
    fs::write(root.join(format!("a directory with a long name/{}", "n".repeat(255))), "long").unwrap();
    for i in 0..800 {
        fs::write(root.join(format!("many/a-rather-long-name-number-{i}.manifest")), i.to_string()).unwrap();
    }
    let sparse = fs::File::create(root.join("sparse")).unwrap();
    sparse.set_len(6 << 20).unwrap();
    for (i, at) in [5_000u64, 700_000, 5 << 20].into_iter().enumerate() {
        sparse.write_all_at(&noise(i as u64, 3000), at).unwrap();
    }
    for i in 0..60 {
        fs::hard_link(root.join("Windows/size-4097"), root.join(format!("empty/another-name-of-the-same-file-{i}")))
            .unwrap();
    }
    fragmented(root);
    fs::write(root.join("deleted"), "gone").unwrap();
    fs::remove_file(root.join("deleted")).unwrap();
}

/// Two files that grow in turns: their clusters lie between each other's, more pieces than a record has room for.
fn fragmented(root: &Path) {
    let files = ["one", "other"].map(|name| fs::File::create(root.join(name)).unwrap());
    for i in 0..200u64 {
        for (seed, file) in files.iter().enumerate() {
            file.write_all_at(&noise(i * 2 + seed as u64, 600), i * 65_536).unwrap();
        }
    }
}

fn info(image: &Path) -> Info {
    match identify(&*source(image)).unwrap() {
        Some(Content::FileSystem { info, readable: true }) => info,
        other => panic!("{other:?}"),
    }
}

#[test]
fn trees_are_read_as_they_were_written() {
    if !have(TOOLS) {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    for cluster in [512u32, 1024, 4096, 65536] {
        let what = format!("clusters of {cluster}");
        let image = make(dir.path(), &Options { cluster, label: "D\u{E9}j\u{E0} vu", ..Options::default() });
        let Some((expected, free)) = mounted(&image, |root| {
            sample(root);
            (host_tree(root), rustix_free(root))
        }) else {
            return;
        };
        let info = info(&image);
        assert_eq!((info.fs_type, info.label.as_deref()), ("ntfs", Some("D\u{E9}j\u{E0} vu")), "{what}");
        assert_eq!((info.clean, info.errors, &*info.notes), (Some(true), Some(false), &[][..]), "{what}");
        assert_eq!(info.features, ["NTFS 3.1"], "{what}");
        assert_eq!(info.free, Some(free), "{what}");
        let fs = open(source(&image)).unwrap();
        assert_same(&guest_tree(&*fs), &expected, &what);
    }
}

/// What the mounted filesystem says is free.
fn rustix_free(root: &Path) -> u64 {
    let said = crate::run!("stat", "-f", "-c", "%S %f", root);
    let (block, blocks) = said.trim().split_once(' ').unwrap();
    block.parse::<u64>().unwrap() * blocks.parse::<u64>().unwrap()
}
