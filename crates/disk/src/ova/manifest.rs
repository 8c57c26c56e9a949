//! The manifest: lines `SHA256(name)= digest`, each checked.
//!
//! Source: DSP0243, "OVF package": SHA1, SHA256 and SHA512 are the algorithms; SHA384 comes with SHA512.

use super::header::Kind;
use super::tar::{Archive, Member};
use super::{label, sibling};
use sha1::{Digest, Sha1};
use sha2::{Sha256, Sha384, Sha512};
use std::collections::BTreeMap;
use storage::{Error, ReadAt, Result, read_vec, to_usize};

/// Bytes of a manifest; a line takes about 100.
const MAX_LEN: u64 = 1 << 20;

/// Bytes that are hashed at once.
const PIECE: u64 = 1 << 20;

/// A line that is to be checked.
struct Line<'a> {
    algorithm: Algorithm,
    digest: Vec<u8>,
    member: &'a Member,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Algorithm {
    Sha1,
    Sha256,
    Sha384,
    Sha512,
}

/// The manifests among the members. A well-made archive has one; of several none can be passed over.
fn members(archive: &Archive) -> impl Iterator<Item = &Member> {
    archive.members.iter().filter(|member| super::has_extension(&member.name, "mf") && member.kind != Kind::Directory)
}

/// Names of the members that a manifest vouches for, all of which are read and checked. `None`: there is no manifest.
pub(super) fn verify<'a>(file: &dyn ReadAt, archive: &'a Archive) -> Result<Option<Vec<&'a str>>> {
    // Each member once, in the order of the archive.
    let mut lines: BTreeMap<(u64, Algorithm), Line<'_>> = BTreeMap::new();
    let mut found = false;
    for manifest in members(archive) {
        found = true;
        let within = |error: Error| error.within(format!("manifest {:?}", label(&manifest.name)));
        for line in read(file, archive, manifest).map_err(within)? {
            let key = (line.member.start, line.algorithm);
            let before = lines.get(&key);
            if before.is_some_and(|before| before.digest != line.digest) {
                let what = format!("{:?} has two digests that differ", label(&line.member.name));
                return Err(within(Error::corrupt(manifest.start, what)));
            }
            lines.insert(key, line);
        }
    }
    for line in lines.values() {
        check(file, line)?;
    }
    Ok(found.then(|| lines.values().map(|line| line.member.name.as_str()).collect()))
}

fn read<'a>(file: &dyn ReadAt, archive: &'a Archive, manifest: &Member) -> Result<Vec<Line<'a>>> {
    if manifest.kind != Kind::File {
        return Err(Error::refused(format!("is {}, which is not followed", manifest.kind.words())));
    }
    if manifest.size > MAX_LEN {
        return Err(Error::corrupt(manifest.start, format!("is longer than {MAX_LEN} bytes")));
    }
    let bytes = read_vec(file, manifest.start, manifest.size)?;
    let text = String::from_utf8_lossy(&bytes);
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let numbered = text.lines().map(str::trim).enumerate().filter(|(_, line)| !line.is_empty());
    numbered.map(|(i, line)| parse(archive, manifest, i + 1, line)).collect()
}

fn parse<'a>(archive: &'a Archive, manifest: &Member, number: usize, line: &str) -> Result<Line<'a>> {
    let damaged = || {
        let what = format!("line {number} is not ALGORITHM(NAME)= DIGEST: {:?}", label(line));
        Error::corrupt(manifest.start, what)
    };
    let (word, rest) = line.split_once('(').ok_or_else(damaged)?;
    let (name, digest) = rest.rsplit_once(')').ok_or_else(damaged)?;
    let digest = digest.trim_start().strip_prefix('=').ok_or_else(damaged)?;
    let algorithm = match word.trim().to_ascii_uppercase().as_str() {
        "SHA1" | "SHA-1" => Algorithm::Sha1,
        "SHA256" | "SHA-256" => Algorithm::Sha256,
        "SHA384" | "SHA-384" => Algorithm::Sha384,
        "SHA512" | "SHA-512" => Algorithm::Sha512,
        _ => {
            let what = format!("line {number} has a digest {:?}, which cannot be checked", label(word.trim()));
            return Err(Error::unsupported(what + "; make the manifest again with SHA256"));
        }
    };
    let digest = hexadecimal(digest.trim()).filter(|digest| digest.len() == algorithm.len()).ok_or_else(damaged)?;
    let member = archive.get(&sibling(&manifest.name, name)).filter(|member| member.kind == Kind::File);
    let missing = || {
        let what =
            format!("line {number} has the digest of {:?}, which is not in the archive; truncated?", label(name));
        Error::corrupt(manifest.start, what)
    };
    Ok(Line { algorithm, digest, member: member.ok_or_else(missing)? })
}

impl Algorithm {
    fn len(self) -> usize {
        match self {
            Algorithm::Sha1 => 20,
            Algorithm::Sha256 => 32,
            Algorithm::Sha384 => 48,
            Algorithm::Sha512 => 64,
        }
    }

    fn digest(self, file: &dyn ReadAt, member: &Member) -> Result<Vec<u8>> {
        match self {
            Algorithm::Sha1 => hash(Sha1::new(), file, member),
            Algorithm::Sha256 => hash(Sha256::new(), file, member),
            Algorithm::Sha384 => hash(Sha384::new(), file, member),
            Algorithm::Sha512 => hash(Sha512::new(), file, member),
        }
    }
}

fn check(file: &dyn ReadAt, line: &Line<'_>) -> Result<()> {
    if line.algorithm.digest(file, line.member)? == line.digest {
        return Ok(());
    }
    let what =
        format!("{:?} does not have the {:?} digest that the manifest says", label(&line.member.name), line.algorithm);
    Err(Error::corrupt(line.member.start, what + ": the archive is damaged, or was changed"))
}

fn hash(mut hash: impl Digest, file: &dyn ReadAt, member: &Member) -> Result<Vec<u8>> {
    let mut piece = vec![0; to_usize(member.size.min(PIECE))?];
    let end = member.start + member.size;
    for start in (member.start..end).step_by(to_usize(PIECE)?) {
        let part = &mut piece[..to_usize((end - start).min(PIECE))?];
        file.read_at(part, start)?;
        hash.update(part);
    }
    Ok(hash.finalize().to_vec())
}

fn hexadecimal(text: &str) -> Option<Vec<u8>> {
    let digits = text.is_ascii() && text.len().is_multiple_of(2) && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let pairs = digits.then(|| (0..text.len()).step_by(2))?;
    pairs.map(|i| u8::from_str_radix(&text[i..i + 2], 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_are_hexadecimal() {
        assert_eq!(hexadecimal("00fFa1"), Some(vec![0, 255, 0xa1]));
        for bad in ["0", "+1", "0g", "é"] {
            assert_eq!(hexadecimal(bad), None, "{bad}");
        }
    }
}
