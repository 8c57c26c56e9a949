//! Bytes to lines: what all the line formats have in common.

use std::borrow::Cow;

/// Most bytes of one text that are looked at. Ours: the largest real file of these kinds is `modules.dep`, under 1 MiB.
pub const MAX_TEXT: usize = 4 << 20;

/// Most items (lines, entries) that one text gives. Ours: `modules.dep` of a kernel with every module has about 9000.
pub const MAX_ITEMS: usize = 50_000;

/// The text without its byte order mark, cut after the last whole line within [`MAX_TEXT`].
pub(crate) fn decode(bytes: &[u8]) -> Cow<'_, str> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let Some(head) = bytes.get(..MAX_TEXT) else { return String::from_utf8_lossy(bytes) };
    let whole_lines = head.iter().rposition(|&byte| byte == b'\n').map_or(0, |newline| newline + 1);
    String::from_utf8_lossy(&head[..whole_lines])
}

/// Lines with their numbers from 1, without line feed and carriage return.
pub(crate) fn lines(text: &str) -> impl Iterator<Item = (u32, &str)> {
    (1..).zip(text.split('\n').map(|line| line.strip_suffix('\r').unwrap_or(line)))
}

/// Lines where a backslash at the end continues on the next, with the number of the first of them.
///
/// The backslash goes; `joint` comes in its place.
pub(crate) fn joined_lines(text: &str, joint: &str) -> Vec<(u32, String)> {
    let mut whole: Vec<(u32, String)> = Vec::new();
    let mut open = false;
    for (number, line) in lines(text) {
        let (part, continues) = line.strip_suffix('\\').map_or((line, false), |part| (part, true));
        if let Some((_, begun)) = whole.last_mut().filter(|_| open) {
            begun.push_str(joint);
            begun.push_str(part);
        } else if whole.len() == MAX_ITEMS {
            break;
        } else if continues || !part.trim().is_empty() {
            whole.push((number, part.to_string()));
        }
        open = continues;
    }
    whole
}

/// The first word and what follows it, blanks around both removed.
pub(crate) fn first_word(line: &str) -> (&str, &str) {
    let line = line.trim();
    line.split_once(char::is_whitespace).map_or((line, ""), |(word, rest)| (word, rest.trim_start()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_lines_from_one_and_drops_marks_and_carriage_returns() {
        let text = decode(b"\xef\xbb\xbfa\r\n\nb");
        assert_eq!(lines(&text).collect::<Vec<_>>(), [(1, "a"), (2, ""), (3, "b")]);
    }

    #[test]
    fn cuts_long_text_after_a_whole_line() {
        let mut bytes = b"first\n".to_vec();
        bytes.resize(MAX_TEXT + 10, b'x');
        assert_eq!(decode(&bytes), "first\n");
    }

    #[test]
    fn joins_continued_lines_under_the_first_number() {
        let lines = joined_lines("\na\\\nb\\\n\nc\\", "+");
        assert_eq!(lines, [(2, "a+b+".to_string()), (5, "c".to_string())]);
    }
}
