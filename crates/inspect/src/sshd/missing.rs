//! A server without its configuration file ends at once, unless it is told of another.

use super::CONFIGS;
use super::program::Program;
use crate::look::{Gap, Look, Outcome as _};
use crate::tree::Tree;
use facts::Claim;

/// Where a server may be told of another file by `-f`.
const STARTERS: &[&str] = &[
    "/etc/default/ssh",
    "/etc/sysconfig/sshd",
    "/etc/sysconfig/ssh",
    "/etc/conf.d/sshd",
    "/etc/init.d/ssh",
    "/etc/init.d/sshd",
    "/etc/systemd/system/ssh.service",
    "/etc/systemd/system/sshd.service",
    "/lib/systemd/system/ssh.service",
    "/lib/systemd/system/sshd.service",
    "/usr/lib/systemd/system/ssh.service",
    "/usr/lib/systemd/system/sshd.service",
];

/// What it means that the file is not there.
pub(super) fn judge(tree: &Tree<'_>, program: &Program<'_, '_>) -> Look<Vec<Claim<String>>> {
    let path = CONFIGS[0];
    for starter in STARTERS {
        let Some(file) = tree.read(starter).optional()? else { continue };
        let text = String::from_utf8_lossy(&file.bytes);
        let mut words = text.split(|c: char| c.is_whitespace() || matches!(c, '=' | '"' | '\''));
        if words.any(|word| word.starts_with("-f")) {
            return Err(Gap::unknown(format!("{starter} tells sshd of another configuration than {path}")));
        }
    }
    match program.says(path) {
        Ok(true) => Ok(vec![Claim::new("its configuration is missing".to_owned(), tree.evidence(path))]),
        Ok(false) | Err(Gap::Absent) => {
            Err(Gap::unknown(format!("there is no {path}, and where sshd looks is not known")))
        }
        Err(gap) => Err(gap),
    }
}
