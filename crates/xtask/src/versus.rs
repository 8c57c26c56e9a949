//! `versus`: whole processes side by side with qemu-img and zstd, alternating, in one run.
//!
//! qemu-img runs with several sets of flags, and its best median counts. Each round runs every contestant once, so that
//! what else the machine does meets all of them. What was written is checked in the first round.

use crate::Result;
use crate::data::{incompressible, parse_size};
use crate::process::{Cost, measure, output, release_binary, workspace};
use clap::Args;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// Flags of qemu-img worth trying: writes out of order, direct I/O and the page cache, few and many coroutines.
const QEMU_FLAGS: [&[&str]; 3] =
    [&["-W", "-m", "16", "-t", "none", "-T", "none"], &["-W", "-m", "16"], &["-W", "-m", "4"]];

/// Measures this tree's release binary against qemu-img and zstd.
#[derive(Debug, Args)]
pub(crate) struct Versus {
    /// Bytes of data to convert; 0: convert nothing.
    #[arg(long, default_value = "4G", value_parser = parse_size)]
    size: u64,
    /// Rounds; the median counts.
    #[arg(long, default_value_t = 5)]
    runs: usize,
    /// Where to convert: a tmpfs, with twice the size free.
    #[arg(long, default_value = "/dev/shm")]
    dir: PathBuf,
    /// A disk image to judge by preflight.
    #[arg(long)]
    guest: Option<PathBuf>,
    /// Its initramfs, zstd, whose unpacking is what preflight is measured against.
    #[arg(long, requires = "guest")]
    initrd: Option<PathBuf>,
    /// Write the results to benches/results as well.
    #[arg(long)]
    save: bool,
}

/// A program in a race.
struct Contestant {
    name: String,
    command: Command,
    costs: Vec<Cost>,
}

impl Contestant {
    fn new(name: impl Into<String>, command: Command) -> Self {
        Contestant { name: name.into(), command, costs: Vec::new() }
    }

    fn median(&self, of: impl Fn(&Cost) -> Duration) -> Duration {
        let mut all: Vec<_> = self.costs.iter().map(of).collect();
        all.sort();
        all.get(all.len() / 2).copied().unwrap_or_default()
    }

    fn wall(&self) -> Duration {
        self.median(|cost| cost.wall)
    }

    fn memory(&self) -> u64 {
        self.costs.iter().map(|cost| cost.memory).max().unwrap_or(0)
    }
}

impl Versus {
    pub(crate) fn run(&self) -> Result<()> {
        let program = release_binary()?;
        let place = tempfile::Builder::new().prefix("bootworthy-versus").tempdir_in(&self.dir)?;
        let mut report = self.conditions(&program)?;
        if self.size > 0 {
            self.conversions(&program, place.path(), &mut report)?;
        }
        self.preflight(&program, &mut report)?;
        print!("{report}");
        if self.save { self.save(&report) } else { Ok(()) }
    }

    fn conversions(&self, program: &Path, place: &Path, report: &mut String) -> Result<()> {
        let [raw, qcow2, empty] = ["data.raw", "data.qcow2", "empty.qcow2"].map(|name| place.join(name));
        eprintln!("writing {} bytes of data", self.size);
        incompressible(&raw, self.size)?;
        self.conversion(program, &raw, ("raw", "qcow2"), report)?;
        output(Command::new("qemu-img").args(["convert", "-O", "qcow2"]).args([&raw, &qcow2]))?;
        fs::remove_file(&raw)?;
        self.conversion(program, &qcow2, ("qcow2", "raw"), report)?;
        fs::remove_file(&qcow2)?;
        output(Command::new("qemu-img").args(["create", "-f", "qcow2"]).arg(&empty).arg("1T"))?;
        self.conversion(program, &empty, ("qcow2", "raw"), report)?;
        self.conversion(program, &empty, ("qcow2", "qcow2"), report)
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
        writeln!(text, "- {processors} × {processor}, Linux {}, on {}", kernel.trim(), self.dir.display())?;
        let load = fs::read_to_string("/proc/loadavg")?;
        writeln!(text, "- load before: {}", load.split(' ').take(3).collect::<Vec<_>>().join(" "))?;
        writeln!(text, "- `cargo xtask versus --size {} --runs {}`; medians", self.size, self.runs)?;
        Ok(text)
    }

