//! `fix.sh`: the commands of the proposals in their order, for a POSIX shell.

use crate::proposal::{Phase, Proposal};
use crate::shell;

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

const PATCH: &str = "
# The files that fix.patch changes. Where all of it is done already, or was done by hand, nothing happens.
here=$(CDPATH='' cd -- \"$(dirname -- \"$0\")\" && pwd)
if patch -p1 -R -f -F0 -s --dry-run -d / -i \"$here/fix.patch\" >/dev/null 2>&1; then
    echo 'fix.sh: fix.patch is applied already'
elif patch -p1 -N -f -F0 -s --dry-run -d / -i \"$here/fix.patch\" >/dev/null 2>&1; then
    patch -p1 -N -f -F0 -d / -i \"$here/fix.patch\"
else
    echo 'fix.sh: fix.patch does not apply: the program patch is missing, or the files are not those of the image' >&2
    exit 1
fi
";

/// The script; none where there is nothing to run. `patched`: there is a diff to apply first.
pub(crate) fn write(proposals: &[Proposal], patched: bool) -> Option<String> {
    let mut steps: Vec<(Phase, &[String], Vec<String>)> = Vec::new();
    for proposal in proposals {
        for step in &proposal.steps {
            let words = format!("# {}: {}", proposal.rules.join(", "), shell::comment(&proposal.what));
            match steps.iter_mut().find(|(phase, commands, _)| *phase == step.phase && *commands == step.commands) {
                Some((.., comments)) => comments.push(words),
                None => steps.push((step.phase, &step.commands, vec![words])),
            }
        }
    }
    if steps.is_empty() && !patched {
        return None;
    }
    steps.sort_by_key(|(phase, ..)| *phase);
    let mut script = HEAD.to_owned();
    script += if patched { PATCH } else { "" };
    for (_, commands, comments) in steps {
        script += "\n";
        for line in comments.iter().chain(commands) {
            script += line;
            script += "\n";
        }
    }
    Some(script)
}
