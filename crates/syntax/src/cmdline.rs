//! Kernel command lines.

/// Parameters in order: name and value, double quotes removed.
pub fn parameters(cmdline: &str) -> Vec<(String, Option<String>)> {
    let _ = cmdline;
    Vec::new()
}

/// The last value of `name=`; `None` where it is not there or has no value.
pub fn last(cmdline: &str, name: &str) -> Option<String> {
    parameters(cmdline).into_iter().rev().find(|(key, _)| key == name).and_then(|(_, value)| value)
}

/// Whether the bare word or `name=` is there.
pub fn has(cmdline: &str, name: &str) -> bool {
    parameters(cmdline).iter().any(|(key, _)| key == name)
}
