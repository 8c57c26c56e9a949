//! LNX-FOREIGN-AGENT: no agent of another cloud or hypervisor is installed.

use crate::rules::prelude::*;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "LNX-FOREIGN-AGENT",
    aliases: &[],
    title: "No agent of another platform is installed",
    severity: Severity::Info,
    confidence: Confidence::Derived,
    source: "derived: such agents are of no use on ECS",
    docs: "\
# What it checks
Whether an agent of another cloud or hypervisor is installed: waagent, google-guest-agent, amazon-ssm-agent,
open-vm-tools, VirtualBox additions.

# Why ECS needs it
Most do nothing on ECS but wait and log. Some reset the network, accounts or time from a service that does not answer
here.

# How to fix
Remove the package in the source system, such as `apt-get remove open-vm-tools`.
",
    check,
};

fn check(facts: &Facts, target: &Target) -> Judged {
    let (_, linux) = linux(facts, target)?;
    let agents = known(&linux.foreign_agents)?.into_iter().flatten();
    let finding = |agent: &Service| {
        let remedy = format!("remove the package of {} in the source system", agent.name);
        Finding::new(format!("{} is installed, which is of no use on ECS", agent.name), remedy).at_all(&agent.evidence)
    };
    Ok(agents.map(finding).collect())
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::*;

    cases! {
        fires: |facts, _| linux_of(facts).foreign_agents = is(vec![service("open-vm-tools")]),
        passes: |_, _| (),
        undecided: |facts, _| linux_of(facts).foreign_agents = Known::unknown("/usr is not on this disk"),
    }
}
