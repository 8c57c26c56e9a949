//! `Features.NvmeSupport`: whether the system that boots has the driver at hand, as the rules about that say.

use crate::origin::{Found, Origin};
use facts::{Evidence, Facts, Guest, Known, Os};
use preflight::{Outcome, Request, Target};

/// The parameter.
pub(crate) const PARAMETER: &str = "Features.NvmeSupport";

/// `Features.NvmeSupport`. Where it is not known it is left out, and the service takes `unsupported`.
pub(crate) fn nvme_support(facts: &Facts, target: &Target) -> Origin {
    let found = facts.guest.as_ref().and_then(|guest| by_rule(facts, guest, target));
    Origin::of(PARAMETER, target.request.nvme_support.as_deref(), found)
}

fn by_rule(facts: &Facts, guest: &Guest, target: &Target) -> Known<Found> {
    let id = match guest.os {
        Os::Linux => "LNX-NVME",
        Os::Windows => "WIN-NVME",
        Os::FreeBsd => return Known::unknown("whether the kernel of FreeBSD has nvme was not examined"),
    };
    let Some(rule) = preflight::rule(id) else { return Known::unknown(format!("there is no rule {id}")) };
    let target = Target { request: Request::default(), ..target.clone() };
    match rule.judge(facts, &target) {
        Outcome::Passed => {
            Known::Is(Found::new("supported", "the driver is there when the system starts").at(driver(guest)))
        }
        Outcome::Failed { findings, .. } => match findings.into_iter().next() {
            Some(worst) => Known::Is(Found::new("unsupported", worst.message).at(&worst.evidence)),
            None => Known::unknown(format!("{id} does not say why it fails")),
        },
        Outcome::Skipped { why } | Outcome::Unknown { why } => Known::unknown(why),
    }
}

/// Where the driver lies.
fn driver(guest: &Guest) -> Option<&Evidence> {
    match &guest.windows {
        Some(windows) => windows.drivers.get("stornvme")?.value().map(|driver| &driver.service.evidence),
        None => guest.default_kernel()?.drivers.get("nvme")?.value().map(|driver| &driver.evidence),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::*;
    use facts::Presence;

    #[test]
    fn the_driver_of_the_kernel_that_boots_decides() {
        let origin = |facts: &Facts| nvme_support(facts, &Target::default());
        let mut facts = debian();
        let found = origin(&facts);
        assert_eq!(found.sent.as_deref(), Some("supported"));
        assert_eq!(found.found.value().unwrap().evidence[0].path.as_deref(), Some("/lib/modules/6.1.0/nvme.ko"));
        nvme_of(&mut facts).presence = Presence::Disk;
        let absent = origin(&facts);
        assert_eq!(absent.sent.as_deref(), Some("unsupported"));
        assert!(absent.found.value().unwrap().why.contains("not in the initramfs"), "{absent:?}");
    }

    #[test]
    fn what_is_not_known_is_left_out() {
        let mut facts = debian();
        guest_of(&mut facts).kernels = Known::unknown("not read");
        let origin = nvme_support(&facts, &Target::default());
        assert_eq!(origin.sent, None);
        assert!(!origin.is_open());
    }
}
