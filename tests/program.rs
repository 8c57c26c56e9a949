//! Running the program, its oracles, and finding the corpus.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What a run of a program came to.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// The program under test.
pub(crate) fn bootworthy() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bootworthy"));
    command.stdin(Stdio::null()).env_remove("NO_COLOR");
    command
}

/// Runs it.
pub(crate) fn run<A: AsRef<OsStr>>(args: impl IntoIterator<Item = A>) -> Ran {
    finish(bootworthy().args(args))
}

/// Runs any command; a signal's number is negative.
pub(crate) fn finish(command: &mut Command) -> Ran {
    use std::os::unix::process::ExitStatusExt;
    let output = command.output().expect("the program starts");
    let code = output.status.code().unwrap_or_else(|| -output.status.signal().unwrap_or(0));
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    Ran { code, stdout: text(output.stdout), stderr: text(output.stderr) }
}

/// Whether a program of the machine is there. Where it is not, says so, or fails if oracles are required.
pub(crate) fn has(program: &str) -> bool {
    let found = std::env::var_os("PATH")
        .is_some_and(|path| std::env::split_paths(&path).any(|directory| directory.join(program).is_file()));
    found || skipped(&format!("{program} is not installed"))
}

/// Whether qemu-img's map has a key; those before 8.1 lack some.
pub(crate) fn supports(key: &str) -> bool {
    let directory = tempfile::tempdir().expect("a directory");
    let raw = directory.path().join("raw");
    std::fs::write(&raw, [1; 512]).expect("written");
    let map = must("qemu-img", &["map", "--output=json", "-f", "raw", s(&raw)]).stdout;
    if !map.contains(key) {
        eprintln!("SKIPPED: this qemu-img's map does not tell {key:?}");
    }
    map.contains(key)
}

/// Says loudly that a test is skipped; fails it if nothing may be.
pub(crate) fn skipped(why: &str) -> bool {
    assert!(std::env::var_os("BOOTWORTHY_REQUIRE_ORACLES").is_none_or(|value| value != "1"), "required: {why}");
    eprintln!("SKIPPED: {why}");
    false
}

/// Runs an oracle that must succeed.
pub(crate) fn must(program: &str, args: &[&str]) -> Ran {
    let ran = finish(Command::new(program).args(args));
    assert_eq!(ran.code, 0, "{program} {args:?}: {}", ran.stderr);
    ran
}

/// A file of the checkout.
pub(crate) fn in_tree(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// The shared corpus, if it is there.
pub(crate) fn shared() -> Option<PathBuf> {
    let path = std::env::var_os("BOOTWORTHY_SHARED").map_or_else(|| in_tree("../shared"), PathBuf::from);
    (path.join("corpora/INDEX.tsv").is_file() || skipped("the shared corpus is not there")).then_some(path)
}

/// Text of a path.
pub(crate) fn s(path: &Path) -> &str {
    path.to_str().expect("test paths are text")
}

/// Names in a directory, hidden ones too, sorted.
pub(crate) fn names(directory: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(directory).expect("a directory");
    let mut names: Vec<_> =
        entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

/// Seeded noise: the same for the same seed.
pub(crate) fn noise(seed: u64, len: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut bytes = Vec::with_capacity(len + 8);
    while bytes.len() < len {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.to_le_bytes());
    }
    bytes.truncate(len);
    bytes
}

/// A raw disk with data, zeros and holes, of an odd number of sectors.
pub(crate) fn sample_disk(path: &Path) {
    use std::os::unix::fs::FileExt;
    let file = std::fs::File::create(path).expect("created");
    file.set_len((24 << 20) + 512 * 3).expect("sized");
    file.write_all_at(&noise(1, 3 << 20), 1 << 20).expect("written");
    file.write_all_at(&vec![0; 2 << 20], 8 << 20).expect("written");
    file.write_all_at(&noise(2, 70_001), (16 << 20) + 777).expect("written");
    file.write_all_at(b"the end", (24 << 20) + 512 * 3 - 7).expect("written");
}
