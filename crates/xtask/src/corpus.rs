//! `corpus`: every disk image of the corpus, converted to each format that is written and checked.
//!
//! The oracles are the corpus's own index (size and sha256 of the content) and qemu-img (`compare`, `check`). What the
//! index says must be refused must be refused.

use crate::Result;
use crate::process::{output, release_binary, workspace};
use clap::Args;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Our name of a format, and qemu-img's.
const FORMATS: [(&str, &str); 6] =
    [("raw", "raw"), ("qcow2", "qcow2"), ("vhd", "vpc"), ("vmdk", "vmdk"), ("vhdx", "vhdx"), ("iso", "raw")];

/// Those that are written.
const TARGETS: [&str; 4] = ["raw", "qcow2", "vhd", "vmdk"];

/// Formats of the index that are archives of disks, or are called by name and not read.
const REFUSED: [&str; 4] = ["ova", "ovf", "parallels", "dmg"];

/// Content larger than this is compared by qemu-img, which knows holes, and not hashed.
const LARGEST_HASHED: u64 = 4 << 30;

/// qcow2 and VHD are whole sectors long.
const SECTOR: u64 = 512;

/// Converts every image of a corpus to every format, and checks what comes out.
#[derive(Debug, Args)]
pub(crate) struct Corpus {
    /// Directory that holds corpora/INDEX.tsv.
    #[arg(long, env = "BOOTWORTHY_SHARED")]
    shared: Option<PathBuf>,
    /// Where to unpack and convert.
    #[arg(long, default_value = "/dev/shm")]
    dir: PathBuf,
    /// Only images whose name contains this.
    #[arg(long, default_value = "")]
    only: String,
}

/// A row of the index.
struct Row<'a> {
    file: &'a str,
    format: &'a str,
    size: Option<u64>,
    sha256: &'a str,
    facts: &'a str,
}

impl<'a> Row<'a> {
    fn parse(line: &'a str) -> Option<Self> {
        let columns: Vec<_> = line.split('\t').collect();
        let [file, format, _, _, file_sha256, size, sha256, facts, ..] = columns[..] else { return None };
        // Of a raw image the file is the content, where the index does not say more.
        let sha256 = if sha256.is_empty() && format == "raw" { file_sha256 } else { sha256 };
        Some(Row { file, format, size: size.parse().ok(), sha256, facts })
    }

    fn must_be_refused(&self) -> bool {
        ["must be refused", "differencing:"].iter().any(|words| self.facts.contains(words))
            || REFUSED.contains(&self.format)
    }
}

impl Corpus {
    pub(crate) fn run(&self) -> Result<()> {
        let program = release_binary()?;
        let shared = self.shared.clone().unwrap_or_else(|| workspace().join("../shared"));
        let corpora = shared.join("corpora");
        let index = fs::read_to_string(corpora.join("INDEX.tsv"))
            .map_err(|error| format!("{}/INDEX.tsv: {error}", corpora.display()))?;
        let known = |format: &str| FORMATS.iter().any(|(name, _)| *name == format) || REFUSED.contains(&format);
        let ours = |row: &Row| (known(row.format) || row.must_be_refused()) && row.file.contains(&self.only);
        let (mut good, mut bad) = (0, 0);
        for row in index.lines().skip(1).filter_map(Row::parse).filter(ours) {
            let place = tempfile::Builder::new().prefix("bootworthy-corpus").tempdir_in(&self.dir)?;
            match sweep(&program, &corpora, place.path(), &row) {
                Ok(what) => {
                    good += 1;
                    println!("ok      {}: {what}", row.file);
                }
                Err(error) => {
                    bad += 1;
                    println!("FAILED  {}: {error}", row.file);
                }
            }
        }
        println!("{good} passed, {bad} failed");
        if bad == 0 && good > 0 { Ok(()) } else { Err("not every image of the corpus passed".into()) }
    }
}

fn sweep(program: &Path, corpora: &Path, place: &Path, row: &Row) -> Result<String> {
    let image = place.join("image");
    let packed = corpora.join(row.file);
    output(Command::new("zstd").args(["-dqf", "--sparse", "-o"]).arg(&image).arg(&packed))?;
    if row.must_be_refused() {
        return refused(program, &image, row);
    }
    let raw = convert(program, row.format, &image, "raw")?;
    let size = fs::metadata(&raw.file)?.len();
    if row.size.is_some_and(|expected| expected != size) {
        return Err(format!("the disk is {size} bytes long, and the index says {:?}", row.size).into());
    }
    if size <= LARGEST_HASHED && !row.sha256.is_empty() {
        let sum = output(Command::new("sha256sum").arg(&raw.file))?;
        if !sum.starts_with(row.sha256) {
            return Err("the sha256 of the content is not the index's".into());
        }
    }
    compare(&image, row.format, &raw.file, "raw")?;
    if size % SECTOR != 0 {
        return Ok(format!("raw only: {size} bytes are not whole sectors; {}", raw.digest));
    }
    for format in TARGETS {
        let made = convert(program, row.format, &image, format)?;
        compare(&raw.file, "raw", &made.file, format)?;
        if format == "qcow2" || format == "vmdk" {
            output(Command::new("qemu-img").args(["check", "-f", format]).arg(&made.file))?;
        }
        // And back, so that our own reading of it is seen too.
        let back = convert(program, format, &made.file, "raw")?;
        if made.digest != raw.digest || back.digest != raw.digest {
            return Err(format!("the digests by way of {format} differ").into());
        }
        fs::remove_file(&back.file)?;
        if format != "raw" {
            fs::remove_file(&made.file)?;
        }
    }
    Ok(raw.digest)
}

fn refused(program: &Path, image: &Path, row: &Row) -> Result<String> {
    let mut words = Vec::new();
    for target in TARGETS {
        let to = image.with_extension(target);
        let done = Command::new(program).args(["convert", "-O", target]).args([image, &to]).output()?;
        if done.status.code() != Some(20) || to.exists() {
            return Err(format!("is not refused, though {:?}: {}", row.facts, done.status).into());
        }
        words = done.stderr;
    }
    Ok(String::from_utf8_lossy(&words).trim().to_owned())
}

struct Converted {
    file: PathBuf,
    digest: String,
}

fn convert(program: &Path, from: &str, image: &Path, to: &str) -> Result<Converted> {
    let file = image.with_file_name(format!("{}.{from}.{to}", image.file_name().unwrap_or_default().to_string_lossy()));
    let mut command = Command::new(program);
    command.args(["convert", "--force", "-f", from, "-O", to]).args([image, &file]);
    let said = output(&mut command)?;
    let digest = said.split_whitespace().find(|word| word.starts_with("bw1:"));
    let digest = digest.ok_or_else(|| format!("no digest in {said:?}"))?.to_owned();
    Ok(Converted { file, digest })
}

fn compare(a: &Path, a_format: &str, b: &Path, b_format: &str) -> Result<()> {
    let of = |format: &str| FORMATS.iter().find(|(ours, _)| *ours == format).map_or("raw", |(_, theirs)| theirs);
    output(Command::new("qemu-img").args(["compare", "-f", of(a_format), "-F", of(b_format)]).args([a, b]))?;
    Ok(())
}
