//! The volumes of a disk, opened: what each holds, and the filesystem on it.

use crate::content;
use crate::look::{Gap, Look, words};
use crate::overlay::{self, Change};
use crate::subvolumes::Parts;
use facts::{Content, Evidence, Known, Volume, VolumeId, VolumeKind};
use filesystem::FileSystem;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use storage::{Error, ErrorKind, ReadAt as _, Result, Source};

/// GPT type of the partition that holds GRUB's core image.
pub(crate) const BIOS_BOOT: &str = "21686148-6449-6E6F-744E-656564454649";

/// GPT type of an EFI system partition.
pub(crate) const ESP: &str = "C12A7328-F81F-11D2-BA4B-00A0C93EC93B";

/// GPT type of the root of CoreOS Container Linux and its heirs.
pub(crate) const COREOS_ROOT: &str = "3884DD41-8582-4404-B9A8-E9B84F2DF50E";

/// MBR type of an EFI system partition.
pub(crate) const ESP_MBR: &str = "0xEF";

/// A volume and the way into it.
pub(crate) struct Held {
    /// What is reported of it.
    pub(crate) facts: Volume,
    /// Its bytes.
    pub(crate) source: Source,
    /// The filesystem on it.
    pub(crate) files: Look<Box<dyn FileSystem>>,
}

impl Held {
    /// Whether firmware finds it: on the disk that the machine starts from.
    pub(crate) fn is_on_first_disk(&self) -> bool {
        self.facts.disk.is_none()
    }

    /// Whether the table says that it is an EFI system partition.
    pub(crate) fn is_typed_esp(&self) -> bool {
        let kind = self.facts.partition_type.as_deref().unwrap_or_default();
        kind.eq_ignore_ascii_case(ESP) || kind.eq_ignore_ascii_case(ESP_MBR)
    }
}

/// Look-ups in filesystems, for one inspection. An ordinary guest needs about two thousand.
const MAX_LOOKUPS: u64 = 100_000;

/// Bytes of files, for one inspection: initramfs files, and everything else.
const MAX_BYTES: u64 = 1 << 30;

/// All volumes of a disk.
pub(crate) struct Volumes {
    held: Vec<Held>,
    /// The parts of their filesystems, in the same order.
    parts: Vec<Parts>,
    /// Look-ups and bytes that may still be spent. Guests can be made to cost any number of them.
    budget: Cell<(u64, u64)>,
    /// The first failure of the machine. It ends the inspection; what is found after it is not used.
    failure: RefCell<Option<Error>>,
}

impl Volumes {
    /// Identifies and opens all of them.
    pub(crate) fn open(found: Vec<volume::Volume>) -> Result<Self> {
        let mut held = found.into_iter().map(hold).collect::<Result<Vec<_>>>()?;
        tell_apart(&mut held);
        Ok(Volumes::of(held))
    }

    /// Those volumes.
    pub(crate) fn of(held: Vec<Held>) -> Self {
        let parts = vec![Parts::default(); held.len()];
        Volumes { held, parts, budget: Cell::new((MAX_LOOKUPS, MAX_BYTES)), failure: RefCell::new(None) }
    }

    /// Lays changes over their files.
    pub(crate) fn change(&mut self, changes: &[Change]) {
        overlay::lay(&mut self.held, changes);
    }

    /// Takes one look-up and so many bytes from the budget.
    pub(crate) fn spend(&self, bytes: u64) -> Look<()> {
        let (lookups, left) = self.budget.get();
        match (lookups.checked_sub(1), left.checked_sub(bytes)) {
            (Some(lookups), Some(left)) => {
                self.budget.set((lookups, left));
                Ok(())
            }
            _ => Err(Gap::unknown("this guest has more files to look at than any ordinary one; the rest was left")),
        }
    }

    /// All of them, in the order of the report.
    pub(crate) fn all(&self) -> &[Held] {
        &self.held
    }

    /// The one of that id.
    pub(crate) fn get(&self, id: &VolumeId) -> Option<&Held> {
        self.held.iter().find(|held| held.facts.id == *id)
    }

    /// Its place in the list.
    pub(crate) fn index(&self, id: &VolumeId) -> Option<usize> {
        self.held.iter().position(|held| held.facts.id == *id)
    }

