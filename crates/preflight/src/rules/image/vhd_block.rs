//! IMG-VHD-BLOCK: a dynamic VHD has blocks of 2 MiB.

use crate::rules::prelude::*;

/// The block size that every writer uses by default, in bytes.
const USUAL: u64 = 2 << 20;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "IMG-VHD-BLOCK",
    aliases: &[],
    title: "A dynamic VHD has blocks of 2 MiB",
    severity: Severity::Degraded,
    confidence: Confidence::Current,
    source: "ImportImage, error InvalidBlockSize.NotSupport (API reference 2025-05); the size is derived",
    docs: "\
# What it checks
The block size of a dynamic VHD.

# Why ECS needs it
ImportImage has the error InvalidBlockSize.NotSupport, and its description does not say which sizes are supported. The
default of 2 MiB is what Hyper-V, Azure and QEMU write; anything else is a risk that costs an upload to find out, and
so this is a warning.

# How to fix
Write the image anew, as QCOW2 or with the usual blocks: `bootworthy convert -O vhd disk.vhd new.vhd`.
",
    check,
};

fn check(facts: &Facts, _: &Target) -> Judged {
    of_format(facts, "vhd")?;
    let vhd = facts.image.vhd.as_ref().ok_or_else(|| Undecided::unknown("the VHD header was not read"))?;
    match vhd.block_size {
        None if vhd.kind == VhdKind::Fixed => Err(Undecided::skipped("a fixed VHD has no blocks")),
        None => Err(Undecided::unknown("the dynamic disk header was not read")),
        Some(USUAL) => passed(),
        Some(size) => Ok(vec![
            Finding::new(
                format!("the blocks of this VHD are {size} bytes; ECS does not say whether it takes them"),
                "write the image anew with blocks of 2 MiB: bootworthy convert -O vhd IN OUT",
            )
            .at(file(facts, format!("BlockSize {size}"))),
        ]),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::*;

    fn vhd(facts: &mut Facts, block: u64) {
        facts.image.format = is("vhd".into());
        facts.image.vhd = Some(Vhd { kind: VhdKind::Dynamic, block_size: Some(block), ..Vhd::default() });
    }

    cases! {
        fires: |facts, _| vhd(facts, 512 << 10),
        passes: |facts, _| vhd(facts, 2 << 20),
        undecided: |_, _| (),
    }
}
