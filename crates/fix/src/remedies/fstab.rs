//! LNX-FSTAB-*: names that stay, `nofail` where nothing is lost without it, right types. fstab(5).
//!
//! What is left alone: swap that is not on the disk, two different lines for one place, and the filesystems without which
//! the system does not come up, unless it is plain which volume is meant.

use crate::edit::Edit;
use crate::proposal::{Phase, Proposal};
use crate::shell;
use crate::work::{Work, line_of};
use facts::{Content, FstabEntry, Known, Role, SpecKind, Volume};
use std::collections::{BTreeSet, HashSet};

const FSTAB: &str = "/etc/fstab";

/// U+FEFF, which some editors put in front of a text.
const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// Places without which the rest of the system is not there.
const VITAL: &[&str] = &["/", "/usr", "/var", "/etc", "/boot"];

pub(super) fn propose(work: &mut Work<'_>) {
    let Known::Is(fstab) = &work.linux.fstab else { return };
    for entry in &fstab.entries {
        let Some(line) = line_of(&entry.evidence) else { continue };
        let proposals = [name(work, entry, line), missing(work, entry, line), kind(work, entry, line)];
        work.proposals.extend(proposals.into_iter().flatten());
        mount_point(work, entry);
    }
    syntax(work);
    root_line(work);
}

fn is_found(work: &Work<'_>, rule: &str, line: usize) -> bool {
    work.places(rule).any(|place| line_of(place) == Some(line))
}

/// A UUID for a name that changes, or for one that nothing on the disk answers to.
fn name(work: &Work<'_>, entry: &FstabEntry, line: usize) -> Option<Proposal> {
    let changes = is_found(work, "LNX-FSTAB-DEV", line);
    let unresolved = is_found(work, "LNX-FSTAB-UUID", line) && entry.spec.volume.is_absent();
    let rule = match (changes, unresolved) {
        (true, _) => "LNX-FSTAB-DEV",
        (_, true) => "LNX-FSTAB-UUID",
        _ => return None,
    };
    let named = entry.spec.volume.value().and_then(|id| work.facts.volume(id));
    let Some(uuid) = named.or_else(|| meant(work, entry)).and_then(|volume| unique_uuid(work, volume)) else {
        return optional(entry, rule, line, "nofail");
    };
    let what = format!("{FSTAB}: {} is named by its UUID, not as {}", entry.mount_point, entry.spec.text);
    let uuid = format!("UUID={uuid}");
    Some(Proposal::new(rule, what).edit(FSTAB, [field(line, 0, uuid)]))
}

/// The volume that an entry for this place can only mean.
fn meant<'w>(work: &Work<'w>, entry: &FstabEntry) -> Option<&'w Volume> {
    let role = match entry.mount_point.as_str() {
        "/" => return work.root(),
        "/boot" => Role::Boot,
        "/boot/efi" | "/efi" => Role::Esp,
        _ => return None,
    };
    let mut fitting = work.facts.volumes.iter().filter(|volume| volume.role.value() == Some(&role));
    fitting.next().filter(|_| fitting.next().is_none())
}

/// The UUID of what is on a volume, where no other volume has it.
fn unique_uuid(work: &Work<'_>, volume: &Volume) -> Option<String> {
    let uuid = uuid(volume)?;
    let plain = |c: char| c.is_ascii_hexdigit() || c == '-';
    let others = work.facts.volumes.iter().filter(|other| self::uuid(other) == Some(uuid)).count();
    (others == 1 && uuid.chars().all(plain)).then(|| uuid.to_owned())
}

fn uuid(volume: &Volume) -> Option<&str> {
    match volume.content.value()? {
        Content::Filesystem(filesystem) => filesystem.uuid.as_deref(),
        Content::Swap { uuid, .. } => uuid.as_deref(),
        _ => None,
    }
}

