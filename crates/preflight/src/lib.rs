//! The rules of the ECS image import, judged from facts alone.
//!
//! A [`Rule`] is a pure function from [`facts::Facts`] and a [`Target`] to an [`Outcome`]. [`check`] asks all of
//! [`RULES`] and gives a [`Report`]; only a report without blocking findings and open questions gives a [`Clearance`].
//!
//! A project decides about the rules in its [`Policy`]: which are asked, how bad they are, what is waived and until when,
//! and what rules of its own there are. With a [`Baseline`] only what is new blocks.
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

mod attestation;
mod baseline;
mod date;
mod glob;
mod instance;
mod judge;
mod outcome;
mod policy;
mod profile;
mod project;
mod report;
mod rule;
mod rules;
mod scope;
mod target;
#[cfg(test)]
mod testing;

pub use attestation::Attestation;
pub use baseline::Baseline;
pub use date::Date;
pub use instance::Instance;
pub use judge::check;
pub use outcome::{Finding, Outcome, Severity};
pub use policy::{Policy, Waiver, nearest, nearest_of};
pub use profile::{PROFILES, Profile};
pub use project::{Operator, ProjectRule};
pub use report::{Clearance, Judgement, PACK, Report, Summary, Verdict};
pub use rule::{Confidence, Judged, Rule, Undecided};
pub use rules::{RULES, absent_devices, nvme_io_timeout, platform_of, rule};
pub use target::{DiskUse, Request, Tag, Target};
