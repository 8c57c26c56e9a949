//! Whether the kernel that boots has the drivers that it needs before there is a root filesystem.
//!
//! A driver is there if it is built in, or in the initramfs that the default entry loads with everything it depends on.
//! Among the modules on disk only, it comes too late.

use crate::guest::Context;
use crate::initrd::Contents;
use crate::look::{Gap, Look, Outcome as _};
use crate::tree::TEXT_LIMIT;
use facts::{Driver, Evidence, Kernel, Presence, VolumeKind};
use std::collections::{BTreeMap, BTreeSet};

/// A driver that rules ask about: module, kernel option, directory below `/lib/modules/VERSION/kernel`.
const DRIVERS: &[(&str, &str, &str)] = &[
    ("virtio", "CONFIG_VIRTIO", "drivers/virtio"),
    ("virtio_ring", "CONFIG_VIRTIO", "drivers/virtio"),
    ("virtio_pci", "CONFIG_VIRTIO_PCI", "drivers/virtio"),
    ("virtio_pci_modern_dev", "CONFIG_VIRTIO_PCI_LIB", "drivers/virtio"),
    ("virtio_pci_legacy_dev", "CONFIG_VIRTIO_PCI_LIB_LEGACY", "drivers/virtio"),
    ("virtio_blk", "CONFIG_VIRTIO_BLK", "drivers/block"),
    ("virtio_scsi", "CONFIG_SCSI_VIRTIO", "drivers/scsi"),
    ("virtio_net", "CONFIG_VIRTIO_NET", "drivers/net"),
    ("virtio_console", "CONFIG_VIRTIO_CONSOLE", "drivers/char"),
    ("virtio_balloon", "CONFIG_VIRTIO_BALLOON", "drivers/virtio"),
    ("nvme", "CONFIG_BLK_DEV_NVME", "drivers/nvme/host"),
    ("nvme_core", "CONFIG_NVME_CORE", "drivers/nvme/host"),
    ("xen_blkfront", "CONFIG_XEN_BLKDEV_FRONTEND", "drivers/block"),
    ("xen_netfront", "CONFIG_XEN_NETDEV_FRONTEND", "drivers/net"),
    ("qemu_fw_cfg", "CONFIG_FW_CFG_SYSFS", "drivers/firmware"),
    ("dm_mod", "CONFIG_BLK_DEV_DM", "drivers/md"),
    ("raid1", "CONFIG_MD_RAID1", "drivers/md"),
    ("ext2", "CONFIG_EXT2_FS", "fs/ext2"),
    ("ext3", "CONFIG_EXT3_FS", "fs/ext3"),
    ("ext4", "CONFIG_EXT4_FS", "fs/ext4"),
    ("xfs", "CONFIG_XFS_FS", "fs/xfs"),
    ("btrfs", "CONFIG_BTRFS_FS", "fs/btrfs"),
    ("vfat", "CONFIG_VFAT_FS", "fs/fat"),
];

/// Drivers without which the root's disk is not found on one kind of instance or the other.
const BEFORE_ROOT: &[&str] = &[
    "virtio",
    "virtio_ring",
    "virtio_pci",
    "virtio_pci_modern_dev",
    "virtio_pci_legacy_dev",
    "virtio_blk",
    "nvme",
    "nvme_core",
];

/// Those of which it matters that they are nowhere: without them no disk of an instance is found, or no logical volume.
const IF_NOWHERE: &[&str] = &["virtio_blk", "virtio_pci", "dm_mod"];

/// Whether rules ask about a module.
pub(crate) fn is_asked_about(module: &str) -> bool {
    DRIVERS.iter().any(|(name, ..)| *name == module)
}

/// What the files about a kernel's modules say.
pub(crate) struct Lists {
    /// Modules built in. Absent: no such list, as in kernels before 2.6.33.
    builtin: Look<(BTreeSet<String>, Evidence)>,
    /// Kernel options.
    config: Look<(BTreeMap<String, String>, Evidence)>,
    /// Modules on disk that rules ask about: name → path below the version's directory.
    on_disk: Look<(BTreeMap<String, String>, Evidence)>,
    /// What each module on disk needs; none where their list could not be read.
    needs: BTreeMap<String, Vec<String>>,
}

