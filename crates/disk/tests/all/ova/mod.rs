//! OVA archives: built by hand and by tar, and the corpus's.

mod archive;
mod hostile;

use crate::support::{self, Numbers, build, content, has_program, qemu_img_ok, refused, skip};
use archive::{Tar, details, envelope, header, is_ovf_text, open, open_disk, ova, ovf, raw_disk, usual};
use disk::{Details, Disk, Mappings};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use storage::ErrorKind::{Corrupt, NotFound, Refused, Unsupported};
use storage::{Extents, ReadAt};

#[test]
fn disks_are_read_where_they_lie() {
    let data = Numbers(3).bytes(200_000);
    let writes: &[(u64, &[u8])] = &[(70_000, &data[..100_000]), (700_000, &data[100_000..])];
    for format in ["raw", "qcow2", "vhd"] {
        let disk = build(format, 1 << 20, &[], writes);
        let file = usual("disk.img").file("disk.img", &disk).end();
        assert!(ova().probe(&file).unwrap());
        let inner = support::open(disk.clone(), Some(format)).unwrap();
        let opened = open(&file).unwrap();
        assert!(content(&opened).unwrap() == content(&inner).unwrap(), "{format}");
        let runs = |disk: &dyn ReadAt| Extents::new(disk).map(|run| run.unwrap()).collect::<Vec<_>>();
        assert_eq!(runs(&opened), runs(&inner), "{format}");
        let start = (file.len() - 1024 - disk.len().next_multiple_of(512)) as u64;
        for (ours, theirs) in Mappings::new(&*opened).zip(Mappings::new(&*inner)) {
            let (ours, theirs) = (ours.unwrap(), theirs.unwrap());
            assert_eq!(ours.offset, theirs.offset.map(|offset| offset + start));
        }
        let info = opened.info();
        assert_eq!((info.format, info.virtual_size), ("ova", 1 << 20));
        assert_eq!(ova().info(&file).unwrap(), *info, "{format}");
        let details = details(&file);
        assert_eq!((details.machine.as_deref(), details.manifest_checked), (Some("vm"), false));
        assert_eq!((details.disks[0].name.as_str(), details.disks[0].format.as_str()), ("disk.img", format));
        assert_eq!((details.disks[0].capacity, details.disks[0].file_size), (Some(1 << 20), disk.len() as u64));
    }
}

#[test]
fn a_vmdk_is_read_as_soon_as_vmdk_is() {
    if !has_program("qemu-img") {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("raw"), raw_disk()).unwrap();
    qemu_img_ok(dir.path(), "convert -f raw -O vmdk -o subformat=streamOptimized raw disk.vmdk");
    let vmdk = std::fs::read(dir.path().join("disk.vmdk")).unwrap();
    let file = usual("disk.vmdk").file("disk.vmdk", &vmdk).end();
    match disk::format("vmdk") {
        Some(_) => assert!(content(&open(&file).unwrap()).unwrap() == raw_disk()),
        None => refused(open(&file), Unsupported, "VMDK"),
    }
    let info = ova().info(&file).unwrap();
    assert_eq!((info.virtual_size, details(&file).disks[0].format.as_str()), (1 << 20, "vmdk"));
}

