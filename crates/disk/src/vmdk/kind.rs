//! What a file is by its first bytes.

use super::header::{self, Header};
use super::{NAME, SECTOR};
use crate::fields::{has, le32, le64};
use crate::{Details, Info, VmdkDetails};
use storage::{Error, ReadAt, Result, to_usize};

/// The first line of a descriptor; letters may be of either case.
const TITLE: &str = "# Disk DescriptorFile";

/// As much of a file as is looked at: comments may precede the title.
const HEAD: u64 = 4096;

/// The kinds of files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A sparse extent with or without a descriptor.
    Sparse,
    /// A descriptor.
    Text,
    /// A sparse extent of older ESX servers, `vmfsSparse`.
    Cowd,
    /// A sparse extent of newer ESX servers.
    SeSparse,
}

impl Kind {
    /// `None`: no VMDK.
    pub(super) fn of(file: &dyn ReadAt) -> Result<Option<Self>> {
        let mut head = vec![0; to_usize(file.size().min(HEAD))?];
        file.read_at(&mut head, 0)?;
        Ok(Self::of_head(&head))
    }

    /// The kind of a file that is said to be a VMDK.
    pub(super) fn expect(file: &dyn ReadAt) -> Result<Self> {
        let wrong = "no VMDK: neither the header of an extent nor a descriptor is here";
        Self::of(file)?.ok_or_else(|| Error::corrupt(0, wrong))
    }

    fn of_head(head: &[u8]) -> Option<Self> {
        if has(head, 0, header::MAGIC) {
            Some(Kind::Sparse)
        } else if has(head, 0, b"COWD\x01\0\0\0") {
            Some(Kind::Cowd)
        } else if has(head, 0, b"\xbe\xba\xfe\xca\0\0\0\0\x01\0\0\0\x02\0\0\0") {
            Some(Kind::SeSparse)
        } else {
            is_descriptor(head).then_some(Kind::Text)
        }
    }

    /// What can be known of an extent that is recognised and not read.
    pub(super) fn named_info(self, file: &dyn ReadAt) -> Result<Info> {
        let mut head = [0; 512];
        file.read_at(&mut head, 0).map_err(|error| error.within("VMDK header"))?;
        let (sectors, create_type) = match self {
            Kind::Cowd => (u64::from(le32(&head, 12)), "vmfsSparse"),
            _ => (le64(&head, 16), "seSparse"),
        };
        let virtual_size = sectors.checked_mul(SECTOR);
        let details = VmdkDetails { create_type: create_type.to_owned(), ..VmdkDetails::default() };
        Ok(Info {
            format: NAME,
            virtual_size: virtual_size.ok_or_else(|| Error::corrupt(0, "VMDK header: an impossible length"))?,
            details: Details::Vmdk(details),
            ..Info::default()
        })
    }
}

/// Whether text begins here that is a descriptor: comments, then either the title among them or the version at once.
fn is_descriptor(head: &[u8]) -> bool {
    let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    for line in head.split(|&byte| byte == b'\n').map(<[u8]>::trim_ascii) {
        if line.eq_ignore_ascii_case(TITLE.as_bytes()) {
            return true;
        }
        let is_comment = line.starts_with(b"#") && !line.iter().any(|&byte| byte < b' ' && byte != b'\t');
        if !line.is_empty() && !is_comment {
            // Without a title, other files may have a version too: a descriptor has a content id next.
            return line.starts_with(b"version=") && contains(head, b"\nCID=");
        }
    }
    false
}

fn contains(bytes: &[u8], word: &[u8]) -> bool {
    bytes.windows(word.len()).any(|part| part == word)
}

