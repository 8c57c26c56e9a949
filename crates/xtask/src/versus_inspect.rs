//! `versus-inspect`: inspection beside dissect.target, on guests of which it is known what they are.
//!
//! Both are asked the same four things of the same image in one run, in turns: family, version, host name,
//! architecture. `NAME.json` beside `NAME.raw` says what is true.

use crate::Result;
use crate::process::{Cost, measure, output, release_binary, workspace};
use clap::Args;
use serde_json::Value;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// Inspects every guest of a directory with Bootworthy and with dissect.target, and compares answers and times.
#[derive(Debug, Args)]
pub(crate) struct VersusInspect {
    /// Directory with NAME.raw and NAME.json.
    guests: PathBuf,
    /// A Python in whose environment dissect.target is installed.
    #[arg(long, default_value = "python3")]
    python: PathBuf,
    /// Rounds that are counted; the median is taken.
    #[arg(long, default_value_t = 3)]
    runs: usize,
    /// Only guests whose name contains this.
    #[arg(long, default_value = "")]
    only: String,
    /// Writes the table to benches/results under this name too.
    #[arg(long)]
    save: Option<String>,
}

/// What was asked, and the keys under which the truth is.
const QUESTIONS: [&str; 4] = ["os_type", "version", "hostname", "arch"];

/// One program on one guest.
struct Answered {
    answers: [String; 4],
    wall: Duration,
    memory: u64,
    /// Without the start of the program, where it says so.
    inside: Option<Duration>,
}

/// Of all guests.
#[derive(Default)]
struct Score {
    right: usize,
    asked: usize,
    times: Vec<f64>,
    inside: Vec<f64>,
    memory: u64,
}

impl VersusInspect {
    pub(crate) fn run(&self) -> Result<()> {
        let program = release_binary()?;
        let names = guests(&self.guests, &self.only)?;
        let mut table = String::from(
            "| guest | ours, ms | dissect.target, ms (whole process) | ratio | inside, ms | ratio | ours | dissect.target |\n\
             | --- | ---: | ---: | ---: | ---: | ---: | --- | --- |\n",
        );
        let (mut ours, mut theirs) = (Score::default(), Score::default());
        for name in &names {
            eprintln!("{name}");
            let truth: Value = serde_json::from_str(&fs::read_to_string(self.guests.join(format!("{name}.json")))?)?;
            let image = self.guests.join(format!("{name}.raw"));
            let (us, them) = self.ask(&program, &image)?;
            row(&mut table, name, &us, &them, &truth)?;
            ours.add(&us, &truth);
            theirs.add(&them, &truth);
        }
        let report = format!("{}\n{table}", summary(names.len(), &ours, &theirs));
        print!("{report}");
        match &self.save {
            None => Ok(()),
            Some(name) => Ok(fs::write(workspace().join("benches/results").join(name).with_extension("md"), report)?),
        }
    }

    /// Both programs in turns; the first round only warms the caches.
    fn ask(&self, program: &Path, image: &Path) -> Result<(Answered, Answered)> {
        let our = || {
            let mut command = Command::new(program);
            command.args(["inspect", "--output=json"]).arg(image);
            command
        };
        let their = || {
            let mut command = Command::new(&self.python);
            command.arg(workspace().join("crates/xtask/ask_dissect.py")).arg(image);
            command
        };
        let (mut us, mut them, mut inside) = (Vec::new(), Vec::new(), Vec::new());
        for round in 0..=self.runs {
            // An image that cannot be opened is an answer too.
            let costs = (measure(&mut our(), &[20])?, measure(&mut their(), &[])?);
            if round > 0 {
                us.push(costs.0);
                them.push(costs.1);
                let said: Value = serde_json::from_str(&output(&mut their())?)?;
                inside.push(said["seconds"].as_f64().unwrap_or_default());
            }
        }
        let said = our().output()?.stdout;
        let ours = of_ours(&serde_json::from_slice(&said).unwrap_or_default());
        let theirs = of_theirs(&serde_json::from_str(&output(&mut their())?)?);
        inside.sort_by(f64::total_cmp);
        let inside = inside.get(inside.len() / 2).map(|seconds| Duration::from_secs_f64(*seconds));
        Ok((answered(ours, &us, None), answered(theirs, &them, inside)))
    }
}

fn guests(directory: &Path, only: &str) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        let is_guest =
            path.extension().is_some_and(|extension| extension == "json") && path.with_extension("raw").exists();
        if let Some(name) =
            path.file_stem().and_then(|name| name.to_str()).filter(|name| is_guest && name.contains(only))
        {
            names.push(name.to_owned());
        }
    }
    names.sort();
    if names.is_empty() { Err("no guests there".into()) } else { Ok(names) }
}

