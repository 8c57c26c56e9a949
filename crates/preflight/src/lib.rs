//! The rules of the ECS image import, judged from facts alone.
//!
//! A [`Rule`] is a pure function from [`facts::Facts`] and a [`Target`] to an [`Outcome`]. [`check`] asks all of
//! [`RULES`] and gives a [`Report`]; only a report without blocking findings and open questions gives a [`Clearance`].
//!
//! Two habits run through the rules:
//! * *Unknown is not a pass.* What was not read gives [`Outcome::Unknown`], with the reason.
//! * *What boots is right.* Only what truly stops the import, the boot or the login blocks. Old advice that the
//!   platform has outgrown is a note at most, and says how old it is.
//!
//! # How to add a rule
//!
//! Write `rules/GROUP/NAME.rs` with `pub static RULE`, its `check` and its `cases!`, and add the word to `rules!` in
//! `rules/mod.rs`. Nothing else: `explain`, every report and the tests of all rules find it there.

mod judge;
mod outcome;
mod profile;
mod report;
mod rule;
mod rules;
mod scope;
mod target;
#[cfg(test)]
mod testing;

pub use judge::check;
pub use outcome::{Finding, Outcome, Severity};
pub use profile::{PROFILES, Profile};
pub use report::{Clearance, Judgement, Report, Summary, Verdict, Waiver};
pub use rule::{Judged, Rule, Undecided};
pub use rules::{RULES, rule};
pub use target::{DiskUse, Request, Target};
