//! `fix.sh`: the commands of the proposals in their order, for a POSIX shell.

use crate::proposal::{Phase, Proposal};
use crate::trial::Changed;
use crate::{rewrite, shell};
use filesystem::GuestPath;
use std::collections::BTreeMap;

const HEAD: &str = "\
#!/bin/sh
# Makes this machine fit for Alibaba Cloud ECS, as README.md beside this file says. Run it as root in the machine that
# the image was made of, then make the image anew. Running it again does no harm.
# Names that come from the image stand in single quotes, whatever they look like.
# shellcheck disable=SC2016
set -eu
if [ \"$(id -u)\" -ne 0 ]; then
    echo 'fix.sh: must be run as root' >&2
    exit 1
fi
";

const MISSED: &str = "
# What cannot be done here does not keep the rest from being done.
left=0
missed() {
    echo \"fix.sh: not done: $1\" >&2
    left=1
}
";

const PATCH: &str = "
# The files that fix.patch changes. Where all of it is done already, or was done by hand, nothing happens.
here=$(CDPATH='' cd -- \"$(dirname -- \"$0\")\" && pwd)
if ! command -v patch >/dev/null 2>&1; then
    rewrite
elif patch -p1 -R -f -F0 -s --dry-run -d / -i \"$here/fix.patch\" >/dev/null 2>&1; then
    echo 'fix.sh: fix.patch is applied already'
elif patch -p1 -N -f -F0 -s --dry-run -d / -i \"$here/fix.patch\" >/dev/null 2>&1; then
    patch -p1 -N -f -F0 -d / -i \"$here/fix.patch\"
else
    echo 'fix.sh: fix.patch does not apply: the files are not those of the image' >&2
    exit 1
fi
";

const TAIL: &str = "
if [ \"$left\" -ne 0 ]; then
    echo 'fix.sh: some of it was not done, as said above' >&2
fi
exit \"$left\"
";

/// One step: when, its commands, the rules that it helps, and what it does in words.
struct Part<'p> {
    phase: Phase,
    commands: &'p [String],
    rules: Vec<&'static str>,
    comments: Vec<String>,
}

/// The script; none where there is nothing to run. `changed`: the files that the diff changes.
pub(crate) fn write(proposals: &[Proposal], changed: &BTreeMap<GuestPath, Changed>) -> Option<String> {
    let parts = parts(proposals);
    if parts.is_empty() && changed.is_empty() {
        return None;
    }
    let mut script = HEAD.to_owned();
    if !changed.is_empty() {
        script += &rewrite::function(changed);
        script += PATCH;
    }
    if !parts.is_empty() {
        script += MISSED;
        parts.iter().for_each(|part| part.write(&mut script));
        script += TAIL;
    }
    Some(script)
}

/// The steps of the proposals in their order, each once.
fn parts(proposals: &[Proposal]) -> Vec<Part<'_>> {
    let mut parts: Vec<Part<'_>> = Vec::new();
    for proposal in proposals {
        for step in &proposal.steps {
            let words = format!("# {}: {}", proposal.rules.join(", "), shell::comment(&proposal.what));
            let (rules, commands) = (proposal.rules.clone(), &step.commands[..]);
            match parts.iter_mut().find(|part| part.phase == step.phase && part.commands == commands) {
                Some(part) => {
                    part.comments.push(words);
                    part.rules.extend(rules);
                }
                None => parts.push(Part { phase: step.phase, commands, rules, comments: vec![words] }),
            }
        }
    }
    parts.sort_by_key(|part| part.phase);
    parts
}

impl Part<'_> {
    fn write(&self, script: &mut String) {
        let mut rules = self.rules.clone();
        rules.dedup();
        let missed = shell::word(&rules.join(", "));
        script.push('\n');
        for line in &self.comments {
            script.push_str(line);
            script.push('\n');
        }
        for command in self.commands {
            script.push_str(command);
            script.push_str(&if command.starts_with('#') { "\n".to_owned() } else { format!(" || missed {missed}\n") });
        }
    }
}
