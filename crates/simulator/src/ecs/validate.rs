//! The parameters of ImportImage that need no look at anything else, each with its own code.

use crate::refusal::Refusal;
use crate::rpc::{Call, field};

const PLATFORMS: &[&str] = &[
    "Aliyun",
    "Anolis",
    "CentOS",
    "Ubuntu",
    "CoreOS",
    "SUSE",
    "Debian",
    "OpenSUSE",
    "FreeBSD",
    "RedHat",
    "Kylin",
    "UOS",
    "Fedora",
    "Fedora CoreOS",
    "CentOS Stream",
    "AlmaLinux",
    "Rocky Linux",
    "Gentoo",
    "Customized Linux",
    "Others Linux",
    "Windows Server 2022",
    "Windows Server 2019",
    "Windows Server 2016",
    "Windows Server 2012",
    "Windows Server 2008",
    "Windows Server 2003",
    "Other Windows",
];
/// Tags of one image.
const TAGS: usize = 20;

fn refuse(code: &'static str, what: &str) -> Refusal {
    Refusal::new(400, code, format!("The specified {what} is not valid."))
}

/// Refuses the first parameter that is wrong.
pub(super) fn check(call: &Call<'_>) -> Result<(), Refusal> {
    one_of(call, "Architecture", &["i386", "x86_64", "arm64"], "InvalidArchitecture.Malformed")?;
    one_of(call, "OSType", &["linux", "windows"], "InvalidOSType.Malformed")?;
    one_of(call, "Platform", PLATFORMS, "InvalidPlatform.Malformed")?;
    one_of(call, "BootMode", &["BIOS", "UEFI"], "InvalidBootMode.Malformed")?;
    one_of(call, "LicenseType", &["Auto", "auto", "Aliyun", "BYOL"], "InvalidLicenseType.NotSupported")?;
    one_of(call, "DetectionStrategy", &["Standard"], "InvalidParameter.DetectionStrategy")?;
    one_of(call, "Features.NvmeSupport", &["supported", "unsupported"], "InvalidParameter.FeaturesNvmeSupport")?;
    one_of(call, "Features.ImdsSupport", &["v1", "v2"], "InvalidParameter.FeaturesImdsSupport")?;
    check_texts(call)?;
    check_together(call)?;
    check_tags(call)
}

fn one_of(call: &Call<'_>, name: &str, values: &[&str], code: &'static str) -> Result<(), Refusal> {
    match call.get(name) {
        Some(value) if !values.contains(&value) => Err(refuse(code, name)),
        _ => Ok(()),
    }
}

fn check_texts(call: &Call<'_>) -> Result<(), Refusal> {
    if call.get("ImageName").is_some_and(|name| !is_name(name)) {
        return Err(refuse("InvalidImageName.Malformed", "ImageName"));
    }
    let described = |text: &str| (2..=256).contains(&text.chars().count()) && !is_address(text);
    if call.get("Description").is_some_and(|text| !described(text)) {
        return Err(refuse("InvalidDescription.Malformed", "Description"));
    }
    if call.get("ClientToken").is_some_and(|token| token.len() > 64 || !token.is_ascii()) {
        return Err(refuse("InvalidClientToken.Malformed", "ClientToken"));
    }
    if call.get("ResourceGroupId").is_some_and(|id| !id.starts_with("rg-")) {
        let message = "The specified resource group does not exist.";
        return Err(Refusal::new(404, "InvalidResourceGroup.NotFound", message));
    }
    if call.get("StorageLocationArn").is_some() {
        return Err(refuse("InvalidStorageLocation.NotFound", "StorageLocationArn"));
    }
    Ok(())
}

/// Parameters that do not go with each other.
fn check_together(call: &Call<'_>) -> Result<(), Refusal> {
    let platform = call.get("Platform").unwrap_or("Others Linux");
    let arm = call.get("Architecture") == Some("arm64");
    if arm && platform.contains("Windows") {
        return Err(refuse("InvalidArchitecture.PlatformUnsupported", "Architecture for the platform"));
    }
    if arm && call.get("BootMode") == Some("BIOS") {
        return Err(refuse("InvalidBootMode.NotSupport", "BootMode for the architecture"));
    }
    if matches!(platform, "RedHat" | "SUSE") && call.get("LicenseType") == Some("Aliyun") {
        return Err(refuse("InvalidLicenseType.BYOLOnly", "LicenseType for the platform"));
    }
    Ok(())
}

