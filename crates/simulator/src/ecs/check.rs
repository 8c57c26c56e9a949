//! What the check of an image says after its import.

use serde_json::{Value, json};

/// One thing that is looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Check {
    /// Its name, such as `GUESTOS.Fstab`.
    pub name: String,
    /// What was seen.
    pub value: String,
    /// How bad that is; empty where it is not.
    pub risk_level: String,
    /// What is wrong, as a code.
    pub risk_code: String,
}

impl Check {
    /// A few things, all of them in order.
    pub(super) fn all_well() -> Vec<Self> {
        let well = |(name, value): (&str, &str)| Self { name: name.into(), value: value.into(), ..Self::default() };
        let seen = [("GUESTOS.Nvme", "supported"), ("GUESTOS.Virtio", "supported"), ("GUESTOS.CloudInit", "installed")];
        seen.map(well).into()
    }

    pub(super) fn describe(&self) -> Value {
        json!({ "Name": self.name, "Value": self.value, "RiskLevel": self.risk_level, "RiskCode": self.risk_code })
    }
}
