//! The engine alone, from file to file: for profiles, and for runs with little memory.
//!
//! `copy_file SOURCE TARGET [MEMORY [CACHE [THREADS]]]`: raw to raw, with the engine's defaults or this many bytes of
//! memory, one of qemu's cache modes for both files, and a number of threads.

use convert::{Options, copy};
use std::error::Error;
use storage::{Cache, File, NewFile, ReadAt, WriteAt};

#[expect(clippy::print_stdout, reason = "it is a program")]
fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [source, target, rest @ ..] = arguments.as_slice() else {
        return Err("usage: copy_file SOURCE TARGET [MEMORY [CACHE [THREADS]]]".into());
    };
    let memory = rest.first().map_or(Ok(Options::default().memory), |memory| memory.parse())?;
    let cache: Cache = rest.get(1).map_or(Ok(Cache::default()), |cache| cache.parse())?;
    let workers = rest.get(2).map_or(Ok(0), |threads| threads.parse())?;
    let source = File::open_with(source, cache)?;
    let target = NewFile::create_with(target, true, cache)?;
    if let Some(last) = source.size().checked_sub(1) {
        target.write_at(&[0], last)?;
    }
    let copied = copy(&source, &target, &Options { memory, workers, ..Options::default() }, &())?;
    source.check_unchanged()?;
    target.commit()?;
    println!("{} {}", copied.digest, copied.written);
    Ok(())
}
