//! Showing how a long operation goes.

use crate::cli::ProgressArgs;
use crate::exit::Failure;
use crate::{signals, size};
use convert::Progress;
use indicatif::{ProgressBar, ProgressStyle};
use std::fs::File;
use std::io::{IsTerminal, Write};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Shows progress where it was asked for, and stops at a signal.
///
/// `-p` draws a bar on a terminal, and elsewhere qemu-img's `    (12.34/100%)` with a carriage return, which scripts
/// read. `--progress FD` writes one JSON object a line to that file descriptor. SIGUSR1 prints one line.
pub(crate) struct Shown {
    what: &'static str,
    begun: Instant,
    bar: Option<ProgressBar>,
    percent: bool,
    lines: Option<Mutex<File>>,
    last: Mutex<Option<Instant>>,
}

impl Shown {
    /// For an operation called `what`.
    pub(crate) fn new(what: &'static str, args: &ProgressArgs) -> Result<Self, Failure> {
        signals::catch()?;
        let shown = args.progress && !args.quiet;
        let terminal = std::io::stderr().is_terminal();
        let bar = (shown && terminal).then(|| {
            let style = ProgressStyle::with_template("{msg} [{bar:40}] {bytes}/{total_bytes}  {bytes_per_sec}  {eta}");
            let bar = ProgressBar::new(0).with_message(what);
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("=> "));
            bar
        });
        let lines = args.progress_fd.map(open_descriptor).transpose()?;
        Ok(Shown {
            what,
            begun: Instant::now(),
            bar,
            percent: shown && !terminal,
            lines: lines.map(Mutex::new),
            last: Mutex::default(),
        })
    }

    /// The operation is over: the last line is complete.
    pub(crate) fn end(&self, total: u64) {
        self.show(total, total);
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
        if self.percent {
            self.out(b"\n");
        }
    }

    fn show(&self, done: u64, total: u64) {
        if let Some(bar) = &self.bar {
            bar.set_length(total);
            bar.set_position(done);
        }
        if self.percent {
            self.out(format!("    ({:.2}/100%)\r", percent(done, total)).as_bytes());
        }
        if let Some(lines) = &self.lines {
            let elapsed = self.begun.elapsed().as_secs_f64();
            let line = format!(
                "{{\"transferred\":{done},\"size\":{total},\"elapsed\":{elapsed:.3},\"description\":\"{}\"}}\n",
                self.what
            );
            // Whoever listened may have gone; the work goes on.
            let _ = lines.lock().unwrap_or_else(PoisonError::into_inner).write_all(line.as_bytes());
        }
    }

    /// As qemu-img: progress goes to standard output.
    fn out(&self, bytes: &[u8]) {
        let mut out = std::io::stdout().lock();
        let _ = out.write_all(bytes).and_then(|()| out.flush());
    }

    /// Whether a tenth of a second has gone by since the last time.
    fn due(&self) -> bool {
        let Ok(mut last) = self.last.try_lock() else { return false };
        let now = Instant::now();
        let due = last.is_none_or(|last| now.duration_since(last) >= Duration::from_millis(100));
        if due {
            *last = Some(now);
        }
        due
    }
}

impl Progress for Shown {
    fn at(&self, done: u64, total: u64) {
        if signals::report_wanted() {
            let _ = writeln!(
                std::io::stderr(),
                "{}: {} of {} ({:.2}/100%)",
                self.what,
                size::human(done),
                size::human(total),
                percent(done, total)
            );
        }
        if self.due() {
            self.show(done, total);
        }
    }

    fn stop(&self) -> bool {
        signals::stop()
    }
}

#[expect(clippy::cast_precision_loss, reason = "two decimals are shown")]
fn percent(done: u64, total: u64) -> f64 {
    if total == 0 { 100.0 } else { 100.0 * done as f64 / total as f64 }
}

fn open_descriptor(number: u32) -> Result<File, Failure> {
    let path = format!("/dev/fd/{number}");
    File::options()
        .append(true)
        .open(&path)
        .or_else(|_| File::options().write(true).open(&path))
        .map_err(|error| Failure::usage(format!("--progress-fd {number}: {error}")))
}
