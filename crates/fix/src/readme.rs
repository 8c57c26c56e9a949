//! `README.md` of a plan. CommonMark; what comes from the guest is escaped, so that it stays text on its line.

use crate::plan::{Effect, Plan, RulePlan};
use facts::printable;
use std::fmt::Write as _;

/// The page.
pub(crate) fn write(plan: &Plan) -> String {
    let mut out = String::from("# Fix plan\n\n");
    let _ = writeln!(out, "Image: {}. Rules: {}. The image itself was not changed.\n", text(&plan.image), plan.pack);
    how(&mut out, plan);
    fixes(&mut out, plan);
    for (title, effects) in [
        ("Fixed or eased by the changes, as judged again on this image", &[Effect::Fixed, Effect::Eased][..]),
        ("Done by the script only: judge the new image to see it", &[Effect::ByScript]),
        ("Without a mechanical remedy", &[Effect::NoRemedy, Effect::LeftOut]),
        ("Waived", &[Effect::Waived]),
    ] {
        let rules: Vec<&RulePlan> = plan.rules.iter().filter(|rule| effects.contains(&rule.effect)).collect();
        if !rules.is_empty() {
            let _ = writeln!(out, "\n## {title}\n");
            rules.into_iter().for_each(|rule| one(&mut out, rule));
        }
    }
    if !plan.left_out.is_empty() {
        let _ = writeln!(out, "\n## Left out, since it does not hold up\n");
        for one in &plan.left_out {
            let _ = writeln!(out, "- **{}**: {}: {}", one.rules.join(", "), text(&one.what), text(&one.why));
        }
    }
    out
}

fn how(out: &mut String, plan: &Plan) {
    out.push_str(match (plan.script().is_some(), plan.patch().is_empty()) {
        (false, _) => "There is nothing that a program can do.\n",
        (true, false) => {
            "Copy this directory into the machine that the image was made of, look through `fix.patch` and `fix.sh`, and \
             run `sh fix.sh` as root: it applies the diff and runs the commands. Then make the image anew and judge it \
             again. To apply the diff alone: `patch -p1 -d / -i fix.patch`.\n"
        }
        (true, true) => {
            "Copy `fix.sh` into the machine that the image was made of, look through it, and run it as root. Then make \
             the image anew and judge it again.\n"
        }
    });
}

fn fixes(out: &mut String, plan: &Plan) {
    if plan.fixes.is_empty() {
        return;
    }
    out.push_str("\n## What is done\n\n| rule | what | by | shown |\n| --- | --- | --- | --- |\n");
    for fix in &plan.fixes {
        let shown = match fix.verified {
            "on_image" => "on this image",
            "with_script" => "on this image, the script's part taken for granted",
            _ => "only in the source machine",
        };
        let _ = writeln!(out, "| {} | {} | {} | {shown} |", fix.rules.join(", "), text(&fix.what), fix.by.join(", "));
    }
}

fn one(out: &mut String, rule: &RulePlan) {
    let findings: Vec<String> = rule.findings.iter().map(|finding| text(finding)).collect();
    let effect = if rule.effect == Effect::Eased { ", eased" } else { "" };
    let _ = writeln!(out, "- **{}** ({}{effect}): {}", rule.rule, rule.severity, findings.join("; "));
    for remedy in &rule.remedies {
        let _ = writeln!(out, "  - {}", text(remedy));
    }
}

/// Plain text for CommonMark.
fn text(text: &str) -> String {
    let mut out = String::new();
    for c in printable(text).chars() {
        if "\\`*_[]<>#|&~!".contains(c) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}
