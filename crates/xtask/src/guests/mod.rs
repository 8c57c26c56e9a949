//! `guests`: for each rule that blocks, a disk on which it fires and one on which it passes, made without root.
//!
//! The disks are small bases made from nothing, with one change each. The program judges both; what counts is that the
//! rule of the case blocks the one and passes the other. Which other rules block the one is shown beside it.

mod base;
mod btrfs;
mod case;
mod freebsd;
mod images;
mod judge;
mod linux;
mod lvm;
mod place;
mod request;
mod windows;

use crate::Result;
use crate::process::release_binary;
use base::Bases;
use case::{Case, Recipe};
use clap::Args;
use judge::Said;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Makes a failing and a passing disk for each blocking rule, and lets the program judge them.
///
/// Needs e2fsprogs, btrfs-progs, mtools, gdisk, makefs, ntfs-3g, wimtools, qemu-img, zstd; a program that is missing
/// fails the cases that need it.
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
        println!("| rule | failing disk | passing disk | also blocks the failing one | |");
        println!("| --- | --- | --- | --- | --- |");
        for (number, case) in case::all().enumerate().filter(|(_, case)| case.rule.contains(&self.only)) {
            if !blocking.contains(case.rule) {
                return Err(format!("{} is no rule that blocks", case.rule).into());
            }
            // A rule may have several disks.
            let turn = case::all().take(number).filter(|other| other.rule == case.rule).count() + 1;
            let good = self.line(&program, &bases, case, turn);
            wrong += usize::from(!good);
            shown.insert(case.rule);
        }
        println!("\n{} of {} blocking rules shown, {wrong} wrong", shown.len(), blocking.len());
        let without = blocking.iter().filter(|rule| rule.contains(&self.only) && !shown.contains(rule.as_str()));
        let without: Vec<_> = without.map(String::as_str).collect();
        if !without.is_empty() {
            println!("without a disk here: {}", without.join(" "));
        }
        let good = wrong == 0 && without.is_empty() && !shown.is_empty();
        if good { Ok(()) } else { Err("not every rule says what it must, or has a disk".into()) }
    }

    /// Makes both disks of a case and prints what is said of them: whether that is what must be said.
    fn line(&self, program: &Path, bases: &Bases, case: &Case, turn: usize) -> bool {
        let said = |passes| self.judge(program, bases, case, turn, passes);
        let (fails, passes) = (said(false), said(true));
        let good =
            fails.as_ref().is_ok_and(|said| said.blocks) && passes.as_ref().is_ok_and(|said| said.word == "PASSED");
        let word = |said: &Result<Said>| said.as_ref().map_or_else(ToString::to_string, |said| said.word.clone());
        let others = fails.as_ref().map_or_else(|_| String::new(), |said| said.others.join(" "));
        let mark = if good { "" } else { "**WRONG**" };
        println!("| {} | {} | {} | {others} | {mark} |", case.rule, word(&fails), word(&passes));
        good
    }

    /// Makes one disk of a case and asks for its rule.
    fn judge(&self, program: &Path, bases: &Bases, case: &Case, turn: usize, passes: bool) -> Result<Said> {
        let (recipe, word) = if passes { (&case.passing, "passes") } else { (&case.failing, "fails") };
        let turn = if turn == 1 { String::new() } else { format!(".{turn}") };
        let image = self.dir.join(format!("{}{turn}.{word}.{}", case.rule, recipe.container.suffix));
        make(bases, recipe, &image)?;
        let said = judge::ask(program, &image, recipe, case.rule);
        if !self.keep {
            fs::remove_file(&image)?;
        }
        said
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

/// The rules that can block.
fn blocking(program: &Path, bases: &Bases) -> Result<BTreeSet<String>> {
    let disk = bases.copy(case::Base::Debian)?;
    let rules = judge::blocking(program, &disk.path);
    fs::remove_file(&disk.path)?;
    rules
}
