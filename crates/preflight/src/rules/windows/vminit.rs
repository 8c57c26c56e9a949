//! WIN-VMINIT: the init agent of Alibaba Cloud is installed.

use crate::rules::prelude::*;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "WIN-VMINIT",
    aliases: &[],
    title: "The init agent of Alibaba Cloud is installed",
    severity: Severity::Degraded,
    confidence: Confidence::Current,
    source: "Windows init agent (vminit), overview; Troubleshooting of Windows instances, vminit",
    docs: "\
# What it checks
Whether the service vminit is installed, starts by itself and has its file.

# Why ECS needs it
It sets password, host name and network of a new instance, grows the disk and activates Windows. cloudbase-init does
part of that.

# How to fix
Install vminit in the source system, and leave its service on automatic start.
",
    check,
};

fn check(facts: &Facts, target: &Target) -> Judged {
    let (guest, windows) = windows(facts, target)?;
    let remedy = "install vminit in the source system, with its service on automatic start";
    let Some(service) = windows_agent(windows, "vminit")? else {
        let other = windows.agents.get("cloudbase-init").is_some_and(|agent| agent.value().is_some());
        let message = if other {
            "vminit is not installed; cloudbase-init does part of what it does"
        } else {
            "vminit is not installed: password, host name and disk of an instance are not set up"
        };
        let place = in_hive(guest, windows, "SYSTEM", "no service vminit");
        return Ok(vec![Finding::new(message, remedy).at(place)]);
    };
    let mut tally = Tally::default();
    if tally.value(&service.start).is_some_and(|start| *start > ServiceStart::Auto) {
        tally.fail(Finding::new("vminit does not start by itself", remedy).at(service.evidence.clone()));
    }
    if service.file.is_absent() {
        tally.fail(Finding::new("the program of vminit is missing", remedy).at(service.evidence.clone()));
    }
    tally.value(&service.file);
    tally.done()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::*;

    fn agent(facts: &mut Facts) -> &mut WindowsService {
        of(windows_of(facts).agents.get_mut("vminit").expect("an agent"))
    }

    cases! {
        fires: |facts, _| { windows_of(facts).agents.insert("vminit".into(), Known::Absent); },
        passes: |_, _| (),
        undecided: |facts, _| agent(facts).file = Known::unknown("its path is on another volume"),
    }

    #[test]
    fn it_must_start_and_be_there() {
        assert_eq!(findings(&RULE, |facts, _| agent(facts).start = is(ServiceStart::Disabled)).len(), 1);
        assert_eq!(findings(&RULE, |facts, _| agent(facts).file = Known::Absent).len(), 1);
    }
}
