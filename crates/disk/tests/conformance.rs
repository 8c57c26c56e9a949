//! What holds for every format.

use disk::{Closed, CreateOptions, FORMATS};
use std::sync::Arc;
use storage::{Extents, NewFile, ReadAt, WriteAt};

fn options(size: u64, given: &[(&str, &str)]) -> CreateOptions {
    let options = given.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect();
    CreateOptions { size, options }
}

#[test]
fn what_is_written_is_read() {
    let dir = tempfile::tempdir().unwrap();
    let size = 11 << 20;
    for format in FORMATS {
        let path = dir.path().join(format.name());
        let file = Arc::new(NewFile::create(&path, false).unwrap());
        let disk = format.create(file.clone(), &options(size, &[])).unwrap();
        let model = storage::Memory::new(size);
        for i in 0..20u64 {
            let bytes = vec![i as u8 + 1; 3000 * (i as usize + 1)];
            disk.write_at(&bytes, i * 500_000).unwrap();
            model.write_at(&bytes, i * 500_000).unwrap();
        }
        disk.finish().unwrap();
        Arc::into_inner(file).unwrap().commit().unwrap();
        let disk = disk::open(Arc::new(storage::File::open(&path).unwrap()), Some(format.name()), &Closed).unwrap();
        assert_eq!(disk.size(), size);
        let (mut ours, mut theirs) = (vec![0; size as usize], vec![0; size as usize]);
        disk.read_at(&mut ours, 0).unwrap();
        model.read_at(&mut theirs, 0).unwrap();
        assert!(ours == theirs, "{}", format.name());
        assert_eq!(Extents::new(&disk).map(|e| e.unwrap().size()).sum::<u64>(), size);
        if format.name() != "raw" {
            let name = if format.name() == "vhd" { "vpc" } else { format.name() };
            let out = std::process::Command::new("qemu-img").args(["check", "-f", name]).arg(&path).output().unwrap();
            eprintln!("{}{}", String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr));
            let raw = dir.path().join("x");
            std::fs::write(&raw, &theirs).unwrap();
            let out = std::process::Command::new("qemu-img")
                .args(["compare", "-f", name, "-F", "raw"])
                .arg(&path)
                .arg(&raw)
                .output()
                .unwrap();
            eprintln!("{}{}", String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr));
        }
    }
}
