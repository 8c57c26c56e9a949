//! LNX-CLOUDINIT-DS: cloud-init asks the data source of ECS.

use crate::rules::prelude::*;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "LNX-CLOUDINIT-DS",
    aliases: &["GUESTOS.CloudInit"],
    title: "cloud-init asks the data source of ECS",
    severity: Severity::Degraded,
    confidence: Confidence::Old,
    source: "Install cloud-init (2021)",
    docs: "\
# What it checks
Whether `datasource_list`, where it is set, has AliYun. Where it is not set, cloud-init finds out by itself.

# Why ECS needs it
A list with the data sources of other clouds alone makes cloud-init wait for them for minutes at every boot; host name,
keys and user data are not set.

# How to fix
Write `datasource_list: [ AliYun ]` into /etc/cloud/cloud.cfg.d/90_dpkg.cfg or whichever file sets it; the last file
wins.
",
    check,
};

fn check(facts: &Facts, target: &Target) -> Judged {
    let (_, linux) = linux(facts, target)?;
    let cloud_init = present(&linux.cloud_init, "cloud-init is not installed (see LNX-CLOUDINIT)")?;
    match known(&cloud_init.datasources)? {
        Some(list) if !names_aliyun(&list.value) => {
            let message = format!("datasource_list is [{}], without AliYun", list.value.join(", "));
            let remedy = "write datasource_list: [ AliYun ] into the file that sets it";
            Ok(vec![Finding::new(message, remedy).at_all(&list.evidence)])
        }
        _ => passed(),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::*;

    cases! {
        fires: |facts, _| {
            of(&mut of(&mut linux_of(facts).cloud_init).datasources).value = vec!["Azure".into(), "None".into()];
        },
        passes: |facts, _| of(&mut linux_of(facts).cloud_init).datasources = Known::Absent,
        undecided: |facts, _| linux_of(facts).cloud_init = Known::Absent,
    }
}
