//! NetworkManager's profiles. nm-settings-keyfile(5).

use super::{Wanted, line_number, on_boot};
use crate::edit::Edit;
use crate::work::Work;

pub(super) fn change(work: &Work<'_>, wanted: &Wanted<'_>) -> Option<Vec<Edit>> {
    let pairs = syntax::ini::parse(&work.read(wanted.path)?);
    let mut edits = Vec::new();
    for pair in &pairs {
        let number = line_number(pair.line)?;
        let old = ["address", "gateway", "dns", "route"].iter().any(|word| pair.key.starts_with(word));
        let wired = matches!(pair.section.as_str(), "ethernet" | "802-3-ethernet");
        match pair.section.as_str() {
            "ipv4" if wanted.dhcp && pair.key == "method" => edits.push(Edit::replace(number, "method=auto")),
            "ipv4" if wanted.dhcp && old => edits.push(Edit::Delete(number)),
            "connection" if wanted.dhcp && pair.key == "autoconnect" && !on_boot(wanted.profile) => {
                edits.push(Edit::Delete(number));
            }
            "connection" if (wanted.any_name || wanted.any_hardware) && pair.key == "interface-name" => {
                edits.push(Edit::Delete(number));
            }
            _ if wired && wanted.any_hardware && pair.key == "mac-address" => edits.push(Edit::Delete(number)),
            _ => {}
        }
    }
    Some(edits)
}
