//! Which distribution it is. os-release(5) first, release files where it is missing or less exact.

use super::release;
use crate::look::{Gap, Look, Outcome as _, first};
use crate::tree::Tree;
use facts::{Claim, Distribution};

/// The distribution.
pub(crate) fn detect(tree: &Tree<'_>) -> Look<Distribution> {
    let mut distribution = match os_release(tree) {
        Err(gap) => match release::detect(tree) {
            Err(Gap::Absent) => return Err(gap),
            other => other?,
        },
        found => found?,
    };
    if let Some((version, file)) = release::more_exact(tree, &distribution.id, &distribution.version)? {
        distribution.evidence.push(file.evidence.at_line(1).saying(version.clone()));
        distribution.version = version;
    }
    Ok(distribution)
}

fn os_release(tree: &Tree<'_>) -> Look<Distribution> {
    let file = first(["/etc/os-release", "/usr/lib/os-release"], |path| tree.read(path))?;
    let values = syntax::shell::assignments(&file.bytes);
    let get = |key: &str| syntax::shell::last(&values, key).map(|found| found.value.trim().to_owned());
    let line = |key: &str| {
        let found = syntax::shell::last(&values, key)?;
        Some(file.evidence.clone().at_line(found.line).saying(format!("{key}={}", found.value)))
    };
    let Some(id) = get("ID").filter(|id| !id.is_empty()) else { return Err(Gap::Absent) };
    Ok(Distribution {
        id: id.to_ascii_lowercase(),
        version: get("VERSION_ID").unwrap_or_default(),
        name: get("PRETTY_NAME").or_else(|| get("NAME")).unwrap_or(id),
        codename: get("VERSION_CODENAME").or_else(|| get("UBUNTU_CODENAME")),
        variant: get("VARIANT_ID"),
        like: get("ID_LIKE").map(|like| like.split_whitespace().map(str::to_owned).collect()).unwrap_or_default(),
        evidence: ["ID", "VERSION_ID"].into_iter().filter_map(line).collect(),
    })
}

/// The host name. On systems before systemd `/etc/sysconfig/network` has it.
pub(crate) fn hostname(tree: &Tree<'_>) -> Look<Claim<String>> {
    let plain = first(["/etc/HOSTNAME", "/etc/hostname"], |path| {
        let file = tree.read(path)?;
        let text = String::from_utf8_lossy(&file.bytes).into_owned();
        let mut lines = (1..).zip(text.lines().map(str::trim));
        let (line, name) = lines.find(|(_, line)| !line.is_empty() && !line.starts_with('#')).ok_or(Gap::Absent)?;
        Ok(Claim::new(name.to_owned(), file.evidence.at_line(line)))
    });
    match plain {
        Err(Gap::Absent) => {}
        other => return other,
    }
    let file = tree.read("/etc/sysconfig/network").optional()?.ok_or(Gap::Absent)?;
    let values = syntax::shell::assignments(&file.bytes);
    let found = syntax::shell::last(&values, "HOSTNAME").filter(|found| !found.value.is_empty()).ok_or(Gap::Absent)?;
    Ok(Claim::new(found.value.clone(), file.evidence.at_line(found.line)))
}
