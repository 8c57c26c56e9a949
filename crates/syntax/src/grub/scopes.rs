//! Variables, and the contexts they live in.
//!
//! `configfile` and a submenu begin a context that sees only the exported variables of the one around it; what is set
//! there is gone at its end.

use std::collections::BTreeMap;

struct Variable {
    /// None: unset here, whatever is below.
    value: Option<String>,
    exported: bool,
}

struct Scope {
    variables: BTreeMap<String, Variable>,
    /// Only exported variables of the scopes below are seen.
    sealed: bool,
}

/// Scopes from the outermost to the one in force.
pub(super) struct Scopes {
    scopes: Vec<Scope>,
}

impl Scopes {
    pub(super) fn new() -> Self {
        let mut scopes = Scopes { scopes: Vec::new() };
        scopes.open(true);
        scopes
    }

    pub(super) fn open(&mut self, sealed: bool) {
        self.scopes.push(Scope { variables: BTreeMap::new(), sealed });
    }

    pub(super) fn close(&mut self) {
        self.scopes.pop();
    }

    fn find(&self, name: &str) -> Option<&Variable> {
        let mut exported_only = false;
        for scope in self.scopes.iter().rev() {
            if let Some(variable) = scope.variables.get(name) {
                return Some(variable).filter(|variable| variable.exported || !exported_only);
            }
            exported_only |= scope.sealed;
        }
        None
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.find(name)?.value.as_deref()
    }

    pub(super) fn set(&mut self, name: &str, value: Option<String>) {
        let exported = self.find(name).is_some_and(|variable| variable.exported);
        self.put(name, Variable { value, exported });
    }

    pub(super) fn export(&mut self, name: &str) {
        let value = Some(self.get(name).unwrap_or_default().to_string());
        self.put(name, Variable { value, exported: true });
    }

    fn put(&mut self, name: &str, variable: Variable) {
        if let Some(scope) = self.scopes.last_mut() {
            scope.variables.insert(name.to_string(), variable);
        }
    }

    /// All that are seen from here.
    pub(super) fn flattened(&self) -> BTreeMap<String, String> {
        let names = self.scopes.iter().flat_map(|scope| scope.variables.keys());
        names.filter_map(|name| Some((name.clone(), self.get(name)?.to_string()))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_exported_variables_pass_a_seal() {
        let mut scopes = Scopes::new();
        for name in ["a", "b", "c"] {
            scopes.set(name, Some(name.to_string()));
        }
        scopes.export("b");
        scopes.open(true);
        assert_eq!((scopes.get("a"), scopes.get("b")), (None, Some("b")));
        scopes.open(false);
        scopes.set("b", Some("inner".into()));
        scopes.set("c", Some("own".into()));
        scopes.open(true);
        assert_eq!((scopes.get("b"), scopes.get("c")), (Some("inner"), None), "an exported one stays exported");
        scopes.close();
        scopes.set("b", None);
        assert_eq!(scopes.flattened(), [("c".to_string(), "own".to_string())].into());
        scopes.close();
        scopes.close();
        assert_eq!((scopes.get("b"), scopes.get("c")), (Some("b"), Some("c")));
    }
}
