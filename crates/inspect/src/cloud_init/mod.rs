//! cloud-init: whether it starts, and what it may do.
//!
//! Its configuration is `cloud.cfg` and then `cloud.cfg.d/*.cfg` by name; a later file replaces a key. Source:
//! cloud-init documentation, "Configuration sources"; tools/ds-identify.

pub(crate) mod version;

use crate::glob;
use crate::guest::Context;
use crate::look::{Gap, Look, Outcome as _, first};
use crate::services::Services;
use crate::tree::Tree;
use facts::{Claim, CloudInit, Evidence, Known};
use filesystem::FileKind;
use syntax::yaml::Node;

/// Its programs.
const PROGRAMS: &[&str] = &["/usr/bin/cloud-init", "/usr/local/bin/cloud-init"];

/// Units of which one must be wanted by something.
const UNITS: &[&str] =
    &["cloud-init.service", "cloud-init-network.service", "cloud-init-main.service", "cloud-init.target"];

/// What the platform links to its own settings at run time.
const VENDOR_FILE: &str = "/etc/cloud/cloud.cfg.d/aliyun_cloud.cfg";

/// Most configuration files that are read.
const MAX_FILES: usize = 128;

/// Lists of modules, one a stage.
const STAGES: &[&str] = &["cloud_init_modules", "cloud_config_modules", "cloud_final_modules"];

/// A configuration file.
struct Config {
    /// Its keys, or its text and why that could not be parsed.
    keys: Result<Node, (Vec<u8>, String)>,
    evidence: Evidence,
}

impl Config {
    /// The value of a key. What cannot be parsed has the key if the word is in it.
    fn get(&self, key: &str) -> Look<&Node> {
        match &self.keys {
            Ok(node) => node.get(key).ok_or(Gap::Absent),
            Err((text, why)) if text.windows(key.len()).any(|window| window == key.as_bytes()) => {
                Err(Gap::unknown(format!("{}: {why}", self.evidence)))
            }
            Err(_) => Err(Gap::Absent),
        }
    }
}

/// Its state. Absent: not installed.
pub(crate) fn examine(context: &Context<'_>, services: &Services<'_, '_>) -> Look<CloudInit> {
    let tree = context.tree();
    let program = first(PROGRAMS, |path| tree.find(path).map(|_| tree.evidence(path)))?;
    let mut cloud_init =
        CloudInit { evidence: vec![program], version: version::find(tree).known(), ..CloudInit::default() };
    match disabled_by(context, services) {
        Ok(by) if !by.is_empty() => {
            cloud_init.enabled = Known::Is(false);
            cloud_init.disabled_by = by;
        }
        Ok(_) => match services.starts(UNITS) {
            Ok(shown) => {
                cloud_init.enabled = Known::Is(shown.is_some());
                cloud_init.evidence.extend(shown);
            }
            Err(gap) => cloud_init.enabled = Err(gap).known(),
        },
        Err(gap) => cloud_init.enabled = Err(gap).known(),
    }
    let configs = configs(tree);
    cloud_init.datasources = value(&configs, "datasource_list", names).known();
    cloud_init.disable_root = value(&configs, "disable_root", Node::truth).known();
    cloud_init.ssh_pwauth = value(&configs, "ssh_pwauth", Node::truth).known();
    cloud_init.network_disabled = network_disabled(&configs).known();
    cloud_init.modules = modules(&configs).known();
    cloud_init.stale = stale(tree).known();
    cloud_init.vendor_file = vendor_file(tree).known();
    Ok(cloud_init)
}

