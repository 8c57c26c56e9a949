//! systemd-networkd's `.network` files. systemd.network(5).

use super::{Wanted, line_number};
use crate::edit::Edit;
use crate::work::Work;

/// Any card that is called as Ethernet cards are, by slot or by order.
const ANY: &str = "Name=e*";

pub(super) fn change(work: &Work<'_>, wanted: &Wanted<'_>) -> Option<Vec<Edit>> {
    let pairs = syntax::ini::parse(&work.read(wanted.path)?);
    let mut edits = Vec::new();
    let mut dhcp = false;
    for pair in &pairs {
        let number = line_number(pair.line)?;
        let key = pair.key.to_ascii_lowercase();
        match (pair.section.to_ascii_lowercase().as_str(), key.as_str()) {
            ("network", "dhcp") if wanted.dhcp => {
                edits.push(if dhcp { Edit::Delete(number) } else { Edit::replace(number, "DHCP=ipv4") });
                dhcp = true;
            }
            ("network", "address" | "gateway" | "dns") | ("address" | "route", _) if wanted.dhcp => {
                edits.push(Edit::Delete(number));
            }
            ("link", "activationpolicy") if wanted.dhcp => edits.push(Edit::Delete(number)),
            ("match", "name") if wanted.any_name || wanted.any_hardware => edits.push(Edit::replace(number, ANY)),
            ("match", "macaddress" | "permanentmacaddress") if wanted.any_hardware => {
                let named = pairs.iter().any(|pair| pair.section == "Match" && pair.key == "Name");
                edits.push(if named { Edit::Delete(number) } else { Edit::replace(number, ANY) });
            }
            _ => {}
        }
    }
    for (number, text) in work.lines(wanted.path).into_iter().filter(|_| wanted.dhcp) {
        match text.trim() {
            "[Network]" if !dhcp => {
                edits.push(Edit::Insert(number, "DHCP=ipv4".into()));
                dhcp = true;
            }
            "[Address]" | "[Route]" => edits.push(Edit::Delete(number)),
            _ => {}
        }
    }
    Some(edits).filter(|_| dhcp || !wanted.dhcp)
}
