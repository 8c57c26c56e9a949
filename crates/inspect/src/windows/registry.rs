//! The registry of a Windows guest: its hives, and keys and values with the place that they come from.

use crate::look::{Gap, Look, words};
use crate::tree::Tree;
use facts::{Claim, Evidence, HiveState, Known};
use hive::{Hive, Key, State, Value};
use std::collections::BTreeMap;
use storage::{Error, ErrorKind};

/// The hives that are looked at; all but `DRIVERS` (Windows 8 and later) are in every installation.
pub(super) const HIVES: &[&str] = &["SYSTEM", "SOFTWARE", "SAM", "SECURITY", "DEFAULT", "DRIVERS"];

/// Keys below one key that are looked at. The longest lists, of updates and devices, have some ten thousand.
const MAX_KEYS: usize = 100_000;

/// A hive and where it is.
pub(super) struct Loaded {
    hive: Hive,
    evidence: Evidence,
}

impl Loaded {
    /// The hive at a path, with its logs where it needs them.
    pub(super) fn read(tree: &Tree<'_>, path: &str) -> Look<Self> {
        let file = tree.read_up_to(path, hive::MAX_HIVE as u64)?;
        let mut logs = Vec::new();
        if !hive::is_clean(&file.bytes) {
            // A log that cannot be read cannot be applied: the hive stays dirty, and says so.
            let read = |suffix| tree.read_up_to(&format!("{path}.{suffix}"), hive::MAX_HIVE as u64).ok();
            logs.extend(["LOG1", "LOG2", "LOG"].into_iter().filter_map(read).map(|log| log.bytes));
        }
        match Hive::open(file.bytes, &logs) {
            Ok(hive) => Ok(Loaded { hive, evidence: file.evidence }),
            Err(error) => Err(Gap::unknown(format!("{path}: {}", words(&error)))),
        }
    }

    pub(super) fn evidence(&self) -> &Evidence {
        &self.evidence
    }

    pub(super) fn state(&self) -> HiveState {
        match self.hive.state() {
            State::Clean => HiveState::Clean,
            State::Recovered => HiveState::Recovered,
            State::Dirty => HiveState::Dirty,
        }
    }

    pub(super) fn damage(&self) -> Vec<Evidence> {
        let place = |error: &Error| Evidence { offset: error.offset(), ..self.evidence.clone() }.saying(error.what());
        self.hive.damage().iter().map(place).collect()
    }

    /// The key at a path.
    pub(super) fn key(&self, path: &str) -> Look<Node<'_>> {
        let key = self.hive.key(path).map_err(|error| gap(&error, &self.evidence, path))?;
        Ok(Node { key, hive: &self.evidence, path: path.to_owned() })
    }

    /// As a fact.
    pub(super) fn fact(&self) -> facts::Hive {
        facts::Hive { state: self.state(), damage: self.damage(), evidence: self.evidence.clone() }
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

/// All hives of a guest.
pub(super) struct Registry {
    hives: BTreeMap<&'static str, Look<Loaded>>,
    control_set: Look<Claim<String>>,
}

impl Registry {
    /// The hives of the system in that directory.
    pub(super) fn read(tree: &Tree<'_>, system_root: &str) -> Self {
        let read = |name| (name, Loaded::read(tree, &format!("{system_root}/System32/config/{name}")));
        let mut registry = Registry { hives: HIVES.iter().copied().map(read).collect(), control_set: Err(Gap::Absent) };
        registry.control_set = control_set(&registry);
        registry
    }

    /// The hives as facts.
    pub(super) fn facts(&self) -> BTreeMap<String, Known<facts::Hive>> {
        let fact = |(name, hive): (&&str, &Look<Loaded>)| {
            let known = match hive {
                Ok(hive) => Known::Is(hive.fact()),
                Err(Gap::Absent) => Known::Absent,
                Err(Gap::Unknown(reason)) => Known::Unknown(reason.clone()),
            };
            ((*name).to_owned(), known)
        };
        self.hives.iter().filter(|(name, hive)| **name != "DRIVERS" || hive.is_ok()).map(fact).collect()
    }

    fn hive(&self, name: &str) -> Look<&Loaded> {
        match self.hives.get(name) {
            Some(Ok(hive)) => Ok(hive),
            // What would stand in a hive that is not there is not known to be unset.
            Some(Err(Gap::Absent)) | None => Err(Gap::unknown(format!("there is no registry hive {name}"))),
            Some(Err(gap)) => Err(gap.clone()),
        }
    }

    /// A key of `SYSTEM` outside the control sets.
    pub(super) fn system(&self, path: &str) -> Look<Node<'_>> {
        self.hive("SYSTEM")?.key(path)
    }

    /// A key of `SOFTWARE`.
    pub(super) fn software(&self, path: &str) -> Look<Node<'_>> {
        self.hive("SOFTWARE")?.key(path)
    }

    /// A key of `SAM`.
    pub(super) fn sam(&self, path: &str) -> Look<Node<'_>> {
        self.hive("SAM")?.key(path)
    }

    /// The driver database: of `SYSTEM`, and of a hive of its own, which not every version has.
    pub(super) fn driver_databases(&self) -> Vec<Look<Node<'_>>> {
        let own = self.hives.get("DRIVERS").and_then(|hive| hive.as_ref().ok());
        let own = own.map(|hive| hive.key("DriverDatabase").or_else(|_| hive.key("")));
        [Some(self.system("DriverDatabase")), own].into_iter().flatten().collect()
    }

    /// The control set in use.
    pub(super) fn control_set(&self) -> &Look<Claim<String>> {
        &self.control_set
    }

    /// A key of the control set in use.
    pub(super) fn current(&self, path: &str) -> Look<Node<'_>> {
        let set = self.control_set.as_ref().map_err(Clone::clone)?;
        self.system(&format!(r"{}\{path}", set.value))
    }
}

/// The control set that the last start used, else the next best one that exists.
fn control_set(registry: &Registry) -> Look<Claim<String>> {
    let select = registry.system("Select");
    for name in ["Current", "Default", "LastKnownGood"] {
        let Ok(number) = select.as_ref().map_err(Clone::clone).and_then(|select| select.number(name)) else { continue };
        let set = format!("ControlSet{:03}", number.value);
        if registry.system(&set).is_ok() {
            return Ok(Claim { value: set, evidence: number.evidence });
        }
    }
    let first = registry.system("ControlSet001").map_err(|gap| match gap {
        Gap::Absent => Gap::unknown("the registry hive SYSTEM has no control set"),
        gap => gap,
    })?;
    Ok(Claim::new("ControlSet001".to_owned(), first.evidence()))
}

/// A key and where it is.
#[derive(Clone)]
pub(super) struct Node<'r> {
    key: Key<'r>,
    hive: &'r Evidence,
    path: String,
}

impl<'r> Node<'r> {
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
