//! Images of other makers: what `blkid` expects of its own test images, and the trees of other projects.

use crate::support::{AMPLE, Node, shared, source, unpack, walk};
use filesystem::{Content, identify, open};
use std::collections::BTreeMap;
use std::path::Path;
use storage::{ErrorKind, Source};

/// Fields of blkid's that are not told here, by type: of drives that cannot boot.
const UNTOLD: &[(&str, &str)] = &[("nss", "UUID"), ("jbd", "LABEL"), ("xfs_external_log", "UUID")];

/// The lines of the index under a folder: file and facts.
fn index(root: &Path, folder: &str) -> Vec<(String, String)> {
    let index = std::fs::read_to_string(root.join("corpora/INDEX.tsv")).unwrap();
    let lines = index.lines().map(|line| line.split('\t').collect::<Vec<_>>());
    let wanted = lines.filter(|fields| fields[0].starts_with(folder));
    wanted.map(|fields| (fields[0].to_owned(), fields[7].to_owned())).collect()
}

/// The value of `ID_FS_{name}`.
fn expected<'a>(facts: &'a str, name: &str) -> Option<&'a str> {
    let facts = facts.strip_prefix("expected by blkid: ")?;
    facts.split(" | ").find_map(|fact| fact.strip_prefix("ID_FS_")?.strip_prefix(name)?.strip_prefix('='))
}

/// Our type, UUID and label, in blkid's words.
fn ours(content: &Content) -> (&str, Option<&str>, Option<&str>) {
    match content {
        Content::FileSystem { info, .. } => (info.fs_type, info.uuid.as_deref(), info.label.as_deref()),
        Content::Swap { uuid, label, .. } => ("swap", uuid.as_deref(), label.as_deref()),
        Content::Encrypted { by: "luks1" | "luks2", uuid } => ("crypto_LUKS", uuid.as_deref(), None),
        Content::Encrypted { by: "filevault2", uuid } => ("cs_fvault2", uuid.as_deref(), None),
        Content::Encrypted { by, uuid } => (by, uuid.as_deref(), None),
        Content::Member { of, uuid, name } => {
            let of = match *of {
                "lvm2" => "LVM2_member",
                "md" => "linux_raid_member",
                "ceph" => "ceph_bluestore",
                "adaptec_raid" => "adaptec_raid_member",
                "hpt45x_raid" => "hpt45x_raid_member",
                "jmicron_raid" => "jmicron_raid_member",
                "drbdmanage" => "drbdmanage_control_volume",
                other => other,
            };
            (of, uuid.as_deref(), name.as_deref())
        }
    }
}

/// Blanks and slashes are underscores in blkid's plain fields.
fn plain(text: &str) -> String {
    text.replace(' ', "_")
}

