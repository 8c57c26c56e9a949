//! sshd_config(5): the first value of a keyword counts; `Match` blocks are conditional.
//!
//! Keyword and arguments are separated by blanks or one `=`; arguments may be in double quotes; `#` begins a comment.

use crate::text::{MAX_ITEMS, decode, lines};

/// One keyword line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keyword {
    /// In lower case.
    pub name: String,
    /// The rest, quotes removed, words separated by one space.
    pub value: String,
    /// The rest as it is written.
    pub rest: String,
    /// Line.
    pub line: u32,
    /// Inside a `Match` block other than `Match all`; the `Match` line itself counts to its block.
    pub conditional: bool,
}

/// All keyword lines in order, `Include` and `Match` among them.
pub fn parse(text: &[u8]) -> Vec<Keyword> {
    let mut conditional = false;
    let text = decode(text);
    let keywords = lines(&text).filter_map(|(line, content)| {
        let (name, rest) = keyword(content)?;
        let value = words(rest).join(" ");
        if name == "match" {
            conditional = !value.eq_ignore_ascii_case("all");
        }
        Some(Keyword { name, value, rest: rest.to_owned(), line, conditional })
    });
    keywords.take(MAX_ITEMS).collect()
}

fn keyword(content: &str) -> Option<(String, &str)> {
    let content = content.trim();
    let end = content.find(|c: char| c.is_whitespace() || c == '=').unwrap_or(content.len());
    let (name, rest) = content.split_at(end);
    let name = name.trim_matches('"').to_ascii_lowercase();
    if name.is_empty() || name.starts_with('#') {
        return None;
    }
    let rest = rest.trim_start();
    Some((name, rest.strip_prefix('=').unwrap_or(rest).trim_start()))
}

/// Arguments: quotes group and are removed, a word that begins with `#` ends the line.
fn words(rest: &str) -> Vec<String> {
    let mut in_quotes = false;
    let split = rest.split(|c: char| {
        in_quotes ^= c == '"';
        !in_quotes && c.is_whitespace()
    });
    split
        .filter(|word| !word.is_empty())
        .take_while(|word| !word.starts_with('#'))
        .map(|w| w.replace('"', ""))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_keywords_and_match_blocks() {
        let text = "# sshd\nInclude /etc/ssh/sshd_config.d/*.conf\r\nPort=22\nPermitRootLogin  \"yes\"  # why\n\
                    \nAllowUsers a  b\nMatch User c\n  PasswordAuthentication no\nMatch all\nUsePAM = yes\nLone\n";
        let found = parse(text.as_bytes());
        let found: Vec<_> = found.iter().map(|k| (k.name.as_str(), k.value.as_str(), k.line, k.conditional)).collect();
        assert_eq!(
            found,
            [
                ("include", "/etc/ssh/sshd_config.d/*.conf", 2, false),
                ("port", "22", 3, false),
                ("permitrootlogin", "yes", 4, false),
                ("allowusers", "a b", 6, false),
                ("match", "User c", 7, true),
                ("passwordauthentication", "no", 8, true),
                ("match", "all", 9, false),
                ("usepam", "yes", 10, false),
                ("lone", "", 11, false),
            ]
        );
    }

    #[test]
    fn survives_open_quotes() {
        let found = parse(b"Banner \"open rest\n\"\n");
        assert_eq!((found.len(), found[0].value.as_str(), found[0].rest.as_str()), (1, "open rest", "\"open rest"));
    }
}
