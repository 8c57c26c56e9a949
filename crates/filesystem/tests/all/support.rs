//! Tools, temporary images and walks that the tests share.

use filesystem::{Entry, FileKind, FileSystem, GuestPath, Metadata};
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use storage::{Result, Source};

/// Where Debian keeps what makes filesystems, which is not in everyone's `PATH`.
const MORE_PATH: &str = "/usr/sbin:/sbin";

/// Says that something cannot be tested here, or fails where nothing may be skipped.
pub(crate) fn skip(what: &str) {
    let required = std::env::var_os("BOOTWORTHY_REQUIRE_ORACLES").is_some_and(|value| value == "1");
    assert!(!required, "required: {what}");
    eprintln!("SKIPPED: {what}");
}

/// Whether all tools are there.
pub(crate) fn have(tools: &[&str]) -> bool {
    let path = path();
    let missing: Vec<_> =
        tools.iter().filter(|tool| !path.split(':').any(|dir| Path::new(dir).join(tool).exists())).collect();
    if !missing.is_empty() {
        skip(&format!("missing tools: {missing:?}"));
    }
    missing.is_empty()
}

fn path() -> String {
    format!("{}:{MORE_PATH}", std::env::var("PATH").unwrap_or_default())
}

/// Runs a tool and gives what it says; it must succeed, with one of the given codes.
pub(crate) fn run_with(codes: &[i32], program: &str, args: &[&OsStr]) -> String {
    let output = Command::new(program).args(args).env("PATH", path()).env("LC_ALL", "C.UTF-8").output().unwrap();
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.code().is_some_and(|code| codes.contains(&code)), "{program} {args:?}: {said}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Runs a tool whose arguments are words.
#[macro_export]
macro_rules! run {
    ($program:expr $(, $arg:expr)* $(,)?) => {
        $crate::support::run_with(&[0], $program, &[$(std::ffi::OsStr::new($arg)),*])
    };
}

/// A file as a source.
pub(crate) fn source(path: &Path) -> Source {
    Arc::new(storage::File::open(path).unwrap())
}

/// A sparse file of `len` bytes.
pub(crate) fn blank(path: &Path, len: u64) {
    fs::File::create(path).unwrap().set_len(len).unwrap();
}

/// The corpus of images, if it is on this machine.
pub(crate) fn shared() -> Option<PathBuf> {
    let root = match std::env::var_os("BOOTWORTHY_SHARED") {
        Some(path) => PathBuf::from(path),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"),
    };
    if root.join("corpora/INDEX.tsv").exists() {
        return Some(root);
    }
    skip("the corpus of images (BOOTWORTHY_SHARED) is not here");
    None
}

/// Unpacks one file of the corpus.
pub(crate) fn unpack(packed: &Path, to: &Path) {
    run!("zstd", "-q", "-d", "-f", "--sparse", packed, "-o", to);
}

/// Bytes that do not compress and do not repeat, the same for the same seed.
pub(crate) fn noise(mut seed: u64, len: usize) -> Vec<u8> {
    (0..len).map(|_| (random(&mut seed) >> 32) as u8).collect()
}

/// The next number of a sequence (xorshift).
pub(crate) fn random(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut x = *state;
    x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    x ^ (x >> 31)
}

/// A tree with what trips readers up: sizes around blocks, holes, many names, links of all lengths, odd names.
pub(crate) fn sample_tree(root: &Path) {
    let dir = |name: &str| fs::create_dir_all(root.join(name)).unwrap();
    for name in ["etc/deep/er/and/deeper", "boot", "usr/lib", "many", "empty"] {
        dir(name);
    }
    for (i, len) in [0usize, 1, 511, 1023, 1024, 1025, 4095, 4096, 4097, 65536, 300_000].into_iter().enumerate() {
        fs::write(root.join(format!("etc/size-{len}")), noise(i as u64, len)).unwrap();
    }
    fs::write(root.join("boot/initrd"), noise(99, 3 << 20)).unwrap();
    fs::write(root.join("etc/deep/er/and/deeper/file"), "deep\n").unwrap();
    fs::write(root.join(OsStr::from_bytes(b"etc/caf\xE9 \x01 name")), "odd").unwrap();
    fs::write(root.join("etc/\u{540D}\u{524D}"), "utf-8").unwrap();
    for i in 0..250 {
        fs::write(root.join(format!("many/a-rather-long-name-number-{i}")), i.to_string()).unwrap();
    }
    let sparse = fs::File::create(root.join("usr/sparse")).unwrap();
    sparse.set_len(6 << 20).unwrap();
    for (i, at) in [5_000u64, 700_000, 5 << 20].into_iter().enumerate() {
        std::os::unix::fs::FileExt::write_all_at(&sparse, &noise(i as u64, 3000), at).unwrap();
    }
    for len in [1, 58, 59, 60, 61, 200, 1000] {
        symlink(&"target/".repeat(200)[..len], root.join(format!("etc/link-{len}"))).unwrap();
    }
    symlink("../usr/lib", root.join("etc/up")).unwrap();
    fs::set_permissions(root.join("boot/initrd"), fs::Permissions::from_mode(0o4711)).unwrap();
    fs::hard_link(root.join("etc/size-4097"), root.join("usr/hard")).unwrap();
}

/// What one path holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Node {
    Directory,
    File(Vec<u8>),
    Link(Vec<u8>),
    Special,
}

pub(crate) type Tree = BTreeMap<GuestPath, Node>;

