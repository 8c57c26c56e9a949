//! Options of `create`, by qemu-img's names.

use crate::CreateOptions;
use storage::{Error, Result};

/// Looks options up; refuses those that the format does not know.
#[derive(Debug)]
pub(crate) struct Options<'a>(&'a [(String, String)]);

impl<'a> Options<'a> {
    pub(crate) fn new(options: &'a CreateOptions, format: &str, known: &[(&str, &str)]) -> Result<Self> {
        let given = options.options.as_slice();
        match given.iter().find(|(name, _)| !known.iter().any(|(word, _)| word == name)) {
            None => Ok(Options(given)),
            Some((name, _)) if known.is_empty() => {
                Err(Error::unsupported(format!("{format} has no option {name:?}, nor any other")))
            }
            Some((name, _)) => Err(Error::unsupported(format!(
                "{format} has no option {name:?}; the options are {}",
                known.iter().map(|(word, _)| *word).collect::<Vec<_>>().join(", ")
            ))),
        }
    }

    /// For formats that have no compressed clusters.
    pub(crate) fn refuse_compression(options: &CreateOptions, format: &str) -> Result<()> {
        if options.compress {
            let what = format!("a {format} cannot be compressed; leave out -c, or write a qcow2");
            return Err(Error::unsupported(what));
        }
        Ok(())
    }

    /// The last value given for `name`.
    pub(crate) fn get(&self, name: &str) -> Option<&'a str> {
        self.0.iter().rev().find(|(given, _)| given == name).map(|(_, value)| value.as_str())
    }

    /// The value that `name` was given among those that are allowed, each with its meaning; the first where not given.
    pub(crate) fn choose<T: Copy>(&self, name: &str, allowed: &[(&str, T)]) -> Result<T> {
        let Some(value) = self.get(name) else { return Ok(allowed[0].1) };
        allowed.iter().find(|(word, _)| *word == value).map(|&(_, meaning)| meaning).ok_or_else(|| {
            let words: Vec<_> = allowed.iter().map(|(word, _)| *word).collect();
            Error::unsupported(format!("{name}={value} is not possible; {name} is one of {}", words.join(", ")))
        })
    }

    /// On or off, in the words that qemu-img takes.
    pub(crate) fn flag(&self, name: &str, default: bool) -> Result<bool> {
        match self.get(name) {
            None => Ok(default),
            Some("on" | "yes" | "true" | "y") => Ok(true),
            Some("off" | "no" | "false" | "n") => Ok(false),
            Some(value) => Err(Error::unsupported(format!("{name}={value} is not possible; {name} is one of on, off"))),
        }
    }

    /// A length in bytes such as `65536`, `64k`, `2M`.
    pub(crate) fn size(&self, name: &str) -> Result<Option<u64>> {
        let Some(value) = self.get(name) else { return Ok(None) };
        let digits = value.trim_end_matches(|c: char| c.is_ascii_alphabetic());
        let unit = match &value[digits.len()..] {
            "" | "b" | "B" => Some(0),
            "k" | "K" => Some(10),
            "m" | "M" => Some(20),
            "g" | "G" => Some(30),
            _ => None,
        };
        let size = unit.and_then(|shift| digits.parse::<u64>().ok()?.checked_mul(1 << shift));
        size.map(Some).ok_or_else(|| Error::unsupported(format!("{name}={value} is not a size; write 65536 or 64k")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(options: &[(&str, &str)]) -> CreateOptions {
        let options = options.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect();
        CreateOptions { options, ..CreateOptions::default() }
    }

    #[test]
    fn unknown_names_are_refused_and_the_known_listed() {
        let error =
            Options::new(&given(&[("compt", "1.1")]), "qcow2", &[("compat", ""), ("cluster_size", "")]).unwrap_err();
        assert_eq!(error.what(), "qcow2 has no option \"compt\"; the options are compat, cluster_size");
        assert!(Options::new(&given(&[("x", "y")]), "raw", &[]).is_err());
    }

    #[test]
    fn sizes_have_units_and_the_last_one_counts() {
        let cases = [("512", Some(512)), ("64k", Some(65536)), ("2M", Some(2 << 20)), ("", None), ("4q", None)];
        for (text, size) in cases {
            let options = given(&[("cluster_size", "1k"), ("cluster_size", text)]);
            let options = Options::new(&options, "qcow2", &[("cluster_size", "")]).unwrap();
            assert_eq!(options.size("cluster_size").ok().flatten(), size, "{text}");
        }
        let huge = given(&[("cluster_size", "99999999999G")]);
        assert!(Options::new(&huge, "qcow2", &[("cluster_size", "")]).unwrap().size("cluster_size").is_err());
    }

    #[test]
    fn a_wrong_word_is_answered_with_the_right_ones() {
        let options = given(&[("subformat", "sparse")]);
        let options = Options::new(&options, "vhd", &[("subformat", "")]).unwrap();
        let error = options.choose("subformat", &[("dynamic", 3), ("fixed", 2)]).unwrap_err();
        assert_eq!(error.what(), "subformat=sparse is not possible; subformat is one of dynamic, fixed");
    }
}
