//! WIN-NVME: the NVMe driver starts at boot.

use crate::rules::prelude::*;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "WIN-NVME",
    aliases: &["GUESTOS.Nvme"],
    title: "The NVMe driver starts at boot",
    severity: Severity::NoBoot,
    confidence: Confidence::Current,
    source: "Features.NvmeSupport (SDK model 7.11.8); derived",
    docs: "\
# What it checks
Whether stornvme, which is part of Windows from Server 2012 R2 on, starts at boot and is not held back by
StartOverride. A blocking finding only where NvmeSupport is declared as supported, or
`--target` names instances with NVMe disks.

# Why ECS needs it
On the newest instance families the system disk is an NVMe device. Without its driver Windows stops there with 0x7B.

# How to fix
Set `Start` of `HKLM\\SYSTEM\\CurrentControlSet\\Services\\stornvme` to 0 and delete its key `StartOverride`, or
declare `--nvme-support unsupported`.
",
    check,
};

fn check(facts: &Facts, target: &Target) -> Judged {
    let (guest, windows) = windows(facts, target)?;
    let declared = target.request.nvme_support.as_deref() == Some("supported") || target.instance.nvme;
    let (why, places) = match windows_driver(windows, "stornvme")? {
        None => ("it is not installed", vec![in_hive(guest, windows, "SYSTEM", "no service stornvme")]),
        Some(driver) => match known(&driver.readiness)? {
            Some(Readiness::Ready) => return passed(),
            None => return Err(Undecided::unknown("how far stornvme is fit was not examined")),
            Some(_) => {
                let why = driver.problems.iter().find_map(|problem| problem.text.as_deref());
                let places = driver.problems.iter().cloned().chain([driver.service.evidence.clone()]).collect();
                (why.unwrap_or("it is not fit"), places)
            }
        },
    };
    let message = format!("Windows does not start from an NVMe disk: {why}");
    let remedy = "set Start of the service stornvme to 0 and delete its StartOverride, or choose families without NVMe";
    let finding = Finding::new(message, remedy).at_all(&places);
    Ok(vec![if declared { finding } else { finding.only(Severity::Degraded) }])
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::*;

    fn absent(facts: &mut Facts) {
        windows_of(facts).drivers.insert("stornvme".into(), Known::Absent);
    }

    cases! {
        fires: |facts, target| {
            absent(facts);
            target.request.nvme_support = Some("supported".into());
        },
        passes: |_, _| (),
        undecided: |facts, _| win_driver(facts, "stornvme").readiness = Known::unknown("its file was not read"),
    }

    #[test]
    fn undeclared_it_is_a_warning() {
        assert_eq!(findings(&RULE, |facts, _| absent(facts))[0].severity, Severity::Degraded);
    }
}
