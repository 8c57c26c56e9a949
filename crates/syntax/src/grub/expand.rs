//! Words to arguments: variables put in, unquoted values split at blanks.

use super::evaluator::Evaluator;
use super::lexer::{Part, Word};

impl Evaluator<'_> {
    /// The arguments that the words come to; none where a bound is passed.
    pub(super) fn expand(&mut self, words: &[Word]) -> Option<Vec<String>> {
        let mut arguments = Vec::new();
        for word in words {
            let mut argument = word.quoted.then(String::new);
            for part in &word.parts {
                let value = match part {
                    Part::Text(text) => text.clone(),
                    Part::Variable { name, .. } => self.value(name),
                };
                if !self.spend(value.len() + 1) {
                    return None;
                }
                match part {
                    Part::Variable { quoted: false, .. } => split(&value, &mut argument, &mut arguments),
                    _ => argument.get_or_insert_default().push_str(&value),
                }
            }
            arguments.extend(argument);
        }
        Some(arguments)
    }

    fn value(&self, name: &str) -> String {
        let arguments = self.arguments.last().map_or(&[][..], Vec::as_slice);
        match name {
            "?" => u8::from(!self.status).to_string(),
            "#" => arguments.len().to_string(),
            "@" | "*" => arguments.join(" "),
            _ => match name.parse::<usize>() {
                Ok(number) => number.checked_sub(1).and_then(|index| arguments.get(index)).cloned(),
                Err(_) => self.scopes.get(name).map(str::to_string),
            }
            .unwrap_or_default(),
        }
    }
}

/// Adds an unquoted value to the argument being built; each blank in it ends one.
fn split(value: &str, argument: &mut Option<String>, arguments: &mut Vec<String>) {
    for (index, piece) in value.split([' ', '\t', '\n']).enumerate() {
        if index > 0 {
            arguments.extend(argument.take());
        }
        if !piece.is_empty() {
            argument.get_or_insert_default().push_str(piece);
        }
    }
}
