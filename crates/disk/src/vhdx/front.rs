//! All that is said about the disk before its blocks, after the replay of the log.

use super::bat::Bat;
use super::header::Header;
use super::metadata::Metadata;
use super::overlap::{self, Structures};
use super::patches::{Patches, Replayed};
use super::regions::Regions;
use super::{NAME, log};
use crate::{Details, Info, VhdxDetails};
use storage::{Error, ErrorKind, ReadAt, Result};

#[derive(Debug)]
pub(super) struct Front {
    pub(super) patches: Patches,
    pub(super) regions: Regions,
    pub(super) metadata: Metadata,
    pub(super) structures: Structures,
    pub(super) info: Info,
}

impl Front {
    pub(super) fn read(file: &dyn ReadAt) -> Result<Self> {
        let header = Header::read(file)?;
        let patches = log::replay(file, &header)?;
        Self::after(file, &header, patches)
    }

    /// What follows the headers, with `patches` applied.
    fn after(file: &dyn ReadAt, header: &Header, patches: Patches) -> Result<Self> {
        let replayed = Replayed { file, patches: &patches };
        let regions = Regions::read(&replayed)?;
        let structures = Structures::new(header, &regions)?;
        let metadata = Metadata::read(&replayed, &regions.metadata)?;
        let info = info_of(header, &regions, &metadata, patches.len());
        Ok(Front { patches, regions, metadata, structures, info })
    }

    /// Refuses a disk that holds only what changed since its parent.
    pub(super) fn refuse_parent(&self) -> Result<()> {
        if !self.metadata.has_parent {
            return Ok(());
        }
        let parent = self.metadata.parent.as_ref().map(|path| format!(" ({path:?})")).unwrap_or_default();
        Err(Error::unsupported(format!(
            "the VHDX is a differencing disk: it holds only what changed since its parent{parent}; merge it with its \
             parent first"
        )))
    }

    /// The BAT, with every block within the file and apart from all else, or else handed to `find`.
    pub(super) fn bat(&self, file: &dyn ReadAt, find: &mut dyn FnMut(Error) -> Result<()>) -> Result<Bat> {
        let replayed = Replayed { file, patches: &self.patches };
        let bat = Bat::read(&replayed, &self.regions.bat, &self.metadata, find)?;
        overlap::check(&bat.map, &self.structures, replayed.size(), find)?;
        Ok(bat)
    }
}

/// What headers and metadata say. Where the log is damaged the metadata are taken as they stand, and that is said.
pub(super) fn info(file: &dyn ReadAt) -> Result<Info> {
    let header = Header::read(file)?;
    match log::replay(file, &header) {
        Ok(patches) => Ok(Front::after(file, &header, patches)?.info),
        Err(error) if matches!(error.kind(), ErrorKind::Corrupt | ErrorKind::Unsupported) => {
            let mut info = Front::after(file, &header, Patches::none(file.size()))?.info;
            if let Details::Vhdx(details) = &mut info.details {
                details.log_replayed = false;
            }
            info.notes.push(format!("{error}; what is said here is from before the log"));
            Ok(info)
        }
        Err(error) => Err(error),
    }
}

fn info_of(header: &Header, regions: &Regions, metadata: &Metadata, changes: usize) -> Info {
    let mut notes: Vec<String> = header.note.iter().chain(&regions.note).cloned().collect();
    if changes > 0 {
        notes.push(format!(
            "the VHDX was not closed: {changes} changes of its structures stand in its log, and are read from there"
        ));
    }
    if metadata.has_parent && metadata.parent.is_none() {
        notes.push("the VHDX has a parent, and does not say where".to_owned());
    }
    Info {
        format: NAME,
        virtual_size: metadata.size,
        cluster_size: Some(metadata.block_size),
        backing_file: metadata.parent.clone(),
        dirty: header.is_dirty(),
        details: Details::Vhdx(VhdxDetails {
            creator: header.creator.clone(),
            block_size: metadata.block_size,
            logical_sector_size: metadata.logical_sector_size,
            physical_sector_size: metadata.physical_sector_size,
            fixed: metadata.fixed,
            log_replayed: header.is_dirty(),
        }),
        notes,
        ..Info::default()
    }
}
