//! Programs side by side.

use crate::Result;
use crate::process::{Cost, measure};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// A program in a race.
pub(super) struct Contestant {
    pub(super) name: String,
    pub(super) command: Command,
    /// Whose best median the others are compared with, as opposed to ours and yardsticks.
    pub(super) is_rival: bool,
    costs: Vec<Cost>,
    /// Length of what it wrote.
    written: u64,
}

impl Contestant {
    pub(super) fn new(name: impl Into<String>, command: Command) -> Self {
        Contestant { name: name.into(), command, is_rival: false, costs: Vec::new(), written: 0 }
    }

    pub(super) fn rival(name: impl Into<String>, command: Command) -> Self {
        Contestant { is_rival: true, ..Contestant::new(name, command) }
    }

    pub(super) fn run(&mut self, accept: &[i32]) -> Result<()> {
        self.costs.push(measure(&mut self.command, accept)?);
        Ok(())
    }

    /// Forgets a round that only warmed the caches.
    pub(super) fn forget(&mut self) {
        self.costs.clear();
    }

    pub(super) fn median(&self, of: impl Fn(&Cost) -> Duration) -> Duration {
        let mut all: Vec<_> = self.costs.iter().map(of).collect();
        all.sort();
        all.get(all.len() / 2).copied().unwrap_or_default()
    }

    pub(super) fn wall(&self) -> Duration {
        self.median(|cost| cost.wall)
    }

    fn memory(&self) -> u64 {
        self.costs.iter().map(|cost| cost.memory).max().unwrap_or(0)
    }
}

/// Runs every contestant once a round, each round begun by another one: whoever comes first finds the machine otherwise
/// than the rest. The first round is not counted: it meets memory that was never touched. `check` looks at what was
/// written in it.
pub(super) fn race(
    title: &str,
    all: &mut [Contestant],
    target: &Path,
    runs: usize,
    check: impl Fn(&Contestant) -> Result<()>,
) -> Result<()> {
    let count = all.len();
    for round in 0..=runs {
        for turn in 0..count {
            let contestant = &mut all[(round + turn) % count];
            eprintln!("{title}: round {round}: {}", contestant.name);
            contestant.run(&[])?;
            if round == 0 {
                contestant.forget();
                contestant.written = fs::metadata(target)?.len();
                check(contestant)?;
            }
            fs::remove_file(target)?;
        }
    }
    Ok(())
}

pub(super) fn ratio(a: Duration, b: Duration) -> f64 {
    a.as_secs_f64() / b.as_secs_f64().max(f64::EPSILON)
}

/// The best median of the rivals.
pub(super) fn best(all: &[Contestant]) -> Option<&Contestant> {
    all.iter().filter(|contestant| contestant.is_rival).min_by_key(|contestant| contestant.wall())
}

/// A table of the race; `times` is how much faster than the best rival each was.
pub(super) fn table(report: &mut String, title: &str, all: &[Contestant]) -> Result<()> {
    let (wall, written) = best(all).map_or((Duration::ZERO, 0), |best| (best.wall(), best.written));
    writeln!(
        report,
        "\n## {title}\n\n| program | median s | min | max | CPU s | peak MiB | MiB written | size | times |"
    )?;
    writeln!(report, "|---|--:|--:|--:|--:|--:|--:|--:|--:|")?;
    for contestant in all {
        let mut walls: Vec<_> = contestant.costs.iter().map(|cost| cost.wall.as_secs_f64()).collect();
        walls.sort_by(f64::total_cmp);
        let (min, max) = (walls.first().copied().unwrap_or(0.0), walls.last().copied().unwrap_or(0.0));
        #[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
        let size = contestant.written as f64 / (written.max(1)) as f64;
        writeln!(
            report,
            "| {} | {:.3} | {min:.3} | {max:.3} | {:.2} | {} | {} | {size:.3} | {:.2} |",
            contestant.name,
            contestant.wall().as_secs_f64(),
            contestant.median(|cost| cost.cpu).as_secs_f64(),
            contestant.memory() >> 20,
            contestant.written >> 20,
            ratio(wall, contestant.wall()),
        )?;
    }
    Ok(())
}
