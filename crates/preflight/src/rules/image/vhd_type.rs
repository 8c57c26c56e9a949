//! IMG-VHD-TYPE: a VHD is whole, and stands alone.

use crate::rules::prelude::*;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "IMG-VHD-TYPE",
    aliases: &[],
    title: "A VHD is fixed or dynamic, and undamaged",
    severity: Severity::Reject,
    confidence: Confidence::Derived,
    source: "derived from the Virtual Hard Disk Image Format Specification 1.0",
    docs: "\
# What it checks
Whether the VHD is fixed or dynamic, has its footer at the end of the file with a correct checksum, and whether its
header and block table are sound.

# Why ECS needs it
A differencing VHD holds only what differs from a parent, which the import does not see. The footer is what identifies
a VHD; a download that was cut short has lost it.

# How to fix
Merge a differencing VHD with its parent in Hyper-V (`Merge-VHD`). Fetch a damaged file again, or convert the original
disk again; shut a suspended machine down before taking its disk.
",
    check,
};

fn check(facts: &Facts, _: &Target) -> Judged {
    of_format(facts, "vhd")?;
    let vhd = facts.image.vhd.as_ref().ok_or_else(|| Undecided::unknown("the VHD header was not read"))?;
    let mut tally = Tally::default();
    if vhd.kind == VhdKind::Differencing {
        let message = "the VHD is a differencing disk: it holds only what differs from its parent";
        let remedy = "merge it with its parent (Hyper-V: Merge-VHD), and import the result";
        tally.fail(Finding::new(message, remedy).at(file(facts, "disk type 4 in the footer")));
    }
    if !vhd.footer_valid {
        let remedy = "fetch or convert the image again; the file was cut short or damaged";
        let at = file(facts, format!("the last 512 bytes of {}", facts.image.file_size));
        tally.fail(Finding::new("the footer at the end of the VHD is missing or wrong", remedy).at(at));
    }
    if vhd.saved_state {
        let message = "the VHD was taken from a suspended machine";
        let remedy = "resume the machine, shut it down, and take the disk again";
        let finding = Finding::new(message, remedy).at(file(facts, "saved state 1 in the footer"));
        tally.fail(finding.only(Severity::Degraded));
    }
    if let Some(damage) = tally.value(&facts.image.damage).filter(|damage| !damage.is_empty()) {
        let remedy = "fetch the image again, or convert the original disk again";
        tally.fail(Finding::new("the structure of the VHD is damaged", remedy).at_all(damage));
    }
    tally.done()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::*;

    fn vhd(facts: &mut Facts, kind: VhdKind) -> &mut Vhd {
        facts.image.format = is("vhd".into());
        facts.image.vhd.insert(Vhd { kind, footer_valid: true, ..Vhd::default() })
    }

    cases! {
        fires: |facts, _| { vhd(facts, VhdKind::Differencing); },
        passes: |facts, _| { vhd(facts, VhdKind::Dynamic); },
        undecided: |facts, _| {
            vhd(facts, VhdKind::Dynamic);
            facts.image.damage = Known::unknown("the table was not walked");
        },
    }

    #[test]
    fn a_cut_footer_and_damage_are_refused() {
        let cut = findings(&RULE, |facts, _| vhd(facts, VhdKind::Fixed).footer_valid = false);
        assert_eq!(cut[0].severity, Severity::Reject);
        let damaged = findings(&RULE, |facts, _| {
            vhd(facts, VhdKind::Dynamic);
            facts.image.damage = is(vec![Evidence::words("block 3 lies past the end")]);
        });
        assert_eq!(damaged.len(), 1);
    }
}