/// Fills in the drivers and the configuration of a kernel.
pub(crate) fn examine(context: &Context<'_>, kernel: &mut Kernel, lists: &Lists, initrd: &Look<Contents>) {
    if let Ok((config, _)) = &lists.config {
        kernel.config.clone_from(config);
    }
    let closure = initrd.as_ref().ok().and_then(|contents| contents.dependencies.as_deref());
    let needs = closure.map(syntax::modules::dependencies).unwrap_or_default();
    for (name, option, directory) in DRIVERS {
        let driver = find(
            lists.built_in(name, option),
            || in_initramfs(name, initrd, lists, &needs),
            || lists.module(context, &kernel.version, name, directory),
        );
        kernel.drivers.insert((*name).to_owned(), driver.known());
    }
}

/// The first place where a driver is. It is absent only if it is surely in none of them.
fn find(
    built_in: Look<Driver>,
    in_initramfs: impl FnOnce() -> Look<Driver>,
    on_disk: impl FnOnce() -> Look<Driver>,
) -> Look<Driver> {
    if built_in.is_ok() {
        return built_in;
    }
    match in_initramfs() {
        // There is a module, so that it is not built in.
        Err(Gap::Absent) => match on_disk() {
            Err(Gap::Absent) => built_in,
            found => found,
        },
        // Found, or it may be there: that it is on disk, too, would not say whether it comes in time.
        found => found,
    }
}

fn in_initramfs(
    name: &str,
    initrd: &Look<Contents>,
    lists: &Lists,
    needs: &BTreeMap<String, Vec<String>>,
) -> Look<Driver> {
    let contents = initrd.as_ref().map_err(Gap::clone)?;
    if !contents.modules.contains(name) {
        // One that is not needed before there is a root comes from the disk in time.
        if contents.ended && !lists.has_on_disk(name) {
            return Err(Gap::unknown("the initramfs was read only until every driver that the root needs was found"));
        }
        return Err(contents.hidden.as_ref().map_or(Gap::Absent, |why| Gap::unknown(why.clone())));
    }
    let built_in = |module: &str| lists.builtin.as_ref().is_ok_and(|(names, _)| names.contains(module));
    let missing = needs.get(name).into_iter().flatten();
    let missing = missing.filter(|need| !contents.modules.contains(*need) && !built_in(need)).cloned().collect();
    let evidence = contents.evidence.clone().saying(format!("holds {name}"));
    Ok(Driver { presence: Presence::Initramfs, evidence, missing_dependencies: missing })
}

impl Lists {
    /// Modules that must be in the initramfs for this guest to find its root on ECS, with all that they depend on; as
    /// far as they are modules at all, or are nowhere else: then only all of it tells that it lacks them.
    pub(crate) fn before_root(&self, context: &Context<'_>) -> BTreeSet<String> {
        let root = context.stitched.mounted_at("/").and_then(|id| context.volumes.get(id));
        let fs_type = root.and_then(|held| held.facts.filesystem()).map(|found| found.fs_type.as_str());
        let logical = root.is_some_and(|held| held.facts.kind == VolumeKind::Logical);
        let own = fs_type.into_iter().chain(logical.then_some("dm_mod"));
        let names = BEFORE_ROOT.iter().copied().chain(own);
        let needed = names
            .flat_map(|name| [name].into_iter().chain(self.needs.get(name).into_iter().flatten().map(String::as_str)));
        let wanted = |name: &&str| self.is_module(name) || (IF_NOWHERE.contains(name) && self.is_nowhere_else(name));
        needed.filter(wanted).map(str::to_owned).collect()
    }

    /// Whether it is surely neither built in nor listed among the modules on disk.
    fn is_nowhere_else(&self, name: &str) -> bool {
        let option = DRIVERS.iter().find(|(driver, ..)| *driver == name).map(|(_, option, _)| *option);
        let built_in = option.map(|option| self.built_in(name, option));
        self.on_disk.is_ok() && !self.has_on_disk(name) && matches!(built_in, Some(Err(Gap::Absent)))
    }

