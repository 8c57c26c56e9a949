//! ISO 9660 and UDF, as genisoimage and xorriso make them and 7z sees them.

use crate::damage::{exercise, small_tree};
use crate::support::{
    AMPLE, Node, Tree, assert_same, assert_same_metadata, guest_tree, have, host_tree, noise, random, run_with,
    sample_tree, shared, source, unpack, walk,
};
use filesystem::{Content, DRIVERS, FileSystem, GuestPath, identify, open};
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use storage::{ErrorKind, Source};

const TOOLS: &[&str] = &["genisoimage", "xorrisofs", "7z"];

/// Makes an image of a directory.
fn make(maker: &str, dir: &Path, root: &Path, options: &str) -> PathBuf {
    let image = dir.join("image");
    let _ = fs::remove_file(&image);
    let mut args: Vec<&OsStr> = vec!["-quiet".as_ref()];
    args.extend(options.split_whitespace().map(OsStr::new));
    args.extend(["-o".as_ref(), image.as_os_str(), root.as_os_str()]);
    run_with(&[0], maker, &args);
    image
}

/// What 7z takes out of an image, less the boot images that are no files.
fn taken_out(dir: &Path, image: &Path, kind: &str) -> Tree {
    let to = dir.join("out");
    run_with(
        &[0, 1, 2],
        "7z",
        &[
            "x".as_ref(),
            "-y".as_ref(),
            "-bd".as_ref(),
            format!("-t{kind}").as_ref(),
            format!("-o{}", to.display()).as_ref(),
            image.as_os_str(),
        ],
    );
    let mut tree = host_tree(&to);
    tree.retain(|path, _| path.names().next() != Some(b"[BOOT]"));
    fs::remove_dir_all(to).unwrap();
    tree
}

fn driver(name: &str, image: &Path) -> Box<dyn FileSystem> {
    let driver = DRIVERS.iter().find(|driver| driver.name() == name).unwrap();
    driver.open(source(image)).unwrap()
}