fn check_tags(call: &Call<'_>) -> Result<(), Refusal> {
    let mut keys = Vec::new();
    for fields in call.items("Tag", TAGS) {
        let (key, value) = (field(&fields, "Key").unwrap_or_default(), field(&fields, "Value").unwrap_or_default());
        let reserved = key.starts_with("aliyun") || key.starts_with("acs:") || is_address(key);
        if reserved || !(1..=128).contains(&key.chars().count()) {
            return Err(refuse("InvalidTagKey.Malformed", "Tag.N.Key"));
        }
        if value.chars().count() > 128 || value.starts_with("acs:") {
            return Err(refuse("InvalidTagValue.Malformed", "Tag.N.Value"));
        }
        keys.push(key.to_lowercase());
    }
    keys.sort();
    let count = keys.len();
    keys.dedup();
    if keys.len() == count { Ok(()) } else { Err(refuse("TagKey.Duplication", "Tag.N.Key")) }
}

fn is_name(name: &str) -> bool {
    let plain = |character: char| character.is_alphanumeric() || ".:_-".contains(character);
    let reserved = name.starts_with("aliyun") || name.starts_with("acs:") || is_address(name);
    (2..=128).contains(&name.chars().count())
        && name.starts_with(char::is_alphabetic)
        && name.chars().all(plain)
        && !reserved
}

fn is_address(text: &str) -> bool {
    text.starts_with("http://") || text.starts_with("https://")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operation::Operation;
    use crate::options::Options;
    use crate::world::World;

    #[test]
    fn each_parameter_has_its_code() {
        let world = World::new(Options::default()).expect("a world");
        let code = |parameters: &[(&str, &str)]| {
            let parameters = parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
            let call = Call { world: &world, operation: Operation::ImportImage, parameters, key: None };
            check(&call).map_err(|refusal| refusal.code.into_owned())
        };
        let long = "x".repeat(129);
        for (parameters, expected) in [
            ([("ImageName", "1x"), ("", "")], "InvalidImageName.Malformed"),
            ([("ImageName", "aliyun-x"), ("", "")], "InvalidImageName.Malformed"),
            ([("ImageName", "a b"), ("", "")], "InvalidImageName.Malformed"),
            ([("ImageName", long.as_str()), ("", "")], "InvalidImageName.Malformed"),
            ([("Description", "http://x"), ("", "")], "InvalidDescription.Malformed"),
            ([("Architecture", "ppc"), ("", "")], "InvalidArchitecture.Malformed"),
            ([("Architecture", "arm64"), ("BootMode", "BIOS")], "InvalidBootMode.NotSupport"),
            (
                [("Architecture", "arm64"), ("Platform", "Windows Server 2022")],
                "InvalidArchitecture.PlatformUnsupported",
            ),
            ([("BootMode", "UEFI-Preferred"), ("", "")], "InvalidBootMode.Malformed"),
            ([("Platform", "Windows 7"), ("", "")], "InvalidPlatform.Malformed"),
            ([("Platform", "SUSE"), ("LicenseType", "Aliyun")], "InvalidLicenseType.BYOLOnly"),
            ([("LicenseType", "Free"), ("", "")], "InvalidLicenseType.NotSupported"),
            ([("OSType", "bsd"), ("", "")], "InvalidOSType.Malformed"),
            ([("DetectionStrategy", "All"), ("", "")], "InvalidParameter.DetectionStrategy"),
            ([("Features.ImdsSupport", "v3"), ("", "")], "InvalidParameter.FeaturesImdsSupport"),
            ([("ClientToken", long.as_str()), ("", "")], "InvalidClientToken.Malformed"),
            ([("ResourceGroupId", "x"), ("", "")], "InvalidResourceGroup.NotFound"),
            ([("Tag.1.Key", "a"), ("Tag.2.Key", "A")], "TagKey.Duplication"),
            ([("Tag.1.Key", "acs:x"), ("", "")], "InvalidTagKey.Malformed"),
        ] {
            assert_eq!(code(&parameters), Err(expected.to_owned()), "{parameters:?}");
        }
        assert_eq!(code(&[("ImageName", "镜像.a:b_c-1"), ("Platform", "Rocky Linux"), ("BootMode", "UEFI")]), Ok(()));
    }
}
