//! The registry of a Windows guest: its hives, and the control set in use.

use super::node::Node;
use crate::look::{Gap, Look, words};
use crate::tree::Tree;
use facts::{Claim, Evidence, HiveState, Known};
use hive::{Hive, State};
use std::collections::BTreeMap;
use storage::Error;

/// The hives that are looked at; all but `DRIVERS` (Windows 8 and later) are in every installation.
pub(super) const HIVES: &[&str] = &["SYSTEM", "SOFTWARE", "SAM", "SECURITY", "DEFAULT", "DRIVERS"];

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
        Node::at(&self.hive, &self.evidence, path)
    }

    /// As a fact.
    pub(super) fn fact(&self) -> facts::Hive {
        facts::Hive { state: self.state(), damage: self.damage(), evidence: self.evidence.clone() }
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
