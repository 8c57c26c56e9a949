//! Words to commands, a line at a time, as GRUB reads a file: the lines before an error have been run by then.

use std::rc::Rc;

use super::lexer::{Lexer, Syntax, Token, Word};

/// Deepest nesting of blocks in one statement. Ours: grub-mkconfig writes four.
const MAX_DEPTH: usize = 48;

pub(super) type Block = Vec<Command>;

pub(super) enum Command {
    /// Words, and the block after them where there is one.
    Simple {
        words: Vec<Word>,
        block: Option<Rc<Block>>,
    },
    /// Conditions with what they guard, and what is run where none holds.
    If {
        branches: Vec<(Block, Block)>,
        otherwise: Block,
    },
    For {
        name: String,
        words: Vec<Word>,
        body: Block,
    },
    /// `until` where `negated`.
    While {
        condition: Block,
        body: Block,
        negated: bool,
    },
    Function {
        name: String,
        body: Rc<Block>,
    },
}

pub(super) struct Parser<'a> {
    lexer: Lexer<'a>,
    ahead: Option<Token>,
    /// Where the last token began.
    line: u32,
    /// How many words may still be read.
    pub(super) words_left: usize,
}

impl<'a> Parser<'a> {
    pub(super) fn new(text: &'a str, words_left: usize) -> Self {
        Parser { lexer: Lexer::new(text), ahead: None, line: 1, words_left }
    }

    /// The commands of the next line, which goes on where a block does. An error in it takes the whole line; reading
    /// goes on behind the line of the error.
    pub(super) fn line(&mut self) -> Option<Result<Block, Syntax>> {
        let mut block = Vec::new();
        loop {
            match self.command_or_end(&block) {
                Ok(Some(command)) => block.push(command),
                Ok(None) if block.is_empty() => return None,
                Ok(None) => return Some(Ok(block)),
                Err(syntax) => {
                    self.recover();
                    return Some(Err(syntax));
                }
            }
        }
    }

    /// The next command of a line that has `begun`; none at its end.
    fn command_or_end(&mut self, begun: &Block) -> Result<Option<Command>, Syntax> {
        if begun.is_empty() {
            self.skip_newlines()?;
        }
        match self.peek()? {
            Token::End | Token::NewLine => Ok(None),
            _ => self.command(0).map(Some),
        }
    }

    fn recover(&mut self) {
        let mut token = self.ahead.take().map_or_else(|| self.lexer.next(), Ok);
        while !matches!(token, Ok(Token::NewLine | Token::End)) {
            token = self.lexer.next();
        }
    }

    fn peek(&mut self) -> Result<&Token, Syntax> {
        let token = match self.ahead.take() {
            Some(token) => token,
            None => self.read()?,
        };
        Ok(self.ahead.insert(token))
    }

    fn take(&mut self) -> Result<Token, Syntax> {
        self.peek()?;
        Ok(self.ahead.take().unwrap_or(Token::End))
    }

    fn read(&mut self) -> Result<Token, Syntax> {
        self.line = self.lexer.line();
        let token = self.lexer.next()?;
        if matches!(token, Token::Word(_)) {
            let Some(left) = self.words_left.checked_sub(1) else {
                let syntax = self.syntax("too many words: the rest is not read");
                self.lexer.stop();
                return Err(syntax);
            };
            self.words_left = left;
        }
        Ok(token)
    }

    fn syntax(&self, what: &str) -> Syntax {
        Syntax { line: self.line, what: what.to_string() }
    }

    /// What may stand before a command.
    fn skip_newlines(&mut self) -> Result<(), Syntax> {
        while *self.peek()? == Token::NewLine {
            self.take()?;
        }
        Ok(())
    }

    /// What may stand behind one: a second semicolon there is an error to GRUB.
    fn skip_semicolon(&mut self) -> Result<(), Syntax> {
        if *self.peek()? == Token::Semicolon {
            self.take()?;
        }
        Ok(())
    }

