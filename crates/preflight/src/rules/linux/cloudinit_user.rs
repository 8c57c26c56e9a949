//! LNX-CLOUDINIT-USER: cloud-init lets root in.

use crate::rules::prelude::*;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "LNX-CLOUDINIT-USER",
    aliases: &["GUESTOS.CloudInit"],
    title: "cloud-init lets root in",
    severity: Severity::Degraded,
    confidence: Confidence::Old,
    source: "Install cloud-init (2021): disable_root: false",
    docs: "\
# What it checks
Whether `disable_root` is true, or `ssh_pwauth` false, in the configuration of cloud-init.

# Why ECS needs it
With `disable_root` the key pair of a new instance lets in the default user of the distribution (debian, ubuntu) and not
root; with `ssh_pwauth: false` a password lets nobody in by SSH. Both are common defaults: so this is a warning.

# How to fix
Set `disable_root: false` and `ssh_pwauth: true` in /etc/cloud/cloud.cfg, or log in as the default user with a key.
",
    check,
};

fn check(facts: &Facts, target: &Target) -> Judged {
    let (_, linux) = linux(facts, target)?;
    let cloud_init = present(&linux.cloud_init, "cloud-init is not installed (see LNX-CLOUDINIT)")?;
    let mut tally = Tally::default();
    if let Some(setting) = tally.value(&cloud_init.disable_root).filter(|setting| setting.value) {
        let remedy = "set disable_root: false in /etc/cloud/cloud.cfg, or log in as the default user";
        let message = "disable_root is true: key pairs let in the default user, not root";
        tally.fail(Finding::new(message, remedy).at_all(&setting.evidence));
    }
    if let Some(setting) = tally.value(&cloud_init.ssh_pwauth).filter(|setting| !setting.value) {
        let remedy = "set ssh_pwauth: true in /etc/cloud/cloud.cfg, or create instances with a key pair";
        let message = "ssh_pwauth is false: logging in by SSH needs a key pair";
        tally.fail(Finding::new(message, remedy).at_all(&setting.evidence));
    }
    tally.done()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::*;

    cases! {
        fires: |facts, _| of(&mut of(&mut linux_of(facts).cloud_init).disable_root).value = true,
        passes: |_, _| (),
        undecided: |facts, _| linux_of(facts).cloud_init = Known::Absent,
    }
}
