//! Which version of FreeBSD it is.
//!
//! `/etc/os-release` is made at boot in `/var/run` since 13.0: on a disk it is a dangling link, or stale.

use super::kernel;
use crate::look::{Gap, Look, first};
use crate::tree::Tree;
use facts::{Distribution, Evidence};
use syntax::shell;

/// By `freebsd-version`, then the kernel, os-release, the message of the day, and the header of the C library.
pub(super) fn detect(tree: &Tree<'_>, kernel: &Look<kernel::File>) -> Look<Distribution> {
    let (version, evidence) = first([userland, of_kernel, os_release, motd, param_h], |look| look(tree, kernel))?;
    Ok(Distribution {
        id: "freebsd".to_owned(),
        name: format!("FreeBSD {version}"),
        version,
        evidence: vec![evidence],
        ..Distribution::default()
    })
}

type Told = Look<(String, Evidence)>;

fn userland(tree: &Tree<'_>, _: &Look<kernel::File>) -> Told {
    assigned(tree, "/bin/freebsd-version", "USERLAND_VERSION")
}

fn of_kernel(_: &Tree<'_>, kernel: &Look<kernel::File>) -> Told {
    let kernel = kernel.as_ref().map_err(Gap::clone)?;
    let version = kernel.found.version.clone().ok_or(Gap::Absent)?;
    let says = format!("FreeBSD {version}");
    Ok((version, kernel.evidence.clone().saying(says)))
}

fn os_release(tree: &Tree<'_>, _: &Look<kernel::File>) -> Told {
    let (id, _) = assigned(tree, "/etc/os-release", "ID")?;
    if !id.eq_ignore_ascii_case("freebsd") {
        return Err(Gap::Absent);
    }
    assigned(tree, "/etc/os-release", "VERSION")
}

/// `FreeBSD 9.3-RELEASE (GENERIC) #0 …`. Anyone may have changed it.
fn motd(tree: &Tree<'_>, _: &Look<kernel::File>) -> Told {
    first(["/etc/motd", "/etc/motd.template"], |path| {
        let file = tree.read(path)?;
        let text = String::from_utf8_lossy(&file.bytes).into_owned();
        let line = text.lines().next().unwrap_or_default();
        let version = line.strip_prefix("FreeBSD ").and_then(|rest| rest.split_whitespace().next());
        let version = version.filter(|version| version.starts_with(|c: char| c.is_ascii_digit())).ok_or(Gap::Absent)?;
        Ok((version.to_owned(), file.evidence.at_line(1).saying(line)))
    })
}

/// `#define __FreeBSD_version 1302001`: 13.2.
fn param_h(tree: &Tree<'_>, _: &Look<kernel::File>) -> Told {
    let file = tree.read("/usr/include/sys/param.h")?;
    let text = String::from_utf8_lossy(&file.bytes).into_owned();
    let define = |(number, line): (u32, &str)| {
        let mut words = line.split_whitespace();
        let named = words.next() == Some("#define") && words.next() == Some("__FreeBSD_version");
        let value = words.next().filter(|_| named)?.parse::<u32>().ok()?;
        let version = format!("{}.{}", value / 100_000, value / 1000 % 100);
        Some((version, file.evidence.clone().at_line(number).saying(line)))
    };
    (1..).zip(text.lines()).find_map(define).ok_or(Gap::Absent)
}

fn assigned(tree: &Tree<'_>, path: &str, key: &str) -> Told {
    let file = tree.read(path)?;
    let values = shell::assignments(&file.bytes);
    let found = shell::last(&values, key).filter(|found| !found.value.is_empty()).ok_or(Gap::Absent)?;
    let evidence = file.evidence.at_line(found.line).saying(format!("{key}={}", found.value));
    Ok((found.value.clone(), evidence))
}
