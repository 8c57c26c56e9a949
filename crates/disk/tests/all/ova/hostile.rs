//! Row O1 of the hostile inputs, and damage of every kind.

use super::archive::{Tar, VMDK, envelope, header, open, open_disk, ova, ovf, raw_disk, sha256, sum, usual};
use crate::support::{Numbers, build, content, refused};
use disk::{Closed, Details};
use std::sync::Arc;
use storage::ErrorKind::{Corrupt, Refused, Unsupported};
use storage::{Extents, ReadAt};

#[test]
fn row_o1_names_that_point_out_of_the_archive_are_only_names() {
    for name in ["../../etc/passwd", "/etc/passwd", "a/../b", "..\\b"] {
        let file = usual("d.img").file(name, b"root::0:0").file("d.img", &raw_disk()).end();
        let disk = open(&file).unwrap();
        assert!(disk.info().notes.iter().any(|note| note.contains("points out of it")), "{:?}", disk.info().notes);
        // The same as the name of a disk: it is looked for in the archive and nowhere else.
        refused(open(&usual(name).file("d.img", &raw_disk()).end()), Corrupt, "not in the archive");
        let quoted = usual(name).file(name, &raw_disk()).end();
        assert!(content(&open(&quoted).unwrap()).unwrap() == raw_disk());
    }
}

#[test]
fn row_o1_links_devices_and_sparse_members() {
    let disk = raw_disk();
    for (letter, words) in [(b'1', "a hard link"), (b'2', "a symbolic link"), (b'3', "a device"), (b'6', "a pipe")] {
        let mut link = header("d.img", 0, letter);
        link[157..168].copy_from_slice(b"/etc/passwd");
        sum(&mut link);
        refused(open(&usual("d.img").raw(&link).end()), Refused, words);
        let other = usual("e.img").raw(&link).file("e.img", &disk).end();
        assert!(open(&other).unwrap().info().notes.iter().any(|note| note.contains(words)));
        let long = usual("e.img").entry("d.img", letter, &[1; 512]).file("e.img", &disk).end();
        refused(open(&long), Corrupt, "and yet 512 bytes long");
    }
    let mut sparse = header("s.img", 512, b'S');
    sparse[482] = 1;
    sum(&mut sparse);
    let mut more = [0; 512];
    more[504] = 1;
    let sparse = Tar::default().raw(&sparse).raw(&more).raw(&[0; 512]).raw(&[7; 512]).0;
    refused(open(&usual("s.img").raw(&sparse).end()), Refused, "sparse");
    let behind = usual("e.img").raw(&sparse).file("e.img", &disk).end();
    assert!(content(&open(&behind).unwrap()).unwrap() == disk);
    let record = b"22 GNU.sparse.major=1\n22 GNU.sparse.minor=0\n25 GNU.sparse.name=s.img\n";
    let pax = usual("s.img").entry("x", b'x', record).file("GNUSparseFile.0/s.img", &[7; 512]).end();
    refused(open(&pax), Refused, "sparse");
    // The descriptor itself, by a link.
    refused(open(&Tar::default().raw(&header("vm.ovf", 0, b'2')).end()), Refused, "symbolic link");
}

