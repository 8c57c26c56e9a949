//! The instances that the image is for.
//!
//! What an instance family asks of an image is read from its name, as the platform forms them: letters for the kind,
//! a digit for the generation, letters for processor and variant (`ecs.g8i.large`, `c8y`, `g6r`, `ebmg7`).

use facts::Architecture;
use serde::Serialize;
use std::str::FromStr;

/// What the instances ask of an image. What is not said is not judged.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Instance {
    /// The family, as it was named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub family: Option<String>,
    /// The region.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// Its processors.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub architecture: Option<Architecture>,
    /// Its disks are NVMe ones only.
    pub nvme: bool,
    /// It starts by UEFI only.
    pub uefi: bool,
    /// It starts by BIOS only.
    pub bios: bool,
}

/// The generation from which on families with x86 processors have NVMe disks only.
const NVME_FROM: u32 = 8;

/// Words apart from each other by `/` or `,`: a family or instance type, a region, `arm64`, `x86_64`, `nvme`, `uefi`,
/// `bios`.
impl FromStr for Instance {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut instance = Instance::default();
        for word in text.split([',', '/']).map(str::trim) {
            match word {
                "nvme" => instance.nvme = true,
                "uefi" => instance.uefi = true,
                "bios" => instance.bios = true,
                "arm64" => instance.architecture = Some(Architecture::Arm64),
                "x86_64" => instance.architecture = Some(Architecture::X86_64),
                region if is_region(region) => instance.region = Some(region.into()),
                family => instance.add_family(family)?,
            }
        }
        if instance.bios && instance.uefi {
            return Err(format!("{text:?}: instances that start by BIOS only and by UEFI only do not exist"));
        }
        Ok(instance)
    }
}

impl Instance {
    fn add_family(&mut self, name: &str) -> Result<(), String> {
        let family = name.strip_prefix("ecs.").unwrap_or(name).split('.').next().unwrap_or_default();
        let wrong = || {
            format!(
                "{name:?} is no instance family, region or ability; such are ecs.g8i, cn-hangzhou, nvme, uefi, bios, \
                 arm64, x86_64"
            )
        };
        let digits = family.find(|c: char| c.is_ascii_digit()).ok_or_else(wrong)?;
        let (kind, rest) = family.split_at(digits);
        let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let (generation, variant) = rest.split_at(end);
        let letters = |text: &str| text.chars().all(|c| c.is_ascii_lowercase());
        if kind.is_empty() || !letters(kind) || !variant.chars().all(|c| c.is_ascii_lowercase() || c == '-') {
            return Err(wrong());
        }
        let generation: u32 = generation.parse().map_err(|_| wrong())?;
        let arm = variant.starts_with('y') || (generation == 6 && variant.starts_with('r'));
        self.architecture = Some(if arm { Architecture::Arm64 } else { Architecture::X86_64 });
        // Instances of Arm start by UEFI only (Instance boot modes, 2025).
        self.uefi |= arm;
        self.nvme |= (!arm && generation >= NVME_FROM) || variant.starts_with("se");
        self.family = Some(format!("ecs.{family}"));
        Ok(())
    }
}

/// `cn-hangzhou`, `ap-southeast-1`, `us-east-1`.
fn is_region(word: &str) -> bool {
    let mut parts = word.split('-');
    let first = parts.next().is_some_and(|part| part.len() == 2 && part.chars().all(|c| c.is_ascii_lowercase()));
    let rest: Vec<_> = parts.collect();
    let plain = |part: &&str| !part.is_empty() && part.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    first && !rest.is_empty() && rest.iter().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Instance {
        text.parse().unwrap()
    }

    #[test]
    fn families_say_what_they_ask_for() {
        let arm = of("ecs.g8y.large/cn-hangzhou");
        assert_eq!((arm.family.as_deref(), arm.region.as_deref()), (Some("ecs.g8y"), Some("cn-hangzhou")));
        assert_eq!((arm.architecture, arm.uefi, arm.nvme), (Some(Architecture::Arm64), true, false));
        assert_eq!(of("c6r").architecture, Some(Architecture::Arm64));
        let intel = of("r8i");
        assert_eq!((intel.architecture, intel.uefi, intel.nvme), (Some(Architecture::X86_64), false, true));
        assert!(of("ecs.g7se").nvme && !of("ecs.g7").nvme && !of("ebmg6e").nvme && of("c9i").nvme);
    }

    #[test]
    fn abilities_without_a_family() {
        let instance = of("nvme,uefi,ap-southeast-1");
        assert!(instance.nvme && instance.uefi && instance.family.is_none());
        assert_eq!(instance.region.as_deref(), Some("ap-southeast-1"));
    }

    #[test]
    fn what_is_none_is_refused() {
        for text in ["", "large", "ecs.", "G8I", "8i", "g8i!", "bios,uefi"] {
            assert!(text.parse::<Instance>().is_err(), "{text}");
        }
    }
}
