//! Accounts: root's login, and whether a password can be set. passwd(5), shadow(5).

use crate::look::{Gap, Look, Outcome as _, first, non_empty};
use crate::passwords;
use crate::tree::{File, Tree};
use facts::{Evidence, Known, Linux, RootLogin};

/// Most home directories that are looked into.
const MAX_HOMES: usize = 64;

/// Fills in what is known of the accounts.
pub(crate) fn examine(tree: &Tree<'_>, linux: &mut Linux) {
    linux.root_login = root_login(tree).known();
    linux.immutable_files = immutable(tree).known().and_then(non_empty);
    linux.password_tools = password_tools(tree).known();
    linux.authorized_keys = authorized_keys(tree).known().and_then(non_empty);
}

/// The fields of root's line, and where it is.
fn root_line(file: &File) -> Option<(Vec<String>, Evidence)> {
    let text = String::from_utf8_lossy(&file.bytes);
    let (line, found) = (1..).zip(text.lines()).find(|(_, line)| line.starts_with("root:"))?;
    let fields = found.split(':').map(str::to_owned).collect();
    Some((fields, file.evidence.clone().at_line(line)))
}

fn root_login(tree: &Tree<'_>) -> Look<RootLogin> {
    let passwd = tree.read("/etc/passwd")?;
    let (fields, place) = root_line(&passwd).ok_or(Gap::Absent)?;
    let field = |index: usize| fields.get(index).cloned().unwrap_or_default();
    let mut login = RootLogin {
        shell: field(6),
        evidence: vec![place.saying(format!("shell {}", field(6)))],
        ..RootLogin::default()
    };
    let hash = match field(1).as_str() {
        // The password stands in a file of its own, with the day of its last change: day 0 asks for another.
        "x" => tree.read("/etc/shadow").and_then(|file| root_line(&file).ok_or(Gap::Absent)).map(|(fields, place)| {
            // Never the hash itself.
            login.evidence.push(place);
            login.must_change = Known::Is(fields.get(2).is_some_and(|day| day == "0"));
            login.expires = end(fields.get(7));
            fields.get(1).cloned().unwrap_or_default()
        }),
        hash => {
            login.must_change = Known::Is(false);
            login.expires = Known::Absent;
            Ok(hash.to_owned())
        }
    };
    let hash = hash.map_err(|gap| match gap {
        Gap::Absent => {
            login.expires = Known::Absent;
            Gap::unknown("root has no line in /etc/shadow")
        }
        Gap::Unknown(reason) => {
            login.expires = Known::Unknown(reason.clone());
            Gap::Unknown(reason)
        }
    });
    let hash = hash.known();
    login.hashed_by = hash.as_ref().and_then(|hash| passwords::hashed_by(hash).map(str::to_owned).known());
    login.locked = hash.as_ref().map(|hash| hash.starts_with(['!', '*']));
    login.empty_password = hash.map(|hash| hash.is_empty());
    Ok(login)
}

/// The day on which an account ends, as shadow has it. A negative number is none.
fn end(field: Option<&String>) -> Known<u32> {
    match field.map(|field| field.trim()) {
        None | Some("") => Known::Absent,
        Some(day) if day.starts_with('-') => Known::Absent,
        Some(day) => day
            .parse()
            .map_or_else(|_| Known::unknown("the day on which the account of root ends is not a number"), Known::Is),
    }
}

/// Files of keys that let somebody in, root's first.
fn authorized_keys(tree: &Tree<'_>) -> Look<Vec<Evidence>> {
    let homes = tree.names("/home")?.into_iter().take(MAX_HOMES).map(|name| format!("/home/{name}"));
    let mut found = Vec::new();
    for home in ["/root".to_owned()].into_iter().chain(homes) {
        for name in ["authorized_keys", "authorized_keys2"] {
            let Some(file) = tree.read(&format!("{home}/.ssh/{name}")).optional()? else { continue };
            let text = String::from_utf8_lossy(&file.bytes).into_owned();
            let keys = text.lines().filter(|line| !line.trim().is_empty() && !line.trim_start().starts_with('#'));
            let count = keys.count();
            if count > 0 {
                found.push(file.evidence.saying(format!("{count} keys")));
            }
        }
    }
    Ok(found)
}

