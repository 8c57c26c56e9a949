//! Second opinions: what the usual programs write is read.

use crate::build::*;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

/// What `program` makes of `input`; `None`, loudly, where it is not installed.
fn filter(program: &str, arguments: &[&str], input: &[u8], directory: &Path) -> Option<Vec<u8>> {
    let started = Command::new(program)
        .args(arguments)
        .current_dir(directory)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn();
    let Ok(mut child) = started else {
        assert!(std::env::var_os("BOOTWORTHY_REQUIRE_ORACLES").is_none_or(|set| set != "1"), "{program} is missing");
        eprintln!("SKIPPED: {program} is not installed");
        return None;
    };
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    let feed = std::thread::spawn(move || stdin.write_all(&input));
    let output = child.wait_with_output().unwrap();
    feed.join().unwrap().unwrap();
    assert!(output.status.success(), "{program} {arguments:?}");
    Some(output.stdout)
}

#[test]
fn what_the_compressors_write_is_read() {
    let noise: Vec<u8> = (0..9_000_000u32).map(|n| u8::try_from((n.wrapping_mul(n) >> 13) & 255).unwrap()).collect();
    let archive = Cpio::new().add("lib/noise", FILE, &noise).add("init", FILE, "#!/bin/sh\n").end();
    let here = Path::new(".");
    for (name, program, arguments) in [
        ("gzip", "gzip", &["-n", "-c", "-1"][..]),
        ("bzip2", "bzip2", &["-c", "-1"]),
        ("xz", "xz", &["-c", "-0", "--check=crc32"]),
        ("xz", "xz", &["-c", "-0", "-T2", "--block-size=1MiB", "--x86", "--lzma2=preset=0"]),
        ("lzma", "lzma", &["-c", "-0"]),
        ("zstd", "zstd", &["-c", "-q", "-1"]),
        ("zstd", "zstd", &["-c", "-q", "-1", "--long=27"]),
        ("lz4", "lz4", &["-l", "-c", "-q"]),
        ("lz4-frame", "lz4", &["-c", "-q", "-BD"]),
    ] {
        let Some(mut file) = filter(program, arguments, &archive, here) else { continue };
        file.extend([0; 4]);
        let (summary, seen) = read(&file);
        assert_eq!((summary.segments, summary.stopped), (vec![name], None), "{program} {arguments:?}");
        assert!(seen.contents[0].2 == noise && seen.paths() == ["lib/noise", "init"], "{program} {arguments:?}");
    }
}

#[test]
fn what_cpio_writes_is_read() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    std::fs::create_dir(root.join("etc")).unwrap();
    std::fs::write(root.join("etc/first"), "the same").unwrap();
    std::fs::hard_link(root.join("etc/first"), root.join("etc/second")).unwrap();
    std::os::unix::fs::symlink("etc/first", root.join("link")).unwrap();
    for format in ["newc", "crc"] {
        let names = b"etc\n./etc/first\netc/second\nlink\n";
        let Some(file) = filter("cpio", &["-o", "--quiet", "-H", format], names, root) else { continue };
        let (summary, seen) = read(&file);
        assert_eq!((summary.segments, summary.stopped), (vec!["cpio"], None), "{format}");
        assert_eq!(seen.paths(), ["etc", "etc/first", "etc/second", "link"]);
        for path in ["etc/first", "etc/second"] {
            assert!(seen.contents.contains(&(path.to_owned(), 8, b"the same".to_vec())), "{format}: {seen:?}");
        }
        assert!(seen.contents.contains(&("link".to_owned(), 9, b"etc/first".to_vec())));
    }
}