    /// Sets the roles once they are known.
    pub(crate) fn set_role(&mut self, index: usize, role: Known<facts::Role>) {
        self.held[index].facts.role = role;
    }

    /// The parts of the filesystem on a volume.
    pub(crate) fn parts(&self, index: usize) -> &Parts {
        &self.parts[index]
    }

    /// Sets them once they are known.
    pub(crate) fn set_parts(&mut self, index: usize, parts: Parts) {
        self.parts[index] = parts;
    }

    /// What an error of a filesystem means for the one who looked.
    pub(crate) fn gap(&self, error: Error, context: impl FnOnce() -> String) -> Gap {
        match error.kind() {
            ErrorKind::NotFound => Gap::Absent,
            ErrorKind::Io => {
                let why = error.to_string();
                self.failure.borrow_mut().get_or_insert(error);
                Gap::unknown(why)
            }
            ErrorKind::Corrupt | ErrorKind::Unsupported | ErrorKind::Refused => {
                Gap::unknown(format!("{}: {}", context(), words(&error)))
            }
        }
    }

    /// Takes out the failure of the machine, if there was one.
    pub(crate) fn failure(&self) -> Option<Error> {
        self.failure.borrow_mut().take()
    }

    /// The facts of all of them.
    pub(crate) fn into_facts(self) -> Vec<Volume> {
        self.held.into_iter().map(|held| held.facts).collect()
    }
}

fn hold(volume: volume::Volume) -> Result<Held> {
    let id = id(&volume);
    let missing = volume.size.saturating_sub(volume.source.size());
    let (mut content, files) = content::look_into(&volume, &id)?;
    if missing > 0
        && let Known::Is(Content::Filesystem(filesystem)) = &mut content
    {
        let text = format!("the last {missing} bytes of it are not in the image");
        filesystem.evidence.push(Evidence::volume(&id, text));
    }
    let facts = Volume {
        id,
        kind: match volume.kind {
            volume::Kind::Partition | volume::Kind::Bsd { .. } => VolumeKind::Partition,
            volume::Kind::Slice => VolumeKind::Slice,
            volume::Kind::Extended => VolumeKind::Extended,
            volume::Kind::Logical => VolumeKind::Logical,
            volume::Kind::Array => VolumeKind::Array,
            volume::Kind::Cached => VolumeKind::Cached,
            volume::Kind::Disk => VolumeKind::Disk,
        },
        disk: Some(disk_number(&volume)).filter(|&number| number > 1),
        number: volume.number,
        offset: volume.offset,
        size: volume.size,
        partition_type: volume.partition_type,
        name: volume.name,
        uuid: volume.uuid,
        bootable: volume.bootable,
        content,
        role: Known::default(),
    };
    Ok(Held { facts, source: volume.source, files })
}

/// The name of a volume in a report.
pub(crate) fn id(volume: &volume::Volume) -> VolumeId {
    let name = volume.name.as_deref().unwrap_or_default();
    let own = match (volume.kind, volume.number) {
        (volume::Kind::Logical, _) => return VolumeId(format!("lvm/{name}")),
        (volume::Kind::Bsd { slice, letter }, _) => VolumeId::bsd(slice, letter),
        (volume::Kind::Array, _) => return VolumeId::md(name),
        (volume::Kind::Cached, _) => return VolumeId::bcache(name),
        (_, Some(number)) => VolumeId::partition(number),
        _ => VolumeId::disk(),
    };
    match &volume.inside {
        Some(whole) => own.inside(&VolumeId(whole.clone())),
        None => own.on_disk(disk_number(volume)),
    }
}

/// The number of the disk that a volume lies on, counted from 1.
fn disk_number(volume: &volume::Volume) -> u32 {
    u32::try_from(volume.disk).unwrap_or(u32::MAX).saturating_add(1)
}

/// Tells apart what has one name, as groups that were copied have: the second is `lvm/vg/root#2`.
fn tell_apart(held: &mut [Held]) {
    let mut known: HashMap<VolumeId, u32> = HashMap::new();
    for held in held {
        let count = known.entry(held.facts.id.clone()).or_default();
        *count += 1;
        if *count > 1 {
            held.facts.id.0 += &format!("#{count}");
        }
    }
}
