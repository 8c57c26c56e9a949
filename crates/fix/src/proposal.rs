//! What a remedy proposes.

use crate::edit::Edit;

/// When a step of the script is done, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Phase {
    /// Packages come first: they bring programs and services.
    Packages,
    /// Files that go, links, modes.
    Files,
    /// What starts at boot.
    Services,
    /// Once the modules and their settings are in place.
    Initramfs,
    /// Once there is an initramfs to name.
    Bootloader,
    /// What the running system would write again.
    Last,
}

/// Commands of the script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Step {
    /// When.
    pub(crate) phase: Phase,
    /// Lines of POSIX shell, their words quoted. Done twice they do no harm.
    pub(crate) commands: Vec<String>,
}

/// What the script does that can be tried on the image as if it were done.
pub(crate) enum Assumed {
    /// It removed that file.
    Gone(String),
    /// A file came to have these changes.
    Edited(FileEdit),
}

/// Changes of one file.
pub(crate) struct FileEdit {
    /// As a rule or fact names it; links are followed later.
    pub(crate) path: String,
    /// A file that is not there yet is made of them.
    pub(crate) may_be_new: bool,
    /// What changes.
    pub(crate) edits: Vec<Edit>,
}

/// One thing that helps, as a whole.
pub(crate) struct Proposal {
    /// The rules that it helps.
    pub(crate) rules: Vec<&'static str>,
    /// What it does, in words that begin in lower case, without a full stop.
    pub(crate) what: String,
    /// Its part of the diff.
    pub(crate) files: Vec<FileEdit>,
    /// Its part of the script.
    pub(crate) steps: Vec<Step>,
    /// What the script does of which the effect is known.
    pub(crate) assumed: Vec<Assumed>,
    /// The script does something whose effect cannot be seen before it was done: what it claims is not tried.
    pub(crate) untried: bool,
}

impl Proposal {
    /// One that does nothing yet.
    pub(crate) fn new(rule: &'static str, what: impl Into<String>) -> Self {
        Proposal {
            rules: vec![rule],
            what: what.into(),
            files: Vec::new(),
            steps: Vec::new(),
            assumed: Vec::new(),
            untried: false,
        }
    }

    /// With changes of a file that is there.
    #[must_use]
    pub(crate) fn edit(mut self, path: &str, edits: impl IntoIterator<Item = Edit>) -> Self {
        self.files.push(FileEdit { path: path.into(), may_be_new: false, edits: edits.into_iter().collect() });
        self
    }

    /// With lines in a file that is made if it is not there.
    #[must_use]
    pub(crate) fn write(mut self, path: &str, lines: impl IntoIterator<Item = String>) -> Self {
        let edits = lines.into_iter().map(Edit::Append).collect();
        self.files.push(FileEdit { path: path.into(), may_be_new: true, edits });
        self
    }

    /// With commands whose effect cannot be tried on the image.
    #[must_use]
    pub(crate) fn run(mut self, phase: Phase, commands: impl IntoIterator<Item = String>) -> Self {
        self.untried = true;
        self.also_run(phase, commands)
    }

    /// With commands whose effect is assumed, or that only serve the edits.
    #[must_use]
    pub(crate) fn also_run(mut self, phase: Phase, commands: impl IntoIterator<Item = String>) -> Self {
        self.steps.push(Step { phase, commands: commands.into_iter().collect() });
        self
    }

    /// With a file that the script removes. `patch` cannot remove an empty one.
    #[must_use]
    pub(crate) fn remove(mut self, path: &str) -> Self {
        self.assumed.push(Assumed::Gone(path.into()));
        self.also_run(Phase::Files, [format!("rm -f -- {}", crate::shell::word(path))])
    }

    /// With what comes of its commands.
    #[must_use]
    pub(crate) fn assume(mut self, assumed: Assumed) -> Self {
        self.assumed.push(assumed);
        self
    }

    /// For another rule too.
    #[must_use]
    pub(crate) fn also_for(mut self, rule: &'static str) -> Self {
        self.rules.push(rule);
        self
    }
}
