//! Strings of HCL, the language of Terraform and Packer (HCL native syntax specification, template expressions).

use std::fmt::Write as _;

/// A quoted string that holds the text and nothing else: no template is started, no character hides.
pub(crate) fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    let mut before = ' ';
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let opens = matches!(c, '$' | '%') && rest.peek() == Some(&'{');
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            // Where three of them come together, it is not told which two are the escape.
            _ if opens && before == c => escape(c, &mut out),
            _ if opens => out.extend([c, c]),
            _ if facts::printable(c.encode_utf8(&mut [0; 4])) != c.to_string() => escape(c, &mut out),
            _ => out.push(c),
        }
        before = c;
    }
    out.push('"');
    out
}

fn escape(c: char, out: &mut String) {
    let code = u32::from(c);
    // Writing to a string does not fail.
    let _ = if code > 0xFFFF { write!(out, "\\U{code:08x}") } else { write!(out, "\\u{code:04x}") };
}

/// A comment of one line.
pub(crate) fn comment(text: &str) -> String {
    format!("# {}\n", facts::printable(text))
}

/// `name = value` lines, the signs below each other as the formatter of the language has them. Values are written as
/// they are.
pub(crate) fn attributes(indent: usize, pairs: &[(&str, String)]) -> String {
    let widest = pairs.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    pairs.iter().map(|(name, value)| format!("{:indent$}{name:<widest$} = {value}\n", "")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_back(text: &str) -> String {
        let body = hcl::parse(&format!("value = {}\n", quoted(text))).unwrap();
        let attribute = body.attributes().next().unwrap();
        match hcl::eval::Evaluate::evaluate(&attribute.expr, &hcl::eval::Context::new()).unwrap() {
            hcl::Value::String(text) => text,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_parser_reads_back_what_was_written() {
        let hard = [
            "plain",
            "",
            "\"q\" \\ \n\t\r",
            "${var.x}",
            "%{ if true }",
            "$${x}",
            "$$${x}",
            "%%{x}",
            "a$b%c",
            "100%",
            "$",
            "\u{1b}[31m",
            "\u{202e}gnp",
            "镜像",
            "🦀",
            "{{ user }}",
            "$%{x}",
        ];
        for text in hard {
            assert_eq!(read_back(text), text, "{}", quoted(text));
        }
    }

    #[test]
    fn nothing_hides() {
        assert_eq!(quoted("a${b}%{c}"), r#""a$${b}%%{c}""#);
        assert_eq!(quoted("\u{202e}\u{1b}"), r#""\u202e\u001b""#);
        assert_eq!(comment("a\nb"), "# a\\nb\n");
    }
}
