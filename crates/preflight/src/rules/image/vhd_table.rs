//! IMG-VHD-TABLE: the block table of a dynamic VHD covers the disk.

use crate::rules::prelude::*;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "IMG-VHD-TABLE",
    aliases: &[],
    title: "The block table of a dynamic VHD covers the disk",
    severity: Severity::Reject,
    confidence: Confidence::Current,
    source: "ImportImage, error InvalidVHDImage.IncorrectSize (API reference 2025-05)",
    docs: "\
# What it checks
Whether MaxTableEntries times BlockSize of a dynamic VHD is at least the size of the disk that its footer states.

# Why ECS needs it
A table that is too short cannot address the end of the disk: the import is refused with InvalidVHDImage.IncorrectSize.

# How to fix
Write the image anew: `bootworthy convert -O vhd disk.vhd new.vhd` makes a table that fits, and so does
`qemu-img convert -f vpc -O vpc -o force_size=on`.
",
    check,
};

fn check(facts: &Facts, _: &Target) -> Judged {
    of_format(facts, "vhd")?;
    let vhd = facts.image.vhd.as_ref().ok_or_else(|| Undecided::unknown("the VHD header was not read"))?;
    if vhd.kind != VhdKind::Dynamic {
        return Err(Undecided::skipped("a VHD of this kind has no table of its own"));
    }
    let (Some(entries), Some(block)) = (vhd.max_table_entries, vhd.block_size) else {
        return Err(Undecided::unknown("the dynamic disk header was not read"));
    };
    let covers = entries.saturating_mul(block);
    if covers >= vhd.current_size {
        return passed();
    }
    let message = format!("the block table covers {covers} bytes of a disk of {} bytes", vhd.current_size);
    let at = file(facts, format!("MaxTableEntries {entries}, BlockSize {block}, CurrentSize {}", vhd.current_size));
    Ok(vec![Finding::new(message, "write the image anew: bootworthy convert -O vhd IN OUT").at(at)])
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::*;

    fn vhd(facts: &mut Facts, entries: u64) {
        facts.image.format = is("vhd".into());
        facts.image.vhd = Some(Vhd {
            kind: VhdKind::Dynamic,
            current_size: 5 << 20,
            block_size: Some(2 << 20),
            max_table_entries: Some(entries),
            footer_valid: true,
            ..Vhd::default()
        });
    }

    cases! {
        fires: |facts, _| vhd(facts, 2),
        passes: |facts, _| vhd(facts, 3),
        undecided: |_, _| (),
    }
}
