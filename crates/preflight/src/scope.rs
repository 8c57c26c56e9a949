//! What a rule is about: the first lines of most checks.

use crate::rule::{Judged, Undecided, known};
use crate::target::{DiskUse, Target};
use facts::{
    BootEntry, CloudInit, Content, DeviceSpec, Evidence, Facts, FreeBsd, Fstab, FstabEntry, Guest, Kernel, Known,
    Linux, Loader, Os, Volume, Windows, WindowsDriver, WindowsService,
};

/// Ends the check of a data disk.
pub(crate) fn system_disk(target: &Target) -> Result<(), Undecided> {
    match target.disk {
        DiskUse::System => Ok(()),
        DiskUse::Data => Err(Undecided::skipped("a data disk need not boot")),
    }
}

/// The operating system on a system disk.
pub(crate) fn guest<'a>(facts: &'a Facts, target: &Target) -> Result<&'a Guest, Undecided> {
    system_disk(target)?;
    known(&facts.guest)?.ok_or_else(|| Undecided::skipped("no operating system was found on this disk"))
}

/// The Linux system on a system disk.
pub(crate) fn linux<'a>(facts: &'a Facts, target: &Target) -> Result<(&'a Guest, &'a Linux), Undecided> {
    let guest = guest(facts, target)?;
    match (guest.os, &guest.linux) {
        (Os::Linux, Some(linux)) => Ok((guest, linux)),
        (Os::Linux, None) => Err(Undecided::unknown("the configuration of the system was not examined")),
        _ => Err(Undecided::skipped("the system on this disk is not Linux")),
    }
}

/// The FreeBSD system on a system disk.
pub(crate) fn freebsd<'a>(facts: &'a Facts, target: &Target) -> Result<(&'a Guest, &'a FreeBsd), Undecided> {
    let guest = guest(facts, target)?;
    match (guest.os, &guest.freebsd) {
        (Os::FreeBsd, Some(freebsd)) => Ok((guest, freebsd)),
        (Os::FreeBsd, None) => Err(Undecided::unknown("the configuration of the system was not examined")),
        _ => Err(Undecided::skipped("the system on this disk is not FreeBSD")),
    }
}

/// The system on a system disk, unless it is Windows, of which the rule of that name asks the same.
pub(crate) fn unless_windows<'a>(facts: &'a Facts, target: &Target, rule: &str) -> Result<&'a Guest, Undecided> {
    match guest(facts, target)? {
        guest if guest.os == Os::Windows => Err(Undecided::skipped(format!("{rule} asks this of Windows"))),
        guest => Ok(guest),
    }
}

/// The Windows on a system disk.
pub(crate) fn windows<'a>(facts: &'a Facts, target: &Target) -> Result<(&'a Guest, &'a Windows), Undecided> {
    let guest = guest(facts, target)?;
    match (guest.os, &guest.windows) {
        (Os::Windows, Some(windows)) => Ok((guest, windows)),
        (Os::Windows, None) => Err(Undecided::unknown("the configuration of Windows was not examined")),
        _ => Err(Undecided::skipped("the system on this disk is not Windows")),
    }
}

/// The build of Windows, which tells its version.
pub(crate) fn windows_build(windows: &Windows) -> Result<u32, Undecided> {
    let claim = known(&windows.version.build)?;
    claim.map(|claim| claim.value).ok_or_else(|| Undecided::unknown("the registry names no build of Windows"))
}

/// A driver for a device of ECS. None: it is not installed.
pub(crate) fn windows_driver<'a>(windows: &'a Windows, name: &str) -> Result<Option<&'a WindowsDriver>, Undecided> {
    windows.drivers.get(name).map_or_else(|| Err(not_looked_for(name)), known)
}

/// An agent. None: it is not installed.
pub(crate) fn windows_agent<'a>(windows: &'a Windows, name: &str) -> Result<Option<&'a WindowsService>, Undecided> {
    windows.agents.get(name).map_or_else(|| Err(not_looked_for(name)), known)
}

fn not_looked_for(name: &str) -> Undecided {
    Undecided::unknown(format!("{name} was not looked for"))
}

