//! LNX-CLOUDINIT-LINK: no plain file stands where the platform puts a link.

use crate::rules::prelude::*;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "LNX-CLOUDINIT-LINK",
    aliases: &["GUESTOS.CloudInit"],
    title: "No plain file stands where the platform links its settings of cloud-init",
    severity: Severity::Info,
    confidence: Confidence::Current,
    source: "ECS troubleshooting guide, cloud-init (2026)",
    docs: "\
# What it checks
Whether /etc/cloud/cloud.cfg.d/aliyun_cloud.cfg is a plain file. That it is missing is all right, and so is a link,
which dangles in an image.

# Why ECS needs it
On an instance this name is a link to the settings that the platform hands over when it starts. An old copy of them in
its place keeps what was right for another instance.

# How to fix
Remove the file in the source system; keep what is your own under another name in the same directory.
",
    check,
};

fn check(facts: &Facts, target: &Target) -> Judged {
    let (_, linux) = linux(facts, target)?;
    let cloud_init = present(&linux.cloud_init, "cloud-init is not installed (see LNX-CLOUDINIT)")?;
    let Some(file) = known(&cloud_init.vendor_file)? else { return passed() };
    let message = "an old copy of the platform's settings of cloud-init stands where it links the new ones";
    Ok(vec![Finding::new(message, "rm /etc/cloud/cloud.cfg.d/aliyun_cloud.cfg in the source system").at(file.clone())])
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::*;

    cases! {
        fires: |facts, _| {
            let file = in_file("/etc/cloud/cloud.cfg.d/aliyun_cloud.cfg", 1, "datasource_list: [ AliYun ]");
            of(&mut linux_of(facts).cloud_init).vendor_file = is(file);
        },
        passes: |_, _| (),
        undecided: |facts, _| of(&mut linux_of(facts).cloud_init).vendor_file = Known::unknown("not readable"),
    }
}
