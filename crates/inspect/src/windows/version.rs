//! Which Windows it is, and what `ImportImage` calls it.

use super::node::Node;
use super::registry::Registry;
use crate::look::{Gap, Look, Outcome as _};
use facts::{Claim, Distribution, Evidence, Known, ProductType, WindowsVersion};

const CURRENT_VERSION: &str = r"Microsoft\Windows NT\CurrentVersion";

/// Builds of servers that `ImportImage` has a value for, by the first and last build.
const SERVERS: &[(u32, u32, &str)] = &[
    (3790, 3790, "Windows Server 2003"),
    (6001, 6003, "Windows Server 2008"),
    (7600, 7601, "Windows Server 2008"),
    (9200, 9200, "Windows Server 2012"),
    (9600, 9600, "Windows Server 2012"),
    (14393, 14393, "Windows Server 2016"),
    (17763, 17763, "Windows Server 2019"),
    (20348, 20348, "Windows Server 2022"),
];

/// Names of clients by their first build.
const CLIENTS: &[(u32, &str)] = &[
    (2195, "Windows 2000"),
    (2600, "Windows XP"),
    (6000, "Windows Vista"),
    (7600, "Windows 7"),
    (9200, "Windows 8"),
    (9600, "Windows 8.1"),
    (10240, "Windows 10"),
    (22000, "Windows 11"),
];

/// Of servers that have no value of their own.
const OTHER: &str = "Other Windows";

/// The version by the registry.
pub(super) fn examine(registry: &Registry) -> WindowsVersion {
    let key = registry.software(CURRENT_VERSION);
    let text = |name: &str| key.as_ref().map_err(Clone::clone).and_then(|key| key.text(name));
    let edition = text("EditionID");
    let evaluation = match &edition {
        Ok(edition) => Known::Is(edition.value.to_ascii_lowercase().ends_with("eval")),
        Err(gap) => Err(gap.clone()).known(),
    };
    let mut version = WindowsVersion {
        product: text("ProductName").known(),
        kernel: key.as_ref().map_err(Clone::clone).and_then(kernel).known(),
        build: build(&text).known(),
        revision: key.as_ref().map_err(Clone::clone).and_then(|key| key.number("UBR")).known(),
        service_pack: text("CSDVersion").known(),
        edition: edition.known(),
        installation: text("InstallationType").known(),
        release: text("DisplayVersion").or_else(|_| text("ReleaseId")).known(),
        product_type: Known::default(),
        evaluation,
    };
    version.product_type = product_type(registry, &version).known();
    version
}

/// `CurrentBuild` of XP and 2003 is a number of another kind; later versions have both alike.
fn build(text: &dyn Fn(&str) -> Look<Claim<String>>) -> Look<Claim<u32>> {
    let claim =
        text("CurrentBuildNumber").or_else(|gap| if gap == Gap::Absent { text("CurrentBuild") } else { Err(gap) })?;
    match claim.value.trim().parse() {
        Ok(value) => Ok(Claim { value, evidence: claim.evidence }),
        Err(_) => Err(Gap::unknown(format!("the build number is {:?}", claim.value))),
    }
}

/// `CurrentVersion` stays at 6.3 from Windows 10 on, where there are numbers of their own.
fn kernel(key: &Node<'_>) -> Look<Claim<(u32, u32)>> {
    if let Some(major) = key.number("CurrentMajorVersionNumber").optional()? {
        let minor = key.number("CurrentMinorVersionNumber").optional()?.map_or(0, |minor| minor.value);
        return Ok(Claim { value: (major.value, minor), evidence: major.evidence });
    }
    let claim = key.text("CurrentVersion")?;
    let numbers = claim.value.split_once('.').and_then(|(a, b)| Some((a.trim().parse().ok()?, b.trim().parse().ok()?)));
    let value = numbers.ok_or_else(|| Gap::unknown(format!("CurrentVersion is {:?}", claim.value)))?;
    Ok(Claim { value, evidence: claim.evidence })
}

fn product_type(registry: &Registry, version: &WindowsVersion) -> Look<Claim<ProductType>> {
    let found = registry.current(r"Control\ProductOptions").and_then(|key| key.text("ProductType"));
    let gap = match found {
        Ok(claim) => {
            let value = match claim.value.to_ascii_lowercase().as_str() {
                "winnt" => ProductType::Client,
                "servernt" => ProductType::Server,
                "lanmannt" => ProductType::DomainController,
                _ => return Err(Gap::unknown(format!("ProductType is {:?}", claim.value))),
            };
            return Ok(Claim { value, evidence: claim.evidence });
        }
        Err(gap) => gap,
    };
    // A domain controller cannot be told from a server by these.
    let said = [&version.installation, &version.edition, &version.product];
    let claim = said.into_iter().find_map(Known::value).ok_or(gap)?;
    let server = claim.value.contains("Server");
    let value = if server { ProductType::Server } else { ProductType::Client };
    Ok(Claim { value, evidence: claim.evidence.clone() })
}