/// `nofail` for what is not part of the import.
fn missing(work: &Work<'_>, entry: &FstabEntry, line: usize) -> Option<Proposal> {
    if !is_found(work, "LNX-FSTAB-MISSING", line) {
        return None;
    }
    let options = if entry.spec.kind == SpecKind::Network { "_netdev,nofail" } else { "nofail" };
    optional(entry, "LNX-FSTAB-MISSING", line, options)
}

fn optional(entry: &FstabEntry, rule: &'static str, line: usize, options: &'static str) -> Option<Proposal> {
    let swap = entry.fs_type == "swap" && rule != "LNX-FSTAB-MISSING";
    if entry.is_optional() || swap || VITAL.contains(&entry.mount_point.as_str()) {
        return None;
    }
    let what = format!("{FSTAB}: the boot goes on without {} ({options})", entry.mount_point);
    let edit = Edit::Line(line, Box::new(move |text| with_options(text, options)));
    Some(Proposal::new(rule, what).edit(FSTAB, [edit]))
}

/// The type of what is really there.
fn kind(work: &Work<'_>, entry: &FstabEntry, line: usize) -> Option<Proposal> {
    let volume = entry.spec.volume.value().and_then(|id| work.facts.volume(id))?;
    let really = match volume.content.value()? {
        Content::Filesystem(filesystem) => filesystem.fs_type.clone(),
        Content::Swap { .. } => "swap".into(),
        _ => return None,
    };
    // What is found beside it is the directory that is missing.
    let found = work.places("LNX-FSTAB-TYPE").filter(|place| line_of(place) == Some(line)).count();
    (found > usize::from(lacks_directory(work, entry))).then_some(())?;
    let what = format!("{FSTAB}: {} is of type {really}, not {}", entry.mount_point, entry.fs_type);
    Some(Proposal::new("LNX-FSTAB-TYPE", what).edit(FSTAB, [field(line, 2, really)]))
}

/// systemd makes the directory.
fn lacks_directory(work: &Work<'_>, entry: &FstabEntry) -> bool {
    entry.mount_point_exists.value() == Some(&false) && !work.has_systemd()
}

/// The directory to mount on.
fn mount_point(work: &mut Work<'_>, entry: &FstabEntry) {
    let at = entry.mount_point.as_str();
    if work.failed("LNX-FSTAB-TYPE") && lacks_directory(work, entry) {
        let proposal = Proposal::new("LNX-FSTAB-TYPE", format!("makes the directory {at}"));
        work.propose(proposal.run(Phase::Files, [format!("mkdir -p -- {}", shell::word(at))]));
    }
}

/// Carriage returns, a byte order mark, lines of fewer than three fields, and a line that stands there twice.
fn syntax(work: &mut Work<'_>) {
    let Known::Is(fstab) = &work.linux.fstab else { return };
    if !work.failed("LNX-FSTAB-SYNTAX") {
        return;
    }
    let bytes = work.read(FSTAB).unwrap_or_default();
    let lines: Vec<&[u8]> = bytes.split(|byte| *byte == b'\n').collect();
    let bad: BTreeSet<usize> = fstab.malformed.iter().filter_map(line_of).collect();
    let bad = bad.into_iter().filter_map(|line| Some((line, *lines.get(line.checked_sub(1)?)?)));
    let mut edits: Vec<Edit> = bad.flat_map(|(line, text)| readable(line, text)).collect();
    let mut seen = HashSet::new();
    for (number, text) in work.lines(FSTAB) {
        let fields: Vec<String> = text.split_ascii_whitespace().map(str::to_owned).collect();
        let entry = fields.len() > 2 && !text.trim_start().starts_with('#');
        if entry && !seen.insert(fields) {
            edits.push(Edit::Delete(number));
        }
    }
    if !edits.is_empty() {
        let what = format!("{FSTAB}: lines that cannot be read, or stand there twice, are put right");
        work.propose(Proposal::new("LNX-FSTAB-SYNTAX", what).edit(FSTAB, edits));
    }
}

