//! `versus-upload`: uploads beside the official SDK's, to a simulated cloud on this machine whose every answer is late.
//!
//! Ours is `import --no-wait`: it judges the image, asks the bucket, uploads, and begins the import. Theirs is
//! `oss2.resumable_upload` with its defaults. The cloud is a process of its own; its work is in the wall time of both.

use crate::Result;
use crate::process::{Cost, measure, release_binary, workspace};
use clap::Args;
use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// Uploads an image with Bootworthy and with oss2, and compares times.
#[derive(Debug, Args)]
pub(crate) struct VersusUpload {
    /// An image that passes preflight.
    image: PathBuf,
    /// A Python in whose environment oss2 is installed.
    #[arg(long, default_value = "python3", env = "BOOTWORTHY_PYTHON")]
    python: PathBuf,
    /// Milliseconds by which every answer is late.
    #[arg(long, default_value_t = 50)]
    delay: u64,
    /// Rounds that are counted; the median is taken.
    #[arg(long, default_value_t = 3)]
    runs: usize,
    /// Writes the table to benches/results under this name too.
    #[arg(long)]
    save: Option<String>,
}

/// A simulated cloud, as a process.
struct Cloud {
    child: Child,
    variables: Vec<(String, String)>,
}

impl Cloud {
    fn start(program: &Path, delay: u64) -> Result<Self> {
        let mut child = Command::new(program)
            .args(["simulator", "--bucket", "images", "--import-time", "1", "--fault", &format!("*:*=delay:{delay}")])
            .stdout(Stdio::piped())
            .spawn()?;
        let out = child.stdout.take().ok_or("the simulator says nothing")?;
        let mut variables = Vec::new();
        for line in BufReader::new(out).lines().take(7) {
            let line = line?;
            let pair = line.strip_prefix("export ").and_then(|pair| pair.split_once('='));
            let (name, value) = pair.ok_or("the simulator says something else")?;
            variables.push((name.to_owned(), value.to_owned()));
        }
        Ok(Cloud { child, variables })
    }

    fn run(&self, command: &mut Command, home: &Path) -> Result<Cost> {
        command.env("HOME", home).envs(self.variables.iter().map(|(name, value)| (name, value)));
        measure(command, &[])
    }
}

impl Drop for Cloud {
    fn drop(&mut self) {
        let _ = self.child.kill().and_then(|()| self.child.wait());
    }
}

impl VersusUpload {
    pub(crate) fn run(&self) -> Result<()> {
        let program = release_binary()?;
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for round in 0..=self.runs {
            // A new cloud for each: neither finds what the other left.
            let (us, them) = (self.ours(&program)?, self.theirs(&program)?);
            eprintln!("round {round}: {:.1} s and {:.1} s", seconds(us.wall), seconds(them.wall));
            if round > 0 {
                ours.push(us);
                theirs.push(them);
            }
        }
        let report = self.report(&ours, &theirs)?;
        print!("{report}");
        match &self.save {
            None => Ok(()),
            Some(name) => Ok(fs::write(workspace().join("benches/results").join(name).with_extension("md"), report)?),
        }
    }

    fn ours(&self, program: &Path) -> Result<Cost> {
        let (cloud, home) = (Cloud::start(program, self.delay)?, tempfile::tempdir()?);
        let mut command = Command::new(program);
        command.args(["import", "--no-wait", "--no-policy", "-q", "--oss-bucket", "images"]).arg(&self.image);
        cloud.run(&mut command, home.path())
    }

    fn theirs(&self, program: &Path) -> Result<Cost> {
        let (cloud, home) = (Cloud::start(program, self.delay)?, tempfile::tempdir()?);
        let mut command = Command::new(&self.python);
        command.arg(workspace().join("crates/xtask/upload_oss2.py")).arg(&self.image).args(["images", "image.raw"]);
        cloud.run(&mut command, home.path())
    }

    fn report(&self, ours: &[Cost], theirs: &[Cost]) -> Result<String> {
        let size = fs::metadata(&self.image)?.len();
        let mut text = format!(
            "An image of {} MiB to a simulated OSS on the same machine, every answer {} ms late; {} rounds in turns.\n\n\
             | program | median s | CPU s | CPU s a GiB | peak MiB |\n|---|--:|--:|--:|--:|\n",
            size >> 20,
            self.delay,
            self.runs
        );
        for (name, costs) in [("bootworthy import --no-wait", ours), ("oss2.resumable_upload", theirs)] {
            let cpu = median(costs, |cost| cost.cpu);
            #[expect(clippy::cast_precision_loss, reason = "two digits are shown")]
            let gib = size as f64 / f64::from(1 << 30);
            writeln!(
                text,
                "| {name} | {:.2} | {cpu:.2} | {:.2} | {} |",
                median(costs, |cost| cost.wall),
                cpu / gib,
                costs.iter().map(|cost| cost.memory).max().unwrap_or(0) >> 20
            )?;
        }
        let ratio = median(theirs, |cost| cost.wall) / median(ours, |cost| cost.wall);
        writeln!(text, "\nRatio of the medians: {ratio:.1}x")?;
        Ok(text)
    }
}

fn seconds(time: Duration) -> f64 {
    time.as_secs_f64()
}

fn median(costs: &[Cost], of: impl Fn(&Cost) -> Duration) -> f64 {
    let mut all: Vec<_> = costs.iter().map(|cost| seconds(of(cost))).collect();
    all.sort_by(f64::total_cmp);
    all.get(all.len() / 2).copied().unwrap_or_default()
}
