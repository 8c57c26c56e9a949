//! Runs parsed commands: control flow, and the bounds that make every configuration end.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::lexer::Word;
use super::menu::Item;
use super::parser::{Block, Command, Parser};
use super::scopes::Scopes;
use super::{Entry, Host, Menu, Place};
use crate::text;

/// Most commands run. Ours: a file of grub-mkconfig with 100 kernels runs under 10 000.
const MAX_COMMANDS: usize = 200_000;

/// Most bytes of words after expansion and of files read, summed over the whole run.
const MAX_BYTES: usize = 32 << 20;

/// Most words read, in all files; bounds the memory of parsed commands.
const MAX_WORDS: usize = 500_000;

/// Deepest nesting of blocks and function calls being run.
const MAX_DEPTH: usize = 100;

/// Deepest nesting of files.
const MAX_INCLUDES: usize = 32;

/// Most problems kept.
const MAX_PROBLEMS: usize = 200;

/// Where a command leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flow {
    Next,
    Break,
    Continue,
    Return,
    /// Nothing more is run: a menu is shown, or a bound is reached.
    Stop,
}

pub(super) struct Evaluator<'h> {
    pub(super) host: &'h mut dyn Host,
    pub(super) menu: Menu,
    pub(super) scopes: Scopes,
    functions: BTreeMap<String, (Rc<str>, Rc<Block>)>,
    /// `$1` and following, of functions and entries being run.
    pub(super) arguments: Vec<Vec<String>>,
    /// Lines of the menu at hand, and how many there were in all menus.
    pub(super) items: Vec<Item>,
    pub(super) item_count: usize,
    /// The menu is complete: what is run now is the blocks of its entries.
    pub(super) concluded: bool,
    /// Index of the entry whose block is run, and what it loads.
    pub(super) entry_index: Option<usize>,
    pub(super) entry: Entry,
    /// Whether the last command succeeded.
    pub(super) status: bool,
    pub(super) file: Rc<str>,
    line: u32,
    commands: usize,
    bytes: usize,
    words: usize,
    depth: usize,
    includes: usize,
}

impl<'h> Evaluator<'h> {
    pub(super) fn new(host: &'h mut dyn Host) -> Self {
        Evaluator {
            host,
            menu: Menu::default(),
            scopes: Scopes::new(),
            functions: BTreeMap::new(),
            arguments: Vec::new(),
            items: Vec::new(),
            item_count: 0,
            concluded: false,
            entry_index: None,
            entry: Entry::default(),
            status: true,
            file: "".into(),
            line: 0,
            commands: 0,
            bytes: 0,
            words: MAX_WORDS,
            depth: 0,
            includes: 0,
        }
    }

    pub(super) fn place(&self) -> Place {
        Place { file: self.file.to_string(), line: self.line }
    }

    pub(super) fn problem(&mut self, what: impl Into<String>) {
        let problem = (self.place(), what.into());
        if self.menu.problems.len() < MAX_PROBLEMS && !self.menu.problems.contains(&problem) {
            self.menu.problems.push(problem);
        }
    }

    /// Counts bytes against the bound; false where it is passed.
    #[must_use]
    pub(super) fn spend(&mut self, bytes: usize) -> bool {
        self.bytes = self.bytes.saturating_add(bytes);
        if self.bytes > MAX_BYTES {
            self.problem("the configuration expands to more than 32 MiB: the rest is not run");
        }
        self.bytes <= MAX_BYTES
    }

    fn count_command(&mut self) -> bool {
        self.commands = self.commands.saturating_add(1);
        if self.commands > MAX_COMMANDS {
            self.problem("more than 200000 commands are run: the rest is not");
        }
        self.commands <= MAX_COMMANDS
    }

    /// Runs a file, line by line.
    pub(super) fn text(&mut self, bytes: &[u8], name: &str) -> Flow {
        if self.includes == MAX_INCLUDES {
            self.problem("files are included more than 32 deep");
            return Flow::Stop;
        }
        let around = (std::mem::replace(&mut self.file, name.into()), self.line);
        self.includes += 1;
        let flow = self.lines(bytes);
        self.includes -= 1;
        (self.file, self.line) = around;
        flow
    }

