//! Terminals with a login prompt after boot: how a person logs in where the network does not work.
//!
//! systemd starts `getty@TERMINAL.service`, and makes a `serial-getty@` of each `console=` on the command line
//! (systemd-getty-generator(8)); SysV's init has lines in `inittab`; Upstart has a job a terminal, or one for all.

use crate::guest::Context;
use crate::look::{Gap, Look, Outcome as _};
use crate::services::{Init, Services};
use crate::tree::Tree;
use facts::{Claim, Evidence};

/// Most terminals that are listed.
const MAX_TERMINALS: usize = 64;

/// Terminals and what shows them. Absent: none.
pub(crate) fn examine(context: &Context<'_>, services: &Services<'_, '_>) -> Look<Vec<Claim<String>>> {
    let tree = context.tree();
    let mut found = match services.init.clone()? {
        Init::Systemd => systemd(context, services)?,
        Init::Upstart => upstart(tree)?,
        Init::Sysv | Init::OpenRc => Vec::new(),
    };
    if services.init != Ok(Init::Systemd) {
        found.extend(inittab(tree)?);
    }
    found.truncate(MAX_TERMINALS);
    if found.is_empty() { Err(Gap::Absent) } else { Ok(found) }
}

fn systemd(context: &Context<'_>, services: &Services<'_, '_>) -> Look<Vec<Claim<String>>> {
    let tree = context.tree();
    let mut found = Vec::new();
    for (unit, path) in services.wanted_units()? {
        let terminal = ["getty@", "serial-getty@"].iter().find_map(|stem| unit.strip_prefix(stem));
        let Some(terminal) = terminal.and_then(|rest| rest.strip_suffix(".service")) else { continue };
        let template = format!("{}@.service", unit.split('@').next().unwrap_or_default());
        if !services.is_masked(unit)? && !services.is_masked(&template)? {
            found.push(Claim::new(terminal.to_owned(), tree.evidence(path)));
        }
    }
    let generator = crate::look::first(["/usr/lib/systemd", "/lib/systemd"], |place| {
        tree.find(&format!("{place}/system-generators/systemd-getty-generator"))
    });
    if !generator.found()? || services.is_masked("serial-getty@.service")? {
        return Ok(found);
    }
    let cmdline = context.cmdline().optional()?.unwrap_or_default();
    for (key, value) in syntax::cmdline::parameters(cmdline) {
        let device = value.as_deref().and_then(|value| value.split(',').next()).unwrap_or_default();
        // tty0 is whichever virtual terminal is shown.
        if key == "console" && device.starts_with("tty") && !device[3..].starts_with(|c: char| c.is_ascii_digit()) {
            let evidence = Evidence::words(format!("kernel command line: console={device}"));
            found.push(Claim::new(device.to_owned(), evidence));
        }
    }
    Ok(found)
}

/// `1:2345:respawn:/sbin/mingetty tty1`.
fn inittab(tree: &Tree<'_>) -> Look<Vec<Claim<String>>> {
    let Some(file) = tree.read("/etc/inittab").optional()? else { return Ok(Vec::new()) };
    let text = String::from_utf8_lossy(&file.bytes).into_owned();
    let lines = (1..).zip(text.lines()).filter_map(|(number, line)| {
        let mut fields = line.trim().splitn(4, ':');
        let (id, _, action, command) = (fields.next()?, fields.next()?, fields.next()?, fields.next()?);
        if id.starts_with('#') || action != "respawn" || !command.contains("getty") {
            return None;
        }
        let terminal = terminal(command)?;
        Some(Claim::new(terminal.to_owned(), file.evidence.clone().at_line(number).saying(line.trim())))
    });
    Ok(lines.collect())
}

/// The terminal in the command of a getty.
fn terminal(command: &str) -> Option<&str> {
    let mut words = command.split_whitespace().skip(1).map(|word| word.trim_start_matches("/dev/"));
    words.find(|word| ["tty", "hvc", "xvc"].iter().any(|stem| word.starts_with(stem)))
}

/// `tty1.conf` of Ubuntu; of the Red Hat family one job for the terminals in `ACTIVE_CONSOLES`.
fn upstart(tree: &Tree<'_>) -> Look<Vec<Claim<String>>> {
    let mut found = Vec::new();
    for directory in ["/etc/init", "/etc/event.d"] {
        for name in tree.names(directory)? {
            let terminal = name.strip_suffix(".conf").unwrap_or(&name);
            if terminal.strip_prefix("tty").is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_alphanumeric())) {
                found.push(Claim::new(terminal.to_owned(), tree.evidence(&format!("{directory}/{name}"))));
            }
        }
    }
    if tree.has_file("/etc/init/start-ttys.conf")?
        && let Some(file) = tree.read("/etc/sysconfig/init").optional()?
    {
        let values = syntax::shell::assignments(&file.bytes);
        let consoles = syntax::shell::last(&values, "ACTIVE_CONSOLES");
        if let Some(consoles) = consoles.filter(|found| found.value.contains("tty")) {
            // `/dev/tty[1-6]`: the first is what a person sees.
            let first = consoles.value.trim_start_matches("/dev/").replace(['[', ']'], "");
            let first = first.split(['-', ' ']).next().unwrap_or_default().to_owned();
            found.push(Claim::new(first, file.evidence.at_line(consoles.line).saying(consoles.value.clone())));
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use crate::testing::linux;

    fn terminals(files: &[(&str, &str)]) -> Vec<String> {
        let found = linux(files);
        found.login_terminals.value().into_iter().flatten().map(|claim| claim.value.clone()).collect()
    }

    #[test]
    fn by_each_init_system() {
        let systemd = [("/sbin/init", "-> ../lib/systemd/systemd"), ("/lib/systemd/systemd", "")];
        let link =
            ("/etc/systemd/system/getty.target.wants/getty@tty1.service", "-> /lib/systemd/system/getty@.service");
        let generator = ("/lib/systemd/system-generators/systemd-getty-generator", "");
        let menu = ("/boot/grub/grub.cfg", "menuentry 'x' {\n linux /k console=tty0 console=ttyS0,115200n8\n}\n");
        assert_eq!(terminals(&[systemd[0], systemd[1], link]), ["tty1"]);
        assert_eq!(terminals(&[systemd[0], systemd[1], link, generator, menu]), ["tty1", "ttyS0"]);
        let masked = ("/etc/systemd/system/getty@.service", "-> /dev/null");
        assert!(terminals(&[systemd[0], systemd[1], link, masked]).is_empty());
        let inittab =
            ("/etc/inittab", "id:3:initdefault:\n#2:2:respawn:/sbin/getty tty9\n1:2345:respawn:/sbin/mingetty tty1\n");
        assert_eq!(terminals(&[("/sbin/init", ""), inittab]), ["tty1"]);
        let ubuntu = [("/sbin/init", ""), ("/sbin/initctl", ""), ("/etc/init/tty1.conf", "start on x\n")];
        assert_eq!(terminals(&ubuntu), ["tty1"]);
        let centos = [
            ("/sbin/init", ""),
            ("/sbin/initctl", ""),
            ("/etc/init/start-ttys.conf", ""),
            ("/etc/sysconfig/init", "ACTIVE_CONSOLES=/dev/tty[1-6]\n"),
        ];
        assert_eq!(terminals(&centos), ["tty1"]);
    }
}
