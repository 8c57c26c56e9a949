//! `guests`: for each rule that blocks, a disk on which it fires and one on which it passes, made without root.
//!
//! The disks are small bases made from nothing, with one change each. The program judges both; what counts is that the
//! rule of the case blocks the one and passes the other, whatever other rules say.

mod base;
mod case;
mod freebsd;
mod images;
mod linux;
mod lvm;
mod request;
mod windows;

use crate::Result;
use crate::process::release_binary;
use base::Bases;
use case::{Case, Recipe};
use clap::Args;
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Severities of findings that block.
const BLOCKING: [&str; 3] = ["no_login", "no_boot", "reject"];

/// Makes a failing and a passing disk for each blocking rule, and lets the program judge them.
///
/// Needs e2fsprogs, mtools, gdisk, makefs, qemu-img, zstd; a program that is missing fails the cases that need it.
#[derive(Debug, Args)]
pub(crate) struct Guests {
    /// Scratch directory, made if it is not there.
    dir: PathBuf,
    /// Only rules whose name contains this.
    #[arg(long, default_value = "")]
    only: String,
    /// Keep the disks, as RULE.fails.* and RULE.passes.*, instead of removing them as soon as they are judged.
    #[arg(long)]
    keep: bool,
}

impl Guests {
    pub(crate) fn run(&self) -> Result<()> {
        let program = release_binary()?;
        fs::create_dir_all(&self.dir)?;
        let bases = Bases::new(&program, &self.dir)?;
        let blocking = blocking(&program, &bases)?;
        let (mut shown, mut wrong) = (BTreeSet::new(), 0);
        println!("| rule | failing disk | passing disk | |\n| --- | --- | --- | --- |");
        for case in case::all().filter(|case| case.rule.contains(&self.only)) {
            if !blocking.contains(case.rule) {
                return Err(format!("{} is no rule that blocks", case.rule).into());
            }
            let said = |passes| self.judge(&program, &bases, case, passes).unwrap_or_else(|error| error.to_string());
            let (fails, passes) = (said(false), said(true));
            let good = BLOCKING.contains(&fails.as_str()) && passes == "PASSED";
            wrong += usize::from(!good);
            shown.insert(case.rule.to_owned());
            println!("| {} | {fails} | {passes} | {} |", case.rule, if good { "" } else { "**WRONG**" });
        }
        let without: Vec<_> = blocking.difference(&shown).filter(|rule| rule.contains(&self.only)).cloned().collect();
        println!("\n{} of {} blocking rules shown, {wrong} wrong", shown.len(), blocking.len());
        println!("without a disk here: {}", without.join(" "));
        if wrong == 0 && !shown.is_empty() { Ok(()) } else { Err("not every rule says what it must".into()) }
    }

    /// Makes one disk of a case: the severity at which the rule blocks it, or else the word of its status.
    fn judge(&self, program: &Path, bases: &Bases, case: &Case, passes: bool) -> Result<String> {
        let (recipe, word) = if passes { (&case.passing, "passes") } else { (&case.failing, "fails") };
        let image = self.dir.join(format!("{}.{word}.{}", case.rule, recipe.container.suffix));
        make(bases, recipe, &image)?;
        let report = report(program, &image, recipe.arguments)?;
        if !self.keep {
            fs::remove_file(&image)?;
        }
        let results = report["results"].as_array().ok_or("a report without results")?;
        let result = results.iter().find(|result| result["id"] == case.rule).ok_or("the report lacks the rule")?;
        let severities = result["findings"].as_array().into_iter().flatten().filter_map(|one| one["severity"].as_str());
        let worst = severities.filter_map(|word| BLOCKING.iter().position(|known| *known == word)).max();
        Ok(worst.map_or_else(|| result["status"].as_str().unwrap_or("?").to_owned(), |at| BLOCKING[at].to_owned()))
    }
}

/// Makes the image of a recipe.
fn make(bases: &Bases, recipe: &Recipe, image: &Path) -> Result<()> {
    let mut disk = bases.copy(recipe.base)?;
    (recipe.change)(&mut disk)?;
    (recipe.container.make)(&disk.path, image)?;
    // A raw image is the copy itself, under another name.
    if disk.path.exists() {
        fs::remove_file(&disk.path)?;
    }
    Ok(())
}

fn report(program: &Path, image: &Path, arguments: &[&str]) -> Result<Value> {
    let mut preflight = Command::new(program);
    let done = preflight.args(["preflight", "--no-policy", "--output", "json"]).args(arguments).arg(image).output()?;
    let words = || String::from_utf8_lossy(&done.stderr).trim().to_owned();
    Ok(serde_json::from_slice(&done.stdout).map_err(|error| format!("preflight: {error}: {}", words()))?)
}

/// The rules that can block: a report names of those that found nothing the worst that they can say.
fn blocking(program: &Path, bases: &Bases) -> Result<BTreeSet<String>> {
    let disk = bases.copy(case::Base::Debian)?;
    let report = report(program, &disk.path, &[])?;
    fs::remove_file(&disk.path)?;
    let results = report["results"].as_array().ok_or("a report without results")?;
    let blocks = |result: &&Value| result["severity"].as_str().is_some_and(|word| BLOCKING.contains(&word));
    Ok(results.iter().filter(blocks).filter_map(|result| result["id"].as_str()).map(str::to_owned).collect())
}
