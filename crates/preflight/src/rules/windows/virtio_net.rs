//! WIN-VIRTIO-NET: the virtio network driver is there.

use crate::rules::prelude::*;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "WIN-VIRTIO-NET",
    aliases: &["GUESTOS.Virtio"],
    title: "The virtio network driver is there",
    severity: Severity::NoLogin,
    confidence: Confidence::Current,
    source: "Troubleshooting of Windows instances, cloud drivers",
    docs: "\
# What it checks
Whether netkvm is installed, has its file for this machine, is not disabled, and is tied to the virtio network card by
its package in the driver store or the driver database.

# Why ECS needs it
The network card of an instance is a virtio device. Without its driver Windows boots and cannot be reached.

# How to fix
Install the virtio drivers of Alibaba Cloud in the source system, or `pnputil /add-driver netkvm.inf /install`.
",
    check,
};

fn check(facts: &Facts, target: &Target) -> Judged {
    let (guest, windows) = windows(facts, target)?;
    let remedy = "install the virtio drivers in the source system: pnputil /add-driver netkvm.inf /install";
    let Some(driver) = windows_driver(windows, "netkvm")? else {
        let place = in_hive(guest, windows, "SYSTEM", "no service netkvm");
        return Ok(vec![Finding::new("netkvm is not installed: an instance has no network", remedy).at(place)]);
    };
    match known(&driver.readiness)? {
        Some(Readiness::Ready | Readiness::NotBootStart) => passed(),
        None => Err(Undecided::unknown("how far netkvm is fit was not examined")),
        Some(Readiness::Broken | Readiness::Unmatched) => {
            let why = driver.problems.iter().find_map(|problem| problem.text.as_deref()).unwrap_or("it is not fit");
            let finding = Finding::new(format!("netkvm will not run the network card of an instance: {why}"), remedy);
            Ok(vec![finding.at_all(&driver.problems).at(driver.service.evidence.clone())])
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::*;

    cases! {
        fires: |facts, _| { windows_of(facts).drivers.insert("netkvm".into(), Known::Absent); },
        passes: |_, _| (),
        undecided: |facts, _| { windows_of(facts).drivers.remove("netkvm"); },
    }

    #[test]
    fn a_driver_that_nothing_ties_to_the_card() {
        assert_eq!(
            findings(&RULE, |facts, _| win_driver(facts, "netkvm").readiness = is(Readiness::Unmatched)).len(),
            1
        );
        assert_eq!(findings(&RULE, |facts, _| win_driver(facts, "netkvm").readiness = is(Readiness::Broken)).len(), 1);
    }
}
