//! The language of LVM's metadata: `name = value` and `name { … }`, nested.
//!
//! LVM2's `lib/config`. Escapes in strings are stepped over, not resolved: no name, type or UUID may hold one.

/// How deep sections may be nested; LVM itself needs four.
const MAX_DEPTH: u32 = 16;

/// Sections and values of one text: more than fill the largest text with what LVM writes.
const MAX_ITEMS: u32 = 1 << 19;

/// What stands between braces.
#[derive(Debug, Default)]
pub(super) struct Section<'a> {
    /// In the order of the text.
    pub(super) items: Vec<(&'a str, Item<'a>)>,
}

/// What a name stands for.
#[derive(Debug)]
pub(super) enum Item<'a> {
    Section(Section<'a>),
    Value(Value<'a>),
    List(Vec<Value<'a>>),
}

/// A single value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Value<'a> {
    Number(u64),
    /// A string, or a bare word such as a fraction.
    Text(&'a str),
}

impl<'a> Value<'a> {
    /// A name, type or UUID. They are repeated to users, so that nothing else is taken for one.
    pub(super) fn word(self) -> Option<&'a str> {
        match self {
            Value::Text(text) => Some(text).filter(|text| text.bytes().all(|byte| byte.is_ascii_graphic())),
            Value::Number(_) => None,
        }
    }
}

impl<'a> Section<'a> {
    /// Parses a whole text.
    pub(super) fn parse(text: &'a str) -> Result<Section<'a>, String> {
        let mut parser = Parser { text: text.trim_end_matches('\0'), at: 0, left: MAX_ITEMS };
        let section = parser.section(0)?;
        match parser.token()? {
            Token::End => Ok(section),
            _ => Err(parser.unexpected()),
        }
    }

    fn get(&self, name: &str) -> Option<&Item<'a>> {
        self.items.iter().find(|(found, _)| *found == name).map(|(_, item)| item)
    }

    pub(super) fn section(&self, name: &str) -> Option<&Section<'a>> {
        match self.get(name)? {
            Item::Section(section) => Some(section),
            _ => None,
        }
    }

    /// All sections directly inside.
    pub(super) fn sections(&self) -> impl Iterator<Item = (&'a str, &Section<'a>)> {
        self.items.iter().filter_map(|(name, item)| match item {
            Item::Section(section) => Some((*name, section)),
            _ => None,
        })
    }

    pub(super) fn number(&self, name: &str) -> Option<u64> {
        match self.get(name)? {
            Item::Value(Value::Number(number)) => Some(*number),
            _ => None,
        }
    }

    /// A name, type or UUID.
    pub(super) fn word(&self, name: &str) -> Option<&'a str> {
        match self.get(name)? {
            Item::Value(value) => value.word(),
            _ => None,
        }
    }

    /// A list; a single value is a list of one.
    pub(super) fn list(&self, name: &str) -> &[Value<'a>] {
        match self.get(name) {
            Some(Item::List(list)) => list,
            Some(Item::Value(value)) => std::slice::from_ref(value),
            _ => &[],
        }
    }

    /// Whether a list of strings holds this one.
    pub(super) fn lists(&self, name: &str, wanted: &str) -> bool {
        self.list(name).contains(&Value::Text(wanted))
    }
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    /// Items that may still come.
    left: u32,
}

