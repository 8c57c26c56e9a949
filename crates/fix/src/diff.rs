//! Unified diffs, as `patch -p1` applies them. POSIX diff(1), "Diff -u Output Format"; names as git writes them: a name
//! with a blank in it ends with a tab.
//!
//! The longest common part is found where the files differ by at most [`MAX_LINES`] lines; a larger difference is written
//! as one block, which is as right, only longer.

/// Lines around a change that are shown.
const CONTEXT: usize = 3;

/// Lines of either side between the first and the last change that are compared one by one.
const MAX_LINES: usize = 2000;

/// The difference between two contents of a file; none where there is none. `path` begins with `/`.
pub(crate) fn unified(path: &str, old: Option<&[u8]>, new: Option<&[u8]>) -> Option<Vec<u8>> {
    if old == new {
        return None;
    }
    let (a, b) = (lines(old.unwrap_or_default()), lines(new.unwrap_or_default()));
    let mut out = Vec::new();
    out.extend(header("---", "a", path, old.is_some()));
    out.extend(header("+++", "b", path, new.is_some()));
    for hunk in hunks(&steps(&a, &b)) {
        write_hunk(&mut out, hunk, &a, &b);
    }
    Some(out)
}

fn header(mark: &str, side: &str, path: &str, there: bool) -> Vec<u8> {
    let end = if path.contains(' ') { "\t" } else { "" };
    let line = if there { format!("{mark} {side}{path}{end}\n") } else { format!("{mark} /dev/null\n") };
    line.into_bytes()
}

/// Lines with their ends.
pub(crate) fn lines(bytes: &[u8]) -> Vec<&[u8]> {
    bytes.split_inclusive(|&byte| byte == b'\n').collect()
}

/// One step on the way from the old to the new file; the numbers are of lines in both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Keep(usize, usize),
    Delete(usize, usize),
    Insert(usize, usize),
}

/// The way from the old lines to the new ones.
pub(crate) fn steps(a: &[&[u8]], b: &[&[u8]]) -> Vec<Step> {
    let head = a.iter().zip(b).take_while(|(a, b)| a == b).count();
    let rest = a.len().min(b.len()) - head;
    let tail = a.iter().rev().zip(b.iter().rev()).take(rest).take_while(|(a, b)| a == b).count();
    let (a_end, b_end) = (a.len() - tail, b.len() - tail);
    let mut steps: Vec<Step> = (0..head).map(|at| Step::Keep(at, at)).collect();
    steps.extend(between(a, b, (head, a_end), (head, b_end)));
    steps.extend((0..tail).map(|at| Step::Keep(a_end + at, b_end + at)));
    steps
}

/// The steps through the part that differs.
fn between(a: &[&[u8]], b: &[&[u8]], of_a: (usize, usize), of_b: (usize, usize)) -> Vec<Step> {
    let (rows, columns) = (of_a.1 - of_a.0, of_b.1 - of_b.0);
    let compared = rows <= MAX_LINES && columns <= MAX_LINES;
    let width = columns + 1;
    // Length of the longest common part of what follows each pair of lines.
    let mut common = vec![0_u16; if compared { (rows + 1) * width } else { 0 }];
    for i in (0..if compared { rows } else { 0 }).rev() {
        for j in (0..columns).rev() {
            common[i * width + j] = if a[of_a.0 + i] == b[of_b.0 + j] {
                common[(i + 1) * width + j + 1] + 1
            } else {
                common[(i + 1) * width + j].max(common[i * width + j + 1])
            };
        }
    }
    let (mut i, mut j) = (0, 0);
    let mut steps = Vec::with_capacity(rows + columns);
    while i < rows || j < columns {
        let (x, y) = (of_a.0 + i, of_b.0 + j);
        let both = compared && i < rows && j < columns;
        if both && a[x] == b[y] {
            steps.push(Step::Keep(x, y));
            (i, j) = (i + 1, j + 1);
        } else if i < rows && (!both || common[(i + 1) * width + j] >= common[i * width + j + 1]) {
            steps.push(Step::Delete(x, y));
            i += 1;
        } else {
            steps.push(Step::Insert(x, y));
            j += 1;
        }
    }
    steps
}

