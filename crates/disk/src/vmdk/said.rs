//! What header and descriptor say, in the words of all formats.

use super::descriptor::Descriptor;
use super::header::Header;
use super::image::{Part, Stored};
use super::kind::Kind;
use super::{NAME, SECTOR};
use crate::{Details, Info, VmdkDetails, VmdkExtent};
use storage::{ReadAt, Result};

/// What header and descriptor say; no other file is opened.
pub(super) fn info(file: &dyn ReadAt) -> Result<Info> {
    match Kind::expect(file)? {
        Kind::Sparse => {
            let header = Header::read(file)?;
            let descriptor = Descriptor::inside(file, &header)?;
            Ok(sparse(&header, descriptor.as_ref()))
        }
        Kind::Text => {
            let descriptor = Descriptor::of_file(file)?;
            Ok(text(&descriptor))
        }
        kind => kind.named_info(file),
    }
}

/// Of a sparse extent that is a disk.
pub(super) fn sparse(header: &Header, descriptor: Option<&Descriptor>) -> Info {
    let mut info = descriptor.map(text).unwrap_or_default();
    if let Some(said) = descriptor.map(Descriptor::size).filter(|&said| said != header.size()) {
        info.notes.push(format!(
            "the VMDK's descriptor says that the disk is {said} bytes long and its header {}; the header is believed",
            header.size()
        ));
    }
    if header.unclean_shutdown {
        info.notes.push("the VMDK was not closed by the program that last wrote to it (uncleanShutdown)".to_owned());
    }
    (info.format, info.virtual_size) = (NAME, header.size());
    (info.cluster_size, info.dirty) = (Some(header.grain()), header.unclean_shutdown);
    if let Details::Vmdk(VmdkDetails { extents, .. }) = &mut info.details {
        let compressed = header.is_compressed();
        let kind = "SPARSE".to_owned();
        let (virtual_size, cluster_size) = (header.size(), Some(header.grain()));
        *extents = vec![VmdkExtent { name: String::new(), kind, virtual_size, cluster_size, compressed }];
    }
    info
}

/// Of a descriptor.
pub(super) fn text(descriptor: &Descriptor) -> Info {
    let extents = descriptor.extents.iter().map(|extent| VmdkExtent {
        name: extent.name.clone(),
        kind: extent.kind.clone(),
        virtual_size: extent.sectors * SECTOR,
        cluster_size: None,
        compressed: false,
    });
    let details = VmdkDetails {
        create_type: descriptor.create_type.clone(),
        cid: descriptor.cid,
        parent_cid: descriptor.parent_cid,
        adapter_type: descriptor.adapter_type.clone(),
        extents: extents.collect(),
    };
    Info {
        format: NAME,
        virtual_size: descriptor.size(),
        backing_file: descriptor.has_parent().then(|| descriptor.parent_hint.clone().unwrap_or_default()),
        details: Details::Vmdk(details),
        notes: descriptor.notes.clone(),
        ..Info::default()
    }
}

/// Adds what is known of a set's extents when they are open.
pub(super) fn add_open(info: &mut Info, parts: &[Part]) {
    let Details::Vmdk(details) = &mut info.details else { return };
    for (extent, part) in details.extents.iter_mut().filter(|extent| extent.virtual_size > 0).zip(parts) {
        if let Stored::Sparse(sparse) = &part.stored {
            extent.cluster_size = Some(sparse.header.grain());
            extent.compressed = sparse.header.is_compressed();
            info.cluster_size = info.cluster_size.max(extent.cluster_size);
            info.dirty |= sparse.header.unclean_shutdown;
        }
    }
    if info.dirty {
        info.notes.push("extents were not closed by the program that last wrote to them (uncleanShutdown)".to_owned());
    }
}
