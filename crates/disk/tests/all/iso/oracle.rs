//! Media written by xorriso and genisoimage, and what other programs say of the disks made of them.

use disk::{Closed, Details, IsoDetails};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use storage::Source;

const PROGRAMS: [&str; 8] = ["xorriso", "genisoimage", "isoinfo", "mkfs.fat", "mcopy", "mdir", "sgdisk", "sfdisk"];

fn has_programs() -> bool {
    let missing = |name: &&&str| Command::new(name).arg("--version").output().is_err();
    let Some(name) = PROGRAMS.iter().find(missing) else { return true };
    let must = std::env::var_os("BOOTWORTHY_REQUIRE_ORACLES").is_some_and(|value| value == "1");
    assert!(!must, "{name} is missing, and BOOTWORTHY_REQUIRE_ORACLES=1");
    eprintln!("SKIPPED: {name} is missing");
    false
}

#[track_caller]
fn run(directory: &Path, line: &str) -> String {
    let mut words = line.split_whitespace();
    let output = Command::new(words.next().unwrap()).current_dir(directory).args(words).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{line}: {text}");
    text
}

/// A directory with a FAT image in `tree/efi.img` that holds one file.
fn directory() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("tree")).unwrap();
    std::fs::write(dir.path().join("tree/hello.txt"), "hello from the volume").unwrap();
    std::fs::write(dir.path().join("boot.efi"), "hello from the partition").unwrap();
    std::fs::write(dir.path().join("tree/loader.bin"), vec![0x90; 2048]).unwrap();
    run(dir.path(), "mkfs.fat -C tree/efi.img 2048");
    run(dir.path(), "mcopy -i tree/efi.img boot.efi ::BOOT.EFI");
    dir
}

fn open(path: &Path) -> (Source, IsoDetails) {
    let file: Source = Arc::new(storage::File::open(path).unwrap());
    assert!(disk::format("iso").unwrap().probe(&file).unwrap());
    let disk = disk::format("iso").unwrap().open(file.clone(), &Closed).unwrap();
    let Details::Iso(details) = disk.info().details.clone() else { panic!() };
    (file, details)
}

#[test]
fn other_programs_read_what_is_made() {
    if !has_programs() {
        return;
    }
    for command in [
        "xorriso -as mkisofs -quiet -V A_LABEL -J -r -o cd.iso -e efi.img -no-emul-boot tree",
        "genisoimage -quiet -V A_LABEL -J -r -udf -o cd.iso -c boot.cat -e efi.img -no-emul-boot tree",
    ] {
        let dir = directory();
        run(dir.path(), command);
        let (media, details) = open(&dir.path().join("cd.iso"));
        assert_eq!((details.label.as_str(), details.boot.len()), ("A_LABEL", 1));
        assert_eq!((details.boot[0].platform.as_str(), details.boot[0].size), ("uefi", 2 << 20));
        assert_eq!(details.udf, command.contains("-udf"));
        let made = disk::bootable(media).unwrap();
        let bytes = storage::read_vec(&made.disk, 0, made.disk.size()).unwrap();
        std::fs::write(dir.path().join("disk"), bytes).unwrap();
        let text = run(dir.path(), "sgdisk -v disk");
        assert!(text.contains("No problems found"), "{text}");
        assert!(run(dir.path(), "sfdisk --verify disk").contains("No errors detected"));
        let offset = details.boot[0].offset;
        assert!(run(dir.path(), "sfdisk -l -o start,type disk").contains(&format!("{} EFI System", offset / 512)));
        assert!(run(dir.path(), &format!("mdir -i disk@@{offset} ::BOOT.EFI")).contains("BOOT"));
        assert_eq!(run(dir.path(), "isoinfo -R -i disk -x /hello.txt"), "hello from the volume");
        assert!(run(dir.path(), "xorriso -indev disk -toc").contains("A_LABEL"));
    }
}

#[test]
fn partitions_of_other_programs_are_seen() {
    if !has_programs() {
        return;
    }
    let bios = "-b loader.bin -no-emul-boot -boot-load-size 4";
    let uefi = "-eltorito-alt-boot -e efi.img -no-emul-boot";
    let cases = [
        (format!("-isohybrid-mbr code {bios} {uefi} -isohybrid-gpt-basdat"), true, true, "mbr gpt"),
        (format!("-isohybrid-mbr code {bios} {uefi}"), true, false, "mbr"),
        (
            format!("--grub2-mbr code --protective-msdos-label {bios} {uefi} -efi-boot-part --efi-boot-image"),
            true,
            true,
            "gpt",
        ),
        (format!("-append_partition 2 0xef tree/efi.img {bios} {uefi}"), false, true, "mbr"),
        (format!("-appended_part_as_gpt -append_partition 2 0xef tree/efi.img {bios} {uefi}"), false, true, "gpt"),
        (
            format!(
                "--grub2-mbr code --protective-msdos-label -partition_cyl_align off -partition_offset 16 \
                 --mbr-force-bootable -appended_part_as_gpt -append_partition 2 0xef tree/efi.img {bios} \
                 -eltorito-alt-boot -e --interval:appended_partition_2:all:: -no-emul-boot"
            ),
            true,
            true,
            "gpt",
        ),
        (bios.to_owned(), false, false, ""),
    ];
    for (options, boot_code, efi_partition, tables) in cases {
        let dir = directory();
        std::fs::write(dir.path().join("code"), vec![0x33; 432]).unwrap();
        run(dir.path(), &format!("xorriso -as mkisofs -quiet -V A_LABEL -r -o cd.iso {options} tree"));
        let (media, details) = open(&dir.path().join("cd.iso"));
        assert_eq!((details.boot_code, details.efi_partition), (boot_code, efi_partition), "{options}");
        assert_eq!(details.partition_tables.join(" "), tables, "{options}");
        match disk::bootable(media.clone()) {
            Err(error) => assert!(options == bios, "{options}: {error}"),
            Ok(made) => {
                assert_eq!((made.bios, made.uefi), (boot_code, efi_partition || !boot_code), "{options}");
                let same = storage::read_vec(&made.disk, 0, made.disk.size()).unwrap()
                    == storage::read_vec(&media, 0, media.size()).unwrap();
                assert_eq!(same, efi_partition || boot_code, "{options}");
            }
        }
    }
}
