//! Modes, flags and links: LNX-SSHD-PERM, LNX-SHADOW-RO, LNX-DNS, LNX-LIB-SYMLINK, LNX-ROOT-ACCOUNT.

use crate::proposal::{Phase, Proposal};
use crate::shell;
use crate::work::Work;

pub(super) fn propose(work: &mut Work<'_>) {
    let proposals = [modes(work), flags(work), resolv_conf(work), links(work), root_shell(work), root_end(work)];
    work.proposals.extend(proposals.into_iter().flatten());
}

fn modes(work: &Work<'_>) -> Option<Proposal> {
    let paths: Vec<&str> = work.places("LNX-SSHD-PERM").filter_map(|place| place.path.as_deref()).collect();
    let commands: Vec<String> = paths.iter().flat_map(|path| owned(path)).collect();
    (!commands.is_empty()).then(|| {
        Proposal::new("LNX-SSHD-PERM", "files of sshd have the right owner and mode").run(Phase::Files, commands)
    })
}

/// Owner and mode as LNX-SSHD-PERM asks.
fn owned(path: &str) -> [String; 2] {
    let mode = match path {
        _ if path.ends_with("authorized_keys") || path.starts_with("/etc/ssh/") => "600",
        _ if path == "/root" || path.starts_with("/root/") => "700",
        _ => "711",
    };
    let path = shell::word(path);
    [format!("chown root:root -- {path}"), format!("chmod {mode} -- {path}")]
}

fn flags(work: &Work<'_>) -> Option<Proposal> {
    let paths: Vec<String> =
        work.places("LNX-SHADOW-RO").filter_map(|place| place.path.as_deref()).map(shell::word).collect();
    let command = format!("chattr -i -a -- {}", paths.join(" "));
    (!paths.is_empty())
        .then(|| Proposal::new("LNX-SHADOW-RO", "account files can be written").run(Phase::Files, [command]))
}

fn resolv_conf(work: &Work<'_>) -> Option<Proposal> {
    let path = "/etc/resolv.conf";
    let files = work.linux.immutable_files.value().into_iter().flatten();
    let fixed = work.failed("LNX-DNS") && files.into_iter().any(|file| file.path.as_deref() == Some(path));
    fixed.then(|| {
        Proposal::new("LNX-DNS", format!("{path} can be written")).run(Phase::Files, [format!("chattr -i -- {path}")])
    })
}

/// A relative link in place of an absolute one, in one step, so that programs find their libraries all the time.
fn links(work: &Work<'_>) -> Option<Proposal> {
    let links = work.linux.absolute_links.value().filter(|_| work.failed("LNX-LIB-SYMLINK"))?;
    let mut commands = Vec::new();
    for link in links {
        let path = link.path.as_deref()?;
        let target = link.text.as_deref()?.strip_prefix("a link to /")?;
        let (path, target, new) = (shell::word(path), shell::word(target), shell::word(&format!("{path}.relative")));
        commands.push(format!("ln -sfn -- {target} {new}"));
        commands.push(format!("mv -T -- {new} {path}"));
    }
    Some(Proposal::new("LNX-LIB-SYMLINK", "links at the root are relative").run(Phase::Files, commands))
}

fn root_shell(work: &Work<'_>) -> Option<Proposal> {
    let root = work.linux.root_login.value().filter(|_| work.failed("LNX-ROOT-ACCOUNT"))?;
    // A shell that is there and is one of these already is not what is wrong.
    let shell = work.program(&["/bin/bash", "/bin/sh"]).filter(|_| !root.shell.ends_with("sh"))?;
    let command = format!("usermod -s {} root", shell::word(shell));
    Some(Proposal::new("LNX-ROOT-ACCOUNT", format!("the shell of root is {shell}")).run(Phase::Files, [command]))
}

fn root_end(work: &Work<'_>) -> Option<Proposal> {
    let root = work.linux.root_login.value().filter(|_| work.failed("LNX-ROOT-ACCOUNT"))?;
    root.expires.value()?;
    let proposal = Proposal::new("LNX-ROOT-ACCOUNT", "the account root does not end");
    Some(proposal.run(Phase::Files, ["chage -E -1 root".to_owned()]))
}