/// Groups of changes with the lines around them.
fn hunks(steps: &[Step]) -> Vec<&[Step]> {
    let changes: Vec<usize> =
        steps.iter().enumerate().filter(|(_, step)| !matches!(step, Step::Keep(..))).map(|(at, _)| at).collect();
    let mut hunks: Vec<(usize, usize)> = Vec::new();
    for at in changes {
        let (from, to) = (at.saturating_sub(CONTEXT), (at + 1 + CONTEXT).min(steps.len()));
        match hunks.last_mut() {
            Some(last) if from <= last.1 => last.1 = to,
            _ => hunks.push((from, to)),
        }
    }
    hunks.into_iter().map(|(from, to)| &steps[from..to]).collect()
}

fn write_hunk(out: &mut Vec<u8>, hunk: &[Step], a: &[&[u8]], b: &[&[u8]]) {
    let old = hunk.iter().filter(|step| !matches!(step, Step::Insert(..))).count();
    let new = hunk.iter().filter(|step| !matches!(step, Step::Delete(..))).count();
    let (x, y) = match hunk[0] {
        Step::Keep(x, y) | Step::Delete(x, y) | Step::Insert(x, y) => (x, y),
    };
    // An empty side is named by the line before it.
    let first = |at: usize, count: usize| if count == 0 { at } else { at + 1 };
    out.extend(format!("@@ -{},{old} +{},{new} @@\n", first(x, old), first(y, new)).into_bytes());
    for step in hunk {
        let (mark, line) = match *step {
            Step::Keep(x, _) => (b' ', a[x]),
            Step::Delete(x, _) => (b'-', a[x]),
            Step::Insert(_, y) => (b'+', b[y]),
        };
        out.push(mark);
        out.extend(line);
        if !line.ends_with(b"\n") {
            out.extend(b"\n\\ No newline at end of file\n");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn diff(old: &str, new: &str) -> String {
        String::from_utf8(unified("/etc/x", Some(old.as_bytes()), Some(new.as_bytes())).unwrap()).unwrap()
    }

    #[test]
    fn equal_files_have_none() {
        assert_eq!(unified("/x", Some(b"a\n"), Some(b"a\n")), None);
    }

    #[test]
    fn one_line() {
        let text = diff("1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\nfive\n6\n7\n8\n9\n");
        assert_eq!(text, "--- a/etc/x\n+++ b/etc/x\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n");
    }

    #[test]
    fn far_changes_are_two_hunks_and_ends_without_a_newline_are_told() {
        let old: String = (0..20).map(|n| format!("{n}\n")).collect();
        let new = old.replacen("0\n", "zero\n", 1).trim_end().to_owned();
        let text = diff(&old, &new);
        assert_eq!(text.matches("@@ -").count(), 2);
        assert!(text.ends_with("-19\n+19\n\\ No newline at end of file\n"), "{text}");
    }

    #[test]
    fn new_and_gone_files() {
        let new = String::from_utf8(unified("/etc/a b", None, Some(b"x\n")).unwrap()).unwrap();
        assert_eq!(new, "--- /dev/null\n+++ b/etc/a b\t\n@@ -0,0 +1,1 @@\n+x\n");
        let gone = String::from_utf8(unified("/etc/x", Some(b"x\n"), None).unwrap()).unwrap();
        assert_eq!(gone, "--- a/etc/x\n+++ /dev/null\n@@ -1,1 +0,0 @@\n-x\n");
    }

    #[test]
    fn large_differences_are_one_block() {
        let old: String = (0..2500).map(|n| format!("old {n}\n")).collect();
        let new: String = (0..2500).map(|n| format!("new {n}\n")).collect();
        let text = diff(&old, &new);
        assert_eq!(text.matches("\n-old").count(), 2500);
        assert!(text.contains("@@ -1,2500 +1,2500 @@"));
    }
}
