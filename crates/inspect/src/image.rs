//! The image file: what its header says.

use crate::look::words;
use disk::{Details, Info};
use facts::{Evidence, Image, Known, Qcow2, Vhd, VhdKind};
use storage::{Error, ErrorKind, ReadAt as _, Source};

/// File name extensions, and the format that each claims.
const EXTENSIONS: &[(&str, &str)] = &[
    ("raw", "raw"),
    ("img", "raw"),
    ("qcow2", "qcow2"),
    ("qcow", "qcow2"),
    ("vhd", "vhd"),
    ("vpc", "vhd"),
    ("vhdx", "vhdx"),
    ("vmdk", "vmdk"),
    ("vdi", "vdi"),
    ("iso", "iso"),
    ("ova", "ova"),
    ("qed", "qed"),
];

/// Facts about an image that could be opened.
pub(crate) fn opened(path: &str, file: &Source, info: &Info) -> Image {
    let mut image = described(path, file, &probed(file), info);
    // Opening walks the tables and refuses whatever is wrong with them.
    image.damage = Known::Is(Vec::new());
    image
}

/// Facts about an image that could not, and why.
pub(crate) fn refused(path: &str, file: &Source, error: &Error) -> Image {
    let formats = probed(file);
    let info = match formats.as_slice() {
        [name] => disk::format(name).and_then(|format| format.info(file).ok()),
        _ => None,
    };
    let mut image = match info {
        Some(info) => described(path, file, &formats, &info),
        None => Image {
            path: path.to_owned(),
            file_size: file.size(),
            named_as: named_as(path),
            also_looks_like: formats.iter().skip(1).map(|name| (*name).to_owned()).collect(),
            ..Image::default()
        },
    };
    if file.size() == 0 {
        image.format = Known::Absent;
    } else if image.format.value().is_none() {
        image.format = match formats.first() {
            Some(name) => Known::Is((*name).to_owned()),
            None => Known::unknown(words(error)),
        };
    }
    image.damage = match error.kind() {
        ErrorKind::Corrupt => {
            let text = Some(error.what().to_owned());
            Known::Is(vec![Evidence { offset: error.offset(), text, ..Evidence::default() }])
        }
        _ => Known::unknown(words(error)),
    };
    image
}

fn probed(file: &Source) -> Vec<&'static str> {
    disk::probe(file).map(|probed| probed.formats).unwrap_or_default()
}

fn described(path: &str, file: &Source, formats: &[&'static str], info: &Info) -> Image {
    let also = formats.iter().filter(|name| **name != info.format).map(|name| (*name).to_owned()).collect();
    let mut image = Image {
        path: path.to_owned(),
        file_size: file.size(),
        format: Known::Is(info.format.to_owned()),
        also_looks_like: also,
        named_as: named_as(path),
        virtual_size: Known::Is(info.virtual_size),
        notes: info.notes.clone(),
        ..Image::default()
    };
    match &info.details {
        Details::Qcow2(details) => image.qcow2 = Some(qcow2(info, details)),
        Details::Vhd(details) => image.vhd = Some(vhd(details)),
        _ => {}
    }
    image
}

fn named_as(path: &str) -> Option<String> {
    claimed_format(path).map(str::to_owned)
}

/// The format that the name of a file claims for it, where it claims one.
pub fn claimed_format(path: &str) -> Option<&'static str> {
    let (_, extension) = path.rsplit('/').next()?.rsplit_once('.')?;
    let found = EXTENSIONS.iter().find(|(known, _)| known.eq_ignore_ascii_case(extension));
    found.map(|(_, format)| *format)
}

fn qcow2(info: &Info, details: &disk::Qcow2Details) -> Qcow2 {
    Qcow2 {
        version: details.version,
        cluster_size: info.cluster_size.unwrap_or_default(),
        backing_file: info.backing_file.clone(),
        data_file: info.data_file.clone(),
        encryption: info.encryption.clone(),
        compression: details.compression.to_owned(),
        extended_l2: details.extended_l2,
        dirty: info.dirty,
        corrupt: details.corrupt,
        snapshots: details.snapshots,
    }
}

fn vhd(details: &disk::VhdDetails) -> Vhd {
    Vhd {
        kind: match details.disk_type {
            3 => VhdKind::Dynamic,
            4 => VhdKind::Differencing,
            _ => VhdKind::Fixed,
        },
        creator: details.creator.clone(),
        current_size: details.current_size,
        geometry_size: details.geometry_size,
        block_size: details.block_size,
        max_table_entries: details.max_table_entries,
        footer_valid: details.footer_valid,
        saved_state: details.saved_state,
    }
}

#[cfg(test)]
mod tests {
    use super::named_as;

    #[test]
    fn names_claim_formats() {
        assert_eq!(named_as("/a.b/disk.QCOW2").as_deref(), Some("qcow2"));
        assert_eq!(named_as("disk.img").as_deref(), Some("raw"));
        assert_eq!(named_as("/dev/vda"), None);
        assert_eq!(named_as("disk.bin"), None);
    }
}
