//! BSD-DHCP: the network card of an instance gets its address by DHCP, and an SSH server starts.

use crate::rules::prelude::*;

/// The first virtio network card.
const CARD: &str = "vtnet0";

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "BSD-DHCP",
    aliases: &["GUESTOS.Dhcp"],
    title: "FreeBSD gets its address by DHCP and starts sshd",
    severity: Severity::NoLogin,
    confidence: Confidence::Derived,
    source: "Instructions for importing images (2021); FreeBSD rc.conf(5)",
    docs: "\
# What it checks
Whether /etc/rc.conf gives vtnet0 its address by DHCP, by `ifconfig_vtnet0` or else `ifconfig_DEFAULT`, at boot; whether
a DHCP client is installed; and whether sshd starts (`sshd_enable`). Where cloud-init configures the network, a wrong
rc.conf is a warning.

# Why ECS needs it
The network card of an instance is vtnet0, and its address is assigned by the platform's DHCP. Lines for em0 or vmx0,
the cards of other hypervisors, configure nothing there. SSH is the way in.

# How to fix
In the source system: `sysrc ifconfig_DEFAULT=DHCP sshd_enable=YES`, and remove an `ifconfig_vtnet0` with a fixed address
(`sysrc -x ifconfig_vtnet0`).
",
    check,
};

fn check(facts: &Facts, target: &Target) -> Judged {
    let (guest, freebsd) = freebsd(facts, target)?;
    // What cloud-init mends only warns, and must not hide that a login could not be told.
    let (mut login, mut notes) = (Tally::default(), Vec::new());
    match address(guest, freebsd) {
        Ok(findings) if network_by_cloud_init(&freebsd.cloud_init) => {
            notes.extend(findings.into_iter().map(|finding| finding.only(Severity::Degraded)));
        }
        Ok(findings) => findings.into_iter().for_each(|finding| login.fail(finding)),
        Err(reason) => login.doubt(reason),
    }
    if freebsd.dhcp_client.is_absent() {
        let remedy = "install dhclient of the base system again, or the package dhcpcd";
        let at = Evidence::file(&guest.root, "/sbin/dhclient").saying("not there");
        login.fail(Finding::new("no DHCP client is installed", remedy).at(at));
    }
    login.value(&freebsd.dhcp_client);
    server(guest, freebsd, &mut login);
    let mut findings = login.done()?;
    findings.extend(notes);
    Ok(findings)
}

/// What is wrong with the address of the card, or why that cannot be told.
fn address(guest: &Guest, freebsd: &FreeBsd) -> Result<Vec<Finding>, String> {
    let profiles = match &freebsd.interfaces {
        Known::Is(profiles) => profiles.as_slice(),
        Known::Absent => &[],
        Known::Unknown(reason) => return Err(reason.why.clone()),
    };
    let of = |wanted: &InterfaceMatch| profiles.iter().find(|profile| profile.interface == *wanted);
    let remedy = "sysrc ifconfig_DEFAULT=DHCP, and sysrc -x ifconfig_vtnet0, in the source system";
    // The card's own line counts; ifconfig_DEFAULT is for cards without one.
    let Some(profile) = of(&InterfaceMatch::Name(CARD.into())).or_else(|| of(&InterfaceMatch::Any)) else {
        let finding = Finding::new("/etc/rc.conf configures no vtnet0, the network card of an instance", remedy);
        let places: Vec<_> = profiles.iter().map(|profile| profile.evidence.clone()).collect();
        let file = || vec![Evidence::file(&guest.root, "/etc/rc.conf")];
        return Ok(vec![finding.at_all(&if places.is_empty() { file() } else { places })]);
    };
    let message = match (&profile.addressing, &profile.on_boot) {
        (Known::Is(Addressing::Dhcp), Known::Is(true)) => return Ok(Vec::new()),
        (Known::Unknown(reason), _) | (Known::Is(Addressing::Dhcp), Known::Unknown(reason)) => {
            return Err(reason.why.clone());
        }
        (Known::Is(Addressing::Dhcp), _) => "vtnet0 gets its address by DHCP, but is not brought up at boot",
        (Known::Is(Addressing::Static), _) => "vtnet0 has a fixed address, which is not valid on ECS",
        _ => "vtnet0 gets no IPv4 address",
    };
    Ok(vec![Finding::new(message, remedy).at(profile.evidence.clone())])
}