fn answered(answers: [String; 4], costs: &[Cost], inside: Option<Duration>) -> Answered {
    let mut walls: Vec<_> = costs.iter().map(|cost| cost.wall).collect();
    walls.sort();
    let wall = walls.get(walls.len() / 2).copied().unwrap_or_default();
    Answered { answers, wall, memory: costs.iter().map(|cost| cost.memory).max().unwrap_or(0), inside }
}

fn of_ours(facts: &Value) -> [String; 4] {
    let guest = &facts["guest"]["is"];
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    [
        text(&guest["os"]),
        text(&guest["distribution"]["is"]["version"]),
        text(&guest["hostname"]["is"]["value"]),
        text(&guest["architecture"]["is"]["value"]),
    ]
}

fn of_theirs(said: &Value) -> [String; 4] {
    ["os", "version", "hostname", "architecture"].map(|key| said[key].as_str().unwrap_or_default().to_owned())
}

/// Whether an answer says what is true, in whatever words.
fn is_right(question: &str, answer: &str, truth: &str) -> bool {
    let answer = answer.to_lowercase();
    let truth = truth.to_lowercase();
    match question {
        "os_type" if truth == "freebsd" => answer.contains("bsd"),
        // Distributions are families of their own there.
        "os_type" if truth == "linux" => !answer.is_empty() && !answer.contains("error") && !answer.contains("windows"),
        "os_type" => answer.contains(&truth),
        "version" => truth.split('.').all(|part| answer.contains(part)),
        "hostname" => answer == truth || Some(answer.as_str()) == truth.split('.').next(),
        _ => match truth.as_str() {
            "x86_64" => answer.contains("x86_64") || answer.contains("amd64"),
            "aarch64" => answer.contains("aarch64") || answer.contains("arm64"),
            _ => ["i386", "i686", "x86-"].iter().any(|name| answer.contains(name)),
        },
    }
}

fn verdicts(answered: &Answered, truth: &Value) -> [bool; 4] {
    let mut right = [false; 4];
    for ((right, question), answer) in right.iter_mut().zip(QUESTIONS).zip(&answered.answers) {
        *right = is_right(question, answer, truth[question].as_str().unwrap_or_default());
    }
    right
}

fn row(table: &mut String, name: &str, us: &Answered, them: &Answered, truth: &Value) -> Result<()> {
    let ms = |time: Duration| time.as_secs_f64() * 1000.0;
    let inside = them.inside.unwrap_or_default();
    let ratio = |time: Duration| time.as_secs_f64() / us.wall.as_secs_f64();
    let words = |answered: &Answered| {
        let wrong: Vec<_> = QUESTIONS
            .iter()
            .zip(verdicts(answered, truth))
            .zip(&answered.answers)
            .filter(|((_, right), _)| !right)
            .map(|((question, _), answer)| format!("{question} {answer:?}"))
            .collect();
        if wrong.is_empty() { "all four".to_owned() } else { format!("not {}", wrong.join(", ")) }
    };
    writeln!(
        table,
        "| {name} | {:.1} | {:.0} | {:.0}x | {:.0} | {:.1}x | {} | {} |",
        ms(us.wall),
        ms(them.wall),
        ratio(them.wall),
        ms(inside),
        ratio(inside),
        words(us),
        words(them)
    )?;
    Ok(())
}

impl Score {
    fn add(&mut self, answered: &Answered, truth: &Value) {
        self.right += verdicts(answered, truth).into_iter().filter(|right| *right).count();
        self.asked += QUESTIONS.len();
        self.times.push(answered.wall.as_secs_f64());
        self.inside.extend(answered.inside.map(|time| time.as_secs_f64()));
        self.memory = self.memory.max(answered.memory);
    }

    /// Median in milliseconds.
    fn median(times: &[f64]) -> f64 {
        let mut times = times.to_vec();
        times.sort_by(f64::total_cmp);
        times.get(times.len() / 2).copied().unwrap_or_default() * 1000.0
    }
}

fn summary(guests: usize, ours: &Score, theirs: &Score) -> String {
    let line = |name: &str, score: &Score| {
        format!(
            "{name}: {} of {} answers right, median {:.1} ms a guest, at most {} MiB\n",
            score.right,
            score.asked,
            Score::median(&score.times),
            score.memory >> 20
        )
    };
    let inside = Score::median(&theirs.inside);
    let ratio = |theirs: f64| theirs / Score::median(&ours.times);
    format!(
        "{guests} guests, whole processes, caches warm, in turns.\n\n{}\n{}\nRatio of the medians: {:.0}x; without the \
         start of Python and its imports ({inside:.0} ms): {:.1}x\n",
        line("Bootworthy", ours),
        line("dissect.target", theirs),
        ratio(Score::median(&theirs.times)),
        ratio(inside)
    )
}
