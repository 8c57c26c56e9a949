//! Text to words and separators, as GRUB's own scanner divides it.
//!
//! Quotes: `'…'` literal, `"…"` with `$` and `\` before `$ " \`, a backslash outside quotes takes the next character as
//! it is. `{ } ; | & < >` end a word unless quoted. `#` begins a comment only where a word could begin.

/// Why the text cannot be read on, and where.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Syntax {
    pub(super) line: u32,
    pub(super) what: String,
}

/// A piece of a word.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Part {
    Text(String),
    /// `$name` or `${name}`; outside quotes its value is split at blanks.
    Variable {
        name: String,
        quoted: bool,
    },
}

/// A word before expansion.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Word {
    pub(super) parts: Vec<Part>,
    /// Has quotes in it: then it is a word even when empty, and never a keyword.
    pub(super) quoted: bool,
    pub(super) line: u32,
}

impl Word {
    /// The text of a word without quotes and variables.
    pub(super) fn plain(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [Part::Text(text)] if !self.quoted => Some(text),
            _ => None,
        }
    }

    fn push(&mut self, c: char) {
        match self.parts.last_mut() {
            Some(Part::Text(text)) => text.push(c),
            _ => self.parts.push(Part::Text(c.to_string())),
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Token {
    Word(Word),
    Semicolon,
    NewLine,
    Open,
    Close,
    End,
}

pub(super) struct Lexer<'a> {
    rest: &'a str,
    line: u32,
}

impl<'a> Lexer<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Lexer { rest: text, line: 1 }
    }

    /// Line of what comes next.
    pub(super) fn line(&self) -> u32 {
        self.line
    }

    /// Ends the text here.
    pub(super) fn stop(&mut self) {
        self.rest = "";
    }

    pub(super) fn next(&mut self) -> Result<Token, Syntax> {
        self.skip_blanks();
        let Some(c) = self.peek() else { return Ok(Token::End) };
        let token = match c {
            '\n' => Token::NewLine,
            ';' => Token::Semicolon,
            '{' => Token::Open,
            '}' => Token::Close,
            '|' | '&' | '<' | '>' => {
                let syntax = self.syntax(&format!("`{c}` has no meaning to GRUB here; quote it"));
                self.bump();
                return Err(syntax);
            }
            _ => return self.word().map(Token::Word),
        };
        self.bump();
        Ok(token)
    }

    fn syntax(&self, what: &str) -> Syntax {
        Syntax { line: self.line, what: what.to_string() }
    }

    fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    fn bump(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.rest = &self.rest[c.len_utf8()..];
        self.line += u32::from(c == '\n');
        Some(c)
    }

    fn skip_blanks(&mut self) {
        loop {
            self.rest = self.rest.trim_start_matches([' ', '\t']);
            if let Some(rest) = self.rest.strip_prefix("\\\n") {
                self.rest = rest;
                self.line += 1;
            } else if self.rest.starts_with('#') {
                self.rest = self.rest.find('\n').map_or("", |end| &self.rest[end..]);
            } else {
                return;
            }
        }
    }

    fn word(&mut self) -> Result<Word, Syntax> {
        let mut word = Word { parts: Vec::new(), quoted: false, line: self.line };
        while let Some(c) = self.peek() {
            match c {
                ' ' | '\t' | '\n' | ';' | '{' | '}' | '|' | '&' | '<' | '>' => break,
                '\'' => self.single_quoted(&mut word)?,
                '"' => self.double_quoted(&mut word)?,
                '$' => self.variable(&mut word, false)?,
                '\\' => {
                    self.bump();
                    word.quoted = true;
                    self.bump().filter(|&c| c != '\n').into_iter().for_each(|c| word.push(c));
                }
                _ => {
                    self.bump();
                    word.push(c);
                }
            }
        }
        Ok(word)
    }

    fn single_quoted(&mut self, word: &mut Word) -> Result<(), Syntax> {
        let begin = self.syntax("a single quote is not closed");
        word.quoted = true;
        self.bump();
        loop {
            match self.bump() {
                None => return Err(begin),
                Some('\'') => return Ok(()),
                Some(c) => word.push(c),
            }
        }
    }

    fn double_quoted(&mut self, word: &mut Word) -> Result<(), Syntax> {
        let begin = self.syntax("a double quote is not closed");
        word.quoted = true;
        self.bump();
        loop {
            match self.peek() {
                Some('$') => self.variable(word, true)?,
                Some('\\') => {
                    self.bump();
                    match self.peek() {
                        Some(c @ ('$' | '"' | '\\')) => word.push(c),
                        Some('\n') => {}
                        _ => {
                            word.push('\\');
                            continue;
                        }
                    }
                    self.bump();
                }
                Some('"') => {
                    self.bump();
                    return Ok(());
                }
                Some(c) => {
                    self.bump();
                    word.push(c);
                }
                None => return Err(begin),
            }
        }
    }

    /// A variable; or the dollar sign of a `$"…"` that is to be translated, which stands for nothing.
    fn variable(&mut self, word: &mut Word, quoted: bool) -> Result<(), Syntax> {
        self.bump();
        let name = match self.rest.strip_prefix('{') {
            Some(inner) => inner.find('}').map(|end| &inner[..end]).filter(|name| name_length(name) == name.len()),
            None => Some(&self.rest[..name_length(self.rest)]),
        };
        match name.filter(|name| !name.is_empty()) {
            Some(name) => {
                let braces = if self.rest.starts_with('{') { 2 } else { 0 };
                word.parts.push(Part::Variable { name: name.to_string(), quoted });
                self.rest = &self.rest[name.len() + braces..];
                Ok(())
            }
            None if !quoted && self.rest.starts_with('"') => Ok(()),
            None => Err(self.syntax("`$` without the name of a variable; quote it with `\\`")),
        }
    }
}

