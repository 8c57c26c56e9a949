//! `ifcfg-*` files of the Red Hat family and of SUSE.

use super::{Wanted, line_number};
use crate::edit::Edit;
use crate::work::Work;
use facts::InterfaceMatch;

/// Settings of the old network, by how their names begin.
const OLD: &[&str] =
    &["IPADDR", "NETMASK", "PREFIX", "GATEWAY", "NETWORK", "BROADCAST", "DNS", "REMOTE_IPADDR", "PEERDNS"];

/// A file in `/etc/sysconfig/network-scripts`.
pub(super) fn red_hat(work: &Work<'_>, wanted: &Wanted<'_>) -> Option<Vec<Edit>> {
    let mut edits = Vec::new();
    if wanted.dhcp {
        edits.extend(set(work, wanted.path, "BOOTPROTO", "dhcp")?);
        edits.extend(set(work, wanted.path, "ONBOOT", "yes")?);
        edits.extend(delete(work, wanted.path, OLD));
    }
    if wanted.any_hardware {
        edits.extend(delete(work, wanted.path, &["HWADDR"]));
    }
    if wanted.any_name || (wanted.any_hardware && !is_eth0(work, wanted)) {
        edits.extend(set(work, wanted.path, "DEVICE", "eth0")?);
    }
    Some(edits)
}

/// A file in `/etc/sysconfig/network`, whose name is the interface: another name would be another file.
pub(super) fn suse(work: &Work<'_>, wanted: &Wanted<'_>) -> Option<Vec<Edit>> {
    let fits = matches!(&wanted.profile.interface, InterfaceMatch::Name(name) if name == "eth0");
    if (wanted.any_name && !fits) || wanted.path.contains("ifcfg-eth-id-") {
        return None;
    }
    let mut edits = Vec::new();
    if wanted.dhcp {
        edits.extend(set(work, wanted.path, "BOOTPROTO", "'dhcp'")?);
        edits.extend(set(work, wanted.path, "STARTMODE", "'auto'")?);
        edits.extend(delete(work, wanted.path, OLD));
    }
    if wanted.any_hardware {
        edits.extend(delete(work, wanted.path, &["LLADDR"]));
    }
    Some(edits)
}

fn is_eth0(work: &Work<'_>, wanted: &Wanted<'_>) -> bool {
    let values = work.assignments(wanted.path);
    let device = syntax::shell::last(&values, "DEVICE").map(|found| found.value.trim().to_owned());
    device.as_deref().or(wanted.path.rsplit_once("/ifcfg-").map(|(_, name)| name)) == Some("eth0")
}

/// The assignment with that value, in place of those that are there.
fn set(work: &Work<'_>, path: &str, key: &str, value: &str) -> Option<Vec<Edit>> {
    let line = format!("{key}={value}");
    let values = work.assignments(path);
    let found: Vec<_> = values.iter().filter(|found| found.key == key).collect();
    let Some((last, before)) = found.split_last() else { return Some(vec![Edit::Append(line)]) };
    let mut edits: Vec<Edit> = before.iter().filter_map(|found| line_number(found.line)).map(Edit::Delete).collect();
    if !last.value.trim().eq_ignore_ascii_case(value.trim_matches('\'')) {
        edits.push(Edit::replace(line_number(last.line)?, line));
    }
    Some(edits)
}

fn delete(work: &Work<'_>, path: &str, prefixes: &[&str]) -> Vec<Edit> {
    let is_old = |key: &str| {
        prefixes.iter().any(|prefix| {
            key.strip_prefix(prefix)
                .is_some_and(|rest| rest.trim_start_matches('_').bytes().all(|b| b.is_ascii_digit()))
        })
    };
    let values = work.assignments(path);
    values
        .iter()
        .filter(|found| is_old(&found.key))
        .filter_map(|found| line_number(found.line))
        .map(Edit::Delete)
        .collect()
}