/// What makes a line one that can be read: without the marks of other systems, or as a comment.
fn readable(line: usize, text: &[u8]) -> Vec<Edit> {
    let mut edits = Vec::new();
    if text.ends_with(b"\r") {
        edits.push(Edit::WithoutReturn(line));
    }
    let plain = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text);
    if plain.len() < text.len() {
        edits.push(Edit::Line(line, Box::new(|text| Some(text.trim_start_matches('\u{feff}').to_owned()))));
    }
    let fields = plain.split(|byte| matches!(byte, b' ' | b'\t' | b'\r')).filter(|field| !field.is_empty());
    if fields.count() < 3 {
        edits.push(Edit::comment(line));
    }
    edits
}

/// A line for the root, of a filesystem without parts.
fn root_line(work: &mut Work<'_>) {
    let Known::Is(fstab) = &work.linux.fstab else { return };
    // That a line is missing is found of the file, and not of a line of it.
    let missing = work.places("LNX-FSTAB-SYNTAX").any(|place| line_of(place).is_none())
        && !fstab.entries.iter().any(|entry| entry.mount_point == "/");
    let Some(root) = work.root().filter(|_| missing) else { return };
    let Some((uuid, filesystem)) = unique_uuid(work, root).zip(root.filesystem()) else { return };
    if filesystem.fs_type != "btrfs" {
        let line = format!("UUID={uuid} / {} defaults 0 1", filesystem.fs_type);
        let what = format!("{FSTAB}: a line for the root");
        work.propose(Proposal::new("LNX-FSTAB-SYNTAX", what).edit(FSTAB, [Edit::Append(line)]));
    }
}

/// Another value for a field; fields count from 0.
fn field(line: usize, index: usize, value: String) -> Edit {
    Edit::Line(line, Box::new(move |text| with_field(text, index, &value)))
}

fn with_field(text: &str, index: usize, value: &str) -> Option<String> {
    let (start, end) = *fields(text).get(index)?;
    Some([&text[..start], value, &text[end..]].concat())
}

fn with_options(text: &str, options: &str) -> Option<String> {
    let fields = fields(text);
    let Some(&(start, end)) = fields.get(3) else {
        return (fields.len() == 3).then(|| format!("{} defaults,{options}", text.trim_end()));
    };
    let new: Vec<&str> = options.split(',').filter(|new| !text[start..end].split(',').any(|old| old == *new)).collect();
    let all = [text[start..end].trim_end_matches(',')].into_iter().chain(new).collect::<Vec<_>>().join(",");
    Some([&text[..start], &all, &text[end..]].concat())
}

/// Where the fields of a line begin and end.
fn fields(text: &str) -> Vec<(usize, usize)> {
    let mut fields: Vec<(usize, usize)> = Vec::new();
    for (at, c) in text.char_indices().filter(|(_, c)| !matches!(c, ' ' | '\t')) {
        match fields.last_mut() {
            Some(last) if last.1 == at => last.1 = at + c.len_utf8(),
            _ => fields.push((at, at + c.len_utf8())),
        }
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_change_in_place() {
        let line = "\t/dev/sda1  /  ext4\tdefaults,noatime  0 1";
        assert_eq!(with_field(line, 0, "UUID=x").unwrap(), "\tUUID=x  /  ext4\tdefaults,noatime  0 1");
        assert_eq!(
            with_options(line, "_netdev,nofail").unwrap(),
            "\t/dev/sda1  /  ext4\tdefaults,noatime,_netdev,nofail  0 1"
        );
        assert_eq!(with_options("a /b nfs _netdev", "_netdev,nofail").unwrap(), "a /b nfs _netdev,nofail");
        assert_eq!(with_options("a /b ext4 ", "nofail").unwrap(), "a /b ext4 defaults,nofail");
        assert_eq!(with_field("a b", 2, "x"), None);
    }
}