/// A machine with two buses: the first is the one with the lowest address, whatever the order of the list.
#[test]
fn the_first_disk_is_the_one_on_the_first_controller() {
    let controller = |id, kind, address| {
        format!(
            "<Item><rasd:InstanceID>{id}</rasd:InstanceID><rasd:ResourceType>{kind}</rasd:ResourceType>\
             <rasd:Address>{address}</rasd:Address></Item>"
        )
    };
    let drive = |id, resource: &str, parent, address| {
        format!(
            "<Item><rasd:InstanceID>{id}</rasd:InstanceID><rasd:ResourceType>17</rasd:ResourceType>\
             <rasd:HostResource>{resource}</rasd:HostResource><rasd:Parent>{parent}</rasd:Parent>\
             <rasd:AddressOnParent>{address}</rasd:AddressOnParent></Item>"
        )
    };
    let machine = |extra: &str| {
        let items = [
            controller(3, 6, 1),
            controller(4, 6, 0),
            controller(5, 5, 0),
            drive(10, "ovf:/disk/a", 3, 0),
            drive(11, "/disk/b", 4, 10),
            drive(12, "ovf://disk/c", 4, 9),
            drive(13, "ovf:/disk/d", 5, 0),
            drive(14, "ovf:/file/fe", 99, 0),
            // The file of a disk that is attached already.
            drive(15, "ovf:/file/fa", 99, 1),
        ];
        let items = items.concat();
        format!(
            "<VirtualSystem ovf:id='vm'><VirtualHardwareSection>{items}</VirtualHardwareSection>{extra}</VirtualSystem>"
        )
    };
    let file = |name| format!("<File ovf:id='f{name}' ovf:href='{name}.img'/>");
    let disk = |name| format!("<Disk ovf:diskId='{name}' ovf:fileRef='f{name}' ovf:capacity='2048'/>");
    let files: String = ["a", "b", "c", "d", "e", "x"].map(file).concat();
    let disks: String = ["x", "a", "b", "c", "d"].map(disk).concat();
    for (extra, wanted) in [
        ("", ["c", "b", "d", "a", "e", "x"]),
        ("<vmw:BootOrderSection vmw:instanceId='10' vmw:type='disk'/>", ["a", "c", "b", "d", "e", "x"]),
    ] {
        let mut tar = Tar::default().file("vm.ovf", envelope(&files, &disks, &machine(extra)).as_bytes());
        for (i, name) in ["a", "b", "c", "d", "e", "x"].into_iter().enumerate() {
            tar = tar.file(&format!("{name}.img"), &[i as u8 + 1; 2048]);
        }
        let file = tar.end();
        let names: Vec<_> = details(&file).disks.into_iter().map(|disk| disk.name).collect();
        assert_eq!(names, wanted.map(|name| format!("{name}.img")));
        let first = |disk: Arc<dyn Disk>| content(&disk).unwrap()[0];
        let number = |name: &str| b"abcdex".iter().position(|&letter| letter == name.as_bytes()[0]).unwrap() as u8 + 1;
        assert_eq!(first(open(&file).unwrap()), number(wanted[0]));
        for (i, name) in (1..).zip(wanted) {
            assert_eq!(first(open_disk(file.clone(), &i.to_string()).unwrap()), number(name));
            assert_eq!(first(open_disk(file.clone(), &format!("{name}.img")).unwrap()), number(name));
        }
        for wrong in ["0", "7", "-1", "vm.ovf", ""] {
            refused(open_disk(file.clone(), wrong), NotFound, "its disks are: 1 ");
        }
        assert!(ova().info(&file).unwrap().notes.iter().any(|note| note.contains("holds 6 disks")));
    }
}

#[test]
fn what_the_descriptor_says_is_told() {
    let vmware = "<VirtualSystem ovf:id='x'><Name>My VM</Name>\
        <OperatingSystemSection ovf:id='101' vmw:osType='ubuntu64Guest'><Info/>\
        <Description>Ubuntu Linux (64-bit)</Description></OperatingSystemSection><VirtualHardwareSection>\
        <vmw:Config ovf:required='false' vmw:key='firmware' vmw:value='efi'/></VirtualHardwareSection></VirtualSystem>";
    let virtualbox = "<VirtualSystem ovf:id='box'><OperatingSystemSection ovf:id='94'><Info/></OperatingSystemSection>\
        <vbox:Machine><Hardware><Firmware type='EFI'/></Hardware></vbox:Machine></VirtualSystem>";
    for (machine, name, system) in
        [(vmware, "My VM", "Ubuntu Linux (64-bit)"), (virtualbox, "box", "CIM operating system type 94")]
    {
        let details = details(&Tar::default().file("a.ovf", envelope("", "", machine).as_bytes()).end());
        assert_eq!(details.machine.as_deref(), Some(name));
        assert_eq!(details.operating_system.as_deref(), Some(system));
        assert_eq!(details.firmware.as_deref(), Some("efi"));
    }
}

#[test]
fn a_descriptor_may_be_utf_16() {
    let text: Vec<u8> = format!("\u{feff}{}", ovf(&["d.img"])).encode_utf16().flat_map(u16::to_le_bytes).collect();
    let file = Tar::default().file("vm.ovf", &text).file("d.img", &raw_disk()).end();
    assert_eq!(open(&file).unwrap().size(), 1 << 20);
}

