//! Keys and values of the registry with the place that they come from.

use crate::look::{Gap, Look, words};
use facts::{Claim, Evidence};
use hive::{Hive, Key, Value};
use storage::{Error, ErrorKind};

/// Keys below one key that are looked at. The longest lists, of updates and devices, have some ten thousand.
const MAX_KEYS: usize = 100_000;

/// A key and where it is.
#[derive(Clone)]
pub(super) struct Node<'r> {
    key: Key<'r>,
    hive: &'r Evidence,
    path: String,
}

impl<'r> Node<'r> {
    /// The key at a path of a hive.
    pub(super) fn at(hive: &'r Hive, place: &'r Evidence, path: &str) -> Look<Self> {
        let key = hive.key(path).map_err(|error| gap(&error, place, path))?;
        Ok(Node { key, hive: place, path: path.to_owned() })
    }

    /// Its name, without the path to it.
    pub(super) fn name(&self) -> &str {
        self.key.name()
    }

    /// Where it is.
    pub(super) fn evidence(&self) -> Evidence {
        self.hive.clone().saying(self.path.clone())
    }

    /// Where it is, and something about it.
    pub(super) fn saying(&self, text: &str) -> Evidence {
        self.hive.clone().saying(format!("{}: {text}", self.path))
    }

    /// A key below it.
    pub(super) fn key(&self, path: &str) -> Look<Node<'r>> {
        let full = format!(r"{}\{path}", self.path);
        match self.key.key(path) {
            Ok(key) => Ok(Node { key, hive: self.hive, path: full }),
            Err(error) => Err(gap(&error, self.hive, &full)),
        }
    }

    /// The keys below it. One that is damaged leaves the list unknown.
    pub(super) fn keys(&self) -> Look<Vec<Node<'r>>> {
        let mut keys = Vec::new();
        for key in self.key.keys() {
            let key = key.map_err(|error| gap(&error, self.hive, &self.path))?;
            if keys.len() == MAX_KEYS {
                return Err(Gap::unknown(format!("{} has more than {MAX_KEYS} keys below it", self.path)));
            }
            let path = format!(r"{}\{}", self.path, key.name());
            keys.push(Node { key, hive: self.hive, path });
        }
        Ok(keys)
    }

    /// Its values. One that is damaged leaves the list unknown.
    pub(super) fn values(&self) -> Look<Vec<Value>> {
        let values = self.key.values().take(MAX_KEYS);
        values.map(|value| value.map_err(|error| gap(&error, self.hive, &self.path))).collect()
    }

    /// A value.
    pub(super) fn value(&self, name: &str) -> Look<Value> {
        self.key.value(name).map_err(|error| gap(&error, self.hive, &format!(r"{}\{name}", self.path)))
    }

    /// A value of some type, and what it says.
    fn claim<T: ToString>(&self, name: &str, of: impl FnOnce(&Value) -> Option<T>) -> Look<Claim<T>> {
        let value = self.value(name)?;
        let Some(found) = of(&value) else {
            return Err(Gap::unknown(format!(r"{}\{name} has the type {}", self.path, value.kind)));
        };
        let evidence = self.hive.clone().saying(format!(r"{}\{name} = {}", self.path, found.to_string()));
        Ok(Claim::new(found, evidence))
    }

    /// A number.
    pub(super) fn number(&self, name: &str) -> Look<Claim<u32>> {
        self.claim(name, |value| u32::try_from(value.number()?).ok())
    }

    /// A number that means yes or no. Some programs write it in eight bytes, or as text.
    pub(super) fn flag(&self, name: &str) -> Look<Claim<bool>> {
        let number = |value: &Value| value.number().or_else(|| value.text()?.trim().parse().ok());
        let claim = self.claim(name, number)?;
        Ok(Claim { value: claim.value != 0, evidence: claim.evidence })
    }

    /// Text that is not empty.
    pub(super) fn text(&self, name: &str) -> Look<Claim<String>> {
        let claim = self.claim(name, |value| value.text().map(str::to_owned))?;
        if claim.value.is_empty() { Err(Gap::Absent) } else { Ok(claim) }
    }

    /// A list of texts that has any.
    pub(super) fn list(&self, name: &str) -> Look<Claim<Vec<String>>> {
        let value = self.value(name)?;
        let Some(list) = value.list() else {
            return Err(Gap::unknown(format!(r"{}\{name} has the type {}", self.path, value.kind)));
        };
        let list: Vec<String> = list.into_iter().filter(|text| !text.is_empty()).map(str::to_owned).collect();
        let evidence = self.hive.clone().saying(format!(r"{}\{name} = {}", self.path, list.join(", ")));
        if list.is_empty() { Err(Gap::Absent) } else { Ok(Claim::new(list, evidence)) }
    }
}

/// What an error of a hive means for the one who looked.
fn gap(error: &Error, hive: &Evidence, path: &str) -> Gap {
    match error.kind() {
        ErrorKind::NotFound => Gap::Absent,
        _ => {
            let file = hive.path.as_deref().unwrap_or_default();
            Gap::unknown(format!("{file}: {path}: {}", words(error)))
        }
    }
}
