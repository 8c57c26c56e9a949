//! File name patterns in configuration files: `*` and `?` in the last name of a path.

use crate::look::Look;
use crate::tree::Tree;

/// Paths that a pattern matches, sorted. A path without a wildcard stands for itself, whether it is there or not.
pub(crate) fn expand(tree: &Tree<'_>, pattern: &str) -> Look<Vec<String>> {
    let Some((directory, last)) = pattern.rsplit_once('/') else { return Ok(Vec::new()) };
    if !last.contains(['*', '?']) {
        return Ok(vec![pattern.to_owned()]);
    }
    let names = tree.names(directory)?.into_iter();
    let hidden = last.starts_with('.');
    let wanted = names.filter(|name| (hidden || !name.starts_with('.')) && matches(last.as_bytes(), name.as_bytes()));
    Ok(wanted.map(|name| format!("{directory}/{name}")).collect())
}

/// Whether a name fits a pattern. Steps back to the last `*` only, so the work is bounded by the product of lengths.
pub(crate) fn matches(pattern: &[u8], name: &[u8]) -> bool {
    let (mut p, mut n) = (0, 0);
    let mut star = None;
    while n < name.len() {
        match pattern.get(p) {
            Some(b'*') => {
                star = Some((p, n));
                p += 1;
            }
            Some(&byte) if byte == b'?' || byte == name[n] => (p, n) = (p + 1, n + 1),
            _ => match star {
                Some((at, from)) => {
                    star = Some((at, from + 1));
                    (p, n) = (at + 1, from + 1);
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|&byte| byte == b'*')
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn patterns() {
        for (pattern, name, fits) in [
            ("*.conf", "50-cloud.conf", true),
            ("*.conf", "50-cloud.conf.bak", false),
            ("en*", "ens5", true),
            ("e?h*", "eth0", true),
            ("*a*b", "xaxxb", true),
            ("*a*b", "xbxxa", false),
            ("", "", true),
            ("*", "", true),
        ] {
            assert_eq!(matches(pattern.as_bytes(), name.as_bytes()), fits, "{pattern} {name}");
        }
    }
}
