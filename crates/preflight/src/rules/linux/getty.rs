//! LNX-GETTY: the console of an instance asks for a login.

use crate::rules::prelude::*;

/// The terminal that the remote console shows.
const SHOWN: &str = "tty1";

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "LNX-GETTY",
    aliases: &[],
    title: "The console of an instance asks for a login",
    severity: Severity::Info,
    confidence: Confidence::Current,
    source: "Instructions for importing images; first login of Customized Linux (2021)",
    docs: "\
# What it checks
Whether a login prompt starts on tty1: units of systemd, lines of /etc/inittab, jobs of Upstart.

# Why ECS needs it
The remote console (VNC) shows tty1. It is the way in where the network does not work, and the only one into a
Customized Linux that is not configured yet.

# How to fix
`systemctl enable getty@tty1`, or the line `1:2345:respawn:/sbin/mingetty tty1` in /etc/inittab.
",
    check,
};

fn check(facts: &Facts, target: &Target) -> Judged {
    let (guest, linux) = linux(facts, target)?;
    let terminals = known(&linux.login_terminals)?.map_or(&[][..], Vec::as_slice);
    if terminals.iter().any(|terminal| terminal.value == SHOWN) {
        return passed();
    }
    let names: Vec<_> = terminals.iter().map(|terminal| terminal.value.as_str()).collect();
    let message = match names.as_slice() {
        [] => "no terminal asks for a login: the remote console is of no use".to_owned(),
        names => format!("only {} asks for a login, and the remote console shows {SHOWN}", names.join(", ")),
    };
    let remedy = "systemctl enable getty@tty1, or the line 1:2345:respawn:/sbin/mingetty tty1 in /etc/inittab";
    let finding = Finding::new(message, remedy).at_all(terminals.iter().flat_map(|terminal| &terminal.evidence));
    let nowhere = finding.evidence.is_empty();
    Ok(vec![if nowhere { finding.at(Evidence::file(&guest.root, "/etc").saying("no getty")) } else { finding }])
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::*;

    cases! {
        fires: |facts, _| linux_of(facts).login_terminals = Known::Absent,
        passes: |_, _| (),
        undecided: |facts, _| linux_of(facts).login_terminals = Known::unknown("which init runs is not known"),
    }

    #[test]
    fn a_serial_terminal_alone_is_named() {
        let found = findings(&RULE, |facts, _| of(&mut linux_of(facts).login_terminals)[0].value = "ttyS0".into());
        assert!(found[0].message.starts_with("only ttyS0"), "{found:?}");
    }
}