fn disabled_by(context: &Context<'_>, services: &Services<'_, '_>) -> Look<Vec<Evidence>> {
    let tree = context.tree();
    let mut by = Vec::new();
    if tree.find("/etc/cloud/cloud-init.disabled").found()? {
        by.push(tree.evidence("/etc/cloud/cloud-init.disabled"));
    }
    if let Some(cmdline) = context.cmdline().optional()?
        && syntax::cmdline::last(cmdline, "cloud-init").as_deref() == Some("disabled")
    {
        by.push(Evidence::words("kernel command line: cloud-init=disabled"));
    }
    for unit in ["cloud-init.service", "cloud-init.target"] {
        if services.is_masked(unit)? {
            by.push(tree.evidence(&format!("/etc/systemd/system/{unit}")).saying("masked"));
        }
    }
    if let Some(file) = tree.read("/etc/cloud/ds-identify.cfg").optional()? {
        let text = String::from_utf8_lossy(&file.bytes).into_owned();
        let line = (1..)
            .zip(text.lines())
            .find(|(_, line)| line.trim_start().starts_with("policy:") && line.contains("disabled"));
        by.extend(line.map(|(number, line)| file.evidence.at_line(number).saying(line)));
    }
    Ok(by)
}

/// All configuration files in order.
fn configs(tree: &Tree<'_>) -> Look<Vec<Config>> {
    let mut paths = vec!["/etc/cloud/cloud.cfg".to_owned()];
    paths.extend(glob::expand(tree, "/etc/cloud/cloud.cfg.d/*.cfg")?);
    let mut configs = Vec::new();
    for path in paths.iter().take(MAX_FILES) {
        // A link that leads to nothing is how some images wait for their platform's settings.
        let Some(file) = tree.read(path).optional()? else { continue };
        let keys = syntax::yaml::parse(&file.bytes).map_err(|why| (file.bytes, why));
        configs.push(Config { keys, evidence: file.evidence });
    }
    Ok(configs)
}

/// The value of a key in the last file that has it.
fn value<T>(configs: &Look<Vec<Config>>, key: &str, read: impl Fn(&Node) -> Option<T>) -> Look<Claim<T>> {
    let configs = configs.as_ref().map_err(Gap::clone)?;
    let (node, evidence) = last(configs, key)?;
    let value = read(node).ok_or_else(|| Gap::unknown(format!("{key} is not of the kind that is expected")))?;
    Ok(Claim::new(value, evidence.clone().at_line(node.line).saying(format!("{key}: {}", shown(node)))))
}

/// A key in the last file that has it.
fn last<'c>(configs: &'c [Config], key: &str) -> Look<(&'c Node, &'c Evidence)> {
    for config in configs.iter().rev() {
        if let Some(node) = config.get(key).optional()? {
            return Ok((node, &config.evidence));
        }
    }
    Err(Gap::Absent)
}

fn shown(node: &Node) -> String {
    match names(node) {
        Some(names) if node.text().is_none() => format!("[{}]", names.join(", ")),
        _ => node.text().unwrap_or_default().to_owned(),
    }
}

/// The items of a list; of an item that is a list itself, as `[name, frequency]`, the first.
fn names(node: &Node) -> Option<Vec<String>> {
    let items = node.items();
    Some(items.iter().filter_map(|item| item.items().first()?.text().map(str::to_owned)).collect())
}

fn network_disabled(configs: &Look<Vec<Config>>) -> Look<Evidence> {
    let configs = configs.as_ref().map_err(Gap::clone)?;
    let (node, evidence) = last(configs, "network")?;
    let setting = node.get("config").filter(|setting| setting.text() == Some("disabled")).ok_or(Gap::Absent)?;
    Ok(evidence.clone().at_line(setting.line).saying("network: {config: disabled}"))
}

fn modules(configs: &Look<Vec<Config>>) -> Look<Vec<String>> {
    let mut all = Vec::new();
    for stage in STAGES {
        all.extend(value(configs, stage, names).optional()?.map(|claim| claim.value).unwrap_or_default());
    }
    if all.is_empty() { Err(Gap::Absent) } else { Ok(all) }
}

fn stale(tree: &Tree<'_>) -> Look<Evidence> {
    if tree.find_link("/var/lib/cloud/instance").found()? {
        return Ok(tree.evidence("/var/lib/cloud/instance"));
    }
    match tree.names("/var/lib/cloud/instances")?.first() {
        Some(name) => Ok(tree.evidence(&format!("/var/lib/cloud/instances/{name}"))),
        None => Err(Gap::Absent),
    }
}