/// What it is called.
pub(super) fn distribution(version: &WindowsVersion) -> Known<Distribution> {
    let (Known::Is(kernel), Known::Is(build)) = (&version.kernel, &version.build) else {
        let reason = version.build.reason().or(version.kernel.reason()).cloned();
        return reason.map_or_else(|| Known::unknown("the registry does not say which version it is"), Known::Unknown);
    };
    let product = version.product.value();
    let mut name = product.map_or_else(|| "Windows".to_owned(), |claim| claim.value.clone());
    // Windows 11 still has the name of 10 in its registry.
    if build.value >= 22000 && is_client(version) == Some(true) {
        name = name.replacen("Windows 10", "Windows 11", 1);
    }
    let evidence = product.iter().flat_map(|claim| &claim.evidence).chain(&kernel.evidence).chain(&build.evidence);
    Known::Is(Distribution {
        id: "windows".into(),
        version: format!("{}.{}.{}", kernel.value.0, kernel.value.1, build.value),
        name,
        codename: version.release.value().map(|claim| claim.value.clone()),
        variant: version.edition.value().map(|claim| claim.value.clone()),
        like: Vec::new(),
        evidence: evidence.cloned().collect(),
    })
}

fn is_client(version: &WindowsVersion) -> Option<bool> {
    version.product_type.value().map(|claim| claim.value == ProductType::Client)
}

/// The `Platform` for it. Clients have no value: theirs is their name, which no list has.
pub(super) fn platform(version: &WindowsVersion) -> Known<Claim<String>> {
    let build = match &version.build {
        Known::Is(build) => build,
        other => return other.clone().map(|_| Claim::default()),
    };
    let Known::Is(product_type) = &version.product_type else {
        return version.product_type.clone().map(|_| Claim::default());
    };
    let mut evidence: Vec<Evidence> = build.evidence.iter().chain(&product_type.evidence).cloned().collect();
    let value = if product_type.value == ProductType::Client {
        evidence.push(Evidence::words("a client edition: ECS takes servers only"));
        CLIENTS.iter().rev().find(|(first, _)| build.value >= *first).map_or(OTHER, |(_, name)| name)
    } else {
        let listed = SERVERS.iter().find(|(first, last, _)| (*first..=*last).contains(&build.value));
        listed.map_or(OTHER, |(_, _, name)| name)
    };
    // The build decides; a name that contradicts it is shown beside it.
    let contradicts = |product: &&Claim<String>| year(&product.value).is_some_and(|year| !value.contains(year));
    if let Some(product) = version.product.value().filter(contradicts)
        && value != OTHER
    {
        evidence.extend(product.evidence.iter().cloned());
    }
    Known::Is(Claim { value: value.to_owned(), evidence })
}

/// The year in the name of a server.
fn year(product: &str) -> Option<&str> {
    product.split(|c: char| !c.is_ascii_digit()).find(|word| word.len() == 4 && word.starts_with("20"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(build: u32, product_type: ProductType) -> String {
        let claim = |value| Known::Is(Claim { value, evidence: Vec::new() });
        let product_type = Known::Is(Claim { value: product_type, evidence: Vec::new() });
        let version = WindowsVersion { build: claim(build), product_type, ..WindowsVersion::default() };
        platform(&version).value().unwrap().value.clone()
    }

    #[test]
    fn platforms_by_build() {
        for (build, platform) in [
            (3790, "Windows Server 2003"),
            (6003, "Windows Server 2008"),
            (7601, "Windows Server 2008"),
            (9600, "Windows Server 2012"),
            (14393, "Windows Server 2016"),
            (17763, "Windows Server 2019"),
            (20348, "Windows Server 2022"),
            (18363, "Other Windows"),
            (25398, "Other Windows"),
            (26100, "Other Windows"),
        ] {
            assert_eq!(named(build, ProductType::Server), platform, "{build}");
            assert_eq!(named(build, ProductType::DomainController), platform, "{build}");
        }
        for (build, platform) in
            [(3790, "Windows XP"), (7601, "Windows 7"), (19045, "Windows 10"), (26100, "Windows 11")]
        {
            assert_eq!(named(build, ProductType::Client), platform, "{build}");
        }
        assert!(platform(&WindowsVersion::default()).reason().is_some());
    }
}
