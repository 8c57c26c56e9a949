//! The volumes as a boot loader sees them: each by itself, under the loader's names.

use crate::mounts::Stitched;
use crate::tree::{Found, Tree};
use crate::volumes::Volumes;
use facts::{Evidence, Role, Volume, VolumeId, VolumeKind};

/// What a loader finds around it.
pub(super) struct View<'a> {
    /// The guest, for names of files as the running system has them.
    pub(super) stitched: &'a Stitched<'a>,
    /// Facts of all volumes, in their order.
    pub(super) facts: &'a [Volume],
    trees: Vec<Tree<'a>>,
}

impl<'a> View<'a> {
    /// Of a guest and its volumes.
    pub(super) fn new(stitched: &'a Stitched<'a>, volumes: &'a Volumes, facts: &'a [Volume]) -> Self {
        View { stitched, facts, trees: (0..facts.len()).map(|index| Tree::of_loader(volumes, index)).collect() }
    }

    /// The files of one volume.
    pub(super) fn tree(&self, index: usize) -> &Tree<'a> {
        &self.trees[index]
    }

    /// The volumes of that role.
    pub(super) fn by_role(&self, role: Role) -> Vec<usize> {
        (0..self.facts.len()).filter(|&index| self.facts[index].role.value() == Some(&role)).collect()
    }

    /// The volume where something was found.
    pub(super) fn volume_of(&self, found: &Found) -> Option<usize> {
        self.index(&found.volume)
    }

    fn index(&self, id: &VolumeId) -> Option<usize> {
        self.facts.iter().position(|volume| volume.id == *id)
    }

    /// A file on a volume, named as the running guest would.
    pub(super) fn evidence(&self, index: usize, path: &str) -> Evidence {
        let id = &self.facts[index].id;
        Evidence::file(id, self.stitched.guest_path(id, path))
    }

    /// GRUB's name of a volume, without parentheses.
    pub(super) fn grub_name(&self, index: usize) -> String {
        let volume = &self.facts[index];
        let disk = volume.disk.map_or(0, |number| number - 1);
        let gpt = volume.partition_type.as_deref().is_some_and(|kind| kind.len() == 36);
        match (volume.kind, volume.number, volume.name.as_deref().and_then(|name| name.split_once('/'))) {
            (VolumeKind::Logical, _, Some((group, name))) => {
                format!("lvm/{}", crate::device::mapper_name(group, name))
            }
            (VolumeKind::Array, ..) => volume.id.0.clone(),
            (_, Some(number), _) => format!("hd{disk},{}{number}", if gpt { "gpt" } else { "msdos" }),
            _ => format!("hd{disk}"),
        }
    }

    /// The volume that GRUB 2 means by a name: `hd0,msdos1`, `hd0,gpt2`, `hd0,1`, `lvm/group-volume`.
    pub(super) fn by_grub_name(&self, name: &str) -> Option<usize> {
        if let Some((disk, partition)) = name.split_once(',') {
            let digits = partition.trim_start_matches(|c: char| c.is_ascii_alphabetic());
            let number: u32 = digits.parse().ok()?;
            let disk =
                ["hd", "ahci", "ata"].into_iter().find_map(|prefix| disk.strip_prefix(prefix)?.parse::<u32>().ok());
            return self.index(&VolumeId::partition(number).on_disk(disk?.checked_add(1)?));
        }
        (0..self.facts.len()).find(|&index| self.grub_name(index) == name)
    }

    /// The volume whose filesystem has that UUID.
    pub(super) fn by_uuid(&self, uuid: &str) -> Option<usize> {
        let own = |volume: &Volume| volume.filesystem().and_then(|found| found.uuid.clone());
        self.facts.iter().position(|volume| own(volume).is_some_and(|own| own.eq_ignore_ascii_case(uuid)))
    }

    /// The volume that GRUB 0.9x means by `hd0,0`.
    pub(super) fn by_legacy_name(&self, name: &str) -> Option<usize> {
        let (disk, partition) = name.split_once(',')?;
        let number = partition.parse::<u32>().ok()?.checked_add(1)?;
        let disk = disk.strip_prefix("hd")?.parse::<u32>().ok()?.checked_add(1)?;
        self.index(&VolumeId::partition(number).on_disk(disk))
    }
}
