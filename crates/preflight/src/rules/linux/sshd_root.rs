//! LNX-SSHD-ROOT: root may log in by SSH with what the platform sets.

use crate::rules::prelude::*;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "LNX-SSHD-ROOT",
    aliases: &["image_check.ssh"],
    title: "root may log in by SSH",
    severity: Severity::NoLogin,
    confidence: Confidence::Derived,
    source: "Instructions for importing images (2021); compliance tool, item ssh: PermitRootLogin unset",
    docs: "\
# What it checks
`PermitRootLogin`, `PasswordAuthentication`, `PubkeyAuthentication`, `AllowUsers` and the like of the SSH server, as they
are in effect.

# Why ECS needs it
The password or key pair of a new instance is set for root. Where sshd does not let root in, it is of no use. With
cloud-init and a default user there is another way in, so that this is a warning then.

# How to fix
Remove `PermitRootLogin no` from /etc/ssh/sshd_config and sshd_config.d (the compliance tool wants it unset), and add
root to `AllowUsers`.
",
    check,
};

fn check(facts: &Facts, target: &Target) -> Judged {
    let (_, linux) = linux(facts, target)?;
    let sshd = present(&linux.sshd, "there is no SSH server (see LNX-SSHD)")?;
    let other_way = linux.cloud_init.value().is_some_and(|found| found.enabled.value() == Some(&true));
    let mut tally = Tally::default();
    if let Some(permit) = tally.value(&sshd.permit_root_login) {
        let (message, severity) = match permit.value.as_str() {
            "no" | "forced-commands-only" if other_way => {
                (format!("PermitRootLogin is {}: only other users get in", permit.value), Severity::Degraded)
            }
            "no" | "forced-commands-only" => {
                (format!("PermitRootLogin is {}: nobody gets in as root", permit.value), Severity::NoLogin)
            }
            "prohibit-password" | "without-password" => {
                let message = format!("PermitRootLogin is {}: root gets in with a key pair only", permit.value);
                (message, Severity::Info)
            }
            _ => (String::new(), Severity::Info),
        };
        if !message.is_empty() {
            let remedy = "remove PermitRootLogin from the configuration of sshd, or create instances with a key pair";
            tally.fail(Finding::new(message, remedy).at_all(&permit.evidence).only(severity));
        }
    }
    if let Some(password) = tally.value(&sshd.password_authentication).filter(|password| !password.value) {
        let remedy = "create instances with a key pair, or set PasswordAuthentication yes";
        let finding = Finding::new("sshd takes no passwords: logging in needs a key pair", remedy);
        tally.fail(finding.at_all(&password.evidence).only(Severity::Degraded));
    }
    keys(&mut tally, sshd);
    for line in tally.value(&sshd.access_lists).into_iter().flatten().filter(|line| keeps_root_out(line)) {
        let remedy = "add root to the list, or remove the line";
        let finding = Finding::new("sshd lets only some users or groups in, which may leave root out", remedy);
        tally.fail(finding.at(line.clone()).only(Severity::Degraded));
    }
    tally.done()
}

/// Without keys a password must do, which sshd may not take of root, or of anybody.
fn keys(tally: &mut Tally, sshd: &Sshd) {
    let Some(keys) = tally.value(&sshd.pubkey_authentication).filter(|keys| !keys.value) else { return };
    let by_password = match sshd.permit_root_login.value() {
        Some(permit) => permit.value == "yes",
        None => tally.value(&sshd.root_by_password) != Some(&false),
    };
    let none = sshd.password_authentication.value().is_some_and(|password| !password.value);
    let (message, severity) = match by_password && !none {
        true => ("sshd takes no keys: logging in needs a password", Severity::Degraded),
        false => ("sshd takes no keys, and of root no password either", Severity::NoLogin),
    };
    let remedy = "remove PubkeyAuthentication no from the configuration of sshd";
    tally.fail(Finding::new(message, remedy).at_all(&keys.evidence).only(severity));
}

/// Whether a line of an access list may keep root out: an allow list without root, or a deny list with it.
fn keeps_root_out(line: &Evidence) -> bool {
    let text = line.text.as_deref().unwrap_or_default().to_ascii_lowercase();
    let root = text.split([' ', '\t', ',', '=']).any(|word| word == "root" || word.starts_with("root@") || word == "*");
    if text.trim_start().starts_with("deny") { root } else { !root }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::*;

    fn permit(facts: &mut Facts, value: &str) {
        let line = in_file("/etc/ssh/sshd_config", 33, &format!("PermitRootLogin {value}"));
        of(&mut linux_of(facts).sshd).permit_root_login = is(Claim::new(value.into(), line));
    }

    cases! {
        fires: |facts, _| { linux_of(facts).cloud_init = Known::Absent; permit(facts, "no") },
        passes: |facts, _| permit(facts, "yes"),
        undecided: |facts, _| linux_of(facts).sshd = Known::Absent,
    }

    #[test]
    fn with_a_default_user_or_keys_it_is_milder() {
        assert_eq!(findings(&RULE, |facts, _| permit(facts, "no"))[0].severity, Severity::Degraded);
        assert_eq!(findings(&RULE, |facts, _| permit(facts, "prohibit-password"))[0].severity, Severity::Info);
    }

    fn without_keys(facts: &mut Facts) -> &mut Sshd {
        let sshd = of(&mut linux_of(facts).sshd);
        let line = in_file("/etc/ssh/sshd_config", 38, "pubkeyauthentication no");
        sshd.pubkey_authentication = is(Claim::new(false, line));
        sshd
    }

    #[test]
    fn without_keys_a_password_must_do() {
        let new = findings(&RULE, |facts, _| without_keys(facts).root_by_password = is(false));
        assert_eq!((new.len(), new[0].severity), (1, Severity::NoLogin));
        let old = findings(&RULE, |facts, _| without_keys(facts).root_by_password = is(true));
        assert_eq!(old[0].severity, Severity::Degraded);
        let neither = findings(&RULE, |facts, _| {
            let line = in_file("/etc/ssh/sshd_config", 57, "passwordauthentication no");
            without_keys(facts).password_authentication = is(Claim::new(false, line));
        });
        assert!(neither.iter().any(|found| found.severity == Severity::NoLogin));
    }

    #[test]
    fn access_lists_with_root_do_no_harm() {
        let keeps = |text: &str| keeps_root_out(&in_file("/etc/ssh/sshd_config", 1, text));
        assert!(keeps("AllowUsers admin") && !keeps("AllowUsers admin root"));
        assert!(keeps("DenyUsers root") && !keeps("DenyUsers guest"));
    }
}
