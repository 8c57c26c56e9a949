//! Verdicts beside what happened, as tables of Markdown, and the disagreements that are known.

use super::machine::Seen;
use super::mutation::Kind;
use super::verdict::{Answer, Verdict};
use std::fmt;

/// The two questions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Question {
    Boot,
    Login,
}

/// A verdict that a boot in emulation contradicts, and why it stands nevertheless: mutation, disk, question, reason.
///
/// Only what the emulation lacks and an instance has is a reason. A verdict that is wrong on both is not.
const EXPLAINED: [(&str, Kind, Question, &str); 4] = [
    ("sshd-no-root", Kind::Bios, Question::Login, OTHER_USER),
    ("sshd-denies-root", Kind::Uefi, Question::Login, OTHER_USER),
    (
        "root-ssh-directory-open",
        Kind::Bios,
        Question::Login,
        "an instance may have a password; here there is a key only",
    ),
    ("sshd-another-port", Kind::Lvm, Question::Login, "a security group can open that port; here only 22 leads in"),
];

const OTHER_USER: &str = "the key pair of an instance lets another user in by cloud-init; there are no metadata here";

/// One mutation of one disk.
pub(crate) struct Row {
    pub(crate) mutation: &'static str,
    pub(crate) guest: String,
    pub(crate) kind: Kind,
    pub(crate) verdict: Verdict,
    pub(crate) seen: Seen,
}

impl Row {
    /// What was said and whether it works.
    fn on(&self, question: Question) -> (Answer, bool) {
        match question {
            Question::Boot => (self.verdict.on_boot(), self.seen.boots()),
            Question::Login => (self.verdict.on_login(), self.seen.root),
        }
    }

    /// The questions on which the verdict is not what happened, with the reason if there is one.
    fn disagreements(&self) -> impl Iterator<Item = (Question, Option<&'static str>)> {
        let wrong =
            |question: &Question| matches!(self.on(*question), (Answer::Blocks, true) | (Answer::Passes, false));
        [Question::Boot, Question::Login].into_iter().filter(wrong).map(|question| {
            let mine = |entry: &&(&str, Kind, Question, &'static str)| {
                (entry.0, entry.1, entry.2) == (self.mutation, self.kind, question)
            };
            (question, EXPLAINED.iter().find(mine).map(|entry| entry.3))
        })
    }

    fn note(&self) -> String {
        let notes = self.disagreements().map(|(question, reason)| match reason {
            Some(reason) => format!("{question:?} differs: {reason}"),
            None => format!("**{question:?} DISAGREES**"),
        });
        notes.collect::<Vec<_>>().join("; ")
    }
}

/// A line of the table.
impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Row { mutation, guest, verdict, seen, .. } = self;
        let word = |yes: bool| if yes { "yes" } else { "no" };
        let open: Vec<_> = verdict.open.iter().map(|(id, _)| format!("{id}?")).collect();
        let rules = [verdict.boot.join(" "), verdict.login.join(" "), open.join(" ")];
        let rules: Vec<_> = rules.into_iter().filter(|words| !words.is_empty()).collect();
        write!(f, "| {mutation} | {guest} | {:?} | {} |", verdict.on_boot(), word(seen.boots()))?;
        write!(f, " {:?} | {} | {} |", verdict.on_login(), word(seen.network), word(seen.banner))?;
        write!(f, " {} | {} |", word(seen.root), rules.join(" "))?;
        write!(f, " {} ({} s) | {} |", printable(&seen.end), seen.seconds, self.note())
    }
}

/// What a console said, for a cell of a table.
pub(crate) fn printable(text: &str) -> String {
    let plain = text.chars().map(|c| if c.is_control() || c == '|' || c == '`' { ' ' } else { c });
    plain.take(90).collect::<String>().trim().to_owned()
}

/// All rows.
#[derive(Default)]
pub(crate) struct Table {
    pub(crate) rows: Vec<Row>,
}

impl Table {
    /// Disagreements without a reason.
    pub(crate) fn unexplained(&self) -> usize {
        self.rows.iter().flat_map(Row::disagreements).filter(|(_, reason)| reason.is_none()).count()
    }

    fn matrix(&self, f: &mut fmt::Formatter<'_>, question: Question, what: &str) -> fmt::Result {
        let count = |answer, works| self.rows.iter().filter(|row| row.on(question) == (answer, works)).count();
        writeln!(f, "| {what} | fails | works |\n| --- | ---: | ---: |")?;
        for answer in [Answer::Blocks, Answer::Undecided, Answer::Passes] {
            writeln!(f, "| {answer:?} | {} | {} |", count(answer, false), count(answer, true))?;
        }
        writeln!(f)
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.matrix(f, Question::Boot, "boots to a login")?;
        self.matrix(f, Question::Login, "root logs in by SSH")?;
        writeln!(
            f,
            "| mutation | disk | verdict on boot | boots | verdict on login | network | SSH answers | root gets in | rules (? unknown) | ended by | |"
        )?;
        writeln!(f, "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |")?;
        for row in &self.rows {
            writeln!(f, "{row}")?;
        }
        writeln!(f, "\n{} disks, {} unexplained disagreements", self.rows.len(), self.unexplained())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(boot: &[&str], boots: bool) -> Row {
        let verdict = Verdict { boot: boot.iter().map(|&id| id.into()).collect(), login: vec![], open: vec![] };
        let seen = Seen { prompt: boots, root: boots, end: "a|b\u{1b}[0m".into(), ..Seen::default() };
        Row { mutation: "none", guest: "disk".into(), kind: Kind::Bios, verdict, seen }
    }

    #[test]
    fn a_verdict_that_is_not_what_happens_is_counted_for_each_question() {
        let rows = vec![row(&["A"], false), row(&[], true), row(&["A"], true), row(&[], false)];
        assert_eq!(rows.iter().map(|row| row.disagreements().count()).collect::<Vec<_>>(), [0, 0, 2, 2]);
        assert_eq!(Table { rows }.unexplained(), 4);
    }

    #[test]
    fn a_console_cannot_break_the_table() {
        let line = row(&[], true).to_string();
        assert!(line.contains("a b [0m") && line.matches('|').count() == 12, "{line}");
    }
}
