//! WIN-VIRTIO-OLD: the virtio drivers are not too old.

use crate::rules::prelude::*;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "WIN-VIRTIO-OLD",
    aliases: &[],
    title: "The virtio drivers are not too old",
    severity: Severity::Degraded,
    confidence: Confidence::Current,
    source: "Troubleshooting of Windows instances, cloud drivers",
    docs: "\
# What it checks
The file versions of viostor and netkvm: the fourth number should be 58017 or more.

# Why ECS needs it
Drivers before that have known faults on instances of today.

# How to fix
Install the present virtio drivers of Alibaba Cloud in the source system.
",
    check,
};

/// The fourth number of the first version that is recommended.
const FIRST: u16 = 58_017;

fn check(facts: &Facts, target: &Target) -> Judged {
    let (_, windows) = windows(facts, target)?;
    let mut tally = Tally::default();
    let mut seen = false;
    for name in ["viostor", "netkvm"] {
        let Some(file) = windows_driver(windows, name)?.and_then(|driver| tally.value(&driver.service.file)) else {
            continue;
        };
        seen = true;
        if file.version.is_absent() {
            tally.doubt(format!("{name} has no version in its file"));
        }
        let Some(&[a, b, c, d]) = tally.value(&file.version) else { continue };
        if d < FIRST {
            let message = format!("{name} is of version {a}.{b}.{c}.{d}; {FIRST} or more at its end is recommended");
            let remedy = "install the present virtio drivers of Alibaba Cloud in the source system";
            tally.fail(Finding::new(message, remedy).at(file.evidence.clone()));
        }
    }
    let findings = tally.done()?;
    if seen { Ok(findings) } else { Err(Undecided::skipped("there are no virtio drivers (see WIN-VIRTIO-STOR)")) }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::*;

    fn version(facts: &mut Facts) -> &mut Known<[u16; 4]> {
        &mut of(&mut win_driver(facts, "viostor").service.file).version
    }

    cases! {
        fires: |facts, _| *version(facts) = is([100, 85, 104, 20_800]),
        passes: |_, _| (),
        undecided: |facts, _| *version(facts) = Known::unknown("the resources are damaged"),
    }
}
