//! Databases of rpm itself and of Berkeley DB, and what becomes of them when they are damaged.

#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a test that cannot go on fails, and says what it skips")]

use packages::{Package, rpm, rpm_with_wal};
use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

/// Whether the programs are there. Where they are not, says so, or fails if oracles are required.
fn has(programs: &[&str]) -> bool {
    for program in programs {
        if Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_err() {
            let required = std::env::var_os("BOOTWORTHY_REQUIRE_ORACLES").is_some_and(|value| value == "1");
            assert!(!required, "{program} is missing, and BOOTWORTHY_REQUIRE_ORACLES=1");
            eprintln!("SKIPPED: {program} is missing");
            return false;
        }
    }
    true
}

fn run(directory: &Path, program: &str, args: &[&str]) -> Vec<u8> {
    let output = Command::new(program).args(args).current_dir(directory).env("HOME", directory).output().unwrap();
    assert!(output.status.success(), "{program} {args:?}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

/// Two small packages, and one with so many files that its header is in many pages.
fn build(directory: &Path) {
    let spec = "Name: small\nVersion: 1.0\nRelease: 3.el9\nEpoch: 2\nSummary: s\nLicense: MIT\nBuildArch: noarch\n\
        %description\nd\n%package -n other\nSummary: o\nVersion: 7~rc1\nRelease: 1\nEpoch: 0\n%description -n other\nd\n\
        %package -n large\nSummary: l\n%description -n large\nd\n\
        %install\nmkdir -p %{buildroot}/opt/large\nfor i in $(seq 3000); do \
        echo > %{buildroot}/opt/large/a-file-with-a-name-$i; done\n%files\n%files -n other\n%files -n large\n/opt/large\n";
    std::fs::write(directory.join("some.spec"), spec).unwrap();
    let top = format!("_topdir {}/build", directory.display());
    run(directory, "rpmbuild", &["-bb", "--quiet", "--define", &top, "some.spec"]);
}

/// A database, and what rpm says is in it.
fn installed(directory: &Path) -> (Vec<u8>, Vec<Package>) {
    let path = directory.join("sqlite");
    std::fs::create_dir(&path).unwrap();
    let path = path.to_str().unwrap().to_owned();
    let rpm =
        |args: &[&str]| run(directory, "rpm", &[&["--define", "_db_backend sqlite", "--dbpath", &path], args].concat());
    rpm(&["--initdb"]);
    for name in ["small-1.0-3.el9", "other-7~rc1-1", "large-1.0-3.el9"] {
        rpm(&["-i", "--justdb", "--nodeps", &format!("build/RPMS/noarch/{name}.noarch.rpm")]);
    }
    let said = rpm(&["-qa", "--qf", "%{NAME} %|EPOCH?{%{EPOCH}}:{0}| %{VERSION}-%{RELEASE} %{ARCH}\n"]);
    (std::fs::read(Path::new(&path).join("rpmdb.sqlite")).unwrap(), parsed(&String::from_utf8(said).unwrap()))
}

fn parsed(said: &str) -> Vec<Package> {
    let line = |line: &str| {
        let [name, epoch, version, architecture] = line.split(' ').collect::<Vec<_>>()[..] else { panic!("{line}") };
        let epoch = if epoch == "0" { String::new() } else { format!("{epoch}:") };
        Package { name: name.into(), version: format!("{epoch}{version}"), architecture: architecture.into() }
    };
    sorted(said.lines().map(line).collect())
}

fn sorted(mut packages: Vec<Package>) -> Vec<Package> {
    packages.sort();
    packages
}

/// Damage anywhere is an error or fewer packages, and never worse.
fn survives(database: &[u8]) {
    for len in (0..database.len()).step_by(database.len() / 97 + 1) {
        let _ = rpm(&database[..len]);
    }
    let mut seed = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = |below: usize| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        usize::try_from(seed % below as u64).unwrap()
    };
    for _ in 0..400 {
        let mut flipped = database.to_vec();
        for _ in 0..=next(6) {
            // Structure is at the beginnings of pages.
            let page = next(flipped.len() / 512) * 512;
            let at = page + if next(2) == 0 { next(64) } else { next(512) };
            flipped[at] ^= u8::try_from(1 + next(255)).unwrap();
        }
        let _ = rpm(&flipped);
    }
}

#[test]
fn sqlite_as_rpm_writes_it() {
    if !has(&["rpm", "rpmbuild"]) {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    build(directory.path());
    let (database, truth) = installed(directory.path());
    assert_eq!(truth.len(), 3);
    assert_eq!(sorted(rpm(&database).unwrap()), truth);
    survives(&database);
}

/// By hand, from headers that rpm made: Debian's rpm is built without ndb.
#[test]
fn ndb_by_its_description() {
    if !has(&["rpm", "rpmbuild", "rpmdb"]) {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    build(directory.path());
    let (_, truth) = installed(directory.path());
    let exported = export(directory.path());
    let words = |words: [u32; 4]| words.into_iter().flat_map(u32::to_le_bytes);
    let (slot, blob) = (u32::from_le_bytes(*b"Slot"), u32::from_le_bytes(*b"BlbS"));
    let mut database: Vec<u8> = words([u32::from_le_bytes(*b"RpmP"), 0, 9, 1]).chain(words([0, 0, 0, 0])).collect();
    let mut blobs = Vec::new();
    for (number, header) in (1..).zip(headers(&exported)) {
        let block = (4096 + blobs.len()) / 16;
        let blocks = header.len().div_ceil(16) + 2;
        database.extend(words([slot, number, u32::try_from(block).unwrap(), u32::try_from(blocks).unwrap()]));
        blobs.extend(words([blob, number, 9, u32::try_from(header.len()).unwrap()]));
        blobs.extend_from_slice(header);
        blobs.resize(blobs.len().next_multiple_of(16), 0);
        blobs.extend(b"a tail and a sum");
    }
    while database.len() < 4096 {
        database.extend(words([slot, 0, 0, 0]));
    }
    database.extend(blobs);
    assert_eq!(sorted(rpm(&database).unwrap()), truth);
    survives(&database);
}

/// All headers of the database, as rpm itself writes them out.
fn export(directory: &Path) -> Vec<u8> {
    run(directory, "rpmdb", &["--dbpath", directory.join("sqlite").to_str().unwrap(), "--exportdb"])
}

#[test]
fn berkeley_db_as_its_own_tools_write_it() {
    if !has(&["rpm", "rpmbuild", "rpmdb", "db5.3_load"]) {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    build(directory.path());
    let (_, truth) = installed(directory.path());
    let exported = export(directory.path());
    for order in ["1234", "4321"] {
        for size in [512, 4096, 65536] {
            let mut dump =
                format!("VERSION=3\nformat=bytevalue\ntype=hash\ndb_pagesize={size}\ndb_lorder={order}\nHEADER=END\n");
            // The number of the last package is under the key 0.
            dump += " 00000000\n 03000000\n";
            for (number, blob) in (1u32..).zip(headers(&exported)) {
                writeln!(dump, " {}\n {}", hex(&number.to_le_bytes()), hex(blob)).unwrap();
            }
            dump += "DATA=END\n";
            std::fs::write(directory.path().join("dump"), dump).unwrap();
            let _ = std::fs::remove_file(directory.path().join("Packages"));
            run(directory.path(), "db5.3_load", &["-f", "dump", "Packages"]);
            let database = std::fs::read(directory.path().join("Packages")).unwrap();
            assert_eq!(sorted(rpm(&database).unwrap()), truth, "{order} {size}");
            survives(&database);
        }
    }
}

/// Headers of rpm's export, without the magic before each.
fn headers(mut exported: &[u8]) -> Vec<&[u8]> {
    let mut headers = Vec::new();
    while exported.len() > 16 {
        let number = |at: usize| u32::from_be_bytes(exported[at..at + 4].try_into().unwrap()) as usize;
        let end = 8 + 8 + number(8) * 16 + number(12);
        headers.push(&exported[8..end]);
        exported = &exported[end..];
    }
    headers
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn what_is_in_the_log_of_sqlite_counts() {
    if !has(&["python3"]) {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    // One row in the database, one committed in the log.
    let script = "import sqlite3, shutil\n\
        def blob(name):\n    store = name + b'\\0' + b'1\\0'\n    n = len(name) + 1\n    entry = lambda tag, kind, at: \
        b''.join(x.to_bytes(4, 'big') for x in (tag, kind, at, 1))\n    return (3).to_bytes(4, 'big') + \
        len(store).to_bytes(4, 'big') + entry(1000, 6, 0) + entry(1001, 6, n) + entry(1002, 6, n) + store + b''\n\
        a = sqlite3.connect('a'); a.execute('create table Packages (hnum integer primary key, blob blob not null)')\n\
        a.execute('insert into Packages (blob) values (?)', (blob(b'first'),)); a.commit()\n\
        a.execute('pragma journal_mode=wal'); a.execute('pragma wal_autocheckpoint=0')\n\
        a.execute('insert into Packages (blob) values (?)', (blob(b'second'),)); a.commit()\n\
        shutil.copy('a', 'db'); shutil.copy('a-wal', 'db-wal')\n";
    run(directory.path(), "python3", &["-c", script]);
    let read = |name: &str| std::fs::read(directory.path().join(name)).unwrap();
    let (database, wal) = (read("db"), read("db-wal"));
    let names = |packages: Vec<Package>| packages.into_iter().map(|package| package.name).collect::<Vec<_>>();
    assert_eq!(names(rpm(&database).unwrap()), ["first"]);
    assert_eq!(names(rpm_with_wal(&database, &wal).unwrap()), ["first", "second"]);
    // A log that breaks off, or does not check, ends before its last commit.
    assert_eq!(names(rpm_with_wal(&database, &wal[..wal.len() - 1]).unwrap()), ["first"]);
    let mut damaged = wal.clone();
    *damaged.last_mut().unwrap() ^= 1;
    assert_eq!(names(rpm_with_wal(&database, &damaged).unwrap()), ["first"]);
}

#[test]
fn other_files_are_refused() {
    for bytes in [&b""[..], b"SQLite format 3\0", b"RpmP", &[0; 4096]] {
        assert!(rpm(bytes).is_err());
    }
}
