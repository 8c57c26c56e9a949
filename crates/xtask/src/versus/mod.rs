//! `versus`: whole processes side by side with qemu-img, libraries and zstd, alternating, in one run.
//!
//! qemu-img runs with several sets of flags, and its best median counts. Each round runs every contestant once, so that
//! what else the machine does meets all of them. What was written is checked in a first round, which is not counted.

mod jobs;
mod race;

use crate::Result;
use crate::data::{Data, parse_size};
use crate::process::{output, release_binary, workspace};
use clap::Args;
use jobs::{JOBS, Job, Source};
use race::{Contestant, race, ratio, table};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Flags of qemu-img worth trying: writes out of order, direct I/O and the page cache, few and many coroutines.
const QEMU_FLAGS: [&[&str]; 3] =
    [&["-W", "-m", "16"], &["-W", "-m", "16", "-t", "none", "-T", "none"], &["-W", "-m", "4"]];

/// An empty disk of 1 TiB is a VHD too.
const EMPTY: &str = "1T";

/// Measures this tree's release binary against qemu-img, libraries and zstd.
#[derive(Debug, Args)]
pub(crate) struct Versus {
    /// Directory whose files fill the filesystem that is converted.
    #[arg(long, default_value = "/usr")]
    files: PathBuf,
    /// Length of that filesystem.
    #[arg(long, default_value = "6G", value_parser = parse_size)]
    size: u64,
    /// Rounds; the median counts.
    #[arg(long, default_value_t = 3)]
    runs: usize,
    /// Where to convert: a tmpfs or a disk, with three times the size free.
    #[arg(long, default_value = "/dev/shm")]
    dir: PathBuf,
    /// Only jobs whose name contains this.
    #[arg(long, default_value = "")]
    only: String,
    /// No jobs whose name is this.
    #[arg(long, value_name = "JOB")]
    skip: Vec<String>,
    /// A disk image to judge by preflight.
    #[arg(long)]
    guest: Option<PathBuf>,
    /// Its initramfs, zstd, whose unpacking is what preflight is measured against.
    #[arg(long, requires = "guest")]
    initrd: Option<PathBuf>,
    /// Write the results to benches/results as well, under this name behind the date.
    #[arg(long)]
    save: Option<String>,
}

impl Versus {
    pub(crate) fn run(&self) -> Result<()> {
        let program = release_binary()?;
        let place = tempfile::Builder::new().prefix("bootworthy-versus").tempdir_in(&self.dir)?;
        let mut report = self.conditions(&program)?;
        let wanted = |job: &&Job| job.name.contains(&self.only) && !self.skip.iter().any(|name| name == job.name);
        let jobs = JOBS.iter().filter(wanted);
        let data = Data { directory: place.path().to_owned(), files: self.files.clone(), size: self.size };
        for job in jobs {
            let source = make(&data, job.from)?;
            self.job(&program, job, &source, &mut report)?;
            if job.from != Source::Raw {
                fs::remove_file(&source)?;
            }
            // It takes long: what is done is kept.
            self.save(&report)?;
        }
        self.preflight(&program, &mut report)?;
        print!("{report}");
        self.save(&report)
    }

    /// Programs and machine.
    fn conditions(&self, program: &Path) -> Result<String> {
        let first = |text: String| text.lines().next().unwrap_or_default().to_owned();
        let date = output(Command::new("date").args(["-u", "+%F %H:%M UTC"]))?;
        let commit = output(Command::new("git").args(["describe", "--always", "--dirty"]).current_dir(workspace()))?;
        let processor = fs::read_to_string("/proc/cpuinfo")?;
        let processor = processor.lines().find_map(|line| line.strip_prefix("model name\t: ")).unwrap_or("unknown");
        let mut text = format!("# Versus, {}\n\n", date.trim());
        writeln!(text, "- {} ({})", output(Command::new(program).arg("--version"))?.trim(), commit.trim())?;
        writeln!(text, "- {}", first(output(Command::new("qemu-img").arg("--version"))?))?;
        writeln!(text, "- {}", output(Command::new("zstd").arg("--version"))?.trim())?;
        let processors = std::thread::available_parallelism()?;
        let kernel = output(Command::new("uname").arg("-r"))?;
        let place = output(Command::new("stat").args(["-f", "-c", "%T"]).arg(&self.dir))?;
        writeln!(text, "- {processors} × {processor}, Linux {}, on {}", kernel.trim(), place.trim())?;
        let load = fs::read_to_string("/proc/loadavg")?;
        writeln!(text, "- load before: {}", load.split(' ').take(3).collect::<Vec<_>>().join(" "))?;
        let files = self.files.display();
        writeln!(text, "- data: ext4 of {} MiB filled with the files of {files}", self.size >> 20)?;
        writeln!(
            text,
            "- {} rounds after one that is not counted; `times` is how many times faster than qemu-img at its best; \
             `size` is the file's in proportion to its; `copy` copies the bytes of the source by two threads and does \
             nothing else",
            self.runs
        )?;
        Ok(text)
    }

