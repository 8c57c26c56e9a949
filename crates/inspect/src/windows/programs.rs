//! Agents and installed programs.

use super::registry::Registry;
use super::services::Services;
use crate::look::{Look, Outcome as _, non_empty};
use facts::{Claim, Known, WindowsService};
use std::collections::BTreeMap;

/// Agents by the name that is reported, and the names of their services.
const AGENTS: &[(&str, &[&str])] = &[
    ("vminit", &["vminit"]),
    ("aliyunservice", &["AliyunService"]),
    ("aegis", &["Alibaba Security Aegis Detect Service", "AliYunDun"]),
    ("cloudbase-init", &["cloudbase-init"]),
    ("qemu-ga", &["QEMU-GA", "QEMU Guest Agent"]),
];

/// Words in the names of tools of hypervisors and clouds, in lower case.
const TOOLS: &[&str] = &[
    "vmware tools",
    "hyper-v",
    "xentools",
    "xenserver",
    "xen pv",
    "citrix vm tools",
    "citrix hypervisor",
    "xcp-ng",
    "parallels",
    "virtualbox guest",
    "qemu guest",
    "qemu-ga",
    "virtio",
    "cloudbase-init",
    "aws pv",
    "ec2config",
    "ec2launch",
    "amazon ssm",
    "windows azure vm agent",
    "windows guest agent",
    "google compute",
    "nutanix",
    "ovirt",
    "rhev",
    "spice guest",
    "kvm",
    "huawei",
    "tencent",
    "uvp",
];

/// Words in the names of security programs, in lower case.
const SECURITY: &[&str] = &[
    "symantec",
    "norton",
    "mcafee",
    "trellix",
    "trend micro",
    "kaspersky",
    "eset ",
    "sophos",
    "crowdstrike",
    "sentinelone",
    "sentinel agent",
    "bitdefender",
    "avast",
    "avg ",
    "avira",
    "carbon black",
    "cylance",
    "f-secure",
    "withsecure",
    "panda ",
    "malwarebytes",
    "360安全",
    "360 total security",
    "360杀毒",
    "huorong",
    "火绒",
    "rising",
    "瑞星",
    "qihoo",
    "safedog",
    "安全狗",
    "亚信",
    "奇安信",
    "深信服",
    "cortex xdr",
    "check point endpoint",
    "webroot",
    "comodo",
];

/// Where installed programs are listed, those of 32 bits apart.
const LISTS: [&str; 2] =
    [r"Microsoft\Windows\CurrentVersion\Uninstall", r"Wow6432Node\Microsoft\Windows\CurrentVersion\Uninstall"];

/// The agents.
pub(super) fn agents(services: &Services<'_>) -> BTreeMap<String, Known<WindowsService>> {
    let agent = |(name, keys): &(&str, &[&str])| ((*name).to_owned(), services.first(keys).known());
    AGENTS.iter().map(agent).collect()
}

/// Programs of some kinds among those installed.
pub(super) struct Programs {
    /// Tools of hypervisors and clouds.
    pub(super) tools: Known<Vec<Claim<String>>>,
    /// Security programs.
    pub(super) security: Known<Vec<Claim<String>>>,
}

/// Looks through the lists of programs.
pub(super) fn examine(registry: &Registry) -> Programs {
    match names(registry) {
        Ok(names) => Programs { tools: of(&names, TOOLS), security: of(&names, SECURITY) },
        Err(gap) => Programs { tools: Err(gap.clone()).known(), security: Err(gap).known() },
    }
}

fn of(names: &[Claim<String>], words: &[&str]) -> Known<Vec<Claim<String>>> {
    let ours = |claim: &&Claim<String>| {
        let name = claim.value.to_lowercase() + " ";
        words.iter().any(|word| name.contains(word))
    };
    non_empty(names.iter().filter(ours).cloned().collect())
}

fn names(registry: &Registry) -> Look<Vec<Claim<String>>> {
    let mut names = Vec::new();
    for list in LISTS {
        let Some(list) = registry.software(list).optional()? else { continue };
        for program in list.keys()? {
            names.extend(program.text("DisplayName").optional()?);
        }
    }
    Ok(names)
}
