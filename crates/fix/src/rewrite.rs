//! The changes of the diff as commands, for a machine that does not have the program patch, as small systems often do not.
//!
//! A file is rewritten only where it is what it is in the image, which its checksum shows (POSIX.1, cksum), and what comes
//! out is checked like that too. Lines that stay are copied by sed; the script holds only the lines that are new.

use crate::diff::{self, Step};
use crate::shell;
use crate::trial::Changed;
use filesystem::GuestPath;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// What the commands below use.
const FUNCTIONS: &str = r#"
# Whether $file is as it is in the image, or as it is to be.
known() {
    sum=none
    if [ -e "$file" ]; then sum=$(cksum <"$file"); fi
    if [ "$sum" != "$old" ] && [ "$sum" != "$new" ]; then
        echo "fix.sh: $file is not the one of the image, and the program patch is missing" >&2
        exit 1
    fi
}
# Puts standard input into $file, which keeps its owner and mode.
become() {
    (umask 077; cat >"$file.fixed")
    if [ "$(cksum <"$file.fixed")" != "$new" ]; then
        echo "fix.sh: $file does not come out as it should" >&2
        exit 1
    fi
    cat "$file.fixed" >"$file"
    rm -f -- "$file.fixed"
}
"#;

/// A function of the shell, `rewrite`, that makes all of these changes, or none if one of the files is another one.
pub(crate) fn function(changed: &BTreeMap<GuestPath, Changed>) -> String {
    let mut out = FUNCTIONS.to_owned();
    out += "rewrite() {\n";
    for (path, file) in changed {
        let _ = writeln!(out, "    {}; known", names(&path.to_string(), file));
    }
    for (path, file) in changed {
        let _ = write!(out, "    {}\n    if [ ! -e \"$file\" ] || ", names(&path.to_string(), file));
        let _ = write!(out, "[ \"$(cksum <\"$file\")\" != \"$new\" ]; then\n        {{\n{}", lines(file));
        out += "        } | become\n    fi\n";
    }
    out + "}\n"
}

fn names(path: &str, file: &Changed) -> String {
    let old = file.old.as_deref().map_or_else(|| "none".to_owned(), cksum);
    format!("file={} old={} new={}", shell::word(path), shell::word(&old), shell::word(&cksum(&file.new)))
}

/// Commands that say the new file.
fn lines(file: &Changed) -> String {
    let old = file.old.as_deref().unwrap_or_default();
    let (a, b) = (diff::lines(old), diff::lines(&file.new));
    let mut out = String::new();
    let mut kept: Option<(usize, usize)> = None;
    let copy = |out: &mut String, kept: &mut Option<(usize, usize)>| {
        if let Some((first, last)) = kept.take() {
            let _ = writeln!(out, "            sed -n '{first},{last}p' \"$file\"");
        }
    };
    for step in diff::steps(&a, &b) {
        match step {
            Step::Keep(at, _) => kept = Some((kept.map_or(at + 1, |(first, _)| first), at + 1)),
            Step::Delete(..) => copy(&mut out, &mut kept),
            Step::Insert(_, at) => {
                copy(&mut out, &mut kept);
                let _ = writeln!(out, "            {}", say(b[at]));
            }
        }
    }
    copy(&mut out, &mut kept);
    if out.is_empty() { "            :\n".into() } else { out }
}

/// The command that says a line.
fn say(line: &[u8]) -> String {
    let (text, end) = line.strip_suffix(b"\n").map_or((line, ""), |text| (text, "\\n"));
    match std::str::from_utf8(text) {
        Ok(text) if text.bytes().all(|byte| byte == b'\t' || (0x20..0x7f).contains(&byte)) => {
            format!("printf '%s{end}' {}", shell::word(text))
        }
        // A terminal would act on some of these, and a shell may not take others.
        _ => {
            let octal = |byte: &u8| match byte {
                b'%' => "%%".to_owned(),
                b'\\' => "\\\\".to_owned(),
                b'\'' => "'\\''".to_owned(),
                0x20..0x7f => char::from(*byte).to_string(),
                _ => format!("\\{byte:03o}"),
            };
            format!("printf '{}{end}'", text.iter().map(octal).collect::<String>())
        }
    }
}

/// What cksum says of standard input: its CRC and its length.
fn cksum(bytes: &[u8]) -> String {
    let length = bytes.len().to_le_bytes();
    let used = length.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    let crc = bytes.iter().chain(&length[..used]).fold(0_u32, |crc, byte| {
        (0..8).fold(crc ^ (u32::from(*byte) << 24), |crc, _| (crc << 1) ^ if crc >> 31 == 1 { 0x04C1_1DB7 } else { 0 })
    });
    format!("{} {}", !crc, bytes.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;
    use std::process::{Command, Stdio};

    fn run(command: &mut Command, input: &[u8]) -> Vec<u8> {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(input).unwrap();
        child.wait_with_output().unwrap().stdout
    }

    #[test]
    fn checksums_are_those_of_posix() {
        assert_eq!(cksum(b""), "4294967295 0");
        for text in [&b"a\n"[..], b"123456789", &[0; 300]] {
            assert_eq!(run(&mut Command::new("cksum"), text), format!("{}\n", cksum(text)).into_bytes());
        }
    }

    #[test]
    fn every_byte_is_said() {
        let all: Vec<u8> = (0..=255).filter(|byte| *byte != b'\n').collect();
        for line in [&b"plain 'x' $y %s \\n\n"[..], b"-n", b"\t", "caf\u{e9} %d \\ \u{202e}'\n".as_bytes(), &all] {
            assert_eq!(run(Command::new("sh").args(["-c", &say(line)]), b""), line, "{}", say(line));
        }
    }
}
