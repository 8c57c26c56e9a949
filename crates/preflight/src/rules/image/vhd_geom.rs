//! IMG-VHD-GEOM: the geometry of a VHD does not understate its size.

use crate::rules::prelude::*;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "IMG-VHD-GEOM",
    aliases: &[],
    title: "The geometry of a VHD agrees with its size",
    severity: Severity::Degraded,
    confidence: Confidence::Derived,
    source: "derived: QEMU and Virtual PC take the size from the geometry for creators \"vpc \" and \"qemu\"",
    docs: "\
# What it checks
For a VHD whose footer names Virtual PC or an old QEMU as its creator, whether the cylinders, heads and sectors in the
footer amount to the size that stands beside them.

# Why ECS needs it
Readers take the size of such files from the geometry, which is rounded. A disk whose geometry is too small loses its
end on conversion, and with it the backup GPT or the end of the last partition.

# How to fix
Write the image anew with a size that cannot be misread: `bootworthy convert -O vhd disk.vhd new.vhd`, or convert it to
QCOW2.
",
    check,
};

fn check(facts: &Facts, _: &Target) -> Judged {
    of_format(facts, "vhd")?;
    let vhd = facts.image.vhd.as_ref().ok_or_else(|| Undecided::unknown("the VHD header was not read"))?;
    if !matches!(vhd.creator.as_str(), "vpc " | "vpc" | "qemu") {
        return Err(Undecided::skipped(format!(
            "readers take the size of files by \"{}\" from the footer",
            vhd.creator
        )));
    }
    if vhd.geometry_size == vhd.current_size {
        return passed();
    }
    let message = format!("the geometry says {} bytes, the footer {} bytes", vhd.geometry_size, vhd.current_size);
    let at = file(facts, format!("creator \"{}\"", vhd.creator));
    Ok(vec![Finding::new(message, "write the image anew: bootworthy convert -O vhd IN OUT").at(at)])
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::*;

    fn vhd(facts: &mut Facts, creator: &str, geometry_size: u64) {
        facts.image.format = is("vhd".into());
        facts.image.vhd =
            Some(Vhd { creator: creator.into(), current_size: 50 << 20, geometry_size, ..Vhd::default() });
    }

    cases! {
        fires: |facts, _| vhd(facts, "vpc ", 48 << 20),
        passes: |facts, _| vhd(facts, "vpc ", 50 << 20),
        undecided: |facts, _| vhd(facts, "win ", 48 << 20),
    }
}