#[test]
fn names_may_be_long_encoded_or_in_a_directory() {
    let long = format!("{}.img", "n".repeat(150));
    let record = format!("path={long}\n");
    let record = format!("{} {record}", record.len() + 4);
    let disk = raw_disk();
    let name = [long.as_bytes(), b"\0"].concat();
    for file in [
        usual(&long).entry("././@LongLink", b'L', &name).file("nnn", &disk).end(),
        usual(&long).entry("PaxHeaders/n", b'x', record.as_bytes()).file("nnn", &disk).end(),
        usual("my%20disk.img").file("my disk.img", &disk).end(),
        usual("./disk.img").file("././disk.img", &disk).end(),
        Tar::default()
            .entry("vm/", b'5', b"")
            .file("vm/vm.ovf", ovf(&["d.img"]).as_bytes())
            .file("vm/d.img", &disk)
            .end(),
    ] {
        assert!(content(&open(&file).unwrap()).unwrap() == disk);
    }
    let both = usual(&long).entry("L", b'L', b"other.img\0").entry("x", b'x', record.as_bytes()).file("n", &disk).end();
    refused(open(&both), Corrupt, "two names");
    let twice = usual(&long).entry("L", b'L', b"a\0").entry("L", b'L', b"b\0").file("n", &disk).end();
    refused(open(&twice), Corrupt, "described twice");
    let endless = usual(&long).raw(&header("L", 1 << 30, b'L')).end();
    refused(open(&endless), Corrupt, "more than 16777216 bytes");
    let dangling = usual(&long).entry("L", b'L', b"a\0").end();
    refused(open(&dangling), Corrupt, "between a member's name and the member");
    let global = usual("a").entry("g", b'g', b"11 path=ab\n").file("a", &disk).end();
    refused(open(&global), Corrupt, "to all members");
}

#[test]
fn several_machines_are_not_one() {
    let files = "<File ovf:id='f' ovf:href='a.img'/><File ovf:id='g' ovf:href='b.img'/>";
    let disks = "<Disk ovf:diskId='d' ovf:fileRef='f' ovf:capacity='1'/>\
        <Disk ovf:diskId='e' ovf:fileRef='g' ovf:capacity='1'/>";
    let machines =
        "<VirtualSystemCollection><VirtualSystem ovf:id='one'/><VirtualSystem ovf:id='two'/></VirtualSystemCollection>";
    let tar = Tar::default().file("a.ovf", envelope(files, disks, machines).as_bytes());
    let file = tar.file("a.img", &[1; 512]).file("b.img", &[2; 512]).end();
    refused(open(&file), Refused, "one, two");
    assert!(content(&open_disk(file.clone(), "b.img").unwrap()).unwrap() == [2; 512]);
    assert_eq!(details(&file).machine, None);
}

