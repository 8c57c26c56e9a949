//! SELinux: the mode in effect, and whether its policy is there. selinux(8), Linux
//! Documentation/admin-guide/kernel-parameters.rst.

use crate::guest::Context;
use crate::look::{Gap, Look, Outcome as _};
use facts::{Claim, Evidence, Known, Selinux, SelinuxMode};

/// Its state. Absent: no configuration of it.
pub(crate) fn examine(context: &Context<'_>) -> Look<Selinux> {
    let tree = context.tree();
    let file = tree.read("/etc/selinux/config")?;
    let values = syntax::shell::assignments(&file.bytes);
    let configured = syntax::shell::last(&values, "SELINUX").map(|found| {
        let mode = match found.value.trim().to_ascii_lowercase().as_str() {
            "enforcing" => SelinuxMode::Enforcing,
            "permissive" => SelinuxMode::Permissive,
            _ => SelinuxMode::Disabled,
        };
        Claim::new(mode, file.evidence.clone().at_line(found.line).saying(format!("SELINUX={}", found.value)))
    });
    let policy = syntax::shell::last(&values, "SELINUXTYPE").map(|found| found.value.trim().to_owned());
    let present = match &policy {
        Some(name) if !name.contains('/') => {
            tree.names(&format!("/etc/selinux/{name}/policy")).map(|names| !names.is_empty())
        }
        _ => Err(Gap::unknown("no policy is named")),
    };
    Ok(Selinux { mode: mode(context, configured).known(), policy: policy.into(), policy_present: present.known() })
}

/// The kernel command line comes before the configuration.
fn mode(context: &Context<'_>, configured: Option<Claim<SelinuxMode>>) -> Look<Claim<SelinuxMode>> {
    let configured = configured.ok_or(Gap::Absent);
    let Some(cmdline) = context.cmdline().optional()? else { return configured };
    let is = |name: &str, value: &str| syntax::cmdline::last(cmdline, name).as_deref() == Some(value);
    let said = |mode, text: &str| Claim {
        value: mode,
        evidence: vec![Evidence::words(format!("kernel command line: {text}"))],
    };
    let enforcing = configured.as_ref().is_ok_and(|claim| claim.value == SelinuxMode::Enforcing);
    let permissive = configured.as_ref().is_ok_and(|claim| claim.value == SelinuxMode::Permissive);
    if is("selinux", "0") {
        Ok(said(SelinuxMode::Disabled, "selinux=0"))
    } else if is("enforcing", "0") && enforcing {
        Ok(said(SelinuxMode::Permissive, "enforcing=0"))
    } else if is("enforcing", "1") && permissive {
        Ok(said(SelinuxMode::Enforcing, "enforcing=1"))
    } else {
        configured
    }
}

/// Whether the first boot labels all files anew.
pub(crate) fn autorelabel(context: &Context<'_>) -> Known<bool> {
    context.tree().find_link("/.autorelabel").found().known()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::linux;

    #[test]
    fn the_command_line_comes_first() {
        let mode = |cmdline: &str, config: &str| {
            let menu = format!("menuentry 'x' {{\n linux /k {cmdline}\n}}\n");
            let found = linux(&[("/boot/grub/grub.cfg", &menu), ("/etc/selinux/config", config)]);
            found.selinux.value().unwrap().mode.value().map(|claim| claim.value)
        };
        assert_eq!(mode("", "SELINUX=enforcing\n"), Some(SelinuxMode::Enforcing));
        assert_eq!(mode("selinux=0", "SELINUX=enforcing\n"), Some(SelinuxMode::Disabled));
        assert_eq!(mode("enforcing=0", "SELINUX=enforcing\n"), Some(SelinuxMode::Permissive));
        assert_eq!(mode("enforcing=1", "SELINUX=disabled\n"), Some(SelinuxMode::Disabled));
        assert!(linux(&[("/etc/selinux/semanage.conf", "")]).selinux.is_absent());
    }

    #[test]
    fn the_policy_must_be_there() {
        let present = |files: &[(&str, &str)]| {
            let all: Vec<_> = files
                .iter()
                .copied()
                .chain([("/etc/selinux/config", "SELINUX=enforcing\nSELINUXTYPE=targeted\n")])
                .collect();
            linux(&all).selinux.value().unwrap().policy_present.clone()
        };
        assert_eq!(present(&[("/etc/selinux/targeted/policy/policy.33", "")]), Known::Is(true));
        assert_eq!(present(&[]), Known::Is(false));
    }
}
