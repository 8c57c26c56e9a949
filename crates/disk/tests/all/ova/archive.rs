//! Archives and descriptors, made by hand.

use crate::support::Numbers;
use disk::{Closed, Details, Disk, Format, OvaDetails};
use sha2::{Digest, Sha256};
use std::sync::Arc;
use storage::Result;

pub(super) const VMDK: &str = "http://www.vmware.com/interfaces/specifications/vmdk.html#streamOptimized";

pub(super) fn ova() -> &'static dyn Format {
    disk::format("ova").unwrap()
}

pub(super) fn open_disk(file: Vec<u8>, which: &str) -> Result<Arc<dyn Disk>> {
    disk::open_member(Arc::new(file), which)
}

pub(super) fn is_ovf_text(head: &[u8]) -> bool {
    disk::probe(&head.to_vec()).unwrap().formats == ["ovf"]
}

pub(super) fn open(file: &[u8]) -> Result<Arc<dyn Disk>> {
    ova().open(Arc::new(file.to_vec()), &Closed)
}

pub(super) fn details(file: &[u8]) -> OvaDetails {
    match ova().info(&file.to_vec()).unwrap().details {
        Details::Ova(details) => details,
        other => panic!("{other:?}"),
    }
}

/// A tar archive in the making.
#[derive(Clone, Default)]
pub(super) struct Tar(pub(super) Vec<u8>);

pub(super) fn header(name: &str, size: u64, letter: u8) -> Vec<u8> {
    let mut block = vec![0; 512];
    block[..name.len()].copy_from_slice(name.as_bytes());
    block[100..124].copy_from_slice(b"0000644\x000000000\x000000000\0");
    block[124..136].copy_from_slice(format!("{size:011o}\0").as_bytes());
    block[136..148].copy_from_slice(b"00000000000\0");
    block[156] = letter;
    block[257..265].copy_from_slice(b"ustar\x0000");
    sum(&mut block);
    block
}

pub(super) fn sum(block: &mut [u8]) {
    block[148..156].fill(b' ');
    let sum: u32 = block.iter().map(|&byte| u32::from(byte)).sum();
    block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
}

impl Tar {
    pub(super) fn file(self, name: &str, bytes: &[u8]) -> Self {
        self.raw(&header(name, bytes.len() as u64, b'0')).raw(bytes)
    }
    /// Bytes, completed to whole blocks.
    pub(super) fn raw(mut self, bytes: &[u8]) -> Self {
        self.0.extend(bytes);
        self.0.resize(self.0.len().next_multiple_of(512), 0);
        self
    }
    pub(super) fn entry(self, name: &str, letter: u8, bytes: &[u8]) -> Self {
        self.raw(&header(name, bytes.len() as u64, letter)).raw(bytes)
    }
    pub(super) fn end(self) -> Vec<u8> {
        self.raw(&[0; 1024]).0
    }
}

/// A descriptor with a disk in each file.
pub(super) fn ovf(files: &[&str]) -> String {
    let file = |(i, name): (usize, &&str)| format!("<File ovf:id='file{i}' ovf:href='{name}'/>");
    let disk = |i| {
        format!(
            "<Disk ovf:diskId='disk{i}' ovf:fileRef='file{i}' ovf:capacity='1' \
             ovf:capacityAllocationUnits='byte * 2^20'/>"
        )
    };
    let files_xml: String = files.iter().enumerate().map(file).collect();
    let disks: String = (0..files.len()).map(disk).collect();
    envelope(&files_xml, &disks, "<VirtualSystem ovf:id='vm'><Info/></VirtualSystem>")
}

pub(super) fn envelope(files: &str, disks: &str, machines: &str) -> String {
    format!(
        "<?xml version='1.0' encoding='UTF-8'?><Envelope xmlns='http://schemas.dmtf.org/ovf/envelope/1' \
         xmlns:ovf='http://schemas.dmtf.org/ovf/envelope/1'><References>{files}</References><DiskSection>{disks}\
         </DiskSection>{machines}</Envelope>"
    )
}

/// An archive of the usual kind: one raw disk of 1 MiB.
pub(super) fn raw_disk() -> Vec<u8> {
    Numbers(9).bytes(1 << 20)
}

pub(super) fn usual(name: &str) -> Tar {
    Tar::default().file("vm.ovf", ovf(&[name]).as_bytes())
}

pub(super) fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
