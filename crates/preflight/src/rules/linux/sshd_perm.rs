//! LNX-SSHD-PERM: sshd finds its files with the owner and the mode that it insists on.

use crate::rules::prelude::*;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "LNX-SSHD-PERM",
    aliases: &[],
    title: "Owner and mode of sshd's files are right",
    severity: Severity::NoLogin,
    confidence: Confidence::Derived,
    source: "derived from OpenSSH sshd(8) and sshd_config(5), StrictModes",
    docs: "\
# What it checks
Whether the host keys in /etc/ssh belong to root and nobody else can read them, and whether nobody but root can write to
sshd's empty directory (/var/empty/sshd), to /root, /root/.ssh and /root/.ssh/authorized_keys.

# Why ECS needs it
sshd does not load a host key that others can read, and does not start where its empty directory is not root's. What is
wrong below /root only keeps key pairs from working, so that it is a warning; so are host keys where cloud-init makes new
ones for every instance.

# How to fix
`chmod 600 /etc/ssh/ssh_host_*_key`; `chown root:root /var/empty/sshd; chmod 711 /var/empty/sshd`; `chown -R root:root
/root/.ssh; chmod 700 /root /root/.ssh; chmod 600 /root/.ssh/authorized_keys`.
",
    check,
};

fn check(facts: &Facts, target: &Target) -> Judged {
    let (_, linux) = linux(facts, target)?;
    let sshd = present(&linux.sshd, "there is no SSH server (see LNX-SSHD)")?;
    let files = known(&sshd.wrong_modes)?.into_iter().flatten();
    let renewed = linux.cloud_init.value().is_some_and(renews_host_keys);
    Ok(files.map(|file| finding(file, renewed)).collect())
}

/// By its module ssh, which removes those that are there.
fn renews_host_keys(cloud_init: &CloudInit) -> bool {
    let module = |modules: &Vec<String>| modules.iter().any(|name| name == "ssh");
    cloud_init.enabled.value() == Some(&true) && cloud_init.modules.value().is_some_and(module)
}

fn finding(file: &Evidence, renewed: bool) -> Finding {
    let path = file.path.as_deref().unwrap_or("a file of sshd");
    let is = file.text.as_deref().unwrap_or("wrong owner or mode");
    let (message, remedy, severity) = if path == "/root" || path.starts_with("/root/") {
        let mode = if path.ends_with("authorized_keys") { "600" } else { "700" };
        let message = format!("{path} ({is}): sshd takes no key pair for root");
        (message, format!("chown root:root {path}; chmod {mode} {path}"), Severity::Degraded)
    } else if path.starts_with("/etc/ssh/") {
        let message = format!("{path} ({is}): sshd does not load this host key");
        let severity = if renewed { Severity::Degraded } else { Severity::NoLogin };
        (message, format!("chown root:root {path}; chmod 600 {path}"), severity)
    } else {
        let message = format!("{path} ({is}): sshd does not start with such a directory");
        (message, format!("chown root:root {path}; chmod 711 {path}"), Severity::NoLogin)
    };
    Finding::new(message, remedy).at(file.clone()).only(severity)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::*;

    fn wrong(facts: &mut Facts, path: &str) {
        let file = Evidence::file(&VolumeId::partition(1), path).saying("owner 1000, mode 0777");
        of(&mut linux_of(facts).sshd).wrong_modes = is(vec![file]);
    }

    cases! {
        fires: |facts, _| wrong(facts, "/var/empty/sshd"),
        passes: |_, _| (),
        undecided: |facts, _| of(&mut linux_of(facts).sshd).wrong_modes = Known::unknown("/etc/ssh could not be read"),
    }

    #[test]
    fn cloud_init_makes_host_keys_anew() {
        let found = findings(&RULE, |facts, _| {
            wrong(facts, "/etc/ssh/ssh_host_rsa_key");
            of(&mut of(&mut linux_of(facts).cloud_init).modules).push("ssh".into());
        });
        assert_eq!(found[0].severity, Severity::Degraded);
    }

    #[test]
    fn host_keys_cost_the_login_and_roots_keys_do_not() {
        let key = findings(&RULE, |facts, _| wrong(facts, "/etc/ssh/ssh_host_rsa_key"));
        assert_eq!(key[0].severity, Severity::NoLogin);
        assert!(key[0].remedy.contains("chmod 600 /etc/ssh/ssh_host_rsa_key"));
        for path in ["/root", "/root/.ssh", "/root/.ssh/authorized_keys"] {
            let mut facts = bios();
            wrong(&mut facts, path);
            let outcome = RULE.judge(&facts, &Target::default());
            assert_eq!(outcome.findings()[0].severity, Severity::Degraded, "{path}");
        }
    }
}