#[test]
fn blkid_and_identify_agree() {
    let Some(root) = shared() else { return };
    let dir = tempfile::tempdir().unwrap();
    let (mut agreed, mut wrong) = (0, Vec::new());
    for (file, facts) in index(&root, "blkid/fs-") {
        let image = dir.path().join("image");
        unpack(&root.join("corpora").join(&file), &image);
        let found = identify(&*source(&image));
        // The index cuts long lines: what it says of ISO images ends before type and UUID.
        let cut = file.contains("fs-iso");
        let Some(fs_type) = expected(&facts, "TYPE").or(cut.then_some("iso9660")) else {
            // Sessions of a disc that begin in the middle: blkid itself expects nothing without being told where.
            assert!(file.contains("udf-multi"), "{file} has no expectation");
            continue;
        };
        let Ok(Some(content)) = &found else {
            wrong.push(format!("{file}: {found:?}, expected {fs_type}"));
            continue;
        };
        let (our_type, uuid, label) = ours(content);
        let told = |field| !UNTOLD.contains(&(fs_type, field));
        if our_type != fs_type
            || (told("UUID") && !cut && uuid != expected(&facts, "UUID"))
            || (told("LABEL") && label.map(plain).as_deref() != expected(&facts, "LABEL"))
        {
            wrong.push(format!("{file}: {our_type} {uuid:?} {label:?}, expected {facts}"));
        }
        agreed += 1;
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(agreed > 56, "only {agreed} images compared");
}

/// A walk's files and links, by path.
fn files(volume: Source) -> BTreeMap<String, Node> {
    let mut tree = BTreeMap::new();
    walk(&*open(volume).unwrap(), AMPLE, |path, node| {
        tree.insert(path.to_string(), node.unwrap_or_else(|error| panic!("{path}: {error}")));
    });
    tree
}

#[test]
fn trees_of_other_projects_are_read() {
    let Some(root) = shared() else { return };
    let dir = tempfile::tempdir().unwrap();
    let unpacked = |name: &str| {
        let image = dir.path().join(name);
        unpack(&root.join(format!("corpora/fs/{name}.zst")), &image);
        source(&image)
    };
    let ext2 = files(unpacked("ext2.raw"));
    assert_eq!(ext2["/passwords.txt"], files(unpacked("ext4.raw"))["/passwords.txt"]);
    assert_eq!(ext2["/passwords.txt"], files(unpacked("fat12.raw"))["/passwords.txt"]);
    assert!(ext2.values().filter(|node| matches!(node, Node::File(_))).count() >= 3, "{:?}", ext2.keys());
    assert!(files(unpacked("plaso-syslog_image.dd")).keys().any(|path| path.starts_with("/logs/")));

    let disk = unpacked("ext4view-test_disk1.raw");
    let mut tree = BTreeMap::new();
    let mut unread = Vec::new();
    walk(&*open(disk.clone()).unwrap(), AMPLE, |path, node| match node {
        Ok(node) => drop(tree.insert(path.to_string(), node)),
        Err(_) => unread.push(path.to_string()),
    });
    assert_eq!(unread, ["/encrypted_dir"]);
    assert_eq!(tree["/small_file"], Node::File(b"hello, world!".to_vec()));
    // Two blocks of hole, two of data, and so on.
    let Node::File(holes) = &tree["/holes"] else { panic!("{:?}", tree["/holes"]) };
    let zero: Vec<_> = holes.chunks(2048).map(storage::is_zero).collect();
    assert_eq!(zero, [true, false, true, false, true]);
    let big = open(disk).unwrap().read_dir(&"/big_dir".into()).unwrap();
    assert_eq!(big.len(), 10_000);
    let ext3 = files(unpacked("ext4view-test_disk_ext3.raw"));
    assert!(ext3.keys().filter(|path| path.starts_with("/medium_dir/")).count() >= 1000, "{}", ext3.len());

    let fat = files(unpacked("rustfatfs-fat12.img"));
    assert_eq!(fat["/short.txt"], Node::File(b"Rust is cool!\n".to_vec()));
    assert!(matches!(&fat["/long.txt"], Node::File(content) if *content == b"Rust is cool!\n".repeat(1000)));
    assert_eq!(fat["/very/long/path/test.txt"], fat["/short.txt"]);
}

#[test]
fn what_is_only_named_says_so_when_opened() {
    let Some(root) = shared() else { return };
    let dir = tempfile::tempdir().unwrap();
    for (name, expected) in [("hfsplus.raw", "hfsplus"), ("luks1.raw", "luks1"), ("lvm.raw", "lvm2")] {
        let image = dir.path().join(name);
        unpack(&root.join(format!("corpora/fs/{name}.zst")), &image);
        let error = open(source(&image)).err().unwrap();
        assert_eq!(error.kind(), ErrorKind::Unsupported, "{name}");
        assert!(error.what().contains(expected), "{name}: {error}");
    }
    let image = dir.path().join("noise");
    unpack(&root.join("corpora/fs/bogus.001.zst"), &image);
    assert_eq!(identify(&*source(&image)).unwrap(), None);
}
