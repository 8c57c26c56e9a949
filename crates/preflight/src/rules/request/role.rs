//! REQ-ROLE-NAME: RoleName is the name of a role.

use super::arch::sent;
use crate::rules::prelude::*;

/// Characters of the longest name (RAM, CreateRole).
const LONGEST: usize = 64;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "REQ-ROLE-NAME",
    aliases: &[],
    title: "RoleName is the name of a role",
    severity: Severity::Reject,
    confidence: Confidence::Current,
    source: "ImportImage, RoleName (SDK model 7.11.8); CreateRole, RoleName (RAM SDK model 1.3.0)",
    docs: "\
# What it checks
Whether a declared RoleName has 1 to 64 letters, digits, dots and hyphens, which names of RAM roles are made of.

# Why ECS needs it
The service takes on this role to read the object; without it, it takes AliyunECSImageImportDefaultRole. A name that no
role can have is refused with NoSetRoletoECSServiceAccount.

# How to fix
Give the role's name alone, without `acs:ram::…:role/` in front, or leave it out.
",
    check,
};

fn check(_: &Facts, target: &Target) -> Judged {
    let Some(name) = target.request.role_name.as_deref() else {
        return Err(Undecided::skipped("no RoleName is declared"));
    };
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '.' || c == '-';
    if (1..=LONGEST).contains(&name.len()) && name.chars().all(allowed) {
        return passed();
    }
    let remedy = "give 1 to 64 letters, digits, dots and hyphens, or leave it out for the default role";
    Ok(vec![Finding::new(format!("RoleName {name} is no name of a role"), remedy).at(sent("RoleName", name))])
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::*;

    cases! {
        fires: |_, target| target.request.role_name = Some("acs:ram::1234567890123456:role/import".into()),
        passes: |_, target| target.request.role_name = Some("AliyunECSImageImportDefaultRole".into()),
        undecided: |_, _| (),
    }

    #[test]
    fn length_counts() {
        assert_eq!(findings(&RULE, |_, target| target.request.role_name = Some("r".repeat(65))).len(), 1);
        assert_eq!(findings(&RULE, |_, target| target.request.role_name = Some(String::new())).len(), 1);
    }
}