/// The hive that a setting would be in, as evidence that it is not there.
pub(crate) fn in_hive(guest: &Guest, windows: &Windows, hive: &str, text: impl Into<String>) -> Evidence {
    let place = windows.hives.get(hive).and_then(Known::value).map(|hive| hive.evidence.clone());
    place
        .unwrap_or_else(|| Evidence::file(&guest.root, format!("{}/System32/config/{hive}", windows.system_root)))
        .saying(text)
}

/// The kernel that boots by default.
pub(crate) fn boot_kernel(guest: &Guest) -> Result<&Kernel, Undecided> {
    let kernels = known(&guest.kernels)?
        .ok_or_else(|| Undecided::skipped("there is no kernel on this disk (see LNX-KERNEL-PRESENT)"))?;
    match guest.default_kernel() {
        Some(kernel) => Ok(kernel),
        None if kernels.len() == 1 => Ok(&kernels[0]),
        None => Err(Undecided::unknown("which kernel boots by default could not be told")),
    }
}

/// The boot loader's configuration.
pub(crate) fn loader(guest: &Guest) -> Result<&Loader, Undecided> {
    known(&guest.loader)?.ok_or_else(|| Undecided::skipped("there is no boot loader configuration (see LNX-GRUB-CFG)"))
}

/// The boot entry that starts by itself.
pub(crate) fn boot_entry(guest: &Guest) -> Result<&BootEntry, Undecided> {
    let loader = loader(guest)?;
    known(&loader.default)?;
    match loader.default_entry() {
        Some(entry) => Ok(entry),
        None => Err(Undecided::skipped("no boot entry starts by itself (see LNX-GRUB-CFG)")),
    }
}

/// The volume of the root filesystem.
pub(crate) fn root(facts: &Facts) -> Result<&Volume, Undecided> {
    facts.root_volume().ok_or_else(|| Undecided::unknown("the volume of the root filesystem is not listed"))
}

/// Whether something outside the configuration files brings a network up by DHCP: cloud-init with a data source that
/// ECS answers, or NetworkManager, which does so for any interface that nothing else configures.
pub(crate) fn network_by_itself(linux: &Linux) -> bool {
    network_by_cloud_init_of(linux) || linux.network.network_manager.value() == Some(&true)
}

/// Whether cloud-init brings a network up, and what it writes is read.
pub(crate) fn network_by_cloud_init_of(linux: &Linux) -> bool {
    network_by_cloud_init(&linux.cloud_init) && linux.network.reads_drop_ins.value() != Some(&false)
}

/// Whether cloud-init brings a network up, with a data source that ECS answers.
pub(crate) fn network_by_cloud_init(cloud_init: &Known<CloudInit>) -> bool {
    cloud_init.value().is_some_and(|cloud_init| {
        cloud_init.enabled.value() == Some(&true)
            && cloud_init.network_disabled.value().is_none()
            && cloud_init.datasources.value().is_none_or(|list| names_aliyun(&list.value))
    })
}

/// Whether the system boots in a way of its own, so that what is not found in the usual places proves nothing:
/// Container Linux keeps kernel and configuration on its ESP and lays out its root at the first boot, a unified kernel
/// image (`/EFI/Linux/*.efi`) holds kernel, initramfs and command line.
pub(crate) fn self_contained(facts: &Facts, guest: &Guest) -> bool {
    let unified = |path: &str| path.to_ascii_lowercase().contains("/efi/linux/");
    let image = facts.boot.esp_loaders.value().into_iter().flatten();
    guest.distribution.value().is_some_and(|found| matches!(found.id.as_str(), "coreos" | "flatcar"))
        || image.filter_map(|loader| loader.evidence.path.as_deref()).any(unified)
}

/// Whether a list of cloud-init's data sources has the one of ECS.
pub(crate) fn names_aliyun(datasources: &[String]) -> bool {
    datasources.iter().any(|name| name.eq_ignore_ascii_case("AliYun"))
}

/// The image file itself as evidence.
pub(crate) fn file(facts: &Facts, text: impl Into<String>) -> Evidence {
    Evidence { path: Some(facts.image.path.clone()), text: Some(text.into()), ..Evidence::default() }
}

/// A word for a shell, quoted where it must be.
pub(crate) fn shell_word(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=+,@%".contains(c);
    if !text.is_empty() && text.chars().all(plain) { text.into() } else { format!("'{}'", text.replace('\'', r"'\''")) }
}