fn run(dir: &Path, program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).current_dir(dir).args(arguments).output().unwrap();
    assert!(output.status.success(), "{program} {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn archives_of_tar_are_read() {
    if !has_program("tar") || !has_program("sha512sum") {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let name = format!("{}.img", "x".repeat(80));
    std::fs::write(dir.path().join("vm.ovf"), ovf(&[&name])).unwrap();
    std::fs::write(dir.path().join(&name), raw_disk()).unwrap();
    let mut manifest = String::new();
    for tool in ["sha1sum", "sha256sum", "sha384sum", "sha512sum"] {
        let algorithm = tool.trim_end_matches("sum").to_uppercase();
        for file in ["vm.ovf", &name] {
            let digest = run(dir.path(), tool, &[file]);
            manifest += &format!("{algorithm}({file})= {}\n", digest.split_whitespace().next().unwrap());
        }
    }
    std::fs::write(dir.path().join("vm.mf"), manifest).unwrap();
    for format in ["v7", "oldgnu", "gnu", "ustar", "posix", "pax"] {
        let flag = format!("--format={format}");
        for prefix in ["", "./"] {
            let paths = ["vm.ovf", "vm.mf", &name].map(|file| format!("{prefix}{file}"));
            let mut arguments = vec!["-cf", "vm.ova", &flag];
            arguments.extend(paths.iter().map(String::as_str));
            run(dir.path(), "tar", &arguments);
            let file = std::fs::read(dir.path().join("vm.ova")).unwrap();
            assert!(ova().probe(&file).unwrap(), "{format}");
            let disk = open(&file).unwrap_or_else(|error| panic!("{format}: {error}"));
            assert!(content(&disk).unwrap() == raw_disk(), "{format}");
            let Details::Ova(details) = &disk.info().details else { panic!() };
            assert!(details.manifest_checked && details.disks[0].name == name);
        }
    }
}

/// `tar -C directory .` stores the directory itself too.
#[test]
fn archives_of_a_directory_are_read() {
    if !has_program("tar") {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let inside = dir.path().join("inside");
    std::fs::create_dir(&inside).unwrap();
    std::fs::write(inside.join("vm.ovf"), ovf(&["d.img"])).unwrap();
    std::fs::write(inside.join("d.img"), raw_disk()).unwrap();
    run(dir.path(), "tar", &["-cf", "vm.ova", "-C", "inside", "."]);
    let file = std::fs::read(dir.path().join("vm.ova")).unwrap();
    assert!(ova().probe(&file).unwrap());
    assert!(content(&open(&file).unwrap()).unwrap() == raw_disk());
}

#[test]
fn a_check_is_of_all_disks() {
    let disk = build("qcow2", 1 << 20, &[], &[(0, &[1; 100])]);
    let good = || Tar::default().file("vm.ovf", ovf(&["a.img", "b.img"]).as_bytes()).file("a.img", &disk);
    let own = disk::check(Arc::new(disk.clone()), None).unwrap().unwrap_or_default();
    let checked = ova().check(Arc::new(good().file("b.img", &disk).end())).unwrap().unwrap();
    assert!(checked.is_clean(), "{checked:?}");
    assert_eq!(checked.total_clusters, 2 * own.total_clusters);
    assert_eq!(checked.allocated_clusters, 2 * own.allocated_clusters);
    let mut damaged = disk.clone();
    // The length of a cluster.
    damaged[23] = 99;
    let checked = ova().check(Arc::new(good().file("b.img", &damaged).end())).unwrap().unwrap();
    assert_eq!(checked.corruption_count, 1, "{checked:?}");
    assert!(checked.corruptions[0].what().starts_with("\"b.img\" in the OVA"), "{checked:?}");
    let checked = ova().check(Arc::new(good().end())).unwrap().unwrap();
    assert!(checked.corruptions[0].what().contains("not in the archive"), "{checked:?}");
}

#[test]
fn sparse_members_and_links_of_tar_are_refused_as_disks() {
    if !has_program("tar") {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("vm.ovf"), ovf(&["d.img"])).unwrap();
    let disk = std::fs::File::create(dir.path().join("d.img")).unwrap();
    disk.set_len(8 << 20).unwrap();
    std::os::unix::fs::FileExt::write_all_at(&disk, &[1; 4096], 4 << 20).unwrap();
    std::fs::hard_link(dir.path().join("d.img"), dir.path().join("a")).unwrap();
    for format in ["gnu", "pax"] {
        let flag = format!("--format={format}");
        run(dir.path(), "tar", &["-cSf", "vm.ova", &flag, "vm.ovf", "d.img"]);
        refused(open(&std::fs::read(dir.path().join("vm.ova")).unwrap()), Refused, "sparse");
        run(dir.path(), "tar", &["-cf", "vm.ova", &flag, "vm.ovf", "a", "d.img"]);
        refused(open(&std::fs::read(dir.path().join("vm.ova")).unwrap()), Refused, "hard link");
    }
}

/// A file of the corpus, unpacked.
fn corpus(name: &str) -> Option<Vec<u8>> {
    let path = support::corpora().join("ova").join(name);
    if !path.exists() {
        skip(&format!("the corpus's {name}"));
        return None;
    }
    let output = Command::new("zstd").args(["-qdc"]).arg(path).output().unwrap();
    assert!(output.status.success());
    Some(output.stdout)
}

#[test]
fn archives_of_the_corpus_are_refused_for_what_they_are() {
    if !has_program("zstd") {
        return;
    }
    if let Some(file) = corpus("testserver.ova.zst") {
        let details = details(&file);
        assert_eq!(details.machine.as_deref(), Some("testserver"));
        assert_eq!(details.operating_system.as_deref(), Some("Ubuntu_64"));
        assert_eq!((details.disks.len(), details.disks[0].capacity), (1, Some(8_589_934_592)));
        refused(open(&file), Corrupt, "should be a vmdk image");
    }
    if let Some(file) = corpus("testserver-no-ovf.ova.zst") {
        assert!(!ova().probe(&file).unwrap());
        refused(open(&file), Unsupported, "no .ovf");
    }
}

#[test]
fn descriptors_of_the_corpus_are_told_and_understood() {
    if !has_program("zstd") {
        return;
    }
    for (name, disks, firmware) in [
        ("v2v-test-i-ova-as-root.ovf.zst", 1, None),
        ("v2v-test-i-ova-formats.ovf.zst", 1, Some("efi")),
        ("v2v-test-i-ova-snapshots.ovf.zst", 1, Some("efi")),
        ("v2v-test-i-ova.ovf.zst", 1, Some("bios")),
    ] {
        let Some(text) = corpus(name) else { continue };
        assert!(is_ovf_text(&text[..512.min(text.len())]), "{name}");
        let details = details(&Tar::default().file("a.ovf", &text).end());
        assert_eq!((details.disks.len(), details.firmware.as_deref()), (disks, firmware), "{name}: {details:?}");
        assert!(details.machine.is_some() && details.operating_system.is_some(), "{name}: {details:?}");
        assert!(details.disks[0].capacity.is_some_and(|capacity| capacity >= 1 << 20), "{name}: {details:?}");
    }
}