    fn lines(&mut self, bytes: &[u8]) -> Flow {
        if bytes.len() > text::MAX_TEXT {
            self.problem("the file is longer than 4 MiB: the rest is not read");
        }
        if !self.spend(bytes.len().min(text::MAX_TEXT)) {
            return Flow::Stop;
        }
        // GRUB drops every carriage return as it reads.
        let text = text::decode(bytes).replace('\r', "");
        let mut parser = Parser::new(&text, self.words);
        loop {
            parser.words_left = self.words;
            let line = parser.line();
            self.words = parser.words_left;
            match line {
                None => return Flow::Next,
                Some(Err(syntax)) => {
                    self.line = syntax.line;
                    self.problem(syntax.what);
                }
                Some(Ok(block)) if self.block(&block) == Flow::Stop => return Flow::Stop,
                Some(Ok(_)) => {}
            }
        }
    }

    pub(super) fn block(&mut self, block: &Block) -> Flow {
        if self.depth == MAX_DEPTH {
            self.problem("blocks and functions are nested more than 100 deep");
            return Flow::Stop;
        }
        self.depth += 1;
        let flow = block.iter().map(|command| self.command(command)).find(|flow| *flow != Flow::Next);
        self.depth -= 1;
        flow.unwrap_or(Flow::Next)
    }

    fn command(&mut self, command: &Command) -> Flow {
        if !self.count_command() {
            return Flow::Stop;
        }
        match command {
            Command::Simple { words, block } => self.simple(words, block.as_ref()),
            Command::If { branches, otherwise } => self.branch(branches, otherwise),
            Command::For { name, words, body } => self.for_each(name, words, body),
            Command::While { condition, body, negated } => self.repeat(condition, body, *negated),
            Command::Function { name, body } => {
                self.functions.insert(name.clone(), (self.file.clone(), body.clone()));
                self.status = true;
                Flow::Next
            }
        }
    }

    fn simple(&mut self, words: &[Word], block: Option<&Rc<Block>>) -> Flow {
        self.line = words.first().map_or(self.line, |word| word.line);
        let Some(mut words) = self.expand(words) else { return Flow::Stop };
        let inverted = words.first().is_some_and(|word| word == "!");
        if inverted {
            words.remove(0);
        }
        self.status = true;
        let flow = match words.split_first() {
            Some((name, arguments)) => self.call(name, arguments, block),
            None => Flow::Next,
        };
        self.status ^= inverted;
        flow
    }

    fn branch(&mut self, branches: &[(Block, Block)], otherwise: &Block) -> Flow {
        for (condition, body) in branches {
            match self.block(condition) {
                Flow::Next if self.status => return self.block(body),
                Flow::Next => {}
                flow => return flow,
            }
        }
        self.block(otherwise)
    }

    fn for_each(&mut self, name: &str, words: &[Word], body: &Block) -> Flow {
        let Some(values) = self.expand(words) else { return Flow::Stop };
        for value in values {
            self.assign(name, &value);
            if let Some(flow) = self.round(body) {
                return flow;
            }
        }
        Flow::Next
    }

    fn repeat(&mut self, condition: &Block, body: &Block, negated: bool) -> Flow {
        loop {
            match self.block(condition) {
                Flow::Next if self.status == negated => return Flow::Next,
                Flow::Next => {}
                flow => return flow,
            }
            if let Some(flow) = self.round(body) {
                return flow;
            }
        }
    }

    /// One round of a loop; where the loop leads if it ends.
    fn round(&mut self, body: &Block) -> Option<Flow> {
        if !self.count_command() {
            return Some(Flow::Stop);
        }
        match self.block(body) {
            Flow::Next | Flow::Continue => None,
            Flow::Break => Some(Flow::Next),
            flow => Some(flow),
        }
    }

    /// Calls a function of the configuration; none where there is none of that name.
    pub(super) fn function(&mut self, name: &str, arguments: &[String]) -> Option<Flow> {
        let (file, body) = self.functions.get(name)?.clone();
        let around = std::mem::replace(&mut self.file, file);
        self.arguments.push(arguments.to_vec());
        let flow = self.block(&body);
        self.arguments.pop();
        self.file = around;
        Some(if flow == Flow::Stop { Flow::Stop } else { Flow::Next })
    }
}
