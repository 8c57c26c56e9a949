//! How sshd splits what follows a keyword, which changed with OpenSSH 8.7.

/// The arguments of a line.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Arguments {
    pub(super) words: Vec<String>,
    /// A quote is not closed.
    pub(super) open: bool,
}

/// Up to 8.6: whatever follows a `#` is gone, `"` groups where a word begins, blanks or one `=` separate.
pub(super) fn before_8_7(rest: &str) -> Arguments {
    let mut rest = rest.split('#').next().unwrap_or_default().trim();
    let mut words = Vec::new();
    while !rest.is_empty() {
        let (word, after) = match rest.strip_prefix('"') {
            Some(quoted) => match quoted.split_once('"') {
                Some(parts) => parts,
                None => return Arguments { words, open: true },
            },
            None => rest.split_at(rest.find(|c: char| c.is_whitespace() || c == '=').unwrap_or(rest.len())),
        };
        words.push(word.to_owned());
        let after = after.trim_start();
        rest = after.strip_prefix('=').unwrap_or(after).trim_start();
    }
    Arguments { words, open: false }
}

/// Since 8.7: as a shell does, with `'` and `"` and the backslash, and `#` where a word would begin.
pub(super) fn since_8_7(rest: &str) -> Arguments {
    let mut words = Vec::new();
    let mut chars = rest.chars().peekable();
    loop {
        while chars.next_if(|c| c.is_whitespace()).is_some() {}
        if matches!(chars.peek(), None | Some('#')) {
            return Arguments { words, open: false };
        }
        let mut word = String::new();
        let mut quote = None;
        while let Some(c) = chars.next_if(|c| quote.is_some() || !c.is_whitespace()) {
            match c {
                '\\' => {
                    let escaped = |next: &char| matches!(next, '\'' | '"' | '\\') || (quote.is_none() && *next == ' ');
                    word.push(chars.next_if(escaped).unwrap_or(c));
                }
                '\'' | '"' if quote.is_none() => quote = Some(c),
                _ if quote == Some(c) => quote = None,
                _ => word.push(c),
            }
        }
        words.push(word);
        if quote.is_some() {
            return Arguments { words, open: true };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn both(rest: &str) -> [(Vec<String>, bool); 2] {
        [before_8_7(rest), since_8_7(rest)].map(|found| (found.words, found.open))
    }

    #[test]
    fn what_both_say() {
        for (rest, words) in [
            ("yes", vec!["yes"]),
            ("a  b # c", vec!["a", "b"]),
            ("\"a b\" c", vec!["a b", "c"]),
            ("# nothing \"", vec![]),
            ("", vec![]),
        ] {
            let words: Vec<String> = words.into_iter().map(Into::into).collect();
            assert_eq!(both(rest), [(words.clone(), false), (words, false)], "{rest}");
        }
        assert!(both("\"open").iter().all(|(_, open)| *open));
    }

    #[test]
    fn where_they_differ() {
        assert_eq!(before_8_7("yes#why").words, ["yes"]);
        assert_eq!(since_8_7("yes#why").words, ["yes#why"]);
        assert!(!before_8_7("it's").open && since_8_7("it's").open);
        assert_eq!(before_8_7("user=bob").words, ["user", "bob"]);
        assert_eq!(since_8_7("a\\ b \"\\\"\" \\x").words, ["a b", "\"", "\\x"]);
        assert!(!before_8_7("a \"b # c\"").words.is_empty() && before_8_7("a \"b # c\"").open);
    }
}
