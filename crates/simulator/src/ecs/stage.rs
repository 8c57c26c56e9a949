//! The states of an import.

use super::outcome::Outcome;
use std::time::Duration;

/// Percent of an import for which its image only waits: ours.
const WAITING: u8 = 5;

/// What an import is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    Waiting(u8),
    Creating(u8),
    Odd(u8, String),
    Finished,
    Failed { code: String, message: String, says_finished: bool, percent: u8 },
    Cancelled(u8),
    Gone,
}

impl Stage {
    /// What an import that is to end so is at `percent` of its time.
    pub(super) fn at(percent: u8, outcome: &Outcome) -> Self {
        let going = |percent: u8| if percent < WAITING { Self::Waiting(percent) } else { Self::Creating(percent) };
        match outcome {
            Outcome::FailAt { percent: at, code, message } if percent >= *at => {
                Self::Failed { code: code.clone(), message: message.clone(), says_finished: false, percent: *at }
            }
            Outcome::StallAt(at) => going(percent.min(*at)),
            Outcome::ReportAt { percent: at, status } if percent >= *at => Self::Odd(percent, status.clone()),
            Outcome::VanishAt(at) if percent >= *at => Self::Gone,
            Outcome::FinishFailed { code, message } if percent == 100 => {
                Self::Failed { code: code.clone(), message: message.clone(), says_finished: true, percent }
            }
            _ if percent == 100 => Self::Finished,
            _ => going(percent),
        }
    }

    /// The status of the task. One that was cancelled reads as failed: the reference knows three words only.
    pub(super) fn task_status(&self) -> Option<&str> {
        match self {
            Self::Waiting(_) | Self::Creating(_) => Some("Processing"),
            Self::Odd(_, status) => Some(status),
            Self::Finished | Self::Failed { says_finished: true, .. } => Some("Finished"),
            Self::Failed { .. } | Self::Cancelled(_) => Some("Failed"),
            Self::Gone => None,
        }
    }

    /// The status of the image; one whose import was cancelled is not there.
    pub(super) fn image_status(&self) -> Option<&'static str> {
        match self {
            Self::Waiting(_) => Some("Waiting"),
            Self::Creating(_) | Self::Odd(..) => Some("Creating"),
            Self::Finished => Some("Available"),
            Self::Failed { .. } => Some("CreateFailed"),
            Self::Cancelled(_) | Self::Gone => None,
        }
    }

    pub(super) fn percent(&self) -> u8 {
        match self {
            Self::Waiting(percent) | Self::Creating(percent) | Self::Odd(percent, _) | Self::Cancelled(percent) => {
                *percent
            }
            Self::Failed { percent, .. } => *percent,
            Self::Finished => 100,
            Self::Gone => 0,
        }
    }

    pub(super) fn is_going(&self) -> bool {
        matches!(self, Self::Waiting(_) | Self::Creating(_) | Self::Odd(..))
    }
}

/// Percent of `whole` that `elapsed` is; 100 only when all of it has passed.
pub(super) fn share(elapsed: Duration, whole: Duration) -> u8 {
    if elapsed >= whole {
        return 100;
    }
    // Less than 100 by the line before, whatever the division rounds to.
    u8::try_from(elapsed.as_millis().saturating_mul(100) / whole.as_millis().max(1)).unwrap_or(99).min(99)
}
