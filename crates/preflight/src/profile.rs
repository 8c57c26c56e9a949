//! Size limits of the import, which have moved over the years.

use serde::Serialize;

/// The limits of a time.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Profile {
    /// Name, as on the command line.
    pub name: &'static str,
    /// When it was read there.
    pub date: &'static str,
    /// Who says so.
    pub source: &'static str,
    /// Smallest and largest system disk in GiB.
    pub system_gib: (u64, u64),
    /// Smallest and largest data disk in GiB.
    pub data_gib: (u64, u64),
}

/// All profiles, the current one first.
pub static PROFILES: &[Profile] = &[
    Profile {
        name: "current",
        date: "2025-05",
        source: "ImportImage, DiskDeviceMapping.N.DiskImageSize (API reference and SDK model 2014-05-26, 7.11.8)",
        system_gib: (1, 2048),
        data_gib: (1, 2048),
    },
    Profile {
        name: "2021",
        date: "2021",
        source: "ImportImage (API reference, 2021 documentation)",
        system_gib: (5, 500),
        data_gib: (5, 1000),
    },
    Profile {
        name: "2019",
        date: "2019",
        source: "Import custom images (console guide, 2018 to 2020)",
        system_gib: (40, 500),
        data_gib: (5, 2000),
    },
];

impl Profile {
    /// The profile in force today.
    pub fn current() -> &'static Profile {
        &PROFILES[0]
    }

    /// The profile of that name.
    pub fn named(name: &str) -> Option<&'static Profile> {
        PROFILES.iter().find(|profile| profile.name == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn profiles_are_found_by_name() {
        assert_eq!(Profile::current().name, "current");
        for profile in PROFILES {
            assert_eq!(Profile::named(profile.name), Some(profile));
            assert!(profile.system_gib.0 < profile.system_gib.1 && profile.data_gib.0 < profile.data_gib.1);
        }
        assert_eq!(Profile::named("2019").map(|profile| profile.system_gib), Some((40, 500)));
        assert_eq!(Profile::named("1999"), None);
    }
}