    fn keyword(&mut self) -> Result<Option<&str>, Syntax> {
        Ok(match self.peek()? {
            Token::Word(word) => word.plain(),
            _ => None,
        })
    }

    fn command(&mut self, depth: usize) -> Result<Command, Syntax> {
        if depth > MAX_DEPTH {
            return Err(self.syntax("blocks are nested too deeply"));
        }
        let keyword = self.keyword()?.unwrap_or("").to_string();
        let command = match keyword.as_str() {
            "if" => self.if_clause(depth)?,
            "for" => self.for_clause(depth)?,
            "while" | "until" => self.while_clause(keyword == "until", depth)?,
            "function" => self.function(depth)?,
            "then" | "elif" | "else" | "fi" | "do" | "done" | "in" => {
                return Err(self.syntax(&format!("`{keyword}` without what it belongs to")));
            }
            _ => self.simple(depth)?,
        };
        match self.peek()? {
            Token::Word(_) | Token::Open => Err(self.syntax("a word follows a block directly: `;` is missing")),
            _ => self.skip_semicolon().map(|()| command),
        }
    }

    fn simple(&mut self, depth: usize) -> Result<Command, Syntax> {
        let words = self.words()?;
        let opens = *self.peek()? == Token::Open;
        match (words.is_empty(), opens) {
            (true, _) => Err(self.syntax("`;` or a brace without what it belongs to")),
            (false, false) => Ok(Command::Simple { words, block: None }),
            (false, true) => Ok(Command::Simple { words, block: Some(Rc::new(self.braces(depth)?)) }),
        }
    }

    fn words(&mut self) -> Result<Vec<Word>, Syntax> {
        let mut words = Vec::new();
        while let Token::Word(_) = self.peek()? {
            if let Token::Word(word) = self.take()? {
                words.push(word);
            }
        }
        Ok(words)
    }

    /// `{ … }`.
    fn braces(&mut self, depth: usize) -> Result<Block, Syntax> {
        self.take()?;
        let mut block = Vec::new();
        loop {
            self.skip_newlines()?;
            match self.peek()? {
                Token::Close if block.is_empty() => return Err(self.syntax("a block without commands")),
                Token::Close => {
                    self.take()?;
                    return Ok(block);
                }
                Token::End => return Err(self.syntax("the text ends before a block does: `}` is missing")),
                _ => block.push(self.command(depth + 1)?),
            }
        }
    }

