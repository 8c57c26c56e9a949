//! Rules that block and of which no disk can be made here, and why.

/// Rule, and what is in the way.
pub(super) static ALL: &[(&str, &str)] = &[(
    "LNX-FS-CLEAN",
    "it blocks a filesystem that is larger than its volume only, and each reader refuses such a one: the rule is unknown",
)];
