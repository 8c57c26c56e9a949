//! cloud-init: whether it starts, and what it may do.
//!
//! Its configuration is `cloud.cfg` and then `cloud.cfg.d/*.cfg` by name; a later file replaces a key. Source:
//! cloud-init documentation, "Configuration sources"; tools/ds-identify.

use crate::glob;
use crate::guest::Context;
use crate::look::{Gap, Look, Outcome as _, first};
use crate::services::Services;
use crate::tree::Tree;
use facts::{Claim, CloudInit, Evidence, Known};
use syntax::yaml::Node;

/// Its programs.
const PROGRAMS: &[&str] = &["/usr/bin/cloud-init", "/usr/local/bin/cloud-init"];

/// Units of which one must be wanted by something.
const UNITS: &[&str] =
    &["cloud-init.service", "cloud-init-network.service", "cloud-init-main.service", "cloud-init.target"];

/// Most configuration files that are read.
const MAX_FILES: usize = 128;

/// Lists of modules, one a stage.
const STAGES: &[&str] = &["cloud_init_modules", "cloud_config_modules", "cloud_final_modules"];

/// A configuration file, parsed.
struct Config {
    node: Node,
    evidence: Evidence,
}

/// Its state. Absent: not installed.
pub(crate) fn examine(context: &Context<'_>, services: &Services<'_, '_>) -> Look<CloudInit> {
    let tree = context.tree();
    let program = first(PROGRAMS, |path| tree.find(path).map(|_| tree.evidence(path)))?;
    let mut cloud_init = CloudInit { evidence: vec![program], version: version(tree).known(), ..CloudInit::default() };
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
        let node = syntax::yaml::parse(&file.bytes).map_err(|why| Gap::unknown(format!("{path}: {why}")))?;
        configs.push(Config { node, evidence: file.evidence });
    }
    Ok(configs)
}

/// The value of a key in the last file that has it.
fn value<T>(configs: &Look<Vec<Config>>, key: &str, read: impl Fn(&Node) -> Option<T>) -> Look<Claim<T>> {
    let configs = configs.as_ref().map_err(Gap::clone)?;
    let found = configs.iter().rev().find_map(|config| {
        let node = config.node.get(key)?;
        let value = read(node)?;
        Some(Claim::new(value, config.evidence.clone().at_line(node.line).saying(format!("{key}: {}", shown(node)))))
    });
    found.ok_or(Gap::Absent)
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
    let last = configs.iter().rev().find_map(|config| Some((config.node.get("network")?, &config.evidence)));
    let (node, evidence) = last.ok_or(Gap::Absent)?;
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

/// By the package database of Debian, else by the Python package.
fn version(tree: &Tree<'_>) -> Look<Claim<String>> {
    let packaged = tree.read_up_to("/var/lib/dpkg/status", 16 << 20).and_then(|file| {
        let (line, version) = dpkg_version(&String::from_utf8_lossy(&file.bytes), "cloud-init").ok_or(Gap::Absent)?;
        Ok(Claim::new(upstream(&version), file.evidence.at_line(line).saying(format!("Version: {version}"))))
    });
    match packaged {
        Err(Gap::Absent) => python_version(tree),
        other => other,
    }
}

/// Line and value of an installed package's version.
fn dpkg_version(status: &str, package: &str) -> Option<(u32, String)> {
    let header = format!("Package: {package}");
    let mut inside = false;
    let mut installed = false;
    for (number, line) in (1..).zip(status.lines()) {
        match line.split_once(": ") {
            _ if line.is_empty() => inside = false,
            _ if line == header => (inside, installed) = (true, true),
            Some(("Status", status)) if inside => installed = status.ends_with(" installed"),
            Some(("Version", version)) if inside && installed => return Some((number, version.to_owned())),
            _ => {}
        }
    }
    None
}

/// `1:22.4.2-1+deb12u1` is 22.4.2.
fn upstream(version: &str) -> String {
    let version = version.split_once(':').map_or(version, |(_, rest)| rest);
    version.split(['-', '~', '+']).next().unwrap_or(version).to_owned()
}

fn python_version(tree: &Tree<'_>) -> Look<Claim<String>> {
    let mut places =
        vec!["/usr/lib/python3/dist-packages".to_owned(), "/usr/local/lib/python3/dist-packages".to_owned()];
    for name in tree.names("/usr/lib")?.iter().filter(|name| name.starts_with("python")) {
        places.push(format!("/usr/lib/{name}/site-packages"));
        places.push(format!("/usr/lib/{name}/dist-packages"));
    }
    first(places, |place| {
        for name in tree.names(&place)? {
            let rest = name.strip_prefix("cloud_init-").or_else(|| name.strip_prefix("cloud-init-"));
            if let Some(version) = rest.and_then(|rest| rest.split(['-', '+']).next()) {
                let version = version.trim_end_matches(".egg").trim_end_matches(".dist");
                return Ok(Claim::new(version.to_owned(), tree.evidence(&format!("{place}/{name}"))));
            }
        }
        let file = tree.read(&format!("{place}/cloudinit/version.py"))?;
        let text = String::from_utf8_lossy(&file.bytes).into_owned();
        let found = (1..).zip(text.lines()).find_map(|(number, line)| {
            let value = line.strip_prefix("__VERSION__")?.split('"').nth(1)?;
            value.starts_with(|c: char| c.is_ascii_digit()).then(|| (number, value.to_owned()))
        });
        found.map(|(number, value)| Claim::new(value, file.evidence.at_line(number))).ok_or(Gap::Absent)
    })
    .map_err(|gap| if gap == Gap::Absent { Gap::unknown("no file says its version") } else { gap })
}

#[cfg(test)]
mod tests {
    use super::{dpkg_version, upstream};

    #[test]
    fn versions_of_packages() {
        let status = "Package: a\nStatus: install ok installed\nVersion: 1\n\nPackage: cloud-init\n\
                      Status: install ok installed\nVersion: 22.4.2-1+deb12u1\n";
        assert_eq!(dpkg_version(status, "cloud-init"), Some((7, "22.4.2-1+deb12u1".into())));
        let removed = status.replace("install ok installed", "deinstall ok config-files");
        assert_eq!(dpkg_version(&removed, "cloud-init"), None);
        assert_eq!(upstream("1:22.4.2-1+deb12u1"), "22.4.2");
        assert_eq!(upstream("23.1"), "23.1");
    }
}
