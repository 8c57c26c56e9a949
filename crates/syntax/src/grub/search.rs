//! `search`, and its short forms `search.fs_uuid`, `search.fs_label`, `search.file`.

use super::SearchBy;

/// Options that take no value.
const FLAGS: [&str; 7] =
    ["--no-floppy", "-n", "--efidisk-only", "--root-dev-only", "--cryptodisk-only", "--quiet", "-q"];

/// What a search is to find, and the variable it sets.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Wanted {
    pub(super) by: SearchBy,
    pub(super) what: String,
    pub(super) variable: Option<String>,
}

/// Reads the arguments of the command `name`; none where they name nothing to search for.
pub(super) fn read(name: &str, arguments: &[String]) -> Option<Wanted> {
    match name {
        "search.fs_uuid" => short(SearchBy::Uuid, arguments),
        "search.fs_label" => short(SearchBy::Label, arguments),
        "search.file" => short(SearchBy::File, arguments),
        _ => long(arguments),
    }
}

/// `search.fs_uuid WHAT [VARIABLE [HINT…]]`.
fn short(by: SearchBy, arguments: &[String]) -> Option<Wanted> {
    Some(Wanted { by, what: arguments.first()?.clone(), variable: arguments.get(1).cloned() })
}

fn long(arguments: &[String]) -> Option<Wanted> {
    let mut by = None;
    let mut variable = None;
    let mut set = false;
    let mut what = None;
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        let (option, value) = match argument.split_once('=') {
            Some((option, value)) if option.starts_with("--") => (option, Some(value.to_string())),
            _ => (argument.as_str(), None),
        };
        match option {
            "-u" | "--fs-uuid" => by = Some(SearchBy::Uuid),
            "-l" | "--label" | "--fs-label" => by = Some(SearchBy::Label),
            "-f" | "--file" => by = Some(SearchBy::File),
            // The value is optional: a word that follows is taken for it unless it begins with a dash.
            "-s" | "--set" => {
                set = true;
                let follows = rest.as_slice().first().is_some_and(|next| !next.starts_with('-'));
                variable = if value.is_some() || !follows { value } else { rest.next().cloned() };
            }
            _ if FLAGS.contains(&option) => {}
            _ if option.starts_with("-h") || option.starts_with("--hint") => {
                if value.is_none() {
                    rest.next();
                }
            }
            _ if option.starts_with('-') => {}
            _ => what = what.or(Some(argument)),
        }
    }
    // `--set UUID`, as it was written before the variable could be named.
    let (what, variable) = match what {
        Some(what) => (what.clone(), variable.or_else(|| set.then(|| "root".to_string()))),
        None => (variable?, Some("root".to_string())),
    };
    Some(Wanted { by: by?, what, variable })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_every_way_of_writing_it() {
        let cases = [
            (
                "search --no-floppy --fs-uuid --set=root --hint-bios=hd0,gpt2 --hint x ab-c",
                SearchBy::Uuid,
                "ab-c",
                "root",
            ),
            ("search --no-floppy --fs-uuid --set ab-c", SearchBy::Uuid, "ab-c", "root"),
            ("search --fs-uuid ab --set", SearchBy::Uuid, "ab", "root"),
            ("search --set root -f /boot/x", SearchBy::File, "/boot/x", "root"),
            ("search --set=boot -l BOOT", SearchBy::Label, "BOOT", "boot"),
            ("search --no-floppy --root-dev-only --fs-uuid --set=dev ab", SearchBy::Uuid, "ab", "dev"),
            ("search.fs_uuid ab root hd0,gpt2", SearchBy::Uuid, "ab", "root"),
            ("search.fs_label X boot", SearchBy::Label, "X", "boot"),
            ("search.file /x root", SearchBy::File, "/x", "root"),
            ("search -u ab", SearchBy::Uuid, "ab", ""),
        ];
        for (line, by, what, variable) in cases {
            let words: Vec<String> = line.split(' ').map(str::to_string).collect();
            let variable = Some(variable.to_string()).filter(|name| !name.is_empty());
            assert_eq!(read(&words[0], &words[1..]), Some(Wanted { by, what: what.into(), variable }), "{line}");
        }
        for line in ["search", "search -u", "search ab", "search --set", "search.fs_uuid"] {
            let words: Vec<String> = line.split(' ').map(str::to_string).collect();
            assert_eq!(read(&words[0], &words[1..]), None, "{line}");
        }
    }
}
