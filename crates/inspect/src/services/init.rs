//! Which program is process 1.

use crate::guest::Context;
use crate::look::{Gap, Look, Outcome as _};
use crate::tree::Tree;
use facts::Distribution;

/// Which program is process 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Init {
    Systemd,
    Upstart,
    Sysv,
    OpenRc,
}

impl Init {
    /// Its name in the facts.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Init::Systemd => "systemd",
            Init::Upstart => "upstart",
            Init::Sysv => "sysv",
            Init::OpenRc => "openrc",
        }
    }
}

/// Releases whose `/sbin/init` is Upstart though nothing beside it need show it: distribution, first and last version.
const UPSTART_RELEASES: &[(&str, &str, &str)] = &[
    ("ubuntu", "6.10", "14.10"),
    ("rhel", "6", "6.99"),
    ("centos", "6", "6.99"),
    ("ol", "6", "6.99"),
    ("scientific", "6", "6.99"),
    ("fedora", "9", "14"),
];

/// Where systemd's own program is.
const SYSTEMD: &[&str] = &["/usr/lib/systemd/systemd", "/lib/systemd/systemd"];

/// What `init=` on the command line, or else `/sbin/init`, is.
pub(super) fn detect(context: &Context<'_>, distribution: Option<&Distribution>) -> Look<Init> {
    let tree = context.tree();
    // A command line that cannot be told hardly has it.
    let told = context.cmdline().ok().and_then(|line| syntax::cmdline::last(line, "init"));
    let real = match told {
        Some(path) => tree.find(&path).optional()?,
        None => None,
    };
    let real = match real {
        Some(found) => Some(found),
        None => tree.find("/sbin/init").optional()?,
    };
    let Some(real) = real.map(|found| found.path.to_string()) else {
        // A system that keeps only its `/usr` has no `/sbin` before its first boot.
        return if any_file(tree, SYSTEMD)? { Ok(Init::Systemd) } else { Err(Gap::Absent) };
    };
    if real.ends_with("/systemd") {
        return Ok(Init::Systemd);
    }
    if real.ends_with("openrc-init") || tree.has_dir("/etc/runlevels")? {
        return Ok(Init::OpenRc);
    }
    let upstart = is_upstart(tree)? || distribution.is_some_and(had_upstart);
    Ok(if upstart { Init::Upstart } else { Init::Sysv })
}

fn any_file(tree: &Tree<'_>, paths: &[&str]) -> Look<bool> {
    for path in paths {
        if tree.has_file(path)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Files of Upstart's own package. Other packages bring jobs for it to systems without it.
fn is_upstart(tree: &Tree<'_>) -> Look<bool> {
    let own = ["/sbin/initctl", "/etc/init/rc-sysinit.conf", "/etc/init/rcS.conf", "/etc/event.d/rc-default"];
    any_file(tree, &own)
}

fn had_upstart(distribution: &Distribution) -> bool {
    let at_least = |a: &str, b: &str| syntax::version::compare(a, b).is_ge();
    UPSTART_RELEASES.iter().any(|(id, first, last)| {
        *id == distribution.id && at_least(&distribution.version, first) && at_least(last, &distribution.version)
    })
}
