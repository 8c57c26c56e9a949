//! Programs and drivers: whether the file is there, for which machine it is, and its version.

use crate::architecture;
use crate::look::{Gap, Look, Outcome as _};
use crate::tree::Tree;
use facts::{Evidence, Known, Program};
use filesystem::FileKind;

/// Longest file that is searched for its version. Drivers have some hundred kilobytes.
const MAX_PROGRAM: u64 = 16 << 20;

/// A program's file. Absent: there is no file.
pub(super) fn look(tree: &Tree<'_>, path: &str) -> Look<Program> {
    let found = tree.find(path)?;
    if found.metadata.kind != FileKind::File {
        return Err(Gap::Absent);
    }
    let architecture = match tree.read_start(path, architecture::HEADER) {
        Ok(start) => architecture::of_pe(&start.bytes).into(),
        Err(gap) => Err(gap).known(),
    };
    Ok(Program {
        evidence: Evidence::file(&found.volume, path),
        size: found.metadata.size,
        architecture,
        version: Known::default(),
        read_only: Known::Is(found.metadata.mode & 0o222 == 0),
    })
}

/// The same with its version, for which all of it is read.
pub(super) fn with_version(tree: &Tree<'_>, path: &str) -> Look<Program> {
    let mut program = look(tree, path)?;
    program.version = match tree.read_up_to(path, MAX_PROGRAM) {
        Ok(file) => architecture::pe_version(&file.bytes).into(),
        Err(gap) => Err(gap).known(),
    };
    Ok(program)
}

/// Where the file of a service is in the tree, from its `ImagePath`. `drive` is the letter of the volume of Windows.
///
/// None: on another drive, or behind a variable that is not known.
pub(super) fn place(image_path: &str, system_root: &str, drive: char) -> Option<String> {
    let path = command(image_path.trim()).replace('/', "\\");
    let path = path.strip_prefix(r"\??\").unwrap_or(&path);
    let lower = path.to_ascii_lowercase();
    let after = |prefix: &str| lower.starts_with(prefix).then(|| path[prefix.len()..].trim_start_matches('\\'));
    let root = format!("{drive}:\\").to_ascii_lowercase();
    let below = |directory: &str, rest: &str| Some(format!("{directory}/{}", rest.replace('\\', "/")));
    for prefix in [r"\systemroot\", r"%systemroot%\", r"%windir%\"] {
        if let Some(rest) = after(prefix) {
            return below(system_root, rest);
        }
    }
    for (prefix, directory) in [
        (root.as_str(), ""),
        (r"%systemdrive%\", ""),
        (r"%programfiles%\", "/Program Files"),
        (r"%programfiles(x86)%\", "/Program Files (x86)"),
        (r"%programdata%\", "/ProgramData"),
        (r"%allusersprofile%\", "/ProgramData"),
    ] {
        if let Some(rest) = after(prefix) {
            return below(directory, rest);
        }
    }
    let elsewhere = path.get(1..2) == Some(":") || path.starts_with(['\\', '%']) || path.is_empty();
    match path.contains('\\') {
        _ if elsewhere => None,
        true => below(system_root, path),
        false => below(&format!("{system_root}/System32"), path),
    }
}

/// The program of a command line: up to the second quote, or to the end of the first word that has its suffix.
fn command(line: &str) -> &str {
    if let Some(quoted) = line.strip_prefix('"') {
        return quoted.split('"').next().unwrap_or(quoted);
    }
    let lower = line.to_ascii_lowercase();
    let ends = [".exe", ".sys", ".dll"].into_iter().filter_map(|suffix| {
        let at = lower.match_indices(suffix).map(|(at, _)| at + suffix.len());
        at.into_iter().find(|&end| lower[end..].is_empty() || lower[end..].starts_with(' '))
    });
    &line[..ends.min().unwrap_or(line.len())]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn image_paths() {
        let at = |path: &str| place(path, "/Windows", 'C');
        let driver = Some("/Windows/System32/drivers/a.sys".to_owned());
        for path in [
            r"\SystemRoot\System32\drivers\a.sys",
            r"System32\drivers\a.sys",
            r"%SystemRoot%\System32\drivers\a.sys",
            r"\??\C:\Windows\System32\drivers\a.sys",
            r"c:\Windows\System32\drivers\a.sys -x",
        ] {
            assert_eq!(
                at(path).map(|place| place.to_lowercase()),
                driver.clone().map(|place| place.to_lowercase()),
                "{path}"
            );
        }
        assert_eq!(at(r#""C:\Program Files\x y\z.exe" --run a.exe"#).as_deref(), Some("/Program Files/x y/z.exe"));
        assert_eq!(at(r"C:\Program Files\x y\z.exe --run").as_deref(), Some("/Program Files/x y/z.exe"));
        assert_eq!(at("svchost.exe -k netsvcs").as_deref(), Some("/Windows/System32/svchost.exe"));
        assert_eq!(
            at(r"%ProgramData%\aliyun\vminit\vminit.exe").as_deref(),
            Some("/ProgramData/aliyun/vminit/vminit.exe")
        );
        for elsewhere in [r"D:\x.exe", r"%unheard%\x.exe", r"\Device\x.sys", ""] {
            assert_eq!(at(elsewhere), None, "{elsewhere}");
        }
    }
}