fn vendor_file(tree: &Tree<'_>) -> Look<Evidence> {
    match tree.find_link(VENDOR_FILE)?.metadata.kind {
        FileKind::File => Ok(tree.evidence(VENDOR_FILE)),
        _ => Err(Gap::Absent),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::linux;

    const SYSTEMD: &[(&str, &str)] = &[
        ("/sbin/init", "-> ../lib/systemd/systemd"),
        ("/lib/systemd/systemd", ""),
        ("/etc/hosts", ""),
        ("/bin/sh", ""),
    ];

    fn cloud_init(files: &[(&str, &str)]) -> CloudInit {
        let files: Vec<_> = SYSTEMD.iter().chain([&("/usr/bin/cloud-init", "")]).chain(files).copied().collect();
        linux(&files).cloud_init.value().unwrap().clone()
    }

    #[test]
    fn the_last_file_decides() {
        let found = cloud_init(&[
            (
                "/etc/cloud/cloud.cfg",
                "disable_root: true\ndatasource_list: [NoCloud]\ncloud_init_modules:\n - growpart\n - [ssh, always]\n",
            ),
            ("/etc/cloud/cloud.cfg.d/90.cfg", "datasource_list: [ AliYun, None ]\n"),
            ("/etc/cloud/cloud.cfg.d/99-net.cfg", "network: {config: disabled}\n"),
            ("/etc/cloud/cloud.cfg.d/README", "disable_root: false\n"),
        ]);
        let sources = found.datasources.value().unwrap();
        assert_eq!(sources.value, ["AliYun", "None"]);
        assert_eq!(sources.evidence[0].path.as_deref(), Some("/etc/cloud/cloud.cfg.d/90.cfg"));
        assert!(found.disable_root.value().unwrap().value);
        assert_eq!(found.modules.value().unwrap(), &["growpart", "ssh"]);
        assert!(found.network_disabled.value().is_some());
        assert_eq!((found.ssh_pwauth, found.stale), (Known::Absent, Known::Absent));
        assert_eq!(found.vendor_file, Known::Absent);
    }

    #[test]
    fn a_plain_file_is_no_link_to_what_the_platform_hands_over() {
        let link = cloud_init(&[(VENDOR_FILE, "-> /sys/firmware/qemu_fw_cfg/by_name/x/raw")]);
        assert_eq!(link.vendor_file, Known::Absent);
        let plain = cloud_init(&[(VENDOR_FILE, "datasource_list: [ AliYun ]\n")]);
        assert_eq!(plain.vendor_file.value().unwrap().path.as_deref(), Some(VENDOR_FILE));
    }

    #[test]
    fn a_file_that_cannot_be_parsed_spoils_only_its_own_keys() {
        let found = cloud_init(&[
            ("/etc/cloud/cloud.cfg", "disable_root: false\nssh_pwauth: true\n"),
            ("/etc/cloud/cloud.cfg.d/50.cfg", "ssh_pwauth: [unclosed\n"),
        ]);
        assert!(!found.disable_root.value().unwrap().value);
        assert!(found.ssh_pwauth.reason().unwrap().why.contains("50.cfg"));
    }

    #[test]
    fn enabled_by_a_link_and_disabled_by_a_file() {
        let link = ("/etc/systemd/system/cloud-init.target.wants/cloud-init.service", "-> /lib/x");
        assert_eq!(cloud_init(&[link]).enabled, Known::Is(true));
        assert_eq!(cloud_init(&[]).enabled, Known::Is(false));
        let off = cloud_init(&[link, ("/etc/cloud/cloud-init.disabled", "")]);
        assert_eq!((off.enabled, off.disabled_by.len()), (Known::Is(false), 1));
        assert_eq!(
            cloud_init(&[link, ("/etc/systemd/system/cloud-init.service", "-> /dev/null")]).enabled,
            Known::Is(false)
        );
        assert!(linux(SYSTEMD).cloud_init.is_absent());
    }
}