    fn conversion(&self, program: &Path, source: &Path, formats: (&str, &str), report: &mut String) -> Result<()> {
        let (from, to) = formats;
        let target = source.with_file_name(format!("out.{to}"));
        let convert = |program: &Path, flags: &[&str]| {
            let mut command = Command::new(program);
            command.arg("convert").args(flags).args(["-f", from, "-O", to]).arg(source).arg(&target);
            command
        };
        let mut all = vec![Contestant::new("bootworthy", convert(program, &["-q"]))];
        all.extend(QEMU_FLAGS.iter().map(|flags| {
            Contestant::new(format!("qemu-img {}", flags.join(" ")), convert(Path::new("qemu-img"), flags))
        }));
        let title = format!("{} ({from}) → {to}", source.file_stem().unwrap_or_default().display());
        let count = all.len();
        for round in 0..self.runs {
            // Another one begins each time: whoever comes first finds the machine otherwise than the rest.
            for turn in 0..count {
                let contestant = &mut all[(round + turn) % count];
                eprintln!("{title}: round {}: {}", round + 1, contestant.name);
                contestant.costs.push(measure(&mut contestant.command, &[])?);
                if round == 0 {
                    check(source, &target, formats)?;
                }
                fs::remove_file(&target)?;
            }
        }
        let rivals = &all[1..];
        let best = rivals.iter().map(Contestant::wall).min().unwrap_or_default();
        table(report, &title, &all, |contestant| ratio(best, contestant.wall()))
    }

    /// What preflight takes beside unpacking the initramfs, which it has to do.
    fn preflight(&self, program: &Path, report: &mut String) -> Result<()> {
        let (Some(guest), Some(initrd)) = (&self.guest, &self.initrd) else { return Ok(()) };
        let mut preflight = Command::new(program);
        preflight.arg("preflight").arg(guest);
        let mut zstd = Command::new("zstd");
        zstd.arg("-dcq").arg(initrd);
        let mut all = [Contestant::new("bootworthy preflight", preflight), Contestant::new("zstd -dc", zstd)];
        // The first round warms the page cache. Findings (exit code 10) are an answer like any other.
        for round in 0..=self.runs {
            for contestant in &mut all {
                let cost = measure(&mut contestant.command, &[10])?;
                if round > 0 {
                    contestant.costs.push(cost);
                }
            }
        }
        let unpacking = all[1].median(|cost| cost.cpu);
        table(report, "preflight; times of unpacking in CPU time", &all, |contestant| {
            ratio(contestant.wall(), unpacking)
        })?;
        let beside = all[0].wall().saturating_sub(unpacking);
        writeln!(report, "\nbeside unpacking: {} ms", beside.as_millis())?;
        Ok(())
    }

    fn save(&self, report: &str) -> Result<()> {
        let date = output(Command::new("date").args(["-u", "+%F"]))?;
        let results = workspace().join("benches/results");
        fs::create_dir_all(&results)?;
        let path = results.join(format!("{}-versus.md", date.trim()));
        fs::write(&path, report)?;
        eprintln!("saved as {}", path.display());
        Ok(())
    }
}

/// The output holds the same disk, and qemu-img finds no fault in it.
fn check(source: &Path, target: &Path, (from, to): (&str, &str)) -> Result<()> {
    output(Command::new("qemu-img").args(["compare", "-f", from, "-F", to]).args([source, target]))?;
    if to == "qcow2" {
        output(Command::new("qemu-img").args(["check", "-f", to]).arg(target))?;
    }
    Ok(())
}

fn ratio(a: Duration, b: Duration) -> f64 {
    a.as_secs_f64() / b.as_secs_f64().max(f64::EPSILON)
}

fn table(report: &mut String, title: &str, all: &[Contestant], times: impl Fn(&Contestant) -> f64) -> Result<()> {
    writeln!(report, "\n## {title}\n\n| program | wall s | CPU s | peak MiB | times | all walls |")?;
    writeln!(report, "|---|--:|--:|--:|--:|---|")?;
    for contestant in all {
        let walls: Vec<_> = contestant.costs.iter().map(|cost| format!("{:.3}", cost.wall.as_secs_f64())).collect();
        writeln!(
            report,
            "| {} | {:.3} | {:.3} | {} | {:.2} | {} |",
            contestant.name,
            contestant.wall().as_secs_f64(),
            contestant.median(|cost| cost.cpu).as_secs_f64(),
            contestant.memory() >> 20,
            times(contestant),
            walls.join(" ")
        )?;
    }
    Ok(())
}
