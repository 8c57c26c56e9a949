//! LNX-SSHD-ROOT, LNX-SSHD: what keeps root out, and addresses of the old machine. sshd_config(5).
//!
//! Left to people, since it is a choice: `PermitRootLogin prohibit-password`, `PasswordAuthentication no` and another
//! port than 22.

use crate::edit::Edit;
use crate::proposal::Proposal;
use crate::work::{Work, line_of};
use facts::{Evidence, Known};
use std::collections::BTreeSet;

pub(super) fn propose(work: &mut Work<'_>) {
    let Known::Is(sshd) = &work.linux.sshd else { return };
    if let Some(permit) = sshd.permit_root_login.value()
        && work.failed("LNX-SSHD-ROOT")
        && matches!(permit.value.as_str(), "no" | "forced-commands-only")
    {
        // Without the first line another of the same file may come into effect.
        let paths: BTreeSet<&str> = permit.evidence.iter().filter_map(|place| place.path.as_deref()).collect();
        for path in paths {
            let proposal = Proposal::new("LNX-SSHD-ROOT", format!("{path}: PermitRootLogin does not keep root out"));
            work.propose(proposal.edit(path, lines(work, path, "permitrootlogin", &["no", "forced-commands-only"])));
        }
    }
    for line in work.places("LNX-SSHD-ROOT").filter_map(access_list) {
        work.propose(line);
    }
    if !work.failed("LNX-SSHD") {
        return;
    }
    for place in sshd.listen_addresses.value().into_iter().flatten().flat_map(|line| &line.evidence) {
        let (Some(path), Some(line)) = (place.path.as_deref(), line_of(place)) else { continue };
        let proposal = Proposal::new("LNX-SSHD", format!("{path}: sshd listens on every address"));
        work.propose(proposal.edit(path, [Edit::comment(line)]));
    }
}

/// Lines of a keyword with one of those values, outside of `Match`, as comments.
fn lines(work: &Work<'_>, path: &str, keyword: &str, values: &[&str]) -> Vec<Edit> {
    let found = syntax::sshd::parse(&work.read(path).unwrap_or_default());
    let found = found.into_iter().filter(|found| {
        found.name == keyword && !found.conditional && values.contains(&found.value.to_ascii_lowercase().as_str())
    });
    found.filter_map(|found| usize::try_from(found.line).ok()).map(Edit::comment).collect()
}

/// Root in a list of who may log in, or out of one of who may not.
fn access_list(place: &Evidence) -> Option<Proposal> {
    let (path, line) = (place.path.as_deref()?, line_of(place)?);
    let text = place.text.as_deref()?.to_ascii_lowercase();
    let keyword = text.split_ascii_whitespace().next()?;
    let edit = match keyword {
        "allowusers" | "allowgroups" => Edit::Line(line, Box::new(|text| Some(format!("{} root", text.trim_end())))),
        "denyusers" | "denygroups" => Edit::Line(line, Box::new(without_root)),
        _ => return None,
    };
    Some(Proposal::new("LNX-SSHD-ROOT", format!("{path}: {keyword} does not keep root out")).edit(path, [edit]))
}

fn without_root(text: &str) -> Option<String> {
    let is_root = |word: &str| word == "root" || word.starts_with("root@");
    let kept: Vec<&str> = text.split(' ').filter(|word| !is_root(word)).collect();
    let kept = kept.join(" ");
    Some(if kept.split_ascii_whitespace().count() < 2 { format!("#{text}") } else { kept })
}
