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
    ("CoreOS", &["coreos", "flatcar"]),
    ("Debian", &["debian"]),
    ("Fedora", &["fedora"]),
    ("Gentoo", &["gentoo"]),
    ("Kylin", &["kylin", "neokylin"]),
    (
        "OpenSUSE",
        &["opensuse", "opensuse-leap", "opensuse-tumbleweed", "opensuse-microos", "opensuse-leap-micro", "suse linux"],
    ),
    ("RedHat", &["rhel", "redhat"]),
    ("Rocky Linux", &["rocky"]),
    (
        "SUSE",
        &["sles", "sled", "sles_sap", "sle_hpc", "sle-hpc", "sle-micro", "sl-micro", "suse-microos", "suse_linux"],
    ),
    ("UOS", &["uos", "uniontech", "uniontechos"]),
    ("Ubuntu", &["ubuntu"]),
];

/// The `Platform` for a distribution.
pub(crate) fn of(distribution: &Distribution) -> Claim<String> {
    let id = distribution.id.to_ascii_lowercase();
    let listed = PLATFORMS.iter().find(|(_, ids)| ids.contains(&id.as_str())).map(|(platform, _)| *platform);
    let stream = distribution.name.contains("Stream");
    let coreos = distribution.variant.as_deref() == Some("coreos");
    let value = match listed {
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
    }
}
