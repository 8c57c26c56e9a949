//! The archive and its descriptor together: which member is which disk.

use super::header::Kind;
use super::locate::{by_content, declared_format};
use super::ovf::{Descriptor, Drive};
use super::tar::{Archive, Member};
use super::{has_extension, label, manifest, sibling, text, xml};
use crate::{OvaDetails, OvaDisk};
use storage::{Error, ReadAt, Result, read_vec};

/// An archive with a descriptor that could be read.
#[derive(Debug)]
pub(super) struct Package {
    pub(super) archive: Archive,
    descriptor: Descriptor,
    /// The member that the descriptor is.
    pub(super) member: Member,
    notes: Vec<String>,
}

impl Package {
    pub(super) fn read(file: &dyn ReadAt) -> Result<Self> {
        let archive = Archive::read(file)?;
        let member = only_descriptor(&archive)?.clone();
        let within = |error: Error| error.within(format!("OVF descriptor {:?}", label(&member.name)));
        if member.size > xml::MAX_LEN {
            return Err(within(Error::corrupt(member.start, format!("is longer than {} bytes", xml::MAX_LEN))));
        }
        let (text, replaced) = text::decode(&read_vec(file, member.start, member.size)?);
        let descriptor = Descriptor::read(&text).map_err(within)?;
        let mut notes = archive.notes();
        notes.extend(descriptor.notes.iter().cloned());
        if replaced {
            notes.push(
                "the OVF descriptor is neither UTF-8 nor UTF-16: what is not ASCII in it was replaced".to_owned(),
            );
        }
        if archive.members.iter().any(|member| has_extension(&member.name, "cert")) {
            notes.push("the OVA is signed; the signature is not checked".to_owned());
        }
        let mut package = Package { archive, descriptor, member, notes };
        package.note_disks();
        Ok(package)
    }

    fn note_disks(&mut self) {
        let machines = &self.descriptor.machines;
        if machines.len() > 1 {
            self.notes.push(format!("the OVA holds {} machines: {}", machines.len(), machines.join(", ")));
        }
        let drives = &self.descriptor.drives;
        if let [first, others @ ..] = drives.as_slice()
            && !others.is_empty()
        {
            let names: Vec<_> = others.iter().map(|drive| label(&drive.href)).collect();
            let what = format!("the OVA holds {} disks; {:?} is read", drives.len(), label(&first.href));
            self.notes.push(format!("{what}, as the first that is attached; the others are {}", names.join(", ")));
        }
        let mut notes = Vec::new();
        for drive in drives {
            let (said, member) = (drive.file_size, self.member(drive));
            if let (Some(said), Some(member)) = (said, member)
                && said != member.size
            {
                let (name, size) = (label(&drive.href), member.size);
                notes.push(format!("the descriptor says that {name:?} has {said} bytes, and it has {size}"));
            }
        }
        self.notes.append(&mut notes);
    }

    pub(super) fn notes(&self) -> &[String] {
        &self.notes
    }

    pub(super) fn drives(&self) -> &[Drive] {
        &self.descriptor.drives
    }

    /// Reads what the manifest vouches for, all of it, and says what it does not vouch for. Whether there is one.
    pub(super) fn verify(&self, file: &dyn ReadAt) -> Result<(bool, Vec<String>)> {
        let Some(listed) = manifest::verify(file, &self.archive)? else { return Ok((false, Vec::new())) };
        let disks = self.drives().iter().filter_map(|drive| self.member(drive)).map(|member| member.name.as_str());
        let mut wanted: Vec<_> = std::iter::once(self.member.name.as_str()).chain(disks).collect();
        wanted.retain(|name| !listed.contains(name));
        let note = |name: &&str| format!("the manifest has no digest of {:?}, which is read unchecked", label(name));
        Ok((true, wanted.iter().map(note).collect()))
    }

    /// What is told of the archive; works where a disk cannot be opened.
    pub(super) fn details(&self, file: &dyn ReadAt, manifest_checked: bool) -> OvaDetails {
        let disks = self.drives().iter().map(|drive| {
            let found = self.member(drive).and_then(|member| by_content(file, member).ok());
            let declared = || declared_format(drive).unwrap_or_default().to_owned();
            OvaDisk {
                name: label(&drive.href),
                format: found.map_or_else(declared, |formats| formats.join(" and ")),
                capacity: drive.capacity,
                file_size: self.member(drive).map_or(0, |member| member.size),
            }
        });
        let one = self.descriptor.machines.len() == 1;
        OvaDetails {
            machine: self.descriptor.machines.first().filter(|name| one && !name.is_empty()).cloned(),
            operating_system: self.descriptor.operating_system.clone(),
            firmware: self.descriptor.firmware.clone(),
            disks: disks.collect(),
            manifest_checked,
        }
    }

    /// The disk that the machine starts from. Where there are several machines, nobody can say which is meant.
    pub(super) fn first(&self) -> Result<&Drive> {
        if let [_, _, ..] = self.descriptor.machines[..] {
            let names = self.descriptor.machines.join(", ");
            return Err(Error::refused(format!(
                "the OVA holds {} machines ({names}), and not one; name a disk of it: {}",
                self.descriptor.machines.len(),
                self.names()
            )));
        }
        self.drives().first().ok_or_else(|| {
            Error::unsupported(format!("the OVA has no disks: {:?} tells of none", label(&self.member.name)))
        })
    }

    /// The disk of that number, from 1 in the order in which they are attached, or whose member has that name.
    pub(super) fn find(&self, which: &str) -> Result<&Drive> {
        let by_name = || {
            self.drives().iter().find(|drive| drive.href == which || sibling(&self.member.name, &drive.href) == which)
        };
        let by_number = || which.parse::<usize>().ok().and_then(|number| self.drives().get(number.checked_sub(1)?));
        by_name().or_else(by_number).ok_or_else(|| {
            Error::not_found(format!("the OVA has no disk {:?}; its disks are: {}", label(which), self.names()))
        })
    }

    fn names(&self) -> String {
        let numbered = (1..).zip(self.drives()).map(|(number, drive)| format!("{number} {}", label(&drive.href)));
        numbered.collect::<Vec<_>>().join(", ")
    }
}

/// The one descriptor.
fn only_descriptor(archive: &Archive) -> Result<&Member> {
    let is_descriptor = |member: &&Member| has_extension(&member.name, "ovf") && member.kind != Kind::Directory;
    let found: Vec<_> = archive.members.iter().filter(is_descriptor).collect();
    match found.as_slice() {
        [member] if member.kind == Kind::File => Ok(member),
        [member] => {
            let what = format!(
                "the OVF descriptor {:?} is {}, which is not followed",
                label(&member.name),
                member.kind.words()
            );
            Err(Error::refused(what))
        }
        [] => Err(Error::unsupported(
            "no .ovf is in the archive, so that nothing tells which member is a disk: it is a tar archive and no OVA; \
             take the disk out of it first (tar -x)",
        )),
        [first, second, ..] => Err(Error::refused(format!(
            "{} OVF descriptors are in the archive, {:?} and {:?}, and an OVA has one",
            found.len(),
            label(&first.name),
            label(&second.name)
        ))),
    }
}