#[test]
fn rock_ridge_is_read_as_it_was_written() {
    if !have(TOOLS) {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("tree");
    sample_tree(&root);
    fs::create_dir_all(root.join("1/2/3/4/5/6/7/8/9/10/11")).unwrap();
    fs::write(root.join("1/2/3/4/5/6/7/8/9/10/11/deep"), "deep").unwrap();
    fs::write(root.join("1").join("n".repeat(240)), "long").unwrap();
    let written = host_tree(&root);
    for (maker, options) in [
        ("genisoimage", "-R"),
        ("genisoimage", "-R -J -joliet-long -input-charset iso8859-1"),
        ("genisoimage", "-R -D -U"),
        ("xorrisofs", "-R"),
        ("xorrisofs", "-R -J -iso-level 3"),
    ] {
        let mut expected = written.clone();
        let image = make(maker, dir.path(), &root, options);
        let fs = open(source(&image)).unwrap();
        assert_eq!(fs.info().fs_type, "iso9660");
        assert!(fs.info().features.iter().any(|name| name == "rock_ridge") && fs.case_sensitive());
        if maker == "genisoimage" {
            // It writes the fields of long targets beyond their length.
            let long = GuestPath::from("/etc/link-1000");
            assert_eq!(fs.read_link(&long).unwrap_err().kind(), ErrorKind::Corrupt);
            expected.remove(&long);
        }
        let mut found = Tree::new();
        walk(&*fs, AMPLE, |path, node| match node {
            Ok(node) => drop(found.insert(path, node)),
            Err(error) => assert!(!expected.contains_key(&path), "{path}: {error}"),
        });
        // Where directories that lie too deep are put: empty, as they are all back in place.
        let moved = found.remove(&GuestPath::from("/rr_moved"));
        assert_eq!(moved.is_some(), (maker, options.contains("-D")) == ("genisoimage", false), "{maker} {options}");
        assert_same(&found, &expected, &format!("{maker} {options}"));
        expected.retain(|_, node| !matches!(node, Node::Link(_)));
        assert_same_metadata(&*fs, &root, &expected, options);
    }
}

/// Names that Joliet and UDF can hold, and directories like those of installation media.
fn medium(root: &Path) {
    for dir in ["sources", "efi/boot", "a directory with a long name, and more of it"] {
        fs::create_dir_all(root.join(dir)).unwrap();
    }
    fs::write(root.join("sources/install.wim"), noise(1, 3_000_000)).unwrap();
    fs::write(root.join("efi/boot/bootx64.efi"), noise(2, 70_000)).unwrap();
    fs::write(root.join("README.TXT"), "notice").unwrap();
    for (i, len) in [0usize, 1, 2047, 2048, 2049].into_iter().enumerate() {
        fs::write(root.join(format!("sources/size-{len}.dat")), noise(i as u64, len)).unwrap();
    }
    fs::write(root.join("a directory with a long name, and more of it/\u{E9}t\u{E9} \u{540D}.txt"), "named").unwrap();
    for i in 0..200 {
        fs::write(root.join(format!("efi/some longer file name {i}.conf")), i.to_string()).unwrap();
    }
}

#[test]
fn joliet_and_plain_names_are_those_that_7z_sees() {
    if !have(TOOLS) {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("tree");
    medium(&root);
    for (maker, options) in [
        ("genisoimage", "-J -joliet-long -input-charset utf-8"),
        ("xorrisofs", "-J -joliet-long --norock"),
        ("genisoimage", "-iso-level 1"),
        ("genisoimage", "-iso-level 2 -d"),
        ("genisoimage", "-iso-level 3"),
        ("xorrisofs", "-iso-level 2 --norock"),
    ] {
        let image = make(maker, dir.path(), &root, options);
        let fs = open(source(&image)).unwrap();
        let found = guest_tree(&*fs);
        assert_same(&found, &taken_out(dir.path(), &image, "iso"), options);
        let files = found.values().filter(|node| matches!(node, Node::File(_))).count();
        assert!(files == 209 || options.contains("level"), "{options}: {files} files");
        if options.contains("-J") {
            assert_same(&found, &host_tree(&root), options);
        }
        assert!(!fs.case_sensitive());
        for path in ["/SOURCES/SIZE-1.DAT", "/sources/size-1.dat"] {
            let path = if options.contains("level") { path.replace('-', "_") } else { path.into() };
            assert_eq!(fs.read(&path.as_str().into(), 10).unwrap(), noise(1, 1), "{options}");
        }
    }
}

#[test]
fn of_a_medium_with_both_udf_is_read_unless_it_is_damaged() {
    if !have(TOOLS) {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("tree");
    medium(&root);
    // As Windows has it: only a notice outside UDF, which genisoimage makes from the names of Joliet.
    let image = make("genisoimage", dir.path(), &root, "-udf -J -input-charset utf-8 -hide efi -hide sources");
    let mut bytes = fs::read(&image).unwrap();
    let joliet = (32768..65536).step_by(2048).find(|&at| bytes[at..at + 6] == *b"\x02CD001").unwrap();
    bytes[joliet] = 3;
    fs::write(&image, &bytes).unwrap();
    let fs = open(source(&image)).unwrap();
    assert_eq!(fs.info().fs_type, "udf");
    assert_same(&guest_tree(&*fs), &host_tree(&root), "UDF");
    assert_same(&guest_tree(&*fs), &taken_out(dir.path(), &image, "udf"), "7z");
    assert_eq!(fs.metadata(&"/sources/install.wim".into()).unwrap().size, 3_000_000);
    let plain = driver("iso9660", &image);
    assert!(plain.metadata(&"/README.TXT".into()).is_ok() && plain.metadata(&"/sources".into()).is_err());

    // Its anchors.
    let last = bytes.len() - 2048;
    let places: Vec<_> = [256 * 2048, last].into_iter().filter(|&at| bytes[at] == 2).collect();
    assert_eq!(places.len(), 2);
    for at in places {
        bytes[at + 20] ^= 1;
    }
    let volume: Source = Arc::new(bytes);
    match identify(&*volume).unwrap() {
        Some(Content::FileSystem { info, readable: true }) => assert_eq!(info.fs_type, "iso9660"),
        other => panic!("{other:?}"),
    }
    assert_eq!(open(volume).unwrap().info().fs_type, "iso9660");
}

#[test]
fn a_medium_is_read_in_a_partition_of_its_own() {
    if !have(TOOLS) {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("tree");
    medium(&root);
    let image = make("xorrisofs", dir.path(), &root, "-R -partition_offset 16");
    let expected = host_tree(&root);
    let disk = source(&image);
    let partition = storage::Slice::new(disk.clone(), 16 * 2048, disk.size() - 16 * 2048).unwrap();
    for volume in [disk, Arc::new(partition)] {
        assert_same(&guest_tree(&*open(volume).unwrap()), &expected, "hybrid");
    }
}

#[test]
fn media_of_other_makers_are_read_as_7z_reads_them() {
    let Some(root) = shared().filter(|_| have(TOOLS)) else { return };
    let dir = tempfile::tempdir().unwrap();
    for (packed, least) in [
        ("fs/iso9660.raw", 3),
        ("boot/grub-rescue-cdrom.iso", 200),
        ("boot/memtest86+ia32.iso", 3),
        ("boot/ipxe.iso", 6),
        ("blkid/fs-iso.img", 4),
        ("blkid/fs-iso-joliet.img", 4),
        ("blkid/fs-iso-rr-joliet.img", 4),
        ("blkid/fs-udf-cd-nero-6.img", 1),
    ] {
        let image = dir.path().join("image");
        unpack(&root.join(format!("corpora/{packed}.zst")), &image);
        let fs = open(source(&image)).unwrap();
        let found = guest_tree(&*fs);
        assert!(found.values().filter(|node| matches!(node, Node::File(_))).count() >= least, "{packed}");
        assert_same(&found, &taken_out(dir.path(), &image, if packed.contains("udf") { "udf" } else { "iso" }), packed);
    }
    for (packed, why) in
        [("blkid/fs-udf-bdr-2.60-nero.img", "Virtual"), ("blkid/fs-udf-multi-0-320-640-mkudffs.img", "Virtual")]
    {
        let image = dir.path().join("image");
        unpack(&root.join(format!("corpora/{packed}.zst")), &image);
        let error = open(source(&image)).err().unwrap();
        assert!(error.kind() == ErrorKind::Unsupported && error.what().contains(why), "{error}");
    }
}

/// Recomputes the checksums of a descriptor of UDF.
fn seal(descriptor: &mut [u8], location: u32) {
    descriptor[12..16].copy_from_slice(&location.to_le_bytes());
    let len = usize::from(u16::from_le_bytes([descriptor[10], descriptor[11]]));
    let crc = descriptor[16..16 + len].iter().fold(0, |crc: u16, &byte| {
        (0..8).fold(crc ^ u16::from(byte) << 8, |crc, _| if crc & 0x8000 != 0 { crc << 1 ^ 0x1021 } else { crc << 1 })
    });
    descriptor[8..10].copy_from_slice(&crc.to_le_bytes());
    descriptor[4] = 0;
    descriptor[4] = descriptor[..16].iter().fold(0, |sum, &byte| sum.wrapping_add(byte));
}

/// Turns an image of genisoimage into one with a metadata partition: a file, in two pieces that lie behind all else,
/// holds the blocks of the partition. `broken` destroys the entry of that file, of which there is a mirror.
fn with_metadata_partition(mut bytes: Vec<u8>, broken: bool) -> Vec<u8> {
    const BLOCK: usize = 2048;
    let word = |bytes: &[u8], at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap());
    let of_kind = |bytes: &[u8], kind: u16| -> Vec<usize> {
        let sequence = (32..257).map(|block| block * BLOCK);
        sequence
            .filter(|&at| bytes[at..at + 2] == kind.to_le_bytes() && word(bytes, at + 12) as usize == at / BLOCK)
            .collect()
    };
    let partition = of_kind(&bytes, 5);
    let (start, len) = (word(&bytes, partition[0] + 188) as usize, word(&bytes, partition[0] + 192) as usize);
    let old = bytes[start * BLOCK..(start + len) * BLOCK].to_vec();
    bytes[start * BLOCK..(start + len) * BLOCK].fill(0);
    // Behind the old end: the second half, a gap, the first half.
    let (end, half) = (bytes.len() / BLOCK, len / 2);
    let pieces = [(end + len, half), (end, len - half)];
    bytes.resize((end + 2 * len) * BLOCK, 0);
    bytes[pieces[0].0 * BLOCK..][..half * BLOCK].copy_from_slice(&old[..half * BLOCK]);
    bytes[pieces[1].0 * BLOCK..][..(len - half) * BLOCK].copy_from_slice(&old[half * BLOCK..]);
    for (number, block) in [0u32, 1].into_iter().enumerate() {
        let mut entry = vec![0; BLOCK];
        entry[..4].copy_from_slice(&[5, 1, 2, 0]);
        entry[10..12].copy_from_slice(&176u16.to_le_bytes());
        entry[20] = 4;
        entry[27] = 250;
        entry[56..64].copy_from_slice(&((len * BLOCK) as u64).to_le_bytes());
        entry[172] = 16;
        for (descriptor, (first, count)) in entry[176..192].chunks_mut(8).zip(pieces) {
            descriptor[..4].copy_from_slice(&((count * BLOCK) as u32).to_le_bytes());
            descriptor[4..].copy_from_slice(&((first - start) as u32).to_le_bytes());
        }
        seal(&mut entry, block);
        entry[40] ^= u8::from(broken && number == 0);
        bytes[(start + number) * BLOCK..][..BLOCK].copy_from_slice(&entry);
    }
    for at in partition {
        bytes[at + 192..at + 196].copy_from_slice(&((end + 2 * len - start) as u32).to_le_bytes());
        seal(&mut bytes[at..at + BLOCK], (at / BLOCK) as u32);
    }
    for at in of_kind(&bytes, 6) {
        let map = &mut bytes[at + 440..at + 510];
        // The metadata partition comes first: all addresses in it stay what they were.
        let plain = map[..6].to_vec();
        map[..2].copy_from_slice(&[2, 64]);
        map[2..64].fill(0);
        map[5..28].copy_from_slice(b"*UDF Metadata Partition");
        map[36] = 1;
        map[44] = 1;
        map[64..70].copy_from_slice(&plain);
        bytes[at + 264] = 70;
        bytes[at + 268] = 2;
        let crc_len = u16::from_le_bytes([bytes[at + 10], bytes[at + 11]]).max(510 - 16);
        bytes[at + 10..at + 12].copy_from_slice(&crc_len.to_le_bytes());
        seal(&mut bytes[at..at + BLOCK], (at / BLOCK) as u32);
    }
    bytes
}

#[test]
fn a_metadata_partition_is_read_through_its_file_or_the_mirror() {
    if !have(TOOLS) {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("tree");
    medium(&root);
    let expected = host_tree(&root);
    let image = fs::read(make("genisoimage", dir.path(), &root, "-udf -J -input-charset utf-8")).unwrap();
    for broken in [false, true] {
        let volume = Arc::new(with_metadata_partition(image.clone(), broken));
        let fs = open(volume).unwrap();
        assert_eq!(fs.info().fs_type, "udf");
        assert_same(&guest_tree(&*fs), &expected, "metadata partition");
    }
}

/// Descriptors of UDF are guarded by checksums: damage that reaches behind them has its own.
#[test]
fn flipped_bytes_under_right_checksums() {
    if !have(TOOLS) {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("tree");
    small_tree(&root);
    let image = fs::read(make("genisoimage", dir.path(), &root, "-udf -J -no-pad")).unwrap();
    let kinds = [1u16, 2, 5, 6, 9, 256, 257, 261];
    for image in [image.clone(), with_metadata_partition(image, false)] {
        let is_descriptor = |at: &usize| {
            let number = |from: usize| u16::from_le_bytes([image[at + from], image[at + from + 1]]);
            let len = usize::from(number(10));
            kinds.contains(&number(0)) && number(2) == 2 && at + 16 + len <= image.len() && len > 0
        };
        let all: Vec<usize> = (65536..image.len() - 16).step_by(4).filter(is_descriptor).collect();
        assert!(all.len() > 50, "{}", all.len());
        let mut read = 0;
        for round in 0..300u64 {
            let mut seed = round;
            let mut damaged = image.clone();
            for _ in 0..=random(&mut seed) % 3 {
                let at = all[random(&mut seed) as usize % all.len()];
                let len = usize::from(u16::from_le_bytes([image[at + 10], image[at + 11]]));
                let location = u32::from_le_bytes(image[at + 12..at + 16].try_into().unwrap());
                damaged[at + 16 + random(&mut seed) as usize % len] = random(&mut seed) as u8;
                seal(&mut damaged[at..at + 16 + len], location);
            }
            read += exercise(&(Arc::new(damaged) as Source));
        }
        assert!(read > 300, "{read}");
    }
}
