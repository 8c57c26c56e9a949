//! How passwords are hashed, and with what. crypt(5), login.defs(5).

use crate::look::{Gap, Look, Outcome as _, first};
use crate::tree::Tree;
use facts::{Claim, Linux};

/// Directories of libraries.
pub(crate) const LIBRARIES: &[&str] = &[
    "/lib64",
    "/usr/lib64",
    "/lib/x86_64-linux-gnu",
    "/usr/lib/x86_64-linux-gnu",
    "/lib/aarch64-linux-gnu",
    "/usr/lib/aarch64-linux-gnu",
    "/lib/i386-linux-gnu",
    "/usr/lib/i386-linux-gnu",
    "/lib",
    "/usr/lib",
];

/// Longest library that is searched.
const MAX_LIBRARY: u64 = 4 << 20;

/// What begins a hash made with SHA-512; a library that understands it holds these characters.
const MARK: &[u8] = b"$6$";

/// Fills in what is known of it.
pub(crate) fn examine(tree: &Tree<'_>, linux: &mut Linux) {
    linux.sha512_passwords = sha512(tree).known();
    linux.password_method = method(tree).known();
}

/// Whether the C library's crypt knows SHA-512.
fn sha512(tree: &Tree<'_>) -> Look<Claim<bool>> {
    let found = first(LIBRARIES, |directory| {
        first(["libcrypt.so.1", "libcrypt.so.2", "libcrypt.so.1.1"], |name| {
            let file = tree.read_up_to(&format!("{directory}/{name}"), MAX_LIBRARY)?;
            let knows = file.bytes.windows(MARK.len()).any(|window| window == MARK);
            let text = if knows { "knows $6$" } else { "does not know $6$" };
            Ok(Claim::new(knows, file.evidence.saying(text)))
        })
    });
    match found {
        Err(Gap::Absent) => musl(tree),
        found => found,
    }
}

/// musl has it in the C library itself.
fn musl(tree: &Tree<'_>) -> Look<Claim<bool>> {
    let name = tree.names("/lib")?.into_iter().find(|name| name.starts_with("ld-musl-"));
    let name = name.ok_or_else(|| Gap::unknown("no library that hashes passwords was found"))?;
    Ok(Claim::new(true, tree.evidence(&format!("/lib/{name}"))))
}

fn method(tree: &Tree<'_>) -> Look<Claim<String>> {
    let path = first(["/etc/login.defs", "/usr/etc/login.defs"], |path| tree.find(path).map(|_| path));
    let file = tree.read(path?)?;
    let text = String::from_utf8_lossy(&file.bytes).into_owned();
    let line = (1..).zip(text.lines()).filter_map(|(number, line)| {
        let mut words = line.split_whitespace();
        (words.next() == Some("ENCRYPT_METHOD")).then_some((number, words.next()?.to_owned()))
    });
    let (number, method) = line.last().ok_or(Gap::Absent)?;
    Ok(Claim::new(method.clone(), file.evidence.at_line(number).saying(format!("ENCRYPT_METHOD {method}"))))
}

/// The method of a hash: by what it begins with. Absent: it is none.
pub(crate) fn hashed_by(hash: &str) -> Look<&'static str> {
    let hash = hash.trim_start_matches('!');
    let kinds = [
        ("$1$", "md5"),
        ("$2", "bcrypt"),
        ("$5$", "sha256"),
        ("$6$", "sha512"),
        ("$y$", "yescrypt"),
        ("$gy$", "gost-yescrypt"),
        ("$7$", "scrypt"),
    ];
    match kinds.iter().find(|(stem, _)| hash.starts_with(stem)) {
        Some((_, name)) => Ok(name),
        None if hash.len() == 13 && !hash.contains(['$', '*']) => Ok("des"),
        None if hash.starts_with('$') => Err(Gap::unknown("the password is hashed in a way that is not known")),
        None => Err(Gap::Absent),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::linux;
    use facts::Known;

    #[test]
    fn what_the_library_knows() {
        let knows = |files: &[(&str, &str)]| linux(files).sha512_passwords.map(|claim| claim.value);
        assert_eq!(
            knows(&[("/lib64/libcrypt.so.1", "-> libcrypt-2.5.so"), ("/lib64/libcrypt-2.5.so", "$1$")]),
            Known::Is(false)
        );
        assert_eq!(knows(&[("/usr/lib/x86_64-linux-gnu/libcrypt.so.1", "a\0$6$\0")]), Known::Is(true));
        assert_eq!(knows(&[("/lib/ld-musl-x86_64.so.1", "")]), Known::Is(true));
        assert!(knows(&[("/etc/hosts", "")]).reason().is_some());
        let defs = linux(&[("/etc/login.defs", "# ENCRYPT_METHOD DES\nENCRYPT_METHOD SHA512\n")]);
        let method = defs.password_method.value().unwrap();
        assert_eq!((method.value.as_str(), method.evidence[0].line), ("SHA512", Some(2)));
    }

    #[test]
    fn methods_of_hashes() {
        assert_eq!(hashed_by("!$6$salt$x"), Ok("sha512"));
        assert_eq!((hashed_by("$2b$10$x"), hashed_by("ab0123456789.")), (Ok("bcrypt"), Ok("des")));
        assert_eq!((hashed_by("*"), hashed_by("")), (Err(Gap::Absent), Err(Gap::Absent)));
        assert!(matches!(hashed_by("$9$x"), Err(Gap::Unknown(_))));
    }
}