/// Whether sshd starts.
fn server(guest: &Guest, freebsd: &FreeBsd, login: &mut Tally) {
    let remedy = "sysrc sshd_enable=YES in the source system";
    if freebsd.sshd.is_absent() {
        let at = Evidence::file(&guest.root, "/usr/sbin/sshd").saying("not there");
        login.fail(Finding::new("no SSH server is installed", "install openssh-portable, and enable it").at(at));
    } else if let Some(sshd) = login.value(&freebsd.sshd)
        && login.value(&sshd.enabled) != Some(&true)
        && sshd.enabled.reason().is_none()
    {
        login.fail(Finding::new("the SSH server does not start at boot", remedy).at_all(&sshd.evidence));
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::*;

    fn profile(facts: &mut Facts) -> &mut NetworkProfile {
        &mut of(&mut freebsd_of(facts).interfaces)[0]
    }

    cases! {
        fires: |facts, _| {
            *facts = bsd();
            profile(facts).addressing = is(Addressing::Static);
        },
        passes: |facts, _| {
            *facts = bsd();
            profile(facts).interface = InterfaceMatch::Name(CARD.into());
        },
        undecided: |facts, _| {
            *facts = bsd();
            freebsd_of(facts).interfaces = Known::unknown("rc.conf calls a program");
        },
    }

    #[test]
    fn each_reason_is_said() {
        type Spoil = fn(&mut Facts);
        let cases: [(&str, Spoil); 6] = [
            ("configures no vtnet0", |facts| profile(facts).interface = InterfaceMatch::Name("em0".into())),
            ("configures no vtnet0", |facts| freebsd_of(facts).interfaces = Known::Absent),
            ("not brought up", |facts| profile(facts).on_boot = is(false)),
            ("no DHCP client", |facts| freebsd_of(facts).dhcp_client = Known::Absent),
            ("no SSH server", |facts| freebsd_of(facts).sshd = Known::Absent),
            ("does not start", |facts| of(&mut freebsd_of(facts).sshd).enabled = is(false)),
        ];
        for (words, change) in cases {
            let mut facts = bsd();
            change(&mut facts);
            let outcome = RULE.judge(&facts, &Target::default());
            let found = outcome.findings();
            assert!(found.len() == 1 && found[0].message.contains(words), "{words}: {outcome:?}");
            assert_eq!(found[0].severity, Severity::NoLogin);
            assert!(!found[0].evidence.is_empty());
        }
    }

    #[test]
    fn the_cards_own_line_counts() {
        let mut facts = bsd();
        let mut own = profile(&mut facts).clone();
        own.interface = InterfaceMatch::Name(CARD.into());
        own.addressing = is(Addressing::Static);
        of(&mut freebsd_of(&mut facts).interfaces).push(own);
        assert_eq!(RULE.judge(&facts, &Target::default()).word(), "FAILED");
    }

    #[test]
    fn cloud_init_makes_the_address_a_warning_but_hides_no_doubt() {
        fn mended(facts: &mut Facts) {
            let cloud_init = linux_of(facts).cloud_init.clone();
            *facts = bsd();
            freebsd_of(facts).cloud_init = cloud_init;
            profile(facts).addressing = is(Addressing::Static);
        }
        assert_eq!(findings(&RULE, |facts, _| mended(facts))[0].severity, Severity::Degraded);
        let doubt = judge(&RULE, |facts, _| {
            mended(facts);
            of(&mut freebsd_of(facts).sshd).enabled = Known::unknown("rc.conf calls a program");
        });
        assert_eq!(doubt.word(), "UNKNOWN");
    }
}
