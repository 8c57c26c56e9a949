//! WIN-ADMIN: the built-in administrator is there and enabled.

use crate::rules::prelude::*;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "WIN-ADMIN",
    aliases: &[],
    title: "The built-in administrator is there and enabled",
    severity: Severity::NoLogin,
    confidence: Confidence::Derived,
    source: "derived from how Windows works",
    docs: "\
# What it checks
Whether the account with the number 500 exists in SAM, is enabled, and has its usual name.

# Why ECS needs it
The platform sets the password of an instance for the account Administrator.

# How to fix
Enable it in the source system: `net user Administrator /active:yes`.
",
    check,
};

fn check(facts: &Facts, target: &Target) -> Judged {
    let (guest, windows) = windows(facts, target)?;
    let kind = windows.version.product_type.value();
    if kind.is_some_and(|kind| kind.value == ProductType::DomainController) {
        return Err(Undecided::skipped("the accounts of a domain controller are not in SAM"));
    }
    let remedy = "enable it in the source system: net user Administrator /active:yes";
    let Some(account) = known(&windows.administrator)? else {
        let place = in_hive(guest, windows, "SAM", "no account 000001F4");
        return Ok(vec![Finding::new("there is no built-in administrator", remedy).at(place)]);
    };
    let mut tally = Tally::default();
    if tally.value(&account.disabled) == Some(&true) {
        let message = "the built-in administrator is disabled";
        tally.fail(Finding::new(message, remedy).at(account.evidence.clone()));
    }
    if let Some(name) = account.name.value().filter(|name| !name.eq_ignore_ascii_case("Administrator")) {
        let message =
            format!("the built-in administrator is called {name}: the password of an instance is set for it or not");
        let finding = Finding::new(message, "log in with that name, or give the account its usual one");
        tally.fail(finding.at(account.evidence.clone()).only(Severity::Info));
    }
    tally.done()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::*;

    cases! {
        fires: |facts, _| of(&mut windows_of(facts).administrator).disabled = is(true),
        passes: |_, _| (),
        undecided: |facts, _| windows_of(facts).administrator = Known::unknown("the hive is damaged"),
    }

    #[test]
    fn another_name_is_a_remark() {
        let renamed = findings(&RULE, |facts, _| of(&mut windows_of(facts).administrator).name = is("root".into()));
        assert_eq!(renamed[0].severity, Severity::Info);
    }
}
