//! LNX-CLOUDINIT: cloud-init is installed, and runs.

use crate::rules::prelude::*;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "LNX-CLOUDINIT",
    aliases: &["GUESTOS.CloudInit"],
    title: "cloud-init is installed and runs",
    severity: Severity::Degraded,
    confidence: Confidence::Current,
    source: "Install cloud-init (2021); Check and repair custom images, item CloudInit (2025)",
    docs: "\
# What it checks
Whether cloud-init is installed, starts at boot, and is not turned off by a file or a kernel parameter.

# Why ECS needs it
cloud-init sets the host name, keys, user data, time servers and package sources of a new instance. Without it the
instance boots as the source machine was.

# How to fix
`apt-get install cloud-init`, `yum install cloud-init`; `systemctl enable cloud-init-local cloud-init cloud-config
cloud-final`; remove /etc/cloud/cloud-init.disabled.
",
    check,
};

fn check(facts: &Facts, target: &Target) -> Judged {
    let (guest, linux) = linux(facts, target)?;
    let Some(cloud_init) = known(&linux.cloud_init)? else {
        let message = "cloud-init is not installed: host name, keys and user data are not set";
        let remedy = "install it in the source system: apt-get install cloud-init, or yum install cloud-init";
        let at = Evidence::file(&guest.root, "/usr/bin/cloud-init").saying("not there");
        return Ok(vec![Finding::new(message, remedy).at(at)]);
    };
    if !cloud_init.disabled_by.is_empty() {
        let remedy = "remove what turns it off, such as /etc/cloud/cloud-init.disabled";
        return Ok(vec![Finding::new("cloud-init is turned off", remedy).at_all(&cloud_init.disabled_by)]);
    }
    if known(&cloud_init.enabled)? == Some(&true) {
        return passed();
    }
    let remedy = "systemctl enable cloud-init-local cloud-init cloud-config cloud-final";
    Ok(vec![Finding::new("cloud-init does not start at boot", remedy).at_all(&cloud_init.evidence)])
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::*;

    cases! {
        fires: |facts, _| linux_of(facts).cloud_init = Known::Absent,
        passes: |_, _| (),
        undecided: |facts, _| of(&mut linux_of(facts).cloud_init).enabled = Known::unknown("a generator decides"),
    }

    #[test]
    fn off_is_as_good_as_missing() {
        let off = findings(&RULE, |facts, _| {
            of(&mut linux_of(facts).cloud_init).disabled_by = vec![in_file("/etc/cloud/cloud-init.disabled", 1, "")];
        });
        assert_eq!(off.len(), 1);
        let stopped = findings(&RULE, |facts, _| of(&mut linux_of(facts).cloud_init).enabled = is(false));
        assert_eq!(stopped.len(), 1);
    }
}
