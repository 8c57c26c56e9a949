//! What the system on the disk says: `OSType`, `Platform`, `Architecture`, and whether `LicenseType` is sent.

use crate::origin::{Found, Origin};
use facts::{Architecture, Facts, Guest, Known, Os, Reason};
use preflight::{Request, platform_of};

/// `OSType`. The API knows two; FreeBSD is one of the first.
pub(crate) fn os_type(facts: &Facts, stated: &Request) -> Origin {
    let found = match (guest(facts), &stated.platform) {
        (Known::Is(guest), _) => {
            let (value, why) = match guest.os {
                Os::Linux => ("linux", "the system is Linux"),
                Os::FreeBsd => ("linux", "the system is FreeBSD, and the API knows linux and windows only"),
                Os::Windows => ("windows", "the system is Windows"),
            };
            let place = guest.distribution.value().map(|found| found.evidence.as_slice()).unwrap_or_default();
            Known::Is(
                Found::new(value, why).at(place).at(place
                    .is_empty()
                    .then_some(&guest.root_evidence)
                    .into_iter()
                    .flatten()),
            )
        }
        (_, Some(platform)) => {
            let value = if platform.contains("Windows") { "windows" } else { "linux" };
            Known::Is(Found::new(value, format!("that is what {platform} is")))
        }
        (other, None) => other.and_then(|_| Known::Absent),
    };
    Origin::of("OSType", stated.os_type.as_deref(), found)
}

/// `Platform`. What the API has no name for is another Linux or another Windows.
pub(crate) fn platform(facts: &Facts, stated: &Request) -> Origin {
    let found = guest(facts).and_then(|guest| match &guest.platform {
        Known::Is(claim) => {
            let platform = platform_of(guest.os, &claim.value);
            let why = match platform == claim.value {
                true => "that is what the system calls itself".into(),
                false => format!("the API has no name for {}", claim.value),
            };
            Known::Is(Found::new(platform, why).at(&claim.evidence))
        }
        Known::Absent => {
            let why = "the API has no name for this system";
            Known::Is(Found::new(platform_of(guest.os, ""), why).at(&guest.root_evidence))
        }
        Known::Unknown(reason) => Known::Unknown(reason.clone()),
    });
    let linux = facts.guest.value().is_some_and(|guest| guest.os == Os::Linux);
    // Whether a system is customised is for the user to say: nothing is configured in it then.
    let found = found.map(|found| if linux { found.or("Customized Linux") } else { found });
    Origin::of("Platform", stated.platform.as_deref(), found)
}

/// `Architecture`: of the kernel that boots.
pub(crate) fn architecture(facts: &Facts, stated: &Request) -> Origin {
    let found = guest(facts).and_then(|guest| match &guest.architecture {
        Known::Is(claim) if claim.value == Architecture::Other => {
            Known::unknown("the kernel is for processors that ECS does not have")
        }
        Known::Is(claim) => {
            let why = format!("the kernel that boots is for {}", claim.value);
            Known::Is(Found::new(claim.value.to_string(), why).at(&claim.evidence))
        }
        Known::Absent => Known::unknown("there is no kernel"),
        Known::Unknown(reason) => Known::Unknown(reason.clone()),
    });
    Origin::of("Architecture", stated.architecture.as_deref(), found)
}

/// `LicenseType`: for Windows what is stated, else it takes no effect and is left out.
pub(crate) fn license_type(os_type: Option<&str>, stated: &Request) -> Origin {
    let windows = os_type == Some("windows");
    let why = match windows {
        true => "whose licence it is, a disk does not say",
        false => "it takes effect for Windows only, and is left out for other systems",
    };
    let stated = stated.license_type.as_deref().map(spelled);
    let found = Known::Unknown(Reason::new(why));
    Origin { sent: stated.filter(|_| windows).map(Into::into), ..Origin::of("LicenseType", stated, found) }
}

/// As the API spells it.
fn spelled(license: &str) -> &str {
    ["Aliyun", "BYOL", "Auto"].into_iter().find(|known| known.eq_ignore_ascii_case(license)).unwrap_or(license)
}

fn guest(facts: &Facts) -> Known<&Guest> {
    match &facts.guest {
        Known::Absent => Known::unknown("no operating system was found on the disk"),
        other => other.as_ref(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::*;
    use facts::{Claim, Evidence};

    fn of(facts: &Facts, stated: &Request) -> [Option<String>; 3] {
        [os_type(facts, stated), platform(facts, stated), architecture(facts, stated)].map(|origin| origin.sent)
    }

    #[test]
    fn systems_are_named_as_the_api_does() {
        let sent = |facts: &Facts| of(facts, &Request::default()).map(|sent| sent.unwrap_or_default());
        assert_eq!(sent(&debian()), ["linux", "Debian", "x86_64"]);
        let mut bsd = debian();
        guest_of(&mut bsd).os = Os::FreeBsd;
        guest_of(&mut bsd).platform = Known::Absent;
        assert_eq!(sent(&bsd), ["linux", "FreeBSD", "x86_64"]);
        assert_eq!(sent(&windows()), ["windows", "Windows Server 2019", "x86_64"]);
        let mut client = windows();
        guest_of(&mut client).platform = Known::Absent;
        assert_eq!(sent(&client)[1], "Other Windows");
        guest_of(&mut client).platform = is(Claim::new("Windows 10".into(), Evidence::words("build 19045")));
        assert_eq!(sent(&client)[1], "Other Windows");
    }

    #[test]
    fn what_is_not_known_is_not_guessed() {
        let nothing = Facts::default();
        assert_eq!(of(&nothing, &Request::default()), [None, None, None]);
        let stated = Request { platform: Some("Windows Server 2022".into()), ..Request::default() };
        assert_eq!(os_type(&nothing, &stated).sent.as_deref(), Some("windows"));
        let mut sparc = debian();
        guest_of(&mut sparc).architecture = is(Claim::new(Architecture::Other, Evidence::words("SPARC")));
        assert!(architecture(&sparc, &Request::default()).is_open());
    }

    #[test]
    fn what_is_stated_is_compared() {
        let stated = |name: &str| Request { platform: Some(name.into()), ..Request::default() };
        assert!(platform(&debian(), &stated("CentOS")).differs);
        assert!(!platform(&debian(), &stated("Customized Linux")).differs);
        assert!(platform(&windows(), &stated("Customized Linux")).differs);
    }

    #[test]
    fn the_licence_is_of_windows_only() {
        let stated = Request { license_type: Some("byol".into()), ..Request::default() };
        assert_eq!(license_type(Some("windows"), &stated).sent.as_deref(), Some("BYOL"));
        assert_eq!(license_type(Some("linux"), &stated).sent, None);
        assert_eq!(license_type(Some("windows"), &Request::default()).sent, None);
    }
}
