//! wicked's own files, `/etc/wicked/ifconfig/*.xml`, where each tag of `ipv4:static` has a line of its own.
//! wicked-ifconfig(5).

use super::Wanted;
use crate::edit::Edit;
use crate::work::Work;

pub(super) fn change(work: &Work<'_>, wanted: &Wanted<'_>) -> Option<Vec<Edit>> {
    if wanted.any_name || wanted.any_hardware {
        return None;
    }
    let lines = work.lines(wanted.path);
    let tag = |tag: &str| {
        let mut found = lines.iter().filter(|(_, text)| text.trim() == tag);
        found.next().filter(|_| found.next().is_none()).map(|(number, _)| *number)
    };
    let (first, last) = (tag("<ipv4:static>")?, tag("</ipv4:static>")?);
    let mut edits: Vec<Edit> = (first..=last).map(Edit::Delete).collect();
    for line in ["  <ipv4:dhcp>", "    <enabled>true</enabled>", "  </ipv4:dhcp>"] {
        edits.push(Edit::Insert(last, line.into()));
    }
    Some(edits)
}
