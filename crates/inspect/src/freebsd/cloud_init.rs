//! cloud-init, as the packages `net/cloud-init*` install it: below `/usr/local`, started by `cloudinit_enable`.

use super::conf::{self, Conf};
use crate::look::{Gap, Look, Outcome as _, first};
use crate::tree::{File, Tree};
use facts::{Claim, CloudInit, Known};

/// Configuration files that are read.
const MAX_FILES: usize = 128;

/// Its state. Absent: not installed.
pub(super) fn examine(tree: &Tree<'_>, rc: &Look<Conf>) -> Look<CloudInit> {
    let places = ["/usr/local/bin/cloud-init", "/usr/local/etc/cloud/cloud.cfg", "/usr/local/etc/rc.d/cloudinit"];
    let program = first(places, |path| tree.find(path).map(|_| tree.evidence(path)))?;
    let mut found = CloudInit { evidence: vec![program], version: version(tree).known(), ..CloudInit::default() };
    match conf::enabled(rc, "cloudinit", "cloudinit_enable") {
        Ok((on, evidence)) => {
            found.enabled = Known::Is(on);
            if on { found.evidence.extend(evidence) } else { found.disabled_by.extend(evidence) }
        }
        Err(gap) => found.enabled = Err(gap).known(),
    }
    found.datasources = datasources(tree).known();
    Ok(found)
}

/// The last `datasource_list` in the order in which the files are read.
fn datasources(tree: &Tree<'_>) -> Look<Claim<Vec<String>>> {
    let directory = "/usr/local/etc/cloud/cloud.cfg.d";
    let names = tree.names(directory)?.into_iter().filter(|name| name.ends_with(".cfg")).take(MAX_FILES);
    let mut paths = vec!["/usr/local/etc/cloud/cloud.cfg".to_owned()];
    paths.extend(names.map(|name| format!("{directory}/{name}")));
    first(paths.into_iter().rev(), |path| list(tree.read(&path)?))
}

fn list(file: File) -> Look<Claim<Vec<String>>> {
    let keys = match syntax::yaml::parse(&file.bytes) {
        Ok(keys) => keys,
        Err(why) if String::from_utf8_lossy(&file.bytes).contains("datasource_list") => {
            return Err(Gap::unknown(format!("{}: {why}", file.evidence)));
        }
        Err(_) => return Err(Gap::Absent),
    };
    let node = keys.get("datasource_list").ok_or(Gap::Absent)?;
    let names = node.items().into_iter().filter_map(|item| item.text()).map(str::to_owned).collect();
    Ok(Claim::new(names, file.evidence.at_line(node.line)))
}

/// By the Python package.
fn version(tree: &Tree<'_>) -> Look<Claim<String>> {
    let pythons = tree.names("/usr/local/lib")?.into_iter().filter(|name| name.starts_with("python"));
    first(pythons.take(MAX_FILES), |python| {
        let directory = format!("/usr/local/lib/{python}/site-packages");
        let names = tree.names(&directory)?;
        let package = names.iter().find_map(|name| Some((name, name.strip_prefix("cloud_init-")?)));
        let (name, rest) = package.ok_or(Gap::Absent)?;
        let version = rest.split('-').next().unwrap_or(rest);
        let version = version.trim_end_matches(".egg").trim_end_matches(".dist");
        Ok(Claim::new(version.trim_end_matches(".info").to_owned(), tree.evidence(&format!("{directory}/{name}"))))
    })
}
