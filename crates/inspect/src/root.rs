//! Which volume holds the root filesystem.

use crate::mounts;
use crate::volumes::Volumes;
use crate::{device, loader, windows};
use facts::{Content, Evidence, Known, Reason, Role, Volume, VolumeId};
use filesystem::FileKind;

/// The root, and why that one.
pub(crate) struct Root {
    /// Index of its volume.
    pub(crate) index: usize,
    /// Why.
    pub(crate) evidence: Vec<Evidence>,
    /// Other roots on the disk.
    pub(crate) others: Vec<VolumeId>,
}

/// Chooses the root. Absent: everything was read and nothing is one.
pub(crate) fn choose(volumes: &Volumes, facts: &[Volume]) -> Known<Root> {
    let roots: Vec<usize> = (0..facts.len()).filter(|&i| facts[i].role.value() == Some(&Role::Root)).collect();
    match roots.as_slice() {
        [] => hidden(facts),
        [index] => Known::Is(root(volumes, facts, *index, "the only root filesystem that was found", Vec::new())),
        several => Known::Is(best(volumes, facts, several)),
    }
}

/// The root on a volume, in the part of it that holds the system.
fn root(volumes: &Volumes, facts: &[Volume], index: usize, why: &str, mut others: Vec<VolumeId>) -> Root {
    let id = &facts[index].id;
    let mut evidence = vec![Evidence::volume(id, why)];
    let systems = &volumes.parts(index).systems;
    evidence.extend(systems.first().map(|part| Evidence::file(id, &part.path).saying(part.why)));
    others.extend(systems.iter().skip(1).map(|part| VolumeId(format!("{}:{}", id.0, part.path))));
    Root { index, evidence, others }
}

/// Why there may be a root after all, in a volume that cannot be read.
fn hidden(facts: &[Volume]) -> Known<Root> {
    if let Some(why) = crate::freebsd::zfs::hidden_root(facts) {
        return Known::unknown(why);
    }
    let found: Vec<String> = facts.iter().filter_map(|volume| unseen(volume, facts)).map(|reason| reason.why).collect();
    if found.is_empty() { Known::Absent } else { Known::unknown(found.join("; ")) }
}

fn unseen(volume: &Volume, facts: &[Volume]) -> Option<Reason> {
    match &volume.content {
        Known::Is(Content::Member { of, uuid, name })
            if !device::is_assembled(of, uuid.as_deref(), name.as_deref(), facts) =>
        {
            Some(Reason::new(format!("{} is a part of something that was not assembled ({of})", volume.id)))
        }
        _ => volume.role.reason().cloned(),
    }
}

/// Of several, the one that a boot menu names; then one with a kernel; then the largest.
fn best(volumes: &Volumes, facts: &[Volume], roots: &[usize]) -> Root {
    let mut named = windows::started(volumes, facts);
    let mut with_kernel = Vec::new();
    for &index in roots {
        let stitched = mounts::stitch(volumes, facts, index);
        if let Known::Is(loader) = loader::examine(&stitched, volumes, facts)
            && let Some(entry) = loader.default_entry()
            && let Some(id) = entry.root.value().and_then(|spec| spec.volume.value())
        {
            named.push(id.clone());
        }
        if stitched.tree.has("/lib/modules", FileKind::Directory) == Ok(true) {
            with_kernel.push(index);
        }
    }
    let rank = |&index: &usize| {
        let volume = &facts[index];
        (named.contains(&volume.id), with_kernel.contains(&index), volume.size, std::cmp::Reverse(index))
    };
    let index = roots.iter().copied().max_by_key(rank).unwrap_or(roots[0]);
    let why = match rank(&index) {
        (true, ..) => "the default boot entry names it, of several root filesystems",
        (_, true, ..) => "it has kernel modules, of several root filesystems",
        _ => "the largest of several root filesystems",
    };
    let others = roots.iter().filter(|&&other| other != index).map(|&other| facts[other].id.clone()).collect();
    root(volumes, facts, index, why, others)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{closed, facts_of, partition, volumes};

    const ROOT: &[(&str, &str)] = &[("/etc/hosts", ""), ("/bin/sh", "")];

    fn chosen(held: Vec<crate::volumes::Held>) -> Known<(usize, usize)> {
        let volumes = volumes(held);
        choose(&volumes, &facts_of(&volumes)).map(|root| (root.index, root.others.len()))
    }

    #[test]
    fn one_root_none_or_perhaps_one() {
        assert_eq!(chosen(vec![partition(1, &[]), partition(2, ROOT), closed(3)]), Known::Is((1, 0)));
        assert_eq!(chosen(vec![partition(1, &[("/photo", "")])]), Known::Absent);
        assert!(chosen(vec![partition(1, &[]), closed(2)]).reason().is_some());
    }

    #[test]
    fn the_boot_menu_decides_then_a_kernel_then_size() {
        let kernel: Vec<_> = ROOT.iter().copied().chain([("/lib/modules/6.1/modules.dep", "")]).collect();
        assert_eq!(chosen(vec![partition(1, ROOT), partition(2, ROOT)]), Known::Is((1, 1)));
        assert_eq!(chosen(vec![partition(1, &kernel), partition(2, ROOT)]), Known::Is((0, 1)));
        let menu = "menuentry 'Linux' {\n linux /vmlinuz root=UUID=uuid-1\n}\n";
        let named: Vec<_> = ROOT.iter().copied().chain([("/boot/grub/grub.cfg", menu)]).collect();
        assert_eq!(chosen(vec![partition(1, ROOT), partition(2, &kernel), partition(3, &named)]), Known::Is((0, 2)));
    }
}
