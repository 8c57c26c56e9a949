//! LNX-FWCFG: the kernel passes on what the platform sets at first boot.

use crate::rules::prelude::*;

/// Distributions for which ImportImage asks for the option.
const NAMED: [&str; 9] = ["anolis", "almalinux", "rocky", "kylin", "uos", "uniontech", "deepin", "openeuler", "centos"];

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "LNX-FWCFG",
    aliases: &["GUESTOS.CloudInit"],
    title: "The kernel reads the platform's configuration",
    severity: Severity::Degraded,
    confidence: Confidence::Current,
    source: "ImportImage, notes on passwords and key pairs (API reference 2025-05)",
    docs: "\
# What it checks
For arm64 systems, and for the distributions that ImportImage names (CentOS Stream, Anolis, AlmaLinux, Rocky, UOS,
Kylin): whether the kernel that boots has CONFIG_FW_CFG_SYSFS.

# Why ECS needs it
On these the password and key pair of a new instance come through QEMU's fw_cfg device. Without the option they do not
arrive. As a module it must be loaded before cloud-init starts.

# How to fix
Use a kernel of the distribution of the last years, which has the option; as a module: `echo qemu_fw_cfg >
/etc/modules-load.d/qemu_fw_cfg.conf`.
",
    check,
};

fn check(facts: &Facts, target: &Target) -> Judged {
    let (guest, _) = linux(facts, target)?;
    let arm = guest.architecture.value().is_some_and(|found| found.value == Architecture::Arm64);
    if !arm {
        let distribution = present(&guest.distribution, "the distribution is not one that ImportImage names")?;
        let stream = distribution.id != "centos" || version(&distribution.version).first() >= Some(&8);
        if !NAMED.contains(&distribution.id.as_str()) || !stream {
            return Err(Undecided::skipped("the distribution is not one that ImportImage names"));
        }
    }
    let kernel = boot_kernel(guest)?;
    if kernel.config.is_empty() {
        return Err(Undecided::unknown(format!("kernel {} has no configuration file in /boot", kernel.version)));
    }
    let config = Evidence::file(&guest.root, format!("/boot/config-{}", kernel.version));
    match kernel.config.get("CONFIG_FW_CFG_SYSFS").map(String::as_str) {
        Some("y") => passed(),
        Some("m") => Ok(vec![
            Finding::new(
                "CONFIG_FW_CFG_SYSFS is a module, which must be loaded before cloud-init starts",
                "echo qemu_fw_cfg > /etc/modules-load.d/qemu_fw_cfg.conf in the source system",
            )
            .at(config.saying("CONFIG_FW_CFG_SYSFS=m"))
            .only(Severity::Info),
        ]),
        _ => Ok(vec![
            Finding::new(
                format!("kernel {} lacks CONFIG_FW_CFG_SYSFS: passwords and key pairs do not arrive", kernel.version),
                "use a kernel of the distribution that has the option",
            )
            .at(config.saying("CONFIG_FW_CFG_SYSFS is not set")),
        ]),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::*;

    fn rocky(facts: &mut Facts, value: &str) {
        of(&mut guest_of(facts).distribution).id = "rocky".into();
        kernel_of(facts).config.insert("CONFIG_FW_CFG_SYSFS".into(), value.into());
    }

    cases! {
        fires: |facts, _| rocky(facts, "n"),
        passes: |facts, _| rocky(facts, "y"),
        undecided: |_, _| (),
    }

    #[test]
    fn a_module_is_a_note() {
        assert_eq!(findings(&RULE, |facts, _| rocky(facts, "m"))[0].severity, Severity::Info);
    }
}
