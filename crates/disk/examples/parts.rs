//! Conversion into parts beside conversion into a file: time, processor time, and memory at its highest.
//!
//! `parts SOURCE FORMAT file|parts [-c] [NAME=VALUE]...`; a number as SOURCE is an empty disk of so many GiB with a
//! megabyte of data in each. The file goes to the current directory and is gone at the end; parts are read by three
//! threads, as if they were sent.

#![allow(clippy::print_stdout, reason = "an example")]

use convert::{Copied, Cut, Options, Part, copy, in_parts};
use disk::{Closed, CreateOptions, Format};
use std::sync::Arc;
use std::time::Instant;
use storage::{Error, File, Memory, NewFile, ReadAt, Result, Source, WriteAt};

fn main() -> Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [source, format, target, rest @ ..] = words.as_slice() else {
        return Err(Error::unsupported("parts SOURCE FORMAT file|parts [-c] [NAME=VALUE]..."));
    };
    let disk = opened(source)?;
    let format = disk::format(format).ok_or_else(|| Error::unsupported("no such format"))?;
    let given = rest.iter().filter_map(|word| word.split_once('='));
    let options = given.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let create =
        CreateOptions { size: disk.size(), options, compress: rest.iter().any(|word| word == "-c"), made: None };
    let start = Instant::now();
    let copied = if target == "file" { to_file(&disk, format, &create)? } else { to_parts(&disk, format, &create)? };
    println!("{:?}, {}, {}", start.elapsed(), spent(), copied.digest);
    Ok(())
}

fn opened(source: &str) -> Result<Source> {
    if let Ok(gib) = source.parse::<u64>() {
        let disk = Memory::new(gib << 30);
        let text: Vec<u8> = (0..1 << 18).flat_map(|n: u32| (n / 3).to_le_bytes()).collect();
        (0..gib.min(1024)).try_for_each(|i| disk.write_at(&text[..64 << 10], i << 30))?;
        return Ok(Arc::new(disk));
    }
    let disk: Source = disk::open(Arc::new(File::open(source)?), None, &Closed)?;
    Ok(disk)
}

fn written(disk: &Source, file: Arc<dyn WriteAt>, format: &dyn Format, create: &CreateOptions) -> Result<Copied> {
    let target = format.create(file, create)?;
    let copied = copy(disk, &*target, &Options::default(), &())?;
    target.finish()?;
    Ok(copied)
}

fn to_file(disk: &Source, format: &dyn Format, create: &CreateOptions) -> Result<Copied> {
    written(disk, Arc::new(NewFile::scratch(".")?), format, create)
}

fn to_parts(disk: &Source, format: &dyn Format, create: &CreateOptions) -> Result<Copied> {
    let sent = |part: &Part<'_>| {
        // What is sent is copied at least once.
        let mut block = [0; 16 << 10];
        for slice in part.slices() {
            slice.chunks(block.len()).for_each(|bytes| block[..bytes.len()].copy_from_slice(bytes));
            std::hint::black_box(&block);
        }
        Ok::<_, Error>(())
    };
    let made = in_parts(&Cut::default(), 3, &sent, |file| written(disk, file, format, create))?;
    println!("{} parts, {} bytes", made.parts, made.size);
    Ok(made.value)
}

/// Processor time in ticks, and the most memory there was.
fn spent() -> String {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let ticks: Vec<_> = stat.rsplit(')').next().unwrap_or("").split_whitespace().skip(11).take(2).collect();
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let memory = status.lines().find(|line| line.starts_with("VmHWM")).unwrap_or("VmHWM unknown");
    format!("ticks user and system {ticks:?}, {}", memory.split_whitespace().collect::<Vec<_>>().join(" "))
}