    /// Commands up to one of the keywords, and which of them it is.
    fn until(&mut self, ends: &[&'static str], depth: usize) -> Result<(Block, &'static str), Syntax> {
        let mut block = Vec::new();
        loop {
            self.skip_newlines()?;
            if *self.peek()? == Token::End {
                return Err(self.syntax(&format!("the text ends before `{}`", ends.join("` or `"))));
            }
            let keyword = self.keyword()?;
            match ends.iter().find(|&&end| keyword == Some(end)) {
                Some(end) if block.is_empty() => return Err(self.syntax(&format!("no commands before `{end}`"))),
                Some(end) => {
                    self.take()?;
                    return Ok((block, end));
                }
                None => block.push(self.command(depth + 1)?),
            }
        }
    }

    fn if_clause(&mut self, depth: usize) -> Result<Command, Syntax> {
        self.take()?;
        let mut branches = Vec::new();
        loop {
            let (condition, _) = self.until(&["then"], depth)?;
            let (body, end) = self.until(&["elif", "else", "fi"], depth)?;
            branches.push((condition, body));
            let otherwise = match end {
                "elif" => continue,
                "else" => self.until(&["fi"], depth)?.0,
                _ => Vec::new(),
            };
            return Ok(Command::If { branches, otherwise });
        }
    }

    fn for_clause(&mut self, depth: usize) -> Result<Command, Syntax> {
        self.take()?;
        let mut words = self.words()?.into_iter();
        let name = words.next().as_ref().and_then(Word::plain).map(str::to_string);
        let (Some(name), Some("in")) = (name, words.next().as_ref().and_then(Word::plain)) else {
            return Err(self.syntax("`for` without a name and `in`"));
        };
        self.skip_semicolon()?;
        self.skip_newlines()?;
        if self.keyword()? != Some("do") {
            return Err(self.syntax("`for` without `do`"));
        }
        self.take()?;
        let (body, _) = self.until(&["done"], depth)?;
        Ok(Command::For { name, words: words.collect(), body })
    }

    fn while_clause(&mut self, negated: bool, depth: usize) -> Result<Command, Syntax> {
        self.take()?;
        let (condition, _) = self.until(&["do"], depth)?;
        let (body, _) = self.until(&["done"], depth)?;
        Ok(Command::While { condition, body, negated })
    }

    fn function(&mut self, depth: usize) -> Result<Command, Syntax> {
        self.take()?;
        let name = self.keyword()?.map(str::to_string);
        let Some(name) = name else { return Err(self.syntax("`function` without a name")) };
        self.take()?;
        self.skip_newlines()?;
        if *self.peek()? != Token::Open {
            return Err(self.syntax("`function` without a block"));
        }
        Ok(Command::Function { name, body: Rc::new(self.braces(depth)?) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The shape of every line, or the line of the error.
    fn shapes(text: &str) -> Vec<String> {
        let mut parser = Parser::new(text, 1000);
        let shapes = |block: Block| block.into_iter().map(shape).collect::<Vec<_>>().join(";");
        std::iter::from_fn(|| parser.line()).map(|line| line.map_or_else(|e| e.line.to_string(), shapes)).collect()
    }

    fn shape(command: Command) -> String {
        let all = |block: &Block| block.len();
        match command {
            Command::Simple { words, block } => format!("{}{}", words.len(), if block.is_some() { "{}" } else { "" }),
            Command::If { branches, otherwise } => format!("if {} {}", branches.len(), all(&otherwise)),
            Command::For { name, words, body } => format!("for {name} {} {}", words.len(), all(&body)),
            Command::While { condition, body, negated } => {
                format!("while {} {} {negated}", all(&condition), all(&body))
            }
            Command::Function { name, body } => format!("function {name} {}", all(&body)),
        }
    }

    #[test]
    fn reads_statements() {
        let cases = [
            ("a b; c\n\nd;", "2;1,1"),
            ("if a; then b; elif c\nthen d; else e;f; fi; g", "if 2 2;1"),
            ("for i in a b; do echo $i; done", "for i 2 1"),
            ("while a; do b; done; until c; do d; e; done", "while 1 1 false;while 1 2 true"),
            ("function f\n{\n a\n b\n}\nf", "function f 2,1"),
            ("menuentry 'a' --id b {\n  linux x\n}\n", "4{}"),
            ("echo if then fi 'fi'", "5"),
            ("", ""),
        ];
        for (text, expected) in cases {
            assert_eq!(shapes(text).join(","), expected, "{text}");
        }
    }

    #[test]
    fn goes_on_after_errors_in_the_next_line() {
        let cases = [
            ("a\nfi\nb", "1,2,1"),
            ("a; b | c; d\ne", "1,1"),
            ("if a; then b; fi c\nd", "1,1"),
            ("menuentry x {\n}\nd", "2,1"),
            ("if a; then fi\nd", "1,1"),
            ("echo $ \nd", "1,1"),
            ("a;; b\n; c\nin\nd", "1,2,3,1"),
            ("}\nb", "1,1"),
            ("if a; then b\nc", "2"),
            ("for x; do\na", "1,1"),
            ("function\na", "1,1"),
            ("menuentry x {\na", "2"),
            ("a\n'open\nb\n", "1,2"),
        ];
        for (text, expected) in cases {
            assert_eq!(shapes(text).join(","), expected, "{text}");
        }
    }

    #[test]
    fn bounds_depth_and_words() {
        let deep = "if a; then ".repeat(100_000);
        assert_eq!(shapes(&deep).len(), 1);
        assert_eq!(shapes(&"a ".repeat(2000)), ["1"]);
    }
}
