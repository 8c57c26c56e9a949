//! An image, opened, judged and planned for; and what a source machine would make of the plan.

use facts::Facts;
use fix::{Effect, Plan};
use preflight::{Report, Target};
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use storage::Source;

/// Says that an oracle is missing; fails where none may be.
pub(crate) fn skip(what: &str) {
    assert!(std::env::var_os("BOOTWORTHY_REQUIRE_ORACLES").is_none_or(|value| value != "1"), "missing: {what}");
    eprintln!("SKIPPED: {what}");
}

/// An image and what was found out about it.
pub(crate) struct Machine {
    name: String,
    file: Source,
    disk: Arc<dyn disk::Disk>,
    pub(crate) facts: Facts,
    pub(crate) target: Target,
    pub(crate) report: Report,
}

impl Machine {
    pub(crate) fn open(path: &Path) -> Option<Self> {
        let file: Source = Arc::new(storage::File::open(path).unwrap());
        let name = path.to_string_lossy().into_owned();
        let disk = disk::open(file.clone(), None, &disk::Closed).ok()?;
        let facts = inspect::inspect(&name, &file, &disk).unwrap();
        let target = Target::default();
        let report = preflight::check(&facts, &target);
        Some(Machine { name, file, disk, facts, target, report })
    }

    fn image(&self) -> inspect::Image<'_> {
        inspect::Image { path: &self.name, file: &self.file, disk: &self.disk }
    }

    pub(crate) fn plan(&self) -> Plan {
        fix::plan(self.image(), &[], &self.facts, &self.report, &self.target).unwrap()
    }

    /// Applies the diff with `patch` to the files that it names, taken from the image, and judges the disk with what came
    /// of it. None: there is no `patch`, or nothing to apply.
    pub(crate) fn patched(&self, plan: &Plan, directory: &Path) -> Option<Report> {
        let paths = named_files(plan.patch());
        if paths.is_empty() {
            return None;
        }
        let places = self.extract(&paths, directory);
        for round in ["forward", "again"] {
            let output = patch(directory, plan.patch(), &["-p1", "-N", "-f", "-F0"])?;
            assert_eq!(output.status.success(), round == "forward", "{}: {}", self.name, said(&output));
        }
        let changes: Vec<_> = paths
            .iter()
            .zip(places)
            .map(|(path, place)| inspect::Change {
                volume: place.volume,
                path: place.inner,
                content: Some(std::fs::read(directory.join(&path[1..])).unwrap()),
            })
            .collect();
        let facts = inspect::inspect_changed(self.image(), &[], &changes).unwrap();
        Some(preflight::check(&facts, &self.target))
    }

    fn extract(&self, paths: &[String], directory: &Path) -> Vec<inspect::GuestPlace> {
        let look = |files: &inspect::GuestFiles<'_, '_>| {
            let one = |path: &String| {
                let to = directory.join(&path[1..]);
                std::fs::create_dir_all(to.parent().unwrap()).unwrap();
                match files.read(path).unwrap() {
                    Some((place, bytes)) => {
                        std::fs::write(to, bytes).unwrap();
                        place
                    }
                    None => files.place(path).unwrap().unwrap(),
                }
            };
            paths.iter().map(one).collect()
        };
        inspect::with_guest_files(self.image(), &[], look).unwrap().unwrap()
    }

    /// The effect on a rule.
    pub(crate) fn effect(plan: &Plan, rule: &str) -> Option<Effect> {
        plan.rules.iter().find(|found| found.rule == rule).map(|found| found.effect)
    }
}

/// The files that a diff is about, from the root of the guest.
pub(crate) fn named_files(patch: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(patch);
    text.lines()
        .filter_map(|line| line.strip_prefix("+++ b"))
        .map(|name| name.trim_end_matches('\t').to_owned())
        .collect()
}

fn patch(directory: &Path, diff: &[u8], arguments: &[&str]) -> Option<Output> {
    let mut command = Command::new("patch");
    command
        .args(arguments)
        .arg("-d")
        .arg(directory)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let Ok(mut child) = command.spawn() else {
        skip("the program patch");
        return None;
    };
    child.stdin.take().unwrap().write_all(diff).unwrap();
    Some(child.wait_with_output().unwrap())
}

/// The script is one that the shell can read, and that ShellCheck has nothing to say about.
pub(crate) fn check_script(script: &str) {
    for (program, arguments) in [("sh", &["-n"][..]), ("shellcheck", &["-s", "sh", "-"])] {
        let mut command = Command::new(program);
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let Ok(mut child) = command.spawn() else {
            skip(program);
            continue;
        };
        child.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{program}: {}\n{script}", said(&output));
    }
}

fn said(output: &Output) -> String {
    [&output.stdout[..], &output.stderr[..]].map(|bytes| String::from_utf8_lossy(bytes).into_owned()).concat()
}