#[test]
fn row_o1_sizes_negative_and_in_base_256() {
    let disk = raw_disk();
    let with = |size: &[u8; 12]| {
        let mut block = header("d.img", 0, b'0');
        block[124..136].copy_from_slice(size);
        sum(&mut block);
        open(&usual("d.img").raw(&block).raw(&disk).end())
    };
    assert!(content(&with(b"\x80\0\0\0\0\0\0\0\0\x10\0\0").unwrap()).unwrap() == disk);
    refused(with(b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xfe\0"), Corrupt, "is negative");
    refused(with(b"-0000001000\0"), Corrupt, "is negative");
    refused(with(b"\x80\0\0\0\x7f\xff\xff\xff\xff\xff\xff\xff"), Corrupt, "past the end");
    refused(with(b"\x80\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff"), Corrupt, "larger than any file");
    refused(with(b"777777777777"), Corrupt, "past the end");
    refused(with(b"0000400000x\0"), Corrupt, "not an octal number");
    // pax says the size where the header cannot.
    let pax = usual("d.img").entry("x", b'x', b"16 size=1048576\n").raw(&header("d.img", 0, b'0')).raw(&disk).end();
    assert!(content(&open(&pax).unwrap()).unwrap() == disk);
}

#[test]
fn row_o1_two_descriptors_or_none() {
    let disk = raw_disk();
    let two = usual("d.img").file("other.OVF", b"<Envelope/>").file("d.img", &disk).end();
    refused(open(&two), Refused, "\"vm.ovf\" and \"other.OVF\"");
    let none = Tar::default().file("d.img", &disk).end();
    assert!(!ova().probe(&none).unwrap());
    refused(open(&none), Unsupported, "no .ovf is in the archive");
    refused(open(&usual("d.img").end()), Corrupt, "not in the archive");
    refused(open(&Tar::default().file("a.ovf", envelope("", "", "").as_bytes()).end()), Unsupported, "has no disks");
    refused(open(&Tar::default().file("a.ovf", b"<html/>").end()), Corrupt, "not the Envelope");
    refused(open(&Tar::default().file("a.ovf", b"").end()), Corrupt, "truncated?");
}

#[test]
fn row_o1_xml_bombs() {
    let entities: String = (1..30).map(|i| format!("<!ENTITY l{i} '&l{};&l{};'>", i - 1, i - 1)).collect();
    let laughs = format!("<!DOCTYPE e [<!ENTITY l0 'ha'>{entities}]><Envelope>&l29;</Envelope>");
    let blowup = format!("<!DOCTYPE e [<!ENTITY a '{}'>]><e>{}</e>", "a".repeat(50_000), "&a;".repeat(50_000));
    let external = "<!DOCTYPE e SYSTEM 'file:///etc/passwd'><Envelope/>".to_owned();
    for (text, kind, word) in [
        (laughs, Refused, "DOCTYPE"),
        (blowup, Refused, "DOCTYPE"),
        (external, Refused, "DOCTYPE"),
        ("<Envelope>&xxe;</Envelope>".to_owned(), Corrupt, "not defined"),
        ("<Envelope>".repeat(1_000_000), Corrupt, "deep"),
        (format!("<Envelope>{}</Envelope>", "<a/>".repeat(1_000_000)), Corrupt, "200000 elements"),
        (
            format!("<Envelope {}/>", (0..900_000).map(|i| format!("a{i}='' ")).collect::<String>()),
            Corrupt,
            "attributes",
        ),
        (format!("<Envelope a='{}'", "x".repeat(15 << 20)), Corrupt, "not XML"),
        (format!("<{}/>", "x".repeat(15 << 20)), Corrupt, "not the Envelope"),
        (" ".repeat((16 << 20) + 1), Corrupt, "longer than"),
    ] {
        let file = Tar::default().file("a.ovf", text.as_bytes()).end();
        let error = open(&file).unwrap_err();
        let start: String = text.chars().take(40).collect();
        assert!(error.kind() == kind && error.to_string().contains(word), "{start}: {error}");
        assert!(error.to_string().len() < 1000, "{start}");
    }
}

/// Nothing in a descriptor may take the square of its length.
#[test]
fn row_o1_large_descriptors_are_quick() {
    let item = |i| {
        format!(
            "<Item><InstanceID>{i}</InstanceID><ResourceType>17</ResourceType><HostResource>/disk/{i}</HostResource>\
             <Parent>{}</Parent></Item>",
            i + 1
        )
    };
    let items: String = (0..30_000).map(item).collect();
    let machine = format!("<VirtualSystem><VirtualHardwareSection>{items}</VirtualHardwareSection></VirtualSystem>");
    let file = Tar::default().file("a.ovf", envelope("", "", &machine).as_bytes()).end();
    refused(open(&file), Unsupported, "has no disks");
    let names: Vec<_> = (0..20_000).map(|i| format!("d{i}")).collect();
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    refused(open(&Tar::default().file("a.ovf", ovf(&names).as_bytes()).end()), Corrupt, "more than 256 disks");
}

#[test]
fn row_o1_manifests() {
    let disk = raw_disk();
    let text = ovf(&["d.img"]);
    let with = |manifest: &str| usual("d.img").file("vm.mf", manifest.as_bytes()).file("d.img", &disk).end();
    let good =
        format!("SHA256(vm.ovf)= {}\r\nSHA256 (d.img) = {}\r\n", sha256(text.as_bytes()), sha256(&disk).to_uppercase());
    let opened = open(&with(&good)).unwrap();
    let Details::Ova(details) = &opened.info().details else { panic!() };
    assert!(details.manifest_checked && content(&opened).unwrap() == disk);
    let zeros = "0".repeat(64);
    for (manifest, kind, word) in [
        (format!("SHA256(d.img)= {zeros}\n"), Corrupt, "\"d.img\" does not have the Sha256 digest"),
        (format!("SHA256(vm.ovf)= {zeros}\n"), Corrupt, "\"vm.ovf\" does not have"),
        (format!("SHA1(d.img)= {}\n", "0".repeat(40)), Corrupt, "Sha1"),
        (format!("SHA512(d.img)= {}\n", "0".repeat(128)), Corrupt, "Sha512"),
        (format!("{good}SHA256(d.img)= {zeros}\n"), Corrupt, "two digests"),
        (format!("{good}SHA256(gone.img)= {zeros}\n"), Corrupt, "\"gone.img\", which is not in the archive"),
        (format!("{good}MD5(d.img)= {}\n", "0".repeat(32)), Unsupported, "\"MD5\""),
        (format!("{good}SHA256(d.img)= 00\n"), Corrupt, "line 3"),
        ("rubbish".to_owned(), Corrupt, "line 1"),
        ("x".repeat((1 << 20) + 1), Corrupt, "longer than"),
    ] {
        refused(open(&with(&manifest)), kind, word);
        refused(open_disk(with(&manifest), "1"), kind, word);
        assert!(ova().info(&with(&manifest)).is_ok());
    }
    let damage = with(&format!("SHA256(d.img)= {zeros}\n"));
    let checked = ova().check(Arc::new(damage)).unwrap().unwrap();
    assert_eq!(checked.corruption_count, 1);
    let unlisted = with(&format!("SHA256(vm.ovf)= {}\n", sha256(text.as_bytes())));
    assert!(open(&unlisted).unwrap().info().notes.iter().any(|note| note.contains("no digest of \"d.img\"")));
    // The same line again and again is one member to hash.
    let again = good.repeat(5000);
    assert!(open(&with(&again)).is_ok());
    let mut link = header("vm.mf", 0, b'2');
    link[157] = b'x';
    sum(&mut link);
    refused(open(&usual("d.img").raw(&link).file("d.img", &disk).end()), Refused, "symbolic link");
    let signed = usual("d.img").file("vm.cert", b"---").file("d.img", &disk).end();
    assert!(open(&signed).unwrap().info().notes.iter().any(|note| note.contains("signed")));
}

#[test]
fn row_o1_packed_disks() {
    let gzip = b"\x1f\x8b\x08\0\0\0\0\0\0\x03\x03\0\0\0\0\0\0\0\0\0";
    let file = |attributes: &str, name: &str| {
        let files = format!("<File ovf:id='f' ovf:href='{name}' {attributes}/>");
        let disks = "<Disk ovf:diskId='d' ovf:fileRef='f' ovf:capacity='1'/>";
        Tar::default().file("a.ovf", envelope(&files, disks, "").as_bytes()).file(name, gzip).end()
    };
    refused(open(&file("ovf:compression='gzip'", "d.vmdk")), Unsupported, "tar -x and gunzip");
    refused(open(&file("", "d.vmdk.gz")), Unsupported, "tar -x and gunzip");
    refused(open(&file("ovf:compression='bzip2'", "d.vmdk")), Unsupported, "bzip2");
    refused(open(&file("", "d.img")), Unsupported, "gunzip");
    refused(open(&file("ovf:chunkSize='2147483648'", "d.img")), Unsupported, "cut into pieces");
}

#[test]
fn an_archive_in_an_archive_is_not_a_disk() {
    let mut file = usual("d.img").file("d.img", &raw_disk()).end();
    for _ in 0..50 {
        file = usual("in.ova").file("in.ova", &file).end();
    }
    let error = open(&file).unwrap_err();
    assert_eq!(error.kind(), Unsupported, "{error}");
    assert!(ova().info(&file).is_ok());
}

#[test]
fn what_should_be_a_vmdk_and_is_none_is_not_taken_for_raw() {
    let files = "<File ovf:id='f' ovf:href='d.vmdk'/>";
    let disks = format!("<Disk ovf:diskId='d' ovf:fileRef='f' ovf:capacity='1' ovf:format='{VMDK}'/>");
    let file =
        |disk: &[u8]| Tar::default().file("a.ovf", envelope(files, &disks, "").as_bytes()).file("d.vmdk", disk).end();
    refused(open(&file(&raw_disk())), Corrupt, "bears none of its marks");
    let qcow2 = open(&file(&build("qcow2", 1 << 20, &[], &[]))).unwrap();
    assert!(
        qcow2.info().notes.iter().any(|note| note.contains("is vmdk, and it is qcow2")),
        "{:?}",
        qcow2.info().notes
    );
}

#[test]
fn a_backing_file_is_never_opened() {
    let mut disk = build("qcow2", 1 << 20, &[], &[]);
    disk[8..20].copy_from_slice(&[0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 11]);
    disk[256..267].copy_from_slice(b"/etc/passwd");
    let file = usual("d.img").file("d.img", &disk).end();
    refused(open(&file), Refused, "/etc/passwd");
    assert_eq!(ova().info(&file).unwrap().backing_file.as_deref(), Some("/etc/passwd"));
}

#[test]
fn a_name_is_there_once() {
    let disk = raw_disk();
    let twice = usual("d.img").file("d.img", &disk).file("./d.img", &disk).end();
    refused(open(&twice), Corrupt, "twice");
    let directories = usual("d.img").entry("a/", b'5', b"").entry("a/", b'5', b"").file("d.img", &disk).end();
    assert!(open(&directories).is_ok());
    let ids = envelope("<File ovf:id='f' ovf:href='a'/><File ovf:id='f' ovf:href='b'/>", "", "");
    refused(open(&Tar::default().file("a.ovf", ids.as_bytes()).end()), Corrupt, "two files have the id");
    let many: Tar = (0..10_001).fold(usual("d.img"), |tar, i| tar.file(&format!("f{i}"), b""));
    refused(open(&many.end()), Corrupt, "more than 10000 members");
}

#[test]
fn the_end_is_marked() {
    let body = usual("d.img").file("d.img", &raw_disk()).0;
    assert!(open(&[&body[..], &[0; 512]].concat()).is_ok());
    assert!(open(&[&body[..], &[0; 10240]].concat()).is_ok());
    refused(open(&body), Corrupt, "without its end mark");
    refused(open(&[&body[..], &[0; 100]].concat()), Corrupt, "without its end mark");
    let more = Tar::default().file("x", b"y").end();
    refused(open(&[&body[..], &[0; 512], &more[..]].concat()), Corrupt, "single block of zeros");
    let mut damaged = body.clone();
    damaged[0] ^= 1;
    refused(open(&damaged), Corrupt, "checksum");
    assert!(!ova().probe(&damaged).unwrap() && !ova().probe(&vec![]).unwrap() && !ova().probe(&vec![0; 4096]).unwrap());
}

fn small() -> Vec<u8> {
    let disk = Numbers(8).bytes(20_000);
    let manifest = format!("SHA256(d.img)= {}\n", sha256(&disk));
    let long = usual("d.img").entry("L", b'L', b"a long name\0").file("a", b"b");
    long.file("vm.mf", manifest.as_bytes()).file("d.img", &disk).end()
}

#[test]
fn cut_archives_are_refused() {
    let file = small();
    let wanted = content(&open(&file).unwrap()).unwrap();
    let (mut refusals, mut same) = (0, 0);
    for cut in (0..file.len()).step_by(512).chain(file.len() - 1500..file.len()) {
        match open(&file[..cut]).and_then(|disk| content(&disk)) {
            Err(_) => refusals += 1,
            Ok(bytes) => {
                assert!(bytes == wanted, "{cut}");
                same += 1;
            }
        }
    }
    // Of the end mark's two blocks the first is enough.
    assert!(refusals > 500 && same > 500, "{refusals} refused, {same} the same");
}

/// With its headers summed again, so that flips reach what is behind the checksums.
#[test]
fn flipped_bytes() {
    let sample = {
        let disk = build("qcow2", 1 << 20, &[("cluster_size", "512")], &[(0, &[5; 3000])]);
        usual("d.img").entry("x", b'x', b"17 comment=hello\n").file("d.img", &disk).end()
    };
    let headers: Vec<usize> = (0..4000).step_by(512).filter(|&at| sample[at + 257..].starts_with(b"ustar")).collect();
    assert_eq!(headers.len(), 3, "{headers:?}");
    assert!(open(&sample).is_ok());
    let mut numbers = Numbers(31);
    let (mut opened, mut refusals) = (0, 0);
    for _ in 0..4000 {
        let mut file = sample.clone();
        for _ in 0..=numbers.below(2) {
            let at = numbers.below(5000) as usize;
            match numbers.below(4) {
                0 => file[at] ^= 1 << numbers.below(8),
                1 => file[at] = numbers.next() as u8,
                2 => file[at] = b"<>&\"'/!0\0"[numbers.below(9) as usize],
                _ => file.truncate(file.len() - numbers.below(1500) as usize),
            }
        }
        for &at in &headers {
            sum(&mut file[at..at + 512]);
        }
        let source = Arc::new(file);
        let _ = (ova().probe(&*source), ova().info(&*source), ova().check(source.clone()));
        let Ok(disk) = ova().open(source, &Closed) else {
            refusals += 1;
            continue;
        };
        opened += 1;
        let mut buf = vec![0; 4096];
        for extent in Extents::new(&disk).take(100) {
            let Ok(extent) = extent else { break };
            let len = buf.len().min(extent.size() as usize);
            let _ = disk.read_at(&mut buf[..len], extent.range.start);
        }
    }
    assert!(opened > 100 && refusals > 100, "{opened} opened, {refusals} refused");
}
