//! WIN-FIREWALL: the firewall lets remote desktop in.

use super::bcd::VISTA;
use crate::rules::prelude::*;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "WIN-FIREWALL",
    aliases: &[],
    title: "The firewall lets remote desktop in",
    severity: Severity::NoLogin,
    confidence: Confidence::Derived,
    source: "Import custom images (2021)",
    docs: "\
# What it checks
Whether Windows Firewall is off in the profile for public networks, or has an active rule that lets remote desktop in,
and none that keeps it out. Before Vista the standard profile counts.

# Why ECS needs it
The network of an instance is new to Windows, and is taken for a public one.

# How to fix
Allow remote desktop for all profiles: `netsh advfirewall firewall set rule group=\"remote desktop\" new enable=yes`.
",
    check,
};

fn check(facts: &Facts, target: &Target) -> Judged {
    let (guest, windows) = windows(facts, target)?;
    let old = windows_build(windows)? < VISTA;
    let firewall = &windows.firewall;
    let (profile, on) = if old { ("Private", &firewall.private) } else { ("Public", &firewall.public) };
    match known(on)? {
        Some(claim) if !claim.value => return passed(),
        // Windows Server 2003 comes with the firewall off and nothing set.
        None if old => return passed(),
        None => return Err(Undecided::unknown("whether the firewall is on is not set in the registry")),
        Some(_) => {}
    }
    let remedy = "allow remote desktop for all profiles in Windows Firewall";
    let rules = known(&firewall.remote_desktop)?.map_or(&[][..], Vec::as_slice);
    let ours = |rule: &&FirewallRule| {
        rule.profiles.is_empty() || rule.profiles.iter().any(|name| name.eq_ignore_ascii_case(profile))
    };
    if let Some(rule) = rules.iter().filter(ours).find(|rule| !rule.allows) {
        let message = format!("the firewall rule {} keeps remote desktop out", rule.name);
        return Ok(vec![Finding::new(message, remedy).at(rule.evidence.clone())]);
    }
    if rules.iter().any(|rule| ours(&rule)) {
        return passed();
    }
    let message = format!("the firewall is on in the {} profile and lets no remote desktop in", profile.to_lowercase());
    let finding = Finding::new(message, remedy).at(in_hive(guest, windows, "SYSTEM", "FirewallRules"));
    Ok(vec![finding.at_all(rules.iter().map(|rule| &rule.evidence))])
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::*;

    fn rule(facts: &mut Facts) -> &mut FirewallRule {
        &mut of(&mut windows_of(facts).firewall.remote_desktop)[0]
    }

    cases! {
        fires: |facts, _| windows_of(facts).firewall.remote_desktop = Known::Absent,
        passes: |facts, _| {
            windows_of(facts).firewall.remote_desktop = Known::Absent;
            windows_of(facts).firewall.public = claim(false, "EnableFirewall");
        },
        undecided: |facts, _| windows_of(facts).firewall.public = Known::unknown("the hive is damaged"),
    }

    #[test]
    fn the_public_profile_counts() {
        assert_eq!(findings(&RULE, |facts, _| rule(facts).profiles = vec!["Domain".into()]).len(), 1);
        assert_eq!(findings(&RULE, |facts, _| rule(facts).profiles = vec!["Public".into()]).len(), 0);
        assert_eq!(findings(&RULE, |facts, _| rule(facts).allows = false).len(), 1);
    }
}