/// Bytes of the variable name that `text` begins with: a name, digits, or one of `? * @ #`.
fn name_length(text: &str) -> usize {
    let run = |accepts: fn(&char) -> bool| text.chars().take_while(accepts).count();
    match text.chars().next() {
        Some('?' | '*' | '@' | '#') => 1,
        Some('0'..='9') => run(char::is_ascii_digit),
        _ => run(|c| c.is_ascii_alphanumeric() || *c == '_'),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(text: &str) -> Vec<Token> {
        let mut lexer = Lexer::new(text);
        let next = || lexer.next().ok().filter(|token| *token != Token::End);
        std::iter::from_fn(next).collect()
    }

    fn one_word(text: &str) -> Vec<Part> {
        match tokens(text).pop() {
            Some(Token::Word(word)) => word.parts,
            other => panic!("{text}: {other:?}"),
        }
    }

    fn text(text: &str) -> Part {
        Part::Text(text.to_string())
    }

    fn variable(name: &str, quoted: bool) -> Part {
        Part::Variable { name: name.to_string(), quoted }
    }

    #[test]
    fn quotes_as_grub_does() {
        assert_eq!(one_word("'a $b \\'"), [text("a $b \\")]);
        assert_eq!(one_word("\"a \\$b \\\" \\\\ \\n\""), [text("a $b \" \\ \\n")]);
        assert_eq!(one_word("a\\ b\\$c"), [text("a b$c")]);
        assert_eq!(one_word("($root)'/x'"), [text("("), variable("root", false), text(")/x")]);
        assert_eq!(one_word("\"${a}b$c\""), [variable("a", true), text("b"), variable("c", true)]);
        assert_eq!(one_word("$1x$?$\"y\""), [variable("1", false), text("x"), variable("?", false), text("y")]);
        assert_eq!(one_word("''"), []);
    }

    #[test]
    fn separates_and_counts_lines() {
        let found = tokens("a # b\nc;d{e}'x\ny' \\\nf#g");
        let lines: Vec<_> = found
            .iter()
            .map(|token| match token {
                Token::Word(word) => (word.line, word.parts.len()),
                Token::NewLine => (0, 1),
                Token::Semicolon => (0, 2),
                Token::Open => (0, 3),
                Token::Close => (0, 4),
                Token::End => (0, 5),
            })
            .collect();
        let expected = [(1, 1), (0, 1), (2, 1), (0, 2), (2, 1), (0, 3), (2, 1), (0, 4), (2, 1), (4, 1)];
        assert_eq!(lines, expected);
    }

    #[test]
    fn refuses_open_quotes_and_pipes() {
        for (text, line) in [("\n'x\ny", 2), ("\"x", 1), ("|", 1), ("a\n$", 2), ("${a-b}", 1), ("\"5$\"", 1)] {
            let mut lexer = Lexer::new(text);
            let error = std::iter::repeat_with(|| lexer.next()).find_map(Result::err).unwrap();
            assert_eq!(error.line, line, "{text}");
        }
    }
}
