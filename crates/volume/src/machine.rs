//! Several disks as one machine, and what is put together of their volumes.

use crate::problem as defect;
use crate::{Defect, Kind, Layout, Volume, Whole, scheme, stack};
use storage::{ErrorKind, Result, Source};

/// The disks of a machine, and what lies over them.
#[derive(Clone, Debug, Default)]
pub struct Machine {
    /// What each disk is divided into, in the order in which they were given.
    pub disks: Vec<Layout>,
    /// What was put together of their volumes: arrays and what a table divides them into, cached devices, logical
    /// volumes.
    pub volumes: Vec<Volume>,
}

/// Something that may be a part of something larger.
#[derive(Clone, Debug)]
pub(crate) struct Candidate {
    /// Which volume it is; none for a disk that a table divides.
    pub(crate) volume: Option<VolumeRef>,
    pub(crate) kind: Kind,
    pub(crate) source: Source,
    /// The disk that it lies on, or the first of them, and the byte where it begins if it is one run of it.
    pub(crate) disk: usize,
    pub(crate) offset: Option<u64>,
}

/// A volume of a machine: by disk and number there, or by number among those put together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum VolumeRef {
    Of(usize, usize),
    Over(usize),
}

impl Machine {
    /// Finds all volumes.
    pub(crate) fn of(disks: &[(Source, Option<u64>)]) -> Result<Machine> {
        let mut machine = Machine::default();
        for (index, (disk, sector_size)) in disks.iter().enumerate() {
            let mut layout = Layout::whole(disk.clone(), *sector_size);
            match scheme::ask_all(&mut layout) {
                Err(error) if index > 0 && error.kind() != ErrorKind::Io => {
                    let what = format!("no table was looked for: {error}");
                    layout.report(defect::DISK_UNREADABLE, 0, what);
                }
                result => result?,
            }
            layout.volumes.iter_mut().for_each(|volume| volume.disk = index);
            machine.disks.push(layout);
        }
        stack::ask_all(&mut machine)?;
        Ok(machine)
    }

    /// The only disk, with all volumes.
    pub(crate) fn alone(mut self) -> Layout {
        let mut layout = self.disks.swap_remove(0);
        layout.volumes.append(&mut self.volumes);
        layout
    }

    /// All volumes: those of each disk, then what was put together of them.
    pub fn into_volumes(self) -> Vec<Volume> {
        self.disks.into_iter().flat_map(|disk| disk.volumes).chain(self.volumes).collect()
    }

    /// What may be a part of something: the volumes of the disks in the first round, and those put together from
    /// `fresh` on. Not what is known to be a part already, and no disk or array that a table divides.
    pub(crate) fn candidates(&self, fresh: Option<usize>) -> Vec<Candidate> {
        let mut found = Vec::new();
        let disks = if fresh.is_none() { &self.disks[..] } else { &[] };
        for (disk, layout) in disks.iter().enumerate() {
            let volumes = layout.volumes.iter().enumerate();
            let free = volumes.filter(|(_, volume)| volume.kind != Kind::Disk || layout.table.is_none());
            found.extend(free.filter_map(|(index, volume)| candidate(volume, VolumeRef::Of(disk, index))));
        }
        let over = self.volumes.iter().enumerate().skip(fresh.unwrap_or(0));
        found.extend(over.filter_map(|(index, volume)| candidate(volume, VolumeRef::Over(index))));
        found
    }

    pub(crate) fn get_mut(&mut self, volume: VolumeRef) -> &mut Volume {
        match volume {
            VolumeRef::Of(disk, index) => &mut self.disks[disk].volumes[index],
            VolumeRef::Over(index) => &mut self.volumes[index],
        }
    }

    /// Notes what a candidate is a part of: itself, or all volumes of the disk that it is.
    pub(crate) fn claim(&mut self, candidate: &Candidate, whole: &Whole) {
        match candidate.volume {
            Some(volume) => self.get_mut(volume).part_of = Some(whole.clone()),
            None => {
                let volumes = self.disks[candidate.disk].volumes.iter_mut();
                volumes.for_each(|volume| volume.part_of = Some(whole.clone()));
            }
        }
    }

    /// Adds a problem where a candidate lies.
    pub(crate) fn report(&mut self, at: &Candidate, defect: Defect, what: impl Into<String>) {
        self.disks[at.disk].report(defect, at.offset.unwrap_or(0), what);
    }

    /// Adds a volume that may be divided by a table, as a disk is: itself or what it is divided into. `id` names it in
    /// what is `inside` it.
    ///
    /// # Errors
    ///
    /// Of kind `Io` only.
    pub(crate) fn add_divisible(&mut self, volume: Volume, id: &str, at: &Candidate) -> Result<()> {
        let mut layout = Layout::whole(volume.source.clone(), None);
        match scheme::ask_all(&mut layout) {
            Err(error) if error.kind() == ErrorKind::Io => return Err(error),
            // Whoever reads it learns why it cannot be read.
            Err(_) => layout = Layout::whole(volume.source.clone(), None),
            Ok(()) => {}
        }
        for problem in layout.problems {
            let what = format!("in {id}, at byte {}: {}", problem.offset, problem.what);
            self.disks[at.disk].problems.push(crate::Problem { what, offset: at.offset.unwrap_or(0), ..problem });
        }
        for found in layout.volumes {
            self.volumes.push(match found.kind {
                Kind::Disk => volume.clone(),
                _ => Volume { disk: at.disk, inside: Some(id.to_owned()), offset: None, ..found },
            });
        }
        Ok(())
    }
}

fn candidate(volume: &Volume, reference: VolumeRef) -> Option<Candidate> {
    (volume.kind != Kind::Extended && volume.part_of.is_none()).then(|| Candidate {
        volume: Some(reference),
        kind: volume.kind,
        source: volume.source.clone(),
        disk: volume.disk,
        offset: volume.offset,
    })
}
