//! `oracle walk`: every filesystem of an image walked whole, by our readers and by another program.
//!
//! The others are Linux's own mounts (ext, XFS, btrfs), ntfs-3g and mtools. Compared are the path and the kind of every
//! file, the length and SHA-256 of content, targets of links, and where both have them permissions and owners. Every
//! filesystem that has a driver takes part; one without another program is said to be skipped. Volumes are copied to a
//! scratch file first, so the other program may replay a log there. Only root can mount.

mod ours;
mod theirs;
mod tree;

use crate::Result;
use crate::process::{output, workspace};
use clap::Args;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use theirs::Theirs;

/// What lies beside images in a corpus.
const NO_IMAGES: [&str; 6] = ["json", "tsv", "md", "txt", "sha256", "tar.zst"];

/// Differences that are printed of one volume.
const SHOWN: usize = 5;

/// Walks filesystems by our readers and by other programs, and compares.
#[derive(Debug, Args)]
pub(crate) struct Walk {
    /// Images, also packed ones, or directories of them. Without any: the filesystems and guests of the corpus.
    paths: Vec<PathBuf>,
    /// Directory that holds corpora/INDEX.tsv.
    #[arg(long, env = "BOOTWORTHY_SHARED")]
    shared: Option<PathBuf>,
    /// Where to unpack and mount; enough room for one whole image.
    #[arg(long, default_value_os_t = std::env::temp_dir())]
    dir: PathBuf,
    /// Only images whose name contains this.
    #[arg(long, default_value = "")]
    only: String,
}

/// What came of one volume.
enum Outcome {
    Same(String),
    Different(Vec<String>),
    Skipped(String),
}

impl Walk {
    pub(crate) fn run(&self) -> Result<()> {
        let mut images = Vec::new();
        for path in self.roots() {
            list(&path, &mut images)?;
        }
        images.retain(|image| image.to_string_lossy().contains(&self.only));
        let (mut same, mut different, mut skipped) = (0, 0, 0);
        println!("{:<36} {:<24} {:<6} result", "image", "volume", "type");
        for image in &images {
            let place = tempfile::Builder::new().prefix("bootworthy-walk").tempdir_in(&self.dir)?;
            let name = image.file_name().unwrap_or_default().to_string_lossy();
            let mut print = |volume: &str, fs_type: &str, outcome: Outcome| {
                let row = |word: &str| println!("{name:<36} {volume:<24} {fs_type:<6} {word}");
                match outcome {
                    Outcome::Same(what) => {
                        same += 1;
                        row(&format!("same: {what}"));
                    }
                    Outcome::Skipped(why) => {
                        skipped += 1;
                        row(&format!("SKIPPED: {why}"));
                    }
                    Outcome::Different(what) => {
                        different += 1;
                        row(&format!("DIFFERENT in {} places", what.len()));
                        what.iter().take(SHOWN).for_each(|line| println!("    {line}"));
                    }
                }
            };
            if let Err(error) = walk(image, place.path(), &mut print) {
                print("", "", Outcome::Skipped(error.to_string()));
            }
        }
        println!("{same} the same, {different} different, {skipped} skipped");
        match (same, different) {
            (0, 0) => Err("nothing was compared".into()),
            (_, 0) => Ok(()),
            _ => Err(format!("{different} filesystems differ").into()),
        }
    }

    fn roots(&self) -> Vec<PathBuf> {
        if !self.paths.is_empty() {
            return self.paths.clone();
        }
        let shared = self.shared.clone().unwrap_or_else(|| workspace().join("../shared"));
        ["fs", "blkid", "discutils", "guests"].map(|name| shared.join("corpora").join(name)).into()
    }
}

/// All images below a path, in order.
fn list(path: &Path, images: &mut Vec<PathBuf>) -> Result<()> {
    let said = |error| format!("{}: {error}", path.display());
    if !fs::metadata(path).map_err(said)?.is_dir() {
        images.push(path.to_owned());
        return Ok(());
    }
    let mut below: Vec<_> =
        fs::read_dir(path).map_err(said)?.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?;
    below.sort();
    for path in below {
        let name = path.to_string_lossy();
        if !NO_IMAGES.iter().any(|end| name.ends_with(&format!(".{end}"))) {
            list(&path, images)?;
        }
    }
    Ok(())
}

/// Walks all volumes of an image whose files are read here.
fn walk(image: &Path, place: &Path, print: &mut dyn FnMut(&str, &str, Outcome)) -> Result<()> {
    let mut path = image.to_owned();
    if image.extension().is_some_and(|end| end == "zst") {
        path = place.join("image");
        output(Command::new("zstd").args(["-q", "-d", "-f", "--sparse"]).arg(image).arg("-o").arg(&path))?;
    }
    let source: storage::Source = disk::open(Arc::new(storage::File::open(&path)?), None, &disk::Closed)?;
    for volume in volume::scan(&source, None)?.volumes {
        let name = match (&volume.name, volume.number) {
            (Some(name), _) if volume.kind == volume::Kind::Logical => name.clone(),
            (_, Some(number)) => format!("partition {number}"),
            _ => "the disk".to_owned(),
        };
        let info = match filesystem::identify(&*volume.source) {
            Ok(Some(filesystem::Content::FileSystem { info, readable: true })) => info,
            Ok(_) => continue,
            Err(error) => {
                print(&name, "", Outcome::Skipped(error.to_string()));
                continue;
            }
        };
        let outcome = compare(volume.source, info.fs_type, place);
        print(&name, info.fs_type, outcome.unwrap_or_else(|error| Outcome::Different(vec![error.to_string()])));
    }
    Ok(())
}

fn compare(volume: storage::Source, fs_type: &str, place: &Path) -> Result<Outcome> {
    let Some(theirs) = Theirs::of(fs_type) else {
        return Ok(Outcome::Skipped(format!("no other program reads {fs_type} here")));
    };
    let copy = place.join("volume");
    ours::copy(&*volume, &copy)?;
    let theirs = theirs.walk(&copy, place);
    fs::remove_file(&copy)?;
    let ((ours, notes), theirs) = match (ours::walk(volume), theirs) {
        (Ok(ours), Ok(theirs)) => (ours, theirs),
        (Err(ours), Ok(_)) => return Err(ours),
        (Err(ours), Err(theirs)) => return Ok(Outcome::Skipped(format!("ours: {ours}; theirs: {theirs}"))),
        (Ok((ours, _)), Err(theirs)) => {
            let wrong = ours.values().filter(|node| node.is_err()).count();
            return Ok(Outcome::Skipped(format!(
                "ours has {} files and cannot read {wrong}; theirs: {theirs}",
                ours.len()
            )));
        }
    };
    let differences = tree::differences(&ours, &theirs);
    if !differences.is_empty() {
        return Ok(Outcome::Different(differences));
    }
    let bytes: u64 = ours.values().filter_map(|node| node.as_ref().ok()).map(|node| node.size).sum();
    let mut what = format!("{} files, {bytes} bytes", ours.len());
    notes.iter().for_each(|note| what.push_str(&format!("; {note}")));
    Ok(Outcome::Same(what))
}
