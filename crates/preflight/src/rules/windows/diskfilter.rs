//! WIN-DISKFILTER: filters of disks and networks have their drivers.

use crate::rules::prelude::*;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "WIN-DISKFILTER",
    aliases: &["GUESTOS.Disk"],
    title: "Filters of disks and networks have their drivers",
    severity: Severity::NoBoot,
    confidence: Confidence::Current,
    source: "Check and repair custom images, item Disk (2025); Troubleshooting of Windows instances, storage",
    docs: "\
# What it checks
Whether each filter that the classes of disks, volumes, their controllers and network adapters name has a service and
a file.

# Why ECS needs it
Windows does not start a device of which a filter is missing. For the class of disks that is a stop 0x7B. Removed
backup and security programs leave such names.

# How to fix
Take the name out of `UpperFilters` or `LowerFilters` of the class below
`HKLM\\SYSTEM\\CurrentControlSet\\Control\\Class`.
",
    check,
};

fn check(facts: &Facts, target: &Target) -> Judged {
    let (_, windows) = windows(facts, target)?;
    let mut tally = Tally::default();
    for filter in known(&windows.class_filters)?.into_iter().flatten() {
        let missing = match &filter.service {
            Known::Absent => "its service",
            Known::Is(service) if service.file.is_absent() => "its file",
            Known::Is(service) => {
                tally.value(&service.file);
                continue;
            }
            Known::Unknown(reason) => {
                tally.doubt(reason.why.clone());
                continue;
            }
        };
        let message = format!("the filter {} of {} lacks {missing}", filter.driver, filter.class_name);
        let list = if filter.upper { "UpperFilters" } else { "LowerFilters" };
        let remedy = format!("take {} out of {list} of the class {}", filter.driver, filter.class);
        let finding = Finding::new(message, remedy).at(filter.evidence.clone());
        tally.fail(match filter.class_name.as_str() {
            "network adapters" => finding.only(Severity::NoLogin),
            // The disk of an instance is on no IDE controller.
            "IDE controllers" => finding.only(Severity::Degraded),
            _ => finding,
        });
    }
    tally.done()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::*;

    fn first(facts: &mut Facts) -> &mut ClassFilter {
        &mut of(&mut windows_of(facts).class_filters)[0]
    }

    cases! {
        fires: |facts, _| first(facts).service = Known::Absent,
        passes: |facts, _| of(&mut windows_of(facts).class_filters).push(filter("EhStorClass")),
        undecided: |facts, _| first(facts).service = Known::unknown("its key is damaged"),
    }

    #[test]
    fn a_filter_of_the_network_keeps_out_and_a_missing_file_counts() {
        assert_eq!(
            findings(&RULE, |facts, _| {
                first(facts).service = Known::Absent;
                first(facts).class_name = "network adapters".into();
            })[0]
                .severity,
            Severity::NoLogin
        );
        assert_eq!(findings(&RULE, |facts, _| of(&mut first(facts).service).file = Known::Absent).len(), 1);
    }
}