    fn job(&self, program: &Path, job: &Job, source: &Path, report: &mut String) -> Result<()> {
        let (_, from, their_from) = job.from.file();
        let (to, their_to) = job.to;
        let target = source.with_file_name(format!("out.{to}"));
        let convert = |program: &Path, flags: &[&[&str]], from: &str, to: &str| {
            let mut command = Command::new(program);
            command.arg("convert").args(flags.concat()).args(["-f", from, "-O", to]).arg(source).arg(&target);
            command
        };
        let mut all = Vec::new();
        for (name, flags) in job.ours {
            all.push(Contestant::new(*name, convert(program, &[&["-q"], flags], from, to)));
        }
        let their_flags = if job.slow { &QEMU_FLAGS[..1] } else { &QEMU_FLAGS[..] };
        for flags in their_flags {
            let name = format!("qemu-img {}", [job.theirs, flags].concat().join(" "));
            let command = convert(Path::new("qemu-img"), &[job.theirs, flags], their_from, their_to);
            all.push(Contestant::rival(name, command));
        }
        for library in job.libraries {
            let mut command = Command::new(std::env::current_exe()?);
            command.args(["rival", library]).args([source, &target]);
            all.push(Contestant::new(*library, command));
        }
        if job.libraries.contains(&"imago") && Command::new("rqcow2").arg("--version").output().is_ok() {
            let mut command = Command::new("rqcow2");
            command.args(["convert", "--fmt", from, "--output-fmt", to, "--output-file"]).args([&target, source]);
            all.push(Contestant::new("rqcow2 (qcow2-rs)", command));
        }
        let title = format!("{} → {}", source.file_name().unwrap_or_default().to_string_lossy(), to);
        race(&title, &mut all, &target, self.runs, |contestant| {
            // The plain copy is a copy of the container.
            if contestant.name == "copy" { Ok(()) } else { check(source, &target, their_from, their_to) }
        })?;
        table(report, &format!("{}: {title}", job.name), &all)
    }

    fn save(&self, report: &str) -> Result<()> {
        let Some(name) = &self.save else { return Ok(()) };
        let date = output(Command::new("date").args(["-u", "+%F"]))?;
        let results = workspace().join("benches/results");
        fs::create_dir_all(&results)?;
        let path = results.join(format!("{}-versus-{name}.md", date.trim()));
        fs::write(&path, report)?;
        eprintln!("saved as {}", path.display());
        Ok(())
    }

    /// What preflight takes beside unpacking the initramfs, which it has to do.
    fn preflight(&self, program: &Path, report: &mut String) -> Result<()> {
        let (Some(guest), Some(initrd)) = (&self.guest, &self.initrd) else { return Ok(()) };
        let mut preflight = Command::new(program);
        preflight.arg("preflight").arg(guest);
        let mut zstd = Command::new("zstd");
        zstd.arg("-dcq").arg(initrd);
        let mut all = [Contestant::new("bootworthy preflight", preflight), Contestant::rival("zstd -dc", zstd)];
        for round in 0..=self.runs {
            for contestant in &mut all {
                // Findings (exit code 10) are an answer like any other.
                contestant.run(&[10])?;
                if round == 0 {
                    contestant.forget();
                }
            }
        }
        table(report, "preflight", &all)?;
        let unpacking = all[1].median(|cost| cost.cpu);
        let times = ratio(all[0].wall(), unpacking);
        writeln!(report, "\npreflight took {times:.2} times the CPU time of unpacking")?;
        Ok(())
    }
}

/// The source of a job; raw is kept, and the others are made of it.
fn make(data: &Data, from: Source) -> Result<PathBuf> {
    let (name, _, format) = from.file();
    let path = data.directory.join(name);
    if path.exists() {
        return Ok(path);
    }
    eprintln!("making {name}");
    if from == Source::Raw {
        data.filesystem(&path)?;
        return Ok(path);
    }
    if from == Source::Empty {
        output(Command::new("qemu-img").args(["create", "-f", format]).arg(&path).arg(EMPTY))?;
        return Ok(path);
    }
    let raw = make(data, Source::Raw)?;
    if from == Source::Fragmented {
        data.fragmented(&raw, &path)?;
        return Ok(path);
    }
    let flags: &[&str] = match from {
        Source::Zlib => &["-c"],
        Source::Zstd => &["-c", "-o", "compression_type=zstd"],
        Source::Stream => &["-o", "subformat=streamOptimized"],
        _ => &[],
    };
    let mut convert = Command::new("qemu-img");
    convert.args(["convert", "-W", "-m", "16"]).args(flags).args(["-f", "raw", "-O", format]).args([&raw, &path]);
    output(&mut convert)?;
    Ok(path)
}

/// The output holds the same disk, and qemu-img finds no fault in it.
fn check(source: &Path, target: &Path, from: &str, to: &str) -> Result<()> {
    output(Command::new("qemu-img").args(["compare", "-f", from, "-F", to]).args([source, target]))?;
    if to == "qcow2" || to == "vmdk" {
        output(Command::new("qemu-img").args(["check", "-f", to]).arg(target))?;
    }
    Ok(())
}
