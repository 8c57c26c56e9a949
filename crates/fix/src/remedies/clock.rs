//! LNX-RTC-UTC, LNX-ARM-RTC: the hardware clock is taken for UTC. adjtime(5), and the settings of older systems.

use crate::edit::Edit;
use crate::proposal::Proposal;
use crate::work::Work;

const ADJTIME: &str = "/etc/adjtime";

/// Older settings: file, name, what stands for UTC.
const OLDER: &[(&str, &str, &str)] = &[
    ("/etc/default/rcS", "UTC", "UTC=yes"),
    ("/etc/sysconfig/clock", "HWCLOCK", "HWCLOCK=\"-u\""),
    ("/etc/sysconfig/clock", "UTC", "UTC=true"),
];

pub(super) fn propose(work: &mut Work<'_>) {
    let Some(rule) = ["LNX-RTC-UTC", "LNX-ARM-RTC"].into_iter().find(|rule| work.failed(rule)) else { return };
    let local = |(number, text): &(usize, String)| *number == 3 && text.trim() == "LOCAL";
    let proposal = if work.lines(ADJTIME).iter().any(local) {
        Some(Proposal::new(rule, format!("{ADJTIME}: UTC")).edit(ADJTIME, [Edit::replace(3, "UTC")]))
    } else {
        OLDER.iter().find_map(|(path, key, line)| {
            let values = work.assignments(path);
            let number = usize::try_from(syntax::shell::last(&values, key)?.line).ok()?;
            Some(Proposal::new(rule, format!("{path}: {line}")).edit(path, [Edit::replace(number, *line)]))
        })
    };
    work.proposals.extend(proposal);
}