#[derive(Debug, PartialEq)]
enum Token<'a> {
    Word(&'a str),
    Quoted(&'a str),
    Mark(u8),
    End,
}

impl<'a> Parser<'a> {
    fn section(&mut self, depth: u32) -> Result<Section<'a>, String> {
        if depth == MAX_DEPTH {
            return Err(format!("sections are nested deeper than {MAX_DEPTH} at byte {}", self.at));
        }
        let mut section = Section::default();
        loop {
            let before = self.at;
            let Token::Word(name) = self.token()? else {
                // The end, or the brace that the caller waits for.
                self.at = before;
                return Ok(section);
            };
            self.count()?;
            if !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.+-".contains(&byte)) {
                return Err(self.unexpected());
            }
            let item = match self.token()? {
                Token::Mark(b'=') => self.value_or_list()?,
                Token::Mark(b'{') => {
                    let inner = self.section(depth + 1)?;
                    match self.token()? {
                        Token::Mark(b'}') => Item::Section(inner),
                        _ => return Err(self.unexpected()),
                    }
                }
                _ => return Err(self.unexpected()),
            };
            section.items.push((name, item));
        }
    }

    fn value_or_list(&mut self) -> Result<Item<'a>, String> {
        let first = self.token()?;
        if first != Token::Mark(b'[') {
            return self.value(first).map(Item::Value);
        }
        let mut list = Vec::new();
        loop {
            match self.token()? {
                Token::Mark(b']') => return Ok(Item::List(list)),
                Token::Mark(b',') => {}
                token => {
                    self.count()?;
                    list.push(self.value(token)?);
                }
            }
        }
    }

    fn value(&self, token: Token<'a>) -> Result<Value<'a>, String> {
        match token {
            Token::Word(word) => Ok(word.parse().map_or(Value::Text(word), Value::Number)),
            Token::Quoted(text) => Ok(Value::Text(text)),
            _ => Err(self.unexpected()),
        }
    }

    fn token(&mut self) -> Result<Token<'a>, String> {
        let bytes = self.text.as_bytes();
        loop {
            match bytes.get(self.at) {
                Some(b'#') => self.skip(|byte| byte != b'\n'),
                Some(byte) if byte.is_ascii_whitespace() => self.at += 1,
                _ => break,
            }
        }
        let start = self.at;
        match bytes.get(start) {
            None => Ok(Token::End),
            Some(b'"') => self.quoted(),
            Some(&mark) if is_mark(mark) => {
                self.at += 1;
                Ok(Token::Mark(mark))
            }
            Some(_) => {
                self.skip(|byte| !is_mark(byte) && !byte.is_ascii_whitespace() && !matches!(byte, b'"' | b'#'));
                Ok(Token::Word(&self.text[start..self.at]))
            }
        }
    }

    fn quoted(&mut self) -> Result<Token<'a>, String> {
        let start = self.at + 1;
        let mut escaped = false;
        for (at, byte) in self.text.bytes().enumerate().skip(start) {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => {
                    self.at = at + 1;
                    return Ok(Token::Quoted(&self.text[start..at]));
                }
                _ => {}
            }
        }
        Err(format!("the string at byte {} has no end", self.at))
    }

    fn skip(&mut self, wanted: impl Fn(u8) -> bool) {
        let rest = &self.text.as_bytes()[self.at..];
        self.at += rest.iter().position(|&byte| !wanted(byte)).unwrap_or(rest.len());
    }

    fn count(&mut self) -> Result<(), String> {
        self.left = self.left.checked_sub(1).ok_or_else(|| format!("more than {MAX_ITEMS} values"))?;
        Ok(())
    }

    fn unexpected(&self) -> String {
        format!("what stands before byte {} is not expected there", self.at)
    }
}

fn is_mark(byte: u8) -> bool {
    matches!(byte, b'=' | b'{' | b'}' | b'[' | b']' | b',')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_lvm_writes() {
        let text = "vg0 {\nid = \"a-b\" # comment \" { \nseqno=3\nstatus = [\"READ\", \"WRITE\"]\nflags = []\n\
                    x { stripes = [\"pv0\", 7]\n}\n}\n# c\nhost = \"q\\\"x\\\\\"\t# end\nversion = 1\nf = 0.5\n\0";
        let section = Section::parse(text).unwrap();
        let group = section.section("vg0").unwrap();
        assert_eq!((group.word("id"), group.number("seqno")), (Some("a-b"), Some(3)));
        assert!(group.lists("status", "WRITE") && !group.lists("flags", "x"));
        let list = group.section("x").unwrap().list("stripes");
        assert_eq!(list, [Value::Text("pv0"), Value::Number(7)]);
        assert_eq!(section.word("host"), Some("q\\\"x\\\\"));
        assert_eq!((section.number("version"), section.word("f")), (Some(1), Some("0.5")));
        assert_eq!(section.sections().count(), 1);
    }

    #[test]
    fn refuses_what_has_no_end_or_no_sense() {
        for text in ["a {", "a = \"b", "a = [1, 2", "}", "a = }", "a", "= 1", "a = [ { ]", "a { b = 1 ] }", "\x1b = 1"]
        {
            assert!(Section::parse(text).is_err(), "{text}");
        }
        assert!(Section::parse(&("a{".repeat(15) + &"}".repeat(15))).is_ok());
        assert!(Section::parse(&("a{".repeat(16) + &"}".repeat(16))).unwrap_err().contains("deeper"));
        assert!(Section::parse(&"a{".repeat(1 << 20)).is_err());
        assert!(Section::parse(&"a=1 ".repeat(1 << 20)).unwrap_err().contains("more than"));
        assert!(Section::parse(&format!("a=[{}]", "1,".repeat(1 << 20))).unwrap_err().contains("more than"));
    }
}