/// Says of an extent or a set of them what it is, where it is not read.
pub(super) fn refuse_type(create_type: &str) -> Result<()> {
    let is = |names: &[&str]| names.iter().any(|name| name.eq_ignore_ascii_case(create_type));
    if is(&["vmfsSparse", "seSparse"]) {
        return Err(unread(create_type));
    }
    const DEVICES: &[&str] = &[
        "fullDevice",
        "partitionedDevice",
        "vmfsRaw",
        "vmfsRDM",
        "vmfsRDMP",
        "vmfsRawDeviceMap",
        "vmfsPassthroughRawDeviceMap",
    ];
    if is(DEVICES) {
        return Err(Error::refused(format!(
            "the VMDK ({create_type}) stands for a device of the machine it was made on, and devices are not opened"
        )));
    }
    const READ: &[&str] = &[
        "monolithicSparse",
        "streamOptimized",
        "monolithicFlat",
        "twoGbMaxExtentFlat",
        "twoGbMaxExtentSparse",
        "2GbMaxExtentFlat",
        "2GbMaxExtentSparse",
        "vmfs",
        "vmfsThin",
        "vmfsEagerZeroedThick",
        "vmfsPreallocated",
        "custom",
    ];
    if is(READ) {
        Ok(())
    } else {
        Err(Error::unsupported(format!("the VMDK has the unknown createType {create_type:?}")))
    }
}

/// For the sparse extents of ESX.
pub(super) fn unread(create_type: &str) -> Error {
    Error::unsupported(format!(
        "the VMDK is of the type {create_type}, the sparse files of ESX servers for snapshots, which is not read; \
         clone it there first (vmkfstools -i), or export the machine as OVA"
    ))
}

/// For disks that are changes to others.
pub(super) fn has_parent(parent: &str) -> Error {
    Error::unsupported(format!(
        "the VMDK is a snapshot/delta of another disk ({parent:?}): it holds only what changed since; consolidate it \
         first (delete the snapshots, or vmware-vdiskmanager -r)"
    ))
}

/// For extents that do not stand alone.
pub(super) fn no_descriptor(header: &Header) -> Error {
    Error::unsupported(format!(
        "the VMDK is one extent (of {} bytes) of a disk whose descriptor is another file; name that file instead",
        header.size()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn descriptors_are_known_by_their_first_lines() {
        let yes: &[&[u8]] = &[
            b"# Disk DescriptorFile\nversion=1\n",
            b"# Disk DescriptorFile",
            b"\r\n\r\n# disk descriptorfile\r\n",
            b"# made by hand\n\n# Disk DescriptorFile\nversion=1",
            b"\xef\xbb\xbf# Disk DescriptorFile\n",
            b"version=1\nCID=fffffffe\nparentCID=ffffffff\n",
            b"# of qemu's kind\nversion=1\nCID=fffffffe\n",
        ];
        for head in yes {
            assert_eq!(Kind::of_head(head), Some(Kind::Text), "{:?}", String::from_utf8_lossy(head));
        }
        let no: &[&[u8]] = &[
            b"",
            b"# Disk",
            b"\0# Disk DescriptorFile\n",
            b"\x7fELF\n# Disk DescriptorFile\nversion=1\n",
            b"#\x01\x02\n# Disk DescriptorFile\n",
            b"#!/bin/sh\ncat <<E\n# Disk DescriptorFile\n",
            b"version=1\nname=x\n",
            b"[a]\nversion=1\nCID=1\n",
        ];
        for head in no {
            assert_eq!(Kind::of_head(head), None, "{:?}", String::from_utf8_lossy(head));
        }
    }

    #[test]
    fn binary_kinds_need_their_versions() {
        assert_eq!(Kind::of_head(b"KDMV"), Some(Kind::Sparse));
        assert_eq!(Kind::of_head(b"COWD\x01\0\0\0rest"), Some(Kind::Cowd));
        assert_eq!(Kind::of_head(b"COWDUNG"), None);
        assert_eq!(Kind::of_head(b"\xbe\xba\xfe\xca\0\0\0\0\x01\0\0\0\x02\0\0\0"), Some(Kind::SeSparse));
        // Classes of Java and universal binaries are the other way round.
        assert_eq!(Kind::of_head(b"\xca\xfe\xba\xbe\0\0\0\x34"), None);
    }
}
