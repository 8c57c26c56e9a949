//! Disks that sfdisk and sgdisk made, read by partx (libblkid) too.

use crate::build::bsd::label;
use crate::build::gpt::{Gpt, part};
use crate::build::mbr;
use crate::images::{has, open, skip};
use crate::problems::specimens;
use crate::{ids, source};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tempfile::TempDir;
use volume::{Kind, Layout, Table, scan};

/// A disk image in a folder of its own.
struct Image {
    path: PathBuf,
    _folder: TempDir,
}

impl Image {
    fn of(bytes: &[u8]) -> Image {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("disk");
        std::fs::write(&path, bytes).unwrap();
        Image { path, _folder: folder }
    }

    fn empty(mebibytes: u64) -> Image {
        let image = Image::of(&[]);
        image.resize(mebibytes);
        image
    }

    fn resize(&self, mebibytes: u64) {
        std::fs::File::options().write(true).open(&self.path).unwrap().set_len(mebibytes << 20).unwrap();
    }

    fn sfdisk(&self, arguments: &[&str], script: &str) {
        let mut child = Command::new("sfdisk")
            .args(["-q", "--no-reread", "--no-tell-kernel"])
            .args(arguments)
            .arg(&self.path)
            .stdin(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{script}\n{}", String::from_utf8_lossy(&output.stderr));
    }

    fn sfdisk_delete(&self, number: &str) {
        let output = Command::new("sfdisk").args(["-q", "--delete"]).arg(&self.path).arg(number).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    fn sgdisk(&self, arguments: &[&str]) {
        let output = Command::new("sgdisk").args(arguments).arg(&self.path).output().unwrap();
        assert!(output.status.success(), "{arguments:?} {}", String::from_utf8_lossy(&output.stdout));
    }

    fn scan(&self) -> Layout {
        scan(&open(&self.path), None).unwrap()
    }
}

/// What either program says of a partition.
#[derive(Debug, PartialEq)]
struct Row {
    number: u32,
    start: u64,
    sectors: u64,
    kind: String,
    uuid: String,
    name: String,
    bootable: bool,
}

/// What partx says, in sectors of 512 bytes.
fn partx(image: &Path, sector_size: &str) -> Vec<Row> {
    let columns = ["-P", "-b", "-o", "NR,START,SECTORS,TYPE,UUID,NAME,FLAGS", "--sector-size", sector_size];
    let output = Command::new("partx").args(columns).arg(image).output().unwrap();
    String::from_utf8(output.stdout).unwrap().lines().map(row).collect()
}

fn row(line: &str) -> Row {
    let field = |key: &str| line.split_once(&format!("{key}=\"")).unwrap().1.split_once('"').unwrap().0;
    let flags = u64::from_str_radix(field("FLAGS").trim_start_matches("0x"), 16).unwrap();
    let is_mbr = field("TYPE").starts_with("0x");
    Row {
        number: field("NR").parse().unwrap(),
        start: field("START").parse().unwrap(),
        sectors: field("SECTORS").parse().unwrap(),
        // One digit where there is no second.
        kind: if is_mbr { format!("0x{:0>2}", &field("TYPE")[2..]) } else { field("TYPE").to_owned() },
        uuid: field("UUID").to_owned(),
        name: field("NAME").to_owned(),
        bootable: flags & if is_mbr { 0x80 } else { 4 } != 0,
    }
}

/// The same of a layout.
fn rows(layout: &Layout) -> Vec<Row> {
    let partitions = layout.volumes.iter().filter(|volume| volume.number.is_some());
    let rows = partitions.map(|volume| Row {
        number: volume.number.unwrap(),
        start: volume.offset.unwrap() / 512,
        sectors: volume.size / 512,
        kind: volume.partition_type.clone().unwrap().to_lowercase(),
        uuid: volume.uuid.clone().unwrap_or_default(),
        name: volume.name.clone().unwrap_or_default(),
        bootable: volume.bootable,
    });
    rows.collect()
}

const SCRIPTS: [&str; 9] = [
    "label: dos\nlabel-id: 0xcafe0001\n2048,2048,83,*\n,4096,82\n,4096,7\n,,ea\n",
    "label: dos\nlabel-id: 0xcafe0002\n,,L\n",
    "label: dos\nlabel-id: 0xcafe0003\n2048,4096,83,*\n,,E\n,4096\n,4096,82\n,2048,8e\n,2048\n,2048,fd\n,\n",
    "label: dos\nlabel-id: 0xcafe0004\nstart=2048,size=40000,type=f\nstart=60000,size=100,type=b\n",
    "label: dos\nlabel-id: 0xcafe0005\n/dev/x3 : start=4096,size=100\n/dev/x1 : start=8192,size=100,type=ef,bootable\n",
    "label: dos\nlabel-id: 0xcafe0006\nunit: sectors\nx4 : start=63,size=60000,type=5\nx5 : start=126,size=63\n\
     x6 : start=1000,size=5000\nx2 : start=100000,size=5\n",
    "label: gpt\n,4096,U\n,4096,21686148-6449-6E6F-744E-656564454649,*\n,,L\n",
    "label: gpt\nlabel-id: 0FC63DAF-8483-4772-8E79-3D69D8477DE4\ntable-length: 256\nfirst-lba: 128\n\
     start=2048,size=4096,name=\"EFI system\",attrs=\"RequiredPartition LegacyBIOSBootable\"\n\
     size=1,name=\"123456789012345678901234567890123456\"\n,\n",
    "label: gpt\nx9 : start=2048,size=1\nx128 : start=4096,size=1,type=swap\nx1 : start=100000,size=20\n",
];

#[test]
fn disks_made_by_sfdisk() {
    if !(has("sfdisk") && has("partx")) {
        return skip("no sfdisk or partx");
    }
    for script in SCRIPTS {
        let image = Image::empty(64);
        image.sfdisk(&[], script);
        let layout = image.scan();
        assert!(!layout.volumes.is_empty(), "{script}");
        assert_eq!(rows(&layout), partx(&image.path, "512"), "{script}");
        assert_eq!(ids(&layout), [""; 0], "{script}");
        let label = Command::new("sfdisk").arg("-d").arg(&image.path).output().unwrap();
        let label = String::from_utf8(label.stdout).unwrap();
        let id = label.lines().find_map(|line| line.strip_prefix("label-id: ")).unwrap();
        assert_eq!(layout.disk_id.unwrap(), id.trim_start_matches("0x").to_lowercase());
    }
}

#[test]
fn logical_partitions_move_up_when_one_is_deleted() {
    if !(has("sfdisk") && has("partx")) {
        return skip("no sfdisk or partx");
    }
    for deleted in ["5", "6", "9"] {
        let image = Image::empty(64);
        image.sfdisk(&[], SCRIPTS[2]);
        image.sfdisk_delete(deleted);
        let layout = image.scan();
        assert_eq!(layout.volumes.len(), 7, "{deleted}: {layout:?}");
        assert_eq!((rows(&layout), ids(&layout)), (partx(&image.path, "512"), vec![]), "{deleted}");
    }
}

#[test]
fn disks_made_by_sgdisk() {
    if !(has("sgdisk") && has("partx")) {
        return skip("no sgdisk or partx");
    }
    let parts = ["-n", "1:2048:+4M", "-n", "7:0:+1M", "-t", "7:ef00", "-c", "7:EFI", "-A", "1:set:2", "-n", "3:0:+2M"];
    for (more, expected) in [
        (&[][..], Table::Gpt),
        (&["-h", "1:7"], Table::HybridGpt),
        (&["-S", "64"], Table::Gpt),
        (&["-S", "1024"], Table::Gpt),
        (&["-j", "1000"], Table::Gpt),
        (&["-A", "3:set:60", "-u", "3:0FC63DAF-8483-4772-8E79-3D69D8477DE4"], Table::Gpt),
        (&["-d", "1"], Table::Gpt),
    ] {
        let image = Image::empty(64);
        image.sgdisk(&[&["-o"], &parts[..]].concat());
        if !more.is_empty() {
            image.sgdisk(more);
        }
        let layout = image.scan();
        assert_eq!((layout.table, ids(&layout)), (Some(expected), vec![]), "{more:?}");
        assert_eq!(rows(&layout), partx(&image.path, "512"), "{more:?}");
    }
}

#[test]
fn a_disk_that_grows_and_is_mended() {
    if !has("sgdisk") {
        return skip("no sgdisk");
    }
    let image = Image::empty(32);
    image.sgdisk(&["-o", "-n", "1:2048:+4M"]);
    image.resize(48);
    assert_eq!(ids(&image.scan()), ["gpt-backup-not-at-end"]);
    image.sgdisk(&["-e"]);
    assert_eq!(ids(&image.scan()), [""; 0]);
    image.resize(40);
    assert_eq!(ids(&image.scan()), ["gpt-backup-missing", "gpt-backup-not-at-end", "gpt-usable-range"]);
    // An MBR written over it by hand leaves the GPT behind.
    if has("sfdisk") {
        image.sfdisk(&["--wipe", "never"], "label: dos\n,1000\n");
        assert_eq!(image.scan().table, Some(Table::Mbr));
    }
}

#[test]
fn sectors_of_4096_bytes() {
    if !has("partx") {
        return skip("no partx");
    }
    let mut gpt = Gpt::of(4096, 4096, vec![part(1, 256, 511), part(2, 512, 4000)]);
    gpt.parts[1].name = "large";
    let image = Image::of(&gpt.build());
    let layout = image.scan();
    assert_eq!((layout.sector_size, layout.volumes.len(), ids(&layout).len()), (4096, 2, 0));
    assert_eq!(rows(&layout), partx(&image.path, "4096"));
}

/// Damaged tables that both readers take for tables are the same tables to both.
#[test]
fn damaged_disks_are_divided_alike() {
    if !has("partx") {
        return skip("no partx");
    }
    // Where libblkid takes what is left out here, or stops where the rest is read.
    let apart = [
        "mbr-logical-outside",
        "mbr-extended-outside",
        "mbr-extended-too-long",
        "gpt-usable-range",
        "gpt-entry-size",
        "gpt-too-many-partitions",
    ];
    let mut compared = 0;
    for (id, disk) in specimens()
        .into_iter()
        .filter(|(id, _)| id.starts_with("mbr") || id.starts_with("gpt"))
        .filter(|(id, _)| !apart.contains(id))
    {
        let theirs = partx(&Image::of(&disk).path, "512");
        let layout = scan(&source(disk), None).unwrap();
        if !theirs.is_empty() && layout.volumes.iter().all(|volume| volume.kind != Kind::Disk) {
            assert_eq!(rows(&layout), theirs, "{id}");
            compared += 1;
        }
    }
    assert!(compared > 15, "{compared}");
}

/// libblkid numbers what a label lists from 5 on.
#[test]
fn bsd_labels_list_what_partx_lists() {
    if !has("partx") {
        return skip("no partx");
    }
    for (base, system) in [(0, 0xA5), (100, 0xA5), (100, 0xA9)] {
        // On less than a MiB it does not look for labels.
        let mut disk = mbr::disk(3000);
        mbr::record(&mut disk, 0, &[(system, 100, 1000)]);
        let whole = if system == 0xA5 { (1000, base, 0) } else { (0, 0, 0) };
        label(&mut disk, 101 * 512, &[(800, base + 16, 7), (100, base + 816, 1), whole, (50, base + 920, 27)]);
        let theirs = partx(&Image::of(&disk).path, "512");
        let theirs: Vec<_> = theirs.iter().skip(1).map(|row| (row.start, row.sectors)).collect();
        let layout = scan(&source(disk), None).unwrap();
        let ours = layout.volumes.iter().skip(1).map(|volume| (volume.offset.unwrap() / 512, volume.size / 512));
        assert_eq!(ours.collect::<Vec<_>>(), theirs, "{base} {system:x}");
        assert_eq!(theirs.len(), 3);
    }
}
