//! Words and comments of a POSIX shell script, made of strings that a guest may have chosen. POSIX.1, "Shell Command
//! Language", quoting.

use facts::printable;

/// One word, in single quotes where it must be.
pub(crate) fn word(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=+,@%".contains(c);
    if !text.is_empty() && text.chars().all(plain) { text.into() } else { format!("'{}'", text.replace('\'', r"'\''")) }
}

/// A text on one line, without anything that a terminal would act on.
pub(crate) fn comment(text: &str) -> String {
    printable(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    #[test]
    fn the_shell_gives_back_what_was_quoted() {
        for text in ["", "plain", "a b", "$(id)", "`id`", "it's", "'; rm -rf /; '", "a\nb", "-n", "*", "\\", "\"", "é"]
        {
            let script = format!("printf '%s' {}", word(text));
            let output = Command::new("sh").args(["-c", &script]).output().unwrap();
            assert_eq!(String::from_utf8(output.stdout).unwrap(), text);
        }
    }

    #[test]
    fn a_comment_stays_on_its_line() {
        assert_eq!(comment("a\nrm -rf /\u{202e}"), r"a\nrm -rf /\u{202e}");
    }
}
