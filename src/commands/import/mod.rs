//! `import`: from files on this machine to an image in ECS. Judged first, uploaded, imported, followed.

mod answer;
mod detection;
mod files;
mod made;
mod watch;

use super::cloud::{self, Farewell};
use super::explain_error;
use super::machine::{self, Drafted};
use super::verify_attestation;
use crate::cli::{Colour, Import, ProgressArgs};
use crate::exit::{Exit, Failure, complain};
use crate::image::say;
use crate::output;
use ::import::upload::{Content, Options};
use ::import::{Cloud, Disk, How, Journal, Role};
use detection::Checked;
use files::Files;
use made::Made;
use preflight::{Clearance, Report, Verdict};
use report::Judged;
use std::io::Write;
use std::path::Path;
use watch::Shown;

pub(crate) fn run(args: &Import, colour: Colour) -> Result<Exit, Failure> {
    let region = cloud::region(args.machine.request.region_id.as_deref());
    // Opened before they are judged, so that whatever is done to them from here on shows in the end.
    let files = Files::open(&args.machine.images)?;
    let made = made(args)?;
    let remade = |number: usize, facts| match made.get(number) {
        Some(made) => made.facts(facts),
        None => Ok(facts),
    };
    let machine = machine::draft(&args.machine, region.as_deref(), false, false, &remade)?;
    if let Some(exit) = machine.refused()? {
        return Ok(exit);
    }
    let clearances = match &args.attestation {
        Some(path) => attested(args, path, &machine)?,
        None => match clear(&machine, colour)? {
            Ok(clearances) => clearances,
            Err(exit) => return Ok(exit),
        },
    };
    files.check_same(&args.machine.images)?;

    let request = &machine.draft.import;
    let bucket = request.disk_device_mapping.first().and_then(|disk| disk.oss_bucket.clone()).unwrap_or_default();
    let region = request.region_id.clone().unwrap_or_default();
    let farewell = Farewell::default();
    let cloud = cloud::Cloud::open(&args.access, &region, &farewell)?;
    let shown = Shown::new(args, &region, &bucket, farewell.clone());
    let contents: Vec<_> = match made.as_slice() {
        [] => files.sources().map(Content::Stored).collect(),
        made => made.iter().map(|made| Content::Made(made)).collect(),
    };
    let disks = contents.into_iter().zip(clearances).map(|(content, clearance)| Disk { content, clearance }).collect();
    let how = How {
        upload: Options {
            part_size: args.upload.part_size,
            workers: args.upload.parallel,
            rate: args.upload.rate,
            overwrite: args.upload.overwrite,
        },
        role: if args.ensure_role { Role::Ensure } else { Role::Check },
        wait: (!args.no_wait).then(|| cloud::pace(&args.waiting)),
    };
    let cloud = Cloud { bucket: cloud.bucket(&bucket)?, ecs: cloud.ecs()?, ram: cloud.ram()? };
    let mut journal = journal(args, &cloud.journal_name(request))?;
    let imported = cloud.import(request, disks, &mut journal, how, &shown, &|| {
        made.iter().try_for_each(Made::check_unchanged)?;
        files.check_unchanged()
    });
    shown.end();
    match imported {
        Ok(imported) => {
            let digests: Vec<_> = made.iter().map(Made::digest).collect();
            let checked = imported.detection.as_ref().zip(machine.checks.reports().first());
            let checked = checked.map(|(detection, report)| Checked::of(detection, report));
            answer::write(args.output, &region, &bucket, &imported, &digests, checked.as_ref())?;
            Ok(Exit::Done)
        }
        Err(error) if error.is_temporary() => {
            let failure = Failure::from(error);
            complain(&failure);
            farewell.say();
            Ok(failure.exit)
        }
        Err(error) => {
            let hint = explain_error::hint(&error);
            let failure = Failure::from(error);
            complain(&failure);
            hint.iter().for_each(|hint| say(hint));
            Ok(failure.exit)
        }
    }
}

/// The images that are made of those that were named, where a conversion was asked for.
fn made(args: &Import) -> Result<Vec<Made>, Failure> {
    let Some(name) = &args.upload.convert else { return Ok(Vec::new()) };
    let format = disk::format(name).expect("the command line was checked");
    args.machine.images.iter().map(|path| Made::of(args, path, format)).collect()
}

/// The proof that the one disk passed, as somebody else attested it.
fn attested(args: &Import, path: &Path, machine: &Drafted) -> Result<Vec<Clearance>, Failure> {
    let ([image], [facts]) = (args.machine.images.as_slice(), machine.disks.as_slice()) else {
        return Err(Failure::usage("--attestation is about one image, and several were named"));
    };
    let attestation = verify_attestation::read(path)?;
    let image = (image.as_path(), &args.machine.subject.input);
    let quiet = ProgressArgs::default();
    let (clearance, _) = verify_attestation::clear(path, &attestation, image, facts.image.file_size, &quiet)?;
    Ok(vec![clearance])
}

/// The proofs that the disks passed, or what the process says of those that did not.
fn clear(machine: &Drafted, colour: Colour) -> Result<Result<Vec<Clearance>, Exit>, Failure> {
    let reports = machine.checks.reports();
    let worst = |verdict| reports.iter().any(|report| report.verdict == verdict);
    let exit = match () {
        () if worst(Verdict::NotReady) => Exit::Blocked,
        () if worst(Verdict::Undecided) => Exit::Undecided,
        () => {
            let clear = |report: &Report| report.clone().clear().ok();
            let all: Option<Vec<_>> = reports.iter().map(clear).collect();
            return Ok(Ok(all.expect("every report says that its disk is ready")));
        }
    };
    let judged: Vec<_> = machine.disks.iter().zip(reports).map(|(facts, report)| Judged { report, facts }).collect();
    let text = report::reporter("text").expect("the reporter for people is always there");
    let mut out = Vec::new();
    text.write(&judged, &output::style(colour), &mut out)?;
    // Nobody can be told if standard error is closed.
    let _ = std::io::stderr().write_all(&out);
    say(match exit {
        Exit::Blocked => "nothing was uploaded: ECS would not import or boot this",
        _ => "nothing was uploaded: what could not be decided may block; waive it in bootworthy.toml with a reason",
    });
    Ok(Err(exit))
}

fn journal(args: &Import, name: &str) -> Result<Journal, Failure> {
    let path = match &args.journal {
        Some(path) => path.clone(),
        None => files::journals()?.join(name),
    };
    let journal = Journal::open(&path)?;
    if let Some(aside) = journal.put_aside() {
        say(&format!("the journal could not be read and was put aside as {}", aside.display()));
    }
    if args.resume && journal.is_empty() {
        let what = format!("{}: there is no import to go on with; leave out --resume to begin one", path.display());
        return Err(Failure::usage(what));
    }
    Ok(journal)
}
