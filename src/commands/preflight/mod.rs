//! `preflight`: whether ECS will import and boot an image, or several.

mod attest;
pub(super) mod documents;
mod fix_plan;

use crate::cli::{Colour, Preflight};
use crate::exit::{Exit, Failure, complain};
use crate::image::{self, Examined};
use crate::output;
use documents::{baseline, facts, policy};
use preflight::{Report, Target, Verdict};
use report::{Judged, Reporter, Style};
use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};
use storage::{NewFile, Source};

pub(crate) fn run(args: &Preflight, colour: Colour) -> Result<Exit, Failure> {
    if args.attest.is_some() && args.images.len() > 1 {
        return Err(Failure::usage("--attest is about one image, and several were named"));
    }
    if args.fix_plan.is_some() && args.images.len() > 1 {
        return Err(Failure::usage("--fix-plan is about one image, and several were named"));
    }
    let target = Target {
        profile: args.profile,
        disk: args.disk,
        fail_on: args.fail_on,
        request: args.request.of_one_disk().map_err(Failure::usage)?,
        instance: args.target.clone().unwrap_or_default(),
        policy: policy(args.policy.as_deref(), args.no_policy)?,
        baseline: args.baseline.as_deref().map(baseline).transpose()?,
        ..Target::default()
    };
    let drawn = args.output.formats().any(|format| format == "html");
    let before = args.images.first().and_then(|path| attest::stamp(path));
    let mut outcomes = each(&args.images, |path| {
        let mut examined = if args.from_facts { facts(path) } else { image::examine(path, &args.subject) }?;
        if let (true, Some(disk)) = (drawn, &examined.disk) {
            examined.facts.map = Some(inspect::map(&(Arc::new(disk.clone()) as Source))?);
        }
        let report = preflight::check(&examined.facts, &target);
        Ok((examined, report))
    });
    if let [_] = args.images.as_slice() {
        outcomes = vec![Ok(outcomes.remove(0)?)];
    }
    let mut exit = Exit::Done;
    let (mut judged, mut failed) = (Vec::new(), None);
    for outcome in &outcomes {
        match outcome {
            Ok((examined, report)) => {
                judged.push(Judged { report, facts: &examined.facts });
                exit = worse(exit, code(examined, report, args.strict));
            }
            Err(failure) => {
                complain(failure);
                failed.get_or_insert(failure.exit);
            }
        }
    }
    let time = SystemTime::now().duration_since(UNIX_EPOCH).ok().map(|since| since.as_secs());
    let style = Style { verbose: args.verbose, facts: args.facts, time, ..output::style(colour) };
    if !judged.is_empty() {
        write(args, &judged, &style)?;
    }
    if let (Some(path), [Judged { report, .. }]) = (&args.attest, judged.as_slice()) {
        save(path, &attest::statement(args, report, before)?)?;
    }
    if let (Some(directory), [one]) = (&args.fix_plan, judged.as_slice()) {
        fix_plan::write(args, directory, one, &target)?;
    }
    Ok(failed.unwrap_or(exit))
}

/// What the process says of one image.
fn code(examined: &Examined, report: &Report, strict: bool) -> Exit {
    match report.verdict {
        _ if examined.failure.is_some() => Exit::Image,
        Verdict::NotReady => Exit::Blocked,
        Verdict::Undecided if strict => Exit::Undecided,
        Verdict::Undecided | Verdict::Ready => Exit::Done,
    }
}

/// Of two images, the code of the one in the worse state.
fn worse(a: Exit, b: Exit) -> Exit {
    let rank = |exit: Exit| match exit {
        Exit::Done => 0,
        Exit::Undecided => 1,
        Exit::Blocked => 2,
        _ => 3,
    };
    if rank(b) > rank(a) { b } else { a }
}

/// The same of all images, as many at once as there are processors; in the order in which they were named.
fn each<I: Sync, T: Send>(items: &[I], work: impl Fn(&I) -> T + Sync) -> Vec<T> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(items.len());
    let (next, done) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some((index, item)) = Some(next.fetch_add(1, Ordering::Relaxed))
                    .and_then(|index| items.get(index).map(|item| (index, item)))
                {
                    let outcome = work(item);
                    done.lock().unwrap_or_else(PoisonError::into_inner).push((index, outcome));
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, outcome)| outcome).collect()
}

/// The report on standard output, and those into files.
fn write(args: &Preflight, judged: &[Judged<'_>], style: &Style) -> Result<(), Failure> {
    let plain = Style { colour: false, ..*style };
    for (format, path) in &args.output.files {
        save(path, &document(reporter(format), judged, &plain)?)?;
    }
    let shown = reporter(&args.output.output);
    if shown.name() == "github"
        && let Some(path) = std::env::var_os("GITHUB_STEP_SUMMARY").filter(|path| !path.is_empty())
    {
        add_summary(Path::new(&path), &report::github_summary(judged, &plain))?;
    }
    output::bytes(&document(shown, judged, style)?)
}

/// Adds to the summary of the job, which other steps write into too.
fn add_summary(path: &Path, summary: &str) -> Result<(), Failure> {
    let written =
        OpenOptions::new().append(true).create(true).open(path).and_then(|mut file| file.write_all(summary.as_bytes()));
    written.map_err(|error| Failure::from(error).about(path))
}

fn document(reporter: &dyn Reporter, judged: &[Judged<'_>], style: &Style) -> Result<Vec<u8>, Failure> {
    let mut out = Vec::new();
    reporter.write(judged, style, &mut out)?;
    Ok(out)
}

/// The reporter of that name; `auto` is the one for the CI that runs this.
fn reporter(name: &str) -> &'static dyn Reporter {
    let runs_in = |variable: &str| std::env::var_os(variable).is_some_and(|value| value == "true");
    let name = match name {
        "auto" if runs_in("GITHUB_ACTIONS") => "github",
        // The log of GitLab is for people; its widgets read files (--report gitlab=…, --report junit=…).
        "auto" => "text",
        name => name,
    };
    report::reporter(name).expect("the command line takes only names of reporters")
}

/// A file that is whole or not there. What is no regular file, such as a pipe, is written to.
fn save(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let at = |error: std::io::Error| Failure::from(error).about(path);
    if std::fs::metadata(path).is_ok_and(|found| !found.is_file()) {
        return OpenOptions::new().write(true).open(path).and_then(|mut out| out.write_all(bytes)).map_err(at);
    }
    let new = NewFile::create(path, true)?;
    storage::WriteAt::write_at(&new, bytes, 0)?;
    new.commit()?;
    Ok(())
}
