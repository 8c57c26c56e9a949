//! LNX-SHA512: the system understands the hash of the password that it is given.

use crate::rules::prelude::*;

/// Methods of `ENCRYPT_METHOD` that are older than SHA-512.
const WEAK: [&str; 2] = ["DES", "MD5"];

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "LNX-SHA512",
    aliases: &[],
    title: "Passwords hashed with SHA-512 are understood",
    severity: Severity::Degraded,
    confidence: Confidence::Current,
    source: "ImportImage (API reference 2025-05)",
    docs: "\
# What it checks
Whether the C library's crypt knows SHA-512 hashes (`$6$`): glibc since 2.7, and musl. That `ENCRYPT_METHOD` of
/etc/login.defs names an older method is a note.

# Why ECS needs it
The password that is chosen for a new instance is set as a SHA-512 hash. A library that does not know it refuses every
login by password.

# How to fix
Upgrade the C library (glibc 2.7 or newer). For the method: `ENCRYPT_METHOD SHA512` in /etc/login.defs.
",
    check,
};

fn check(facts: &Facts, target: &Target) -> Judged {
    let (_, linux) = linux(facts, target)?;
    let library = present(&linux.sha512_passwords, "there is no C library")?;
    if !library.value {
        let message = "the C library does not understand passwords hashed with SHA-512";
        let remedy = "upgrade glibc to 2.7 or newer, or create instances with a key pair";
        return Ok(vec![Finding::new(message, remedy).at_all(&library.evidence)]);
    }
    let weak = |name: &str| WEAK.iter().any(|weak| weak.eq_ignore_ascii_case(name));
    let Some(method) = known(&linux.password_method)?.filter(|method| weak(&method.value)) else { return passed() };
    let message = format!("new passwords are hashed with {}", method.value);
    let remedy = "write ENCRYPT_METHOD SHA512 into /etc/login.defs";
    Ok(vec![Finding::new(message, remedy).at_all(&method.evidence).only(Severity::Info)])
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::*;

    cases! {
        fires: |facts, _| of(&mut linux_of(facts).sha512_passwords).value = false,
        passes: |facts, _| linux_of(facts).password_method = Known::Absent,
        undecided: |facts, _| linux_of(facts).sha512_passwords = Known::unknown("no C library was found"),
    }

    #[test]
    fn an_older_method_is_a_note() {
        let found = findings(&RULE, |facts, _| of(&mut linux_of(facts).password_method).value = "md5".into());
        assert_eq!(found[0].severity, Severity::Info);
    }
}