/// A directory of this machine.
pub(crate) fn host_tree(root: &Path) -> Tree {
    let mut tree = Tree::new();
    let mut todo = vec![(root.to_owned(), GuestPath::root())];
    while let Some((host, guest)) = todo.pop() {
        for entry in fs::read_dir(&host).unwrap() {
            let entry = entry.unwrap();
            let path = guest.join(entry.file_name().as_bytes());
            let kind = entry.file_type().unwrap();
            let node = if kind.is_dir() {
                todo.push((entry.path(), path.clone()));
                Node::Directory
            } else if kind.is_file() {
                Node::File(fs::read(entry.path()).unwrap())
            } else if kind.is_symlink() {
                Node::Link(fs::read_link(entry.path()).unwrap().as_os_str().as_bytes().to_vec())
            } else {
                Node::Special
            };
            tree.insert(path, node);
        }
    }
    tree
}

/// Bounds of a walk through a filesystem that may be damaged.
#[derive(Clone, Copy)]
pub(crate) struct Budget {
    pub(crate) entries: usize,
    pub(crate) depth: usize,
    pub(crate) file: u64,
}

pub(crate) const AMPLE: Budget = Budget { entries: 100_000, depth: 50, file: 64 << 20 };

/// Walks a guest's tree and calls `see` with every entry and what it holds, or why that cannot be read.
pub(crate) fn walk(fs: &dyn FileSystem, budget: Budget, mut see: impl FnMut(GuestPath, Result<Node>)) {
    let mut todo = vec![GuestPath::root()];
    let mut left = budget.entries;
    while let Some(directory) = todo.pop() {
        let entries: Vec<Entry> = match fs.read_dir(&directory) {
            Ok(entries) => entries,
            Err(error) => {
                see(directory, Err(error));
                continue;
            }
        };
        for entry in entries {
            let path = directory.join(&entry.name);
            // Damaged names may hold a slash or be the directory itself.
            if left == 0 || path.parent() != directory || path == directory {
                continue;
            }
            left -= 1;
            let node = fs.metadata(&path).and_then(|metadata| node(fs, &path, &metadata, budget.file));
            if matches!(node, Ok(Node::Directory)) && path.names().count() < budget.depth {
                todo.push(path.clone());
            }
            see(path, node);
        }
    }
}

fn node(fs: &dyn FileSystem, path: &GuestPath, metadata: &Metadata, limit: u64) -> Result<Node> {
    Ok(match metadata.kind {
        FileKind::Directory => Node::Directory,
        FileKind::File => Node::File(fs.read(path, limit)?),
        FileKind::Link => Node::Link(fs.read_link(path)?),
        FileKind::Special => Node::Special,
    })
}

/// The whole of a sound tree, without what mke2fs adds.
pub(crate) fn guest_tree(fs: &dyn FileSystem) -> Tree {
    let mut tree = Tree::new();
    walk(fs, AMPLE, |path, node| {
        let node = node.unwrap_or_else(|error| panic!("{path}: {error}"));
        if path.as_bytes() != b"/lost+found" {
            tree.insert(path, node);
        }
    });
    tree
}

/// Compares without printing megabytes.
pub(crate) fn assert_same(found: &Tree, expected: &Tree, what: &str) {
    let names = |tree: &Tree| tree.keys().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(names(found), names(expected), "{what}");
    for (path, node) in expected {
        assert!(found[path] == *node, "{what}: {path} differs");
    }
}

/// Metadata of files and directories, against those of the directory they were made from.
pub(crate) fn assert_same_metadata(fs: &dyn FileSystem, root: &Path, tree: &Tree, what: &str) {
    for path in tree.keys() {
        let host = fs::symlink_metadata(root.join(OsStr::from_bytes(&path.as_bytes()[1..]))).unwrap();
        let guest = fs.metadata(path).unwrap();
        assert_eq!(guest.mode, host.mode() & 0o7777, "{what}: mode of {path}");
        assert_eq!((guest.uid, guest.gid), (host.uid(), host.gid()), "{what}: owner of {path}");
        assert!(guest.kind == FileKind::Directory || guest.size == host.size(), "{what}: size of {path}");
        assert!(!guest.immutable, "{what}: {path}");
    }
}

/// Runs the lines of `script` in debugfs.
pub(crate) fn debugfs(dir: &Path, image: &Path, script: &str) {
    let file = dir.join("script");
    fs::write(&file, script).unwrap();
    run!("debugfs", "-w", "-f", &file, image);
}

/// Unpacks the damaged filesystems of e2fsprogs' own tests one after the other; false if they are not here.
pub(crate) fn each_damaged(mut see: impl FnMut(&str, &Path)) -> bool {
    let Some(root) = shared().filter(|_| have(&["tar", "zstd", "gzip"])) else { return false };
    let dir = tempfile::tempdir().unwrap();
    run!("tar", "--zstd", "-xf", &root.join("corpora/damaged/e2fsck-cases.tar.zst"), "-C", dir.path());
    let mut images = Vec::new();
    packed_images(dir.path(), &mut images);
    assert!(images.len() >= 100, "{} images", images.len());
    for packed in images {
        let image = dir.path().join("image");
        let unpacked = fs::File::create(&image).unwrap();
        let status = Command::new("gzip").arg("-dc").arg(&packed).stdout(unpacked).status().unwrap();
        assert!(status.success(), "{}", packed.display());
        see(&packed.display().to_string(), &image);
    }
    true
}

fn packed_images(dir: &Path, images: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            packed_images(&path, images);
        } else if path.extension().is_some_and(|extension| extension == "gz") {
            images.push(path);
        }
    }
}

/// Whether what is mounted there could be unmounted. Who looks at every new mount, and a program that another thread
/// starts, hold it for a moment.
pub(crate) fn unmount(at: &Path) -> bool {
    (0..50).any(|_| {
        let done = Command::new("umount").arg(at).status().is_ok_and(|done| done.success());
        if !done {
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
        done
    })
}
