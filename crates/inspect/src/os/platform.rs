//! From a distribution to the `Platform` value of `ImportImage`.
//!
//! Values: Alibaba Cloud ECS SDK for Python 7.11.8, `ImportImage` request.

use facts::{Claim, Distribution};

/// `ID` of os-release → `Platform`. What is not listed is `Others Linux`: `ID_LIKE` never decides.
const PLATFORMS: &[(&str, &[&str])] = &[
    ("Aliyun", &["alinux", "aliyun", "alios"]),
    ("AlmaLinux", &["almalinux"]),
    ("Anolis", &["anolis"]),
    ("CentOS", &["centos"]),
    ("CoreOS", &["coreos", "flatcar", "container linux by coreos"]),
    ("Debian", &["debian"]),
    ("Fedora", &["fedora"]),
    ("Gentoo", &["gentoo"]),
    ("Kylin", &["kylin", "neokylin"]),
    ("OpenSUSE", &["opensuse", "suse linux"]),
    ("RedHat", &["rhel", "redhat", "redhatenterpriseserver"]),
    ("Rocky Linux", &["rocky"]),
    ("SUSE", &["sles", "sled", "sl-micro", "suse-microos", "suse_linux"]),
    ("UOS", &["uos", "uniontech", "uniontechos"]),
    ("Ubuntu", &["ubuntu"]),
];

/// Beginnings of `ID` for families with a product a name.
const FAMILIES: &[(&str, &[&str])] = &[("OpenSUSE", &["opensuse-"]), ("SUSE", &["sles_", "sles-", "sle-", "sle_"])];

fn listed(id: &str) -> Option<&'static str> {
    let exact = PLATFORMS.iter().find(|(_, ids)| ids.contains(&id));
    let family = || FAMILIES.iter().find(|(_, stems)| stems.iter().any(|stem| id.starts_with(stem)));
    exact.or_else(family).map(|(platform, _)| *platform)
}

/// The `Platform` for a distribution.
pub(crate) fn of(distribution: &Distribution) -> Claim<String> {
    let stream = distribution.name.contains("Stream");
    let coreos = distribution.variant.as_deref() == Some("coreos");
    let value = match listed(&distribution.id.to_ascii_lowercase()) {
        Some("CentOS") if stream => "CentOS Stream",
        Some("Fedora") if coreos => "Fedora CoreOS",
        Some("RedHat") if coreos => "Others Linux",
        Some(platform) => platform,
        None => "Others Linux",
    };
    Claim { value: value.to_owned(), evidence: distribution.evidence.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_id_decides() {
        let platform = |id: &str, name: &str, variant: Option<&str>| {
            let (id, name, variant) = (id.to_owned(), name.to_owned(), variant.map(str::to_owned));
            of(&Distribution { id, name, variant, like: vec!["debian".into()], ..Distribution::default() }).value
        };
        assert_eq!(platform("debian", "Debian GNU/Linux 12", None), "Debian");
        assert_eq!(platform("centos", "CentOS Stream 9", None), "CentOS Stream");
        assert_eq!(platform("centos", "CentOS Linux 7 (Core)", None), "CentOS");
        assert_eq!(platform("fedora", "Fedora CoreOS 39", Some("coreos")), "Fedora CoreOS");
        assert_eq!(platform("openEuler", "openEuler 22.03", None), "Others Linux");
        assert_eq!(platform("kali", "Kali", None), "Others Linux");
        assert_eq!(platform("Kylin", "Kylin V10", None), "Kylin");
        assert_eq!(platform("rhel", "Red Hat Enterprise Linux CoreOS", Some("coreos")), "Others Linux");
        for (id, expected) in [
            ("sles_sap", "SUSE"),
            ("sle-micro", "SUSE"),
            ("slemish", "Others Linux"),
            ("opensuse-tumbleweed", "OpenSUSE"),
            ("flatcar", "CoreOS"),
            ("alinux", "Aliyun"),
            ("uos", "UOS"),
            ("ol", "Others Linux"),
        ] {
            assert_eq!(platform(id, id, None), expected, "{id}");
        }
    }
}