/// The format of a file that is not empty.
pub(crate) fn format(facts: &Facts) -> Result<&str, Undecided> {
    match known(&facts.image.format)? {
        Some(format) if facts.image.file_size > 0 => Ok(format),
        _ => Err(Undecided::skipped("the file is empty (see IMG-ZERO)")),
    }
}

/// A format in which ECS takes images, by the name that its header gives.
pub(crate) fn of_format<'a>(facts: &'a Facts, name: &str) -> Result<&'a str, Undecided> {
    let format = format(facts)?;
    if format == name { Ok(format) } else { Err(Undecided::skipped(format!("the image is {format}, not {name}"))) }
}

/// Nothing wrong.
pub(crate) fn passed() -> Judged {
    Ok(Vec::new())
}

/// The fstab of the system.
pub(crate) fn fstab(linux: &Linux) -> Result<&Fstab, Undecided> {
    known(&linux.fstab)?.ok_or_else(|| Undecided::skipped("there is no /etc/fstab"))
}

/// Whether an entry of fstab is of the root, which is mounted before anything reads fstab: systemd takes it as it is.
pub(crate) fn is_mounted_before(linux: &Linux, entry: &FstabEntry) -> bool {
    entry.mount_point == "/" && linux.init.value().is_some_and(|init| init == "systemd")
}

/// Where it shows what a kernel has: its initramfs and its modules.
pub(crate) fn kernel_places(kernel: &Kernel) -> Vec<Evidence> {
    let mut places = Vec::new();
    if let Some(initramfs) = kernel.initramfs.value() {
        let made = initramfs.generator.value().map_or(String::new(), |generator| format!(", made by {generator}"));
        let text = format!("initramfs of {} modules{made}", initramfs.modules);
        let file = Evidence { path: Some(initramfs.file.path.clone()), ..Evidence::default() };
        places.push(Evidence { volume: initramfs.file.volume.clone(), ..file }.saying(text));
    }
    places.extend(kernel.modules.value().cloned());
    if places.is_empty() {
        places.push(Evidence::words(format!("kernel {}", kernel.version)));
    }
    places
}

/// The numbers of a kernel's version; a version without any tells nothing.
pub(crate) fn kernel_version(kernel: &Kernel) -> Result<Vec<u64>, Undecided> {
    let number = version(&kernel.version);
    if number.is_empty() {
        return Err(Undecided::unknown(format!("\"{}\" is no version of a kernel", kernel.version)));
    }
    Ok(number)
}

/// The numbers that a version begins with: `3.10.0-1160.el7` is 3, 10, 0.
pub(crate) fn version(text: &str) -> Vec<u64> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    text[..end].split('.').map_while(|number| number.parse().ok()).collect()
}

/// The parameters of a kernel command line with their values; those without `=` have none.
pub(crate) fn parameters(cmdline: &str) -> impl Iterator<Item = (&str, Option<&str>)> {
    cmdline.split_ascii_whitespace().map(|word| match word.split_once('=') {
        Some((name, value)) => (name, Some(value)),
        None => (word, None),
    })
}

/// The stable name of a device that a name of the kernel stands for, to be written in its place.
pub(crate) fn stable_name(facts: &Facts, spec: &DeviceSpec) -> String {
    let volume = spec.volume.value().and_then(|id| facts.volume(id));
    let uuid = volume.and_then(|volume| match volume.content.value()? {
        Content::Filesystem(filesystem) => filesystem.uuid.clone(),
        Content::Swap { uuid, .. } => uuid.clone(),
        _ => None,
    });
    uuid.map_or_else(|| "UUID=… (blkid prints it)".into(), |uuid| format!("UUID={uuid}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_compare_by_number() {
        assert_eq!(version("3.10.0-1160.el7.x86_64"), [3, 10, 0]);
        assert!(version("6.1.0-50-amd64") > version("3.6"));
        assert!(version("").is_empty() && version("v5").is_empty());
    }

    #[test]
    fn shell_words_are_quoted_where_they_must_be() {
        assert_eq!(shell_word("/a/b.raw"), "/a/b.raw");
        assert_eq!(shell_word("it's"), r"'it'\''s'");
        assert_eq!(shell_word(""), "''");
    }
}