    fn is_module(&self, name: &str) -> bool {
        self.has_on_disk(name) && !self.builtin.as_ref().is_ok_and(|(names, _)| names.contains(name))
    }

    fn has_on_disk(&self, name: &str) -> bool {
        self.needs.contains_key(name)
    }

    /// Reads the files about the modules of a version.
    pub(crate) fn read(context: &Context<'_>, version: &str) -> Self {
        let tree = context.tree();
        let directory = format!("{}/{version}", context.modules_directory());
        let builtin = tree.read(&format!("{directory}/modules.builtin"));
        let options: Vec<&str> = DRIVERS.iter().map(|(_, option, _)| *option).collect();
        let configs =
            [format!("/boot/config-{version}"), format!("{directory}/config"), format!("{directory}/build/.config")];
        let config = crate::look::first(configs, |path| tree.read(&path));
        let on_disk = tree.read_up_to(&format!("{directory}/modules.dep"), 4 * TEXT_LIMIT);
        Lists {
            builtin: builtin.map(|file| (syntax::modules::builtin(&file.bytes), file.evidence)),
            config: config.map(|file| (syntax::modules::config(&file.bytes, &options), file.evidence)),
            needs: on_disk.as_ref().map(|file| syntax::modules::dependencies(&file.bytes)).unwrap_or_default(),
            on_disk: on_disk.map(|file| (paths(&file.bytes), file.evidence)),
        }
    }

    /// Absent: surely not built in. A configuration says so only of options that it mentions.
    fn built_in(&self, name: &str, option: &str) -> Look<Driver> {
        let found = |evidence: &Evidence, text: String| Driver {
            presence: Presence::BuiltIn,
            evidence: evidence.clone().saying(text),
            missing_dependencies: Vec::new(),
        };
        match (&self.builtin, &self.config) {
            (Ok((names, evidence)), _) if names.contains(name) => Ok(found(evidence, name.to_owned())),
            (_, Ok((config, evidence))) if config.get(option).is_some_and(|value| value == "y") => {
                Ok(found(evidence, format!("{option}=y")))
            }
            (Ok(_), _) => Err(Gap::Absent),
            (_, Ok((config, _))) if config.contains_key(option) => Err(Gap::Absent),
            (Err(Gap::Unknown(reason)), _) | (_, Err(Gap::Unknown(reason))) => Err(Gap::Unknown(reason.clone())),
            _ => Err(Gap::unknown("no modules.builtin and no kernel configuration says whether it is built in")),
        }
    }

    fn module(&self, context: &Context<'_>, version: &str, name: &str, directory: &str) -> Look<Driver> {
        let found =
            |evidence: Evidence| Driver { presence: Presence::Disk, evidence, missing_dependencies: Vec::new() };
        let top = format!("{}/{version}", context.modules_directory());
        if let Ok((paths, evidence)) = &self.on_disk
            && let Some(path) = paths.get(name)
        {
            let path = if path.starts_with('/') { path.clone() } else { format!("{top}/{path}") };
            if context.tree().has_file(&path)? {
                return Ok(found(Evidence { path: Some(path), ..evidence.clone() }));
            }
        }
        // modules.dep is made when the kernel is installed; modules may have come later.
        for directory in [format!("{top}/kernel/{directory}"), format!("{top}/extra"), format!("{top}/updates")] {
            let names = context.tree().names(&directory)?;
            if let Some(file) = names.iter().find(|file| syntax::modules::name(file).as_deref() == Some(name)) {
                return Ok(found(context.tree().evidence(&format!("{directory}/{file}"))));
            }
        }
        Err(Gap::Absent)
    }
}

/// Paths in `modules.dep` of the modules that rules ask about.
fn paths(text: &[u8]) -> BTreeMap<String, String> {
    let mut paths = BTreeMap::new();
    for line in text.split(|&byte| byte == b'\n') {
        let Some(path) = line.split(|&byte| byte == b':').next().and_then(|path| std::str::from_utf8(path).ok()) else {
            continue;
        };
        if let Some(name) = syntax::modules::name(path)
            && is_asked_about(&name)
        {
            paths.insert(name, path.to_owned());
        }
    }
    paths
}

#[cfg(test)]
mod tests;
