//! Comparison of version strings.

use std::cmp::Ordering;

/// As RPM compares versions (rpmvercmp): runs of digits as numbers, `~` before everything, `^` after.
///
/// `^` comes after the end of the string but before anything else that might follow there. Characters that are neither
/// ASCII letters nor digits only separate runs.
pub fn compare(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (a.as_bytes(), b.as_bytes());
    loop {
        (a, b) = (from_run(a), from_run(b));
        let marks = (a.first().copied(), b.first().copied());
        match marks {
            (None, None) => return Ordering::Equal,
            (Some(b'~'), Some(b'~')) | (Some(b'^'), Some(b'^')) => {
                (a, b) = (&a[1..], &b[1..]);
                continue;
            }
            (Some(b'~'), _) => return Ordering::Less,
            (_, Some(b'~')) => return Ordering::Greater,
            (None, _) => return Ordering::Less,
            (_, None) => return Ordering::Greater,
            (Some(b'^'), _) => return Ordering::Less,
            (_, Some(b'^')) => return Ordering::Greater,
            (Some(x), Some(y)) => match (x.is_ascii_digit(), y.is_ascii_digit()) {
                (true, false) => return Ordering::Greater,
                (false, true) => return Ordering::Less,
                _ => {}
            },
        }
        let (run_a, rest_a) = run(a);
        let (run_b, rest_b) = run(b);
        match compare_runs(run_a, run_b) {
            Ordering::Equal => (a, b) = (rest_a, rest_b),
            unequal => return unequal,
        }
    }
}

/// Skips what separates runs.
fn from_run(text: &[u8]) -> &[u8] {
    let start = text.iter().position(|c| c.is_ascii_alphanumeric() || matches!(c, b'~' | b'^'));
    start.map_or(&[], |start| &text[start..])
}

/// The run of digits or of letters at the beginning, and the rest.
fn run(text: &[u8]) -> (&[u8], &[u8]) {
    let of_digits = text.first().is_some_and(u8::is_ascii_digit);
    let ends = |c: &u8| if of_digits { !c.is_ascii_digit() } else { !c.is_ascii_alphabetic() };
    text.split_at(text.iter().position(ends).unwrap_or(text.len()))
}

/// Two runs of digits, of any length, or two of letters.
fn compare_runs(a: &[u8], b: &[u8]) -> Ordering {
    if !a.first().is_some_and(u8::is_ascii_digit) {
        return a.cmp(b);
    }
    let (a, b) = (without_zeros(a), without_zeros(b));
    a.len().cmp(&b.len()).then_with(|| a.cmp(b))
}

fn without_zeros(digits: &[u8]) -> &[u8] {
    &digits[digits.iter().take_while(|&&digit| digit == b'0').count()..]
}

/// The leading numbers of a kernel release: `5.14.0-362.el9` → `[5, 14, 0]`.
pub fn numbers(version: &str) -> Vec<u64> {
    let end = version.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(version.len());
    version[..end].split('.').map_while(|number| number.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compares_as_rpm() {
        let ascending = [
            ("1.0~rc1", "1.0"),
            ("1.0~~", "1.0~"),
            ("1.0", "1.0^git1"),
            ("1.0^git1", "1.0.1"),
            ("1.0^", "1.0^git1"),
            ("1.0^git1~pre", "1.0^git1"),
            ("5.9.9", "5.14.0"),
            ("2.6.32", "2.6.32a"),
            ("1.a", "1.1"),
            ("a", "b"),
            ("Z", "a"),
            ("", "1"),
            ("~", ""),
            ("99999999999999999999998", "99999999999999999999999"),
            ("9", "99999999999999999999999"),
            ("4.18.0-80.el8", "4.18.0-305.el8"),
        ];
        for (lesser, greater) in ascending {
            assert_eq!(compare(lesser, greater), Ordering::Less, "{lesser} {greater}");
            assert_eq!(compare(greater, lesser), Ordering::Greater, "{greater} {lesser}");
        }
        for (a, b) in [("1.0", "1.0"), ("1.0", "1_0"), ("1.01", "1.1"), ("", ""), ("..", "-"), ("a1", "a.1"), ("ä", "")]
        {
            assert_eq!(compare(a, b), Ordering::Equal, "{a} {b}");
        }
    }

    #[test]
    fn reads_leading_numbers() {
        let cases: [(&str, &[u64]); 6] = [
            ("5.14.0-362.el9", &[5, 14, 0]),
            ("6.1.0-18-cloud-amd64", &[6, 1, 0]),
            ("2.6.18", &[2, 6, 18]),
            ("4.19-x", &[4, 19]),
            ("x", &[]),
            ("5..99999999999999999999999", &[5]),
        ];
        for (version, expected) in cases {
            assert_eq!(numbers(version), expected, "{version}");
        }
    }
}
