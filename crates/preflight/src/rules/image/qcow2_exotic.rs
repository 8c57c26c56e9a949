//! IMG-QCOW2-EXOTIC: a QCOW2 uses what every reader understands.

use crate::rules::prelude::*;

/// Cluster sizes in ordinary use, in bytes.
const CLUSTERS: std::ops::RangeInclusive<u64> = 64 << 10..=2 << 20;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "IMG-QCOW2-EXOTIC",
    aliases: &[],
    title: "A QCOW2 uses no unusual features",
    severity: Severity::Degraded,
    confidence: Confidence::Derived,
    source: "derived: ECS does not say which features of QCOW2 it reads",
    docs: "\
# What it checks
Whether the QCOW2 has zstd compression, extended L2 entries, or clusters smaller than 64 KiB.

# Why ECS needs it
ECS does not publish which features of the format its importer reads. zlib and clusters of 64 KiB are what qemu-img
writes unless told otherwise, and are known to work. The rest may work, or fail after the upload.

# How to fix
Write the image anew with the defaults: `bootworthy convert -O qcow2 disk.qcow2 plain.qcow2`.
",
    check,
};

fn check(facts: &Facts, _: &Target) -> Judged {
    of_format(facts, "qcow2")?;
    let header = facts.image.qcow2.as_ref().ok_or_else(|| Undecided::unknown("the QCOW2 header was not read"))?;
    let mut odd = Vec::new();
    if header.compression == "zstd" {
        odd.push("zstd compression".to_string());
    }
    if header.extended_l2 {
        odd.push("extended L2 entries".to_string());
    }
    if !CLUSTERS.contains(&header.cluster_size) {
        odd.push(format!("clusters of {} bytes", header.cluster_size));
    }
    if odd.is_empty() {
        return passed();
    }
    let odd = odd.join(", ");
    let remedy = format!("rewrite it: bootworthy convert -O qcow2 {} plain.qcow2", shell_word(&facts.image.path));
    let message = format!("the image uses {odd}; ECS does not say whether it reads that");
    Ok(vec![Finding::new(message, remedy).at(file(facts, odd))])
}

#[cfg(test)]
pub(crate) mod tests {
    use crate::testing::*;

    cases! {
        fires: |facts, _| facts.image.qcow2.get_or_insert_default().compression = "zstd".into(),
        passes: |_, _| (),
        undecided: |facts, _| facts.image.qcow2 = None,
    }
}
