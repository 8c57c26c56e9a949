//! WIN-VERSION: Windows is a server edition that ECS takes.

use crate::rules::prelude::*;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "WIN-VERSION",
    aliases: &["GUESTOS.OSVersion"],
    title: "Windows is a server edition that ECS takes",
    severity: Severity::Reject,
    confidence: Confidence::Current,
    source: "Import custom images (2021); ImportImage, Platform (SDK model 7.11.8)",
    docs: "\
# What it checks
Whether it is a server edition of Windows Server 2003 or later, by product type and build.

# Why ECS needs it
Client editions (XP, 7, 8, 10, 11) and Windows 2000 are not supported. A server of a build that has no Platform of its
own is imported as Other Windows.

# How to fix
Install a server edition. A client edition cannot be made one in place.
",
    check,
};

/// The first build of a server that is taken: 2003.
const FIRST: u32 = 3790;

fn check(facts: &Facts, target: &Target) -> Judged {
    let (guest, windows) = windows(facts, target)?;
    let version = &windows.version;
    let build = windows_build(windows)?;
    let Some(kind) = known(&version.product_type)? else {
        return Err(Undecided::unknown("the registry does not say whether it is a server"));
    };
    let name = version.product.value().map_or("this Windows", |product| product.value.as_str());
    let places = kind.evidence.iter().chain(version.build.value().into_iter().flat_map(|build| &build.evidence));
    let finding = |message: String, remedy: &str| Ok(vec![Finding::new(message, remedy).at_all(places.clone())]);
    if kind.value == ProductType::Client {
        return finding(format!("{name} is a client edition: ECS takes servers only"), "install a server edition");
    }
    if build < FIRST {
        return finding(format!("{name} (build {build}) is older than Windows Server 2003"), "install a later version");
    }
    match guest.platform.value() {
        Some(platform) if platform.value == "Other Windows" => {
            let message = format!("{name} (build {build}) has no Platform of its own");
            let remedy = "declare --platform \"Other Windows\"";
            let finding = Finding::new(message, remedy).at_all(places).only(Severity::Info);
            Ok(vec![finding])
        }
        _ => passed(),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::*;

    cases! {
        fires: |facts, _| windows_of(facts).version.product_type = claim(ProductType::Client, "ProductType"),
        passes: |_, _| (),
        undecided: |facts, _| windows_of(facts).version.product_type = Known::unknown("the hive is damaged"),
    }

    #[test]
    fn old_and_new_servers() {
        assert_eq!(findings(&RULE, |facts, _| set_build(facts, 2195))[0].severity, Severity::Reject);
        let new = findings(&RULE, |facts, _| {
            set_build(facts, 26100);
            guest_of(facts).platform = claim("Other Windows".into(), "ProductName");
        });
        assert_eq!(new[0].severity, Severity::Info);
    }
}
