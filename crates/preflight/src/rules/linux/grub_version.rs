//! LNX-GRUB-VERSION: GRUB is as new as the migration guide asks.

use crate::rules::prelude::*;

/// The oldest GRUB that the guide takes.
const OLDEST: [u64; 2] = [1, 99];
/// The oldest for the systems of [`asks_for_more`].
const OLDEST_THERE: [u64; 2] = [2, 2];

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "LNX-GRUB-VERSION",
    aliases: &[],
    title: "GRUB is as new as the migration guide asks",
    severity: Severity::Info,
    confidence: Confidence::Old,
    source: "Server Migration Center guide (2021)",
    docs: "\
# What it checks
The version of GRUB, by its own files or by its package: 1.99 or newer, on CentOS 5, RHEL 5, Debian 7, Amazon Linux and
Oracle Linux 2.02 or newer. GRUB 0.9x (CentOS 6 and older) is older than both.

# Why ECS needs it
The guide of 2021 asks for it where a running server is migrated, since that tool writes the configuration of GRUB anew.
An image whose GRUB is older boots all the same, so that this is a note.

# How to fix
Nothing needs to be done to import an image. To migrate the running server, install GRUB 2 first (`grub2-install`, or
grub-install of GRUB 2).
",
    check,
};

fn check(facts: &Facts, target: &Target) -> Judged {
    let (guest, linux) = linux(facts, target)?;
    let loader = loader(guest)?;
    if !matches!(loader.kind, LoaderKind::Grub2 | LoaderKind::GrubLegacy) {
        return Err(Undecided::skipped("the boot loader is not GRUB"));
    }
    let found = match known(&loader.version) {
        Ok(Some(found)) => found.clone(),
        Ok(None) => return Err(Undecided::unknown("nothing says which version of GRUB this is")),
        Err(why) => package(linux).ok_or(why)?,
    };
    let text = found.value.split_once(':').map_or(found.value.as_str(), |(_, version)| version);
    let number = version(text);
    if number.len() < 2 {
        return Err(Undecided::unknown(format!("\"{}\" is no version of GRUB", found.value)));
    }
    let oldest = if asks_for_more(guest) { OLDEST_THERE } else { OLDEST };
    if number.as_slice() >= oldest.as_slice() {
        return passed();
    }
    let message =
        format!("GRUB {} is older than {}.{:02}, which migrations ask for", found.value, oldest[0], oldest[1]);
    let remedy = "nothing to import the image; install a newer GRUB 2 before migrating the running server";
    Ok(vec![Finding::new(message, remedy).at_all(&found.evidence)])
}

/// The newest GRUB 2 that the package database names.
fn package(linux: &Linux) -> Option<Claim<String>> {
    let packages = linux.packages.value()?;
    let is_grub = |name: &str| name == "grub-pc" || name.starts_with("grub2") || name.starts_with("grub-efi-");
    let grubs = packages.versions.iter().filter(|(name, _)| is_grub(name));
    let newest = grubs.flat_map(|(name, versions)| versions.iter().map(move |text| (name, text)));
    let number = |text: &str| version(text.split_once(':').map_or(text, |(_, version)| version));
    let (name, text) = newest.max_by_key(|(_, text)| number(text))?;
    Some(Claim::new(text.clone(), packages.evidence.clone().saying(format!("{name} {text}"))))
}

/// Systems whose own GRUB the guide does not take.
fn asks_for_more(guest: &Guest) -> bool {
    guest.distribution.value().is_some_and(|found| {
        let major = version(&found.version).first().copied();
        match found.id.as_str() {
            "centos" | "rhel" => major == Some(5),
            "debian" => major == Some(7),
            "amzn" | "ol" => true,
            _ => false,
        }
    })
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::*;

    fn version(facts: &mut Facts, text: &str) {
        of(&mut loader_of(facts).version).value = text.into();
    }

    cases! {
        fires: |facts, _| {
            loader_of(facts).kind = LoaderKind::GrubLegacy;
            version(facts, "0.97");
        },
        passes: |facts, _| version(facts, "1.99-27+deb7u3"),
        undecided: |facts, _| loader_of(facts).version = Known::unknown("no file of the loader says its version"),
    }

    #[test]
    fn some_systems_need_more() {
        let word = |id: &str, release: &str, grub: &str| {
            let mut facts = bios();
            let distribution = of(&mut guest_of(&mut facts).distribution);
            (distribution.id, distribution.version) = (id.into(), release.into());
            version(&mut facts, grub);
            RULE.judge(&facts, &Target::default()).word()
        };
        assert_eq!(word("debian", "7.11", "1.99-27"), "FAILED");
        assert_eq!(word("ol", "8.9", "1:2.02-150.el8"), "PASSED");
        assert_eq!(word("centos", "6.10", "1.99"), "PASSED");
        assert_eq!(word("debian", "6.0", "1.98+20100804-14"), "FAILED");
    }

    #[test]
    fn the_package_stands_in_for_the_files() {
        let with = |grub: &str| {
            let mut facts = bios();
            loader_of(&mut facts).version = Known::unknown("no file of the loader says its version");
            let versions = [("grub-pc".to_owned(), vec![grub.to_owned()]), ("grub".into(), vec!["9".into()])].into();
            linux_of(&mut facts).packages = is(Packages { versions, ..Packages::default() });
            RULE.judge(&facts, &Target::default()).word()
        };
        assert_eq!((with("2.06-13"), with("1.98-1"), with("unknown")), ("PASSED", "FAILED", "UNKNOWN"));
    }
}
