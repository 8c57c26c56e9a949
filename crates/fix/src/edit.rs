//! Changes of one text file, line by line.
//!
//! Lines are named by their number in the file as it is, so that changes of several remedies go together whatever their
//! order, and any of them can be left out. What is not changed keeps every byte.

/// What becomes of a line.
pub(crate) type Rewrite = Box<dyn Fn(&str) -> Option<String>>;

/// One change. Lines count from 1.
pub(crate) enum Edit {
    /// Another text for the line, made of what stands there by then, without its end. None: it cannot be done.
    Line(usize, Rewrite),
    /// No such line any more.
    Delete(usize),
    /// Without the carriage return at its end.
    WithoutReturn(usize),
    /// A new line behind that one; behind line 0 is the beginning.
    Insert(usize, String),
    /// A new line at the end, unless that line is there.
    Append(String),
}

impl Edit {
    /// Another text for the line.
    pub(crate) fn replace(line: usize, text: impl Into<String>) -> Self {
        let text = text.into();
        Edit::Line(line, Box::new(move |_| Some(text.clone())))
    }

    /// The line as a comment.
    pub(crate) fn comment(line: usize) -> Self {
        Edit::Line(line, Box::new(|text| Some(if text.starts_with('#') { text.into() } else { format!("#{text}") })))
    }
}

/// A line of the file, and what comes behind it.
struct Slot {
    text: Option<Vec<u8>>,
    behind: Vec<String>,
}

/// The file after the edits, in order. None: one of them could not be made.
pub(crate) fn apply<'e>(bytes: &[u8], edits: impl IntoIterator<Item = &'e Edit>) -> Option<Vec<u8>> {
    let mut slots = vec![Slot { text: None, behind: Vec::new() }];
    slots.extend(
        bytes.split_inclusive(|&byte| byte == b'\n').map(|line| Slot { text: Some(line.to_vec()), behind: Vec::new() }),
    );
    for edit in edits {
        one(&mut slots, edit)?;
    }
    Some(join(slots))
}

fn one(slots: &mut [Slot], edit: &Edit) -> Option<()> {
    match edit {
        Edit::Line(line, rewrite) => {
            let slot = numbered(slots, *line)?;
            let Some(text) = &slot.text else { return Some(()) };
            let (content, end) = split(text);
            let rewritten = rewrite(std::str::from_utf8(content).ok()?)?;
            if rewritten.contains(['\n', '\0']) {
                return None;
            }
            slot.text = Some([rewritten.as_bytes(), end].concat());
        }
        Edit::Delete(line) => numbered(slots, *line)?.text = None,
        Edit::WithoutReturn(line) => {
            let slot = numbered(slots, *line)?;
            if let Some(text) = slot.text.as_deref().and_then(|text| text.strip_suffix(b"\r\n")) {
                slot.text = Some([text, b"\n"].concat());
            }
        }
        Edit::Insert(line, text) => slots.get_mut(*line)?.behind.push(text.clone()),
        Edit::Append(text) => {
            let there = |slot: &Slot| {
                slot.behind.contains(text)
                    || slot.text.as_deref().is_some_and(|line| split(line).0.trim_ascii() == text.as_bytes())
            };
            if !slots.iter().any(there) {
                slots.last_mut()?.behind.push(text.clone());
            }
        }
    }
    Some(())
}

fn numbered(slots: &mut [Slot], line: usize) -> Option<&mut Slot> {
    slots.get_mut(line).filter(|_| line > 0)
}

/// The text of a line and its end.
fn split(line: &[u8]) -> (&[u8], &[u8]) {
    let len = line.strip_suffix(b"\r\n").or(line.strip_suffix(b"\n")).map_or(line.len(), <[u8]>::len);
    line.split_at(len)
}

fn join(slots: Vec<Slot>) -> Vec<u8> {
    let mut out: Vec<u8> = Vec::new();
    for slot in slots {
        out.extend(slot.text.unwrap_or_default());
        for line in slot.behind {
            if !out.is_empty() && !out.ends_with(b"\n") {
                out.push(b'\n');
            }
            out.extend(line.into_bytes());
            out.push(b'\n');
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(before: &str, edits: &[Edit]) -> Option<String> {
        apply(before.as_bytes(), edits).map(|bytes| String::from_utf8(bytes).unwrap())
    }

    #[test]
    fn edits_go_together_and_the_rest_stays() {
        let edits = [
            Edit::Delete(1),
            Edit::Insert(1, "new".into()),
            Edit::Line(2, Box::new(|line| Some(line.replace('b', "B")))),
            Edit::Line(2, Box::new(|line| Some(format!("{line}!")))),
            Edit::WithoutReturn(3),
            Edit::Append("end".into()),
            Edit::Append("end".into()),
        ];
        assert_eq!(text("a\n b \r\nc\r\nlast", &edits).unwrap(), "new\n B !\r\nc\nlast\nend\n");
    }

    #[test]
    fn what_cannot_be_done_is_not() {
        assert_eq!(text("a\n", &[Edit::Delete(3)]), None);
        assert_eq!(text("a\n", &[Edit::replace(1, "x\ny")]), None);
        assert_eq!(text("a\n", &[Edit::Line(1, Box::new(|_| None))]), None);
        assert_eq!(apply(b"\xff\n", &[Edit::comment(1)]), None);
    }

    #[test]
    fn a_comment_is_not_one_twice() {
        assert_eq!(text("a\n", &[Edit::comment(1), Edit::comment(1)]).unwrap(), "#a\n");
        assert_eq!(text("", &[Edit::Insert(0, "first".into())]).unwrap(), "first\n");
    }
}
