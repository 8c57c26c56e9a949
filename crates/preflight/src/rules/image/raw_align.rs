//! IMG-RAW-ALIGN: a raw image is whole sectors.

use crate::rules::prelude::*;

/// Bytes of a sector.
const SECTOR: u64 = 512;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "IMG-RAW-ALIGN",
    aliases: &[],
    title: "A raw image is a whole number of sectors",
    severity: Severity::Degraded,
    confidence: Confidence::Derived,
    source: "derived: a disk is made of sectors of 512 bytes",
    docs: "\
# What it checks
Whether the length of a raw image is a multiple of 512 bytes.

# Why ECS needs it
A disk is made of sectors. A raw file that ends in the middle of one is cut or padded on import, and is most often a
download or copy that stopped too early.

# How to fix
Compare the length with the original and fetch it again. If it is right and only wants padding:
`truncate -s %512 disk.raw`.
",
    check,
};

fn check(facts: &Facts, _: &Target) -> Judged {
    of_format(facts, "raw")?;
    let length = facts.image.file_size;
    if length.is_multiple_of(SECTOR) {
        return passed();
    }
    let remedy = format!("fetch the image again, or pad it: truncate -s %512 {}", shell_word(&facts.image.path));
    let message = format!("the file ends {} bytes into a sector", length % SECTOR);
    Ok(vec![Finding::new(message, remedy).at(file(facts, format!("{length} bytes")))])
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::*;

    fn raw(facts: &mut Facts, length: u64) {
        facts.image.format = is("raw".into());
        facts.image.file_size = length;
    }

    cases! {
        fires: |facts, _| raw(facts, 1_000_000),
        passes: |facts, _| raw(facts, 1 << 30),
        undecided: |_, _| (),
    }
}
