//! `test` and `[ … ]`: read from left to right as GRUB does, a comparison of three words before one of two.

use std::cmp::Ordering;

use crate::version;

/// What a condition may ask of files.
pub(super) trait Files {
    fn exists(&mut self, path: &str) -> bool;
}

/// What was read up to here: `-o` separates groups, within a group all must hold.
struct Reading {
    earlier: bool,
    group: bool,
    inverted: bool,
}

impl Reading {
    fn new() -> Self {
        Reading { earlier: false, group: true, inverted: false }
    }

    fn add(&mut self, holds: bool) {
        self.group &= holds != self.inverted;
        self.inverted = false;
    }

    fn result(&self) -> bool {
        self.earlier || self.group
    }
}

/// Whether the condition holds. Parentheses are taken without recursion.
pub(super) fn holds(words: &[String], files: &mut dyn Files) -> bool {
    let mut outer = Vec::new();
    let mut reading = Reading::new();
    let mut rest = words;
    while let [first, after @ ..] = rest {
        let known = match after {
            [operator, right, ..] => compare(first, operator, right).map(|holds| (holds, 3)),
            _ => None,
        };
        let known = known.or_else(|| unary(first, after.first()?, files).map(|holds| (holds, 2)));
        if let Some((holds, used)) = known {
            reading.add(holds);
            rest = &rest[used..];
            continue;
        }
        rest = after;
        match first.as_str() {
            "(" => outer.push(std::mem::replace(&mut reading, Reading::new())),
            ")" => match outer.pop() {
                Some(around) => {
                    let holds = reading.result();
                    reading = around;
                    reading.add(holds);
                }
                None => break,
            },
            "!" => reading.inverted = !reading.inverted,
            "-a" => {}
            "-o" => (reading.earlier, reading.group) = (reading.result(), true),
            text => reading.add(!text.is_empty()),
        }
    }
    while let Some(mut around) = outer.pop() {
        around.add(reading.result());
        reading = around;
    }
    reading.result()
}

fn compare(left: &str, operator: &str, right: &str) -> Option<bool> {
    let order = left.cmp(right);
    let numbers = number(left).cmp(&number(right));
    // `-pgt` and `-plt` compare the numbers behind a common beginning: close to how versions compare.
    let versions = || version::compare(left, right);
    Some(match operator {
        "=" | "==" => order == Ordering::Equal,
        "!=" => order != Ordering::Equal,
        "<" => order == Ordering::Less,
        "<=" => order != Ordering::Greater,
        ">" => order == Ordering::Greater,
        ">=" => order != Ordering::Less,
        "-eq" => numbers == Ordering::Equal,
        "-ne" => numbers != Ordering::Equal,
        "-lt" => numbers == Ordering::Less,
        "-le" => numbers != Ordering::Greater,
        "-gt" => numbers == Ordering::Greater,
        "-ge" => numbers != Ordering::Less,
        "-pgt" => versions() == Ordering::Greater,
        "-plt" => versions() == Ordering::Less,
        // Ages of files are not known.
        "-nt" | "-ot" => false,
        _ => return None,
    })
}

fn unary(operator: &str, word: &str, files: &mut dyn Files) -> Option<bool> {
    match operator {
        "-z" => Some(word.is_empty()),
        "-n" => Some(!word.is_empty()),
        "-e" | "-f" | "-s" | "-d" => Some(files.exists(word)),
        _ => None,
    }
}

/// The number a word begins with, 0 where there is none.
fn number(word: &str) -> i64 {
    let digits = word.strip_prefix('-').unwrap_or(word);
    let digits = &digits[..digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len())];
    let number: i64 = digits.parse().unwrap_or(if digits.is_empty() { 0 } else { i64::MAX });
    if word.starts_with('-') { -number } else { number }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct OneFile;

    impl Files for OneFile {
        fn exists(&mut self, path: &str) -> bool {
            path == "/there"
        }
    }

    #[test]
    fn conditions_of_real_configurations() {
        let cases = [
            ("xy = xy", true),
            ("x = xy", false),
            ("${x} != 1", true),
            ("-z ''", true),
            ("-n '' -a x = x", false),
            ("-n a -a 0 = 0", true),
            ("a = b -o 1 = 1", true),
            ("a = a -o a = b -a a = c", true),
            ("! a = b", true),
            ("! -e /there", false),
            ("-f /there -a ! -f /gone", true),
            ("2 -gt 10", false),
            ("-1 -lt 0", true),
            ("10 -ge 9", true),
            ("b > a", true),
            ("a", true),
            ("''", false),
            ("!= pc", true),
            ("( a = b -o c = c ) -a d = e", false),
            ("( a = b ( c", false),
            (") a = b", true),
            ("99999999999999999999 -gt 1", true),
            ("/a -nt /b", false),
            ("5.10 -pgt 5.9", true),
        ];
        for (words, expected) in cases {
            let words: Vec<String> = words.split(' ').map(|word| word.replace("''", "")).collect();
            assert_eq!(holds(&words, &mut OneFile), expected, "{words:?}");
        }
    }

    #[test]
    fn deep_parentheses_do_no_harm() {
        assert!(holds(&vec!["(".to_string(); 100_000], &mut OneFile));
    }
}
