//! What every rule needs.

pub(crate) use crate::outcome::{Finding, Severity};
pub(crate) use crate::rule::{Confidence, Judged, Rule, Tally, Undecided, known, present};
pub(crate) use crate::scope::*;
pub(crate) use crate::target::{DiskUse, Target};
pub(crate) use facts::*;