fn immutable(tree: &Tree<'_>) -> Look<Vec<Evidence>> {
    let mut flagged = Vec::new();
    for path in ["/etc/passwd", "/etc/shadow", "/etc/group", "/etc/gshadow"] {
        if let Some(found) = tree.find(path).optional()?
            && found.metadata.immutable
        {
            flagged.push(Evidence::file(&found.volume, path).saying("immutable or append-only"));
        }
    }
    Ok(flagged)
}

fn password_tools(tree: &Tree<'_>) -> Look<Vec<String>> {
    let passwd = first(["/usr/bin/passwd", "/bin/passwd"], |path| tree.find(path).map(|_| path.to_owned()))?;
    let chpasswd = first(["/usr/sbin/chpasswd", "/sbin/chpasswd", "/usr/bin/chpasswd"], |path| {
        tree.find(path).map(|_| path.to_owned())
    })?;
    Ok(vec![passwd, chpasswd])
}

/// A file's owner and whether others may not read it: what some programs insist on.
pub(crate) fn is_private(tree: &Tree<'_>, path: &str) -> Known<bool> {
    tree.find(path).map(|found| found.metadata.uid == 0 && found.metadata.mode & 0o077 == 0).known()
}

#[cfg(test)]
mod tests {
    use crate::testing::linux;
    use facts::Known;

    #[test]
    fn locked_and_empty_passwords() {
        let login = |shadow: &str| {
            let found = linux(&[
                ("/etc/passwd", "daemon:x:1:1::/:/bin/false\nroot:x:0:0:root:/root:/bin/bash\n"),
                ("/etc/shadow", shadow),
            ]);
            let login = found.root_login.value().unwrap().clone();
            (login.locked, login.empty_password, login.evidence[0].line)
        };
        assert_eq!(login("root:$6$a$b:1:0:::::\n"), (Known::Is(false), Known::Is(false), Some(2)));
        assert_eq!(login("root:!$6$a$b:1:0:::::\n").0, Known::Is(true));
        assert_eq!(login("root::1:0:::::\n").1, Known::Is(true));
        assert!(login("bob:*:1\n").0.reason().is_some());
        assert!(linux(&[("/etc/passwd", "bob:x:1:1::/:/bin/sh\n")]).root_login.is_absent());
    }

    #[test]
    fn the_day_on_which_root_ends() {
        let end = |day: &str| super::end(Some(&day.to_owned()));
        assert_eq!((end("20000"), end("-1"), super::end(None)), (Known::Is(20_000), Known::Absent, Known::Absent));
        assert!(end("soon").reason().is_some());
        let passwd = ("/etc/passwd", "root:x:0:0::/root:/bin/sh\n");
        let found = linux(&[passwd, ("/etc/shadow", "root:*:1:0:99999:7::1:\n")]);
        assert_eq!(found.root_login.value().unwrap().expires, Known::Is(1));
    }

    #[test]
    fn keys_and_passwords_that_must_be_changed() {
        let found = linux(&[
            ("/etc/passwd", "root:x:0:0::/:/bin/sh\n"),
            ("/etc/shadow", "root:$1$a$b:0:0:99999:7:::\n"),
            ("/root/.ssh/authorized_keys", "# none\n\n"),
            ("/home/core/.ssh/authorized_keys", "ssh-ed25519 AAAA core\n"),
        ]);
        let login = found.root_login.value().unwrap();
        assert_eq!((&login.must_change, &login.hashed_by), (&Known::Is(true), &Known::Is("md5".into())));
        let keys = found.authorized_keys.value().unwrap();
        assert_eq!((keys.len(), keys[0].path.as_deref()), (1, Some("/home/core/.ssh/authorized_keys")));
        assert!(!format!("{found:?}").contains("AAAA"));
    }

    #[test]
    fn hashes_never_leave_the_image() {
        let found = linux(&[("/etc/passwd", "root:x:0:0::/:/bin/sh\n"), ("/etc/shadow", "root:$6$secret$hash:1\n")]);
        assert!(!format!("{found:?}").contains("secret"));
    }
}
