//! LNX-CLOUDINIT, LNX-CLOUDINIT-DS, LNX-CLOUDINIT-USER, and the modules of LNX-GROWPART: cloud.cfg and cloud.cfg.d.

use crate::edit::Edit;
use crate::parameters::Parameters;
use crate::proposal::{Assumed, Phase, Proposal};
use crate::shell;
use crate::work::{Work, line_of};
use facts::{Claim, CloudInit, Evidence, Known};

pub(super) fn propose(work: &mut Work<'_>) {
    let Known::Is(cloud_init) = &work.linux.cloud_init else { return };
    for place in &cloud_init.disabled_by {
        let proposal = enabled(work, place);
        work.proposals.extend(proposal);
    }
    let proposals = [starts(work, cloud_init), datasources(work, cloud_init), modules(work, cloud_init)];
    work.proposals.extend(proposals.into_iter().flatten());
    for (setting, line) in
        [(&cloud_init.disable_root, "disable_root: false"), (&cloud_init.ssh_pwauth, "ssh_pwauth: true")]
    {
        let proposal = setting.value().and_then(|setting| user(work, setting, line));
        work.proposals.extend(proposal);
    }
}

/// Takes away one thing that turns it off.
fn enabled(work: &Work<'_>, place: &Evidence) -> Option<Proposal> {
    work.failed("LNX-CLOUDINIT").then_some(())?;
    let proposal = |what: &str| Proposal::new("LNX-CLOUDINIT", what);
    let Some(path) = place.path.as_deref() else {
        return Parameters::remove("cloud-init=disabled")
            .propose(work, proposal("the kernel command line does not turn cloud-init off"));
    };
    if place.text.as_deref() == Some("masked") {
        let unit = path.rsplit('/').next().unwrap_or(path);
        let assumed = Assumed::Gone(path.into());
        let command = format!("systemctl unmask {}", shell::word(unit));
        return Some(proposal("cloud-init is not masked").also_run(Phase::Services, [command]).assume(assumed));
    }
    Some(match line_of(place) {
        Some(line) => proposal(&format!("{path} does not turn cloud-init off")).edit(path, [Edit::comment(line)]),
        None => proposal(&format!("{path}, which turns cloud-init off, is removed")).remove(path),
    })
}

/// Starts it at boot.
fn starts(work: &Work<'_>, cloud_init: &CloudInit) -> Option<Proposal> {
    let off = cloud_init.enabled.value() == Some(&false) && cloud_init.disabled_by.is_empty();
    (off && work.failed("LNX-CLOUDINIT")).then_some(())?;
    let all =
        ["cloud-init-local", "cloud-init-main", "cloud-init-network", "cloud-init", "cloud-config", "cloud-final"];
    let is_there = |name: &&str| {
        let unit = |directory: &str| work.files.has(&format!("{directory}/systemd/system/{name}.service")) == Ok(true);
        unit("/usr/lib") || unit("/lib") || unit("/etc")
    };
    let there: Vec<&str> = all.into_iter().filter(is_there).collect();
    let names =
        if there.is_empty() { vec!["cloud-init-local", "cloud-init", "cloud-config", "cloud-final"] } else { there };
    let commands = super::services::enable(work, &names);
    Some(Proposal::new("LNX-CLOUDINIT", "cloud-init starts at boot").run(Phase::Services, commands))
}

/// The data source of ECS in place of the list.
fn datasources(work: &Work<'_>, cloud_init: &CloudInit) -> Option<Proposal> {
    work.failed("LNX-CLOUDINIT-DS").then_some(())?;
    let place = cloud_init.datasources.value()?.evidence.first()?;
    let path = place.path.as_deref()?;
    let edits = value(work, path, line_of(place)?, "datasource_list", "datasource_list: [ AliYun ]")?;
    Some(Proposal::new("LNX-CLOUDINIT-DS", format!("{path}: cloud-init asks the data source of ECS")).edit(path, edits))
}

/// A setting that keeps root out.
fn user(work: &Work<'_>, setting: &Claim<bool>, line: &'static str) -> Option<Proposal> {
    let (key, value) = line.split_once(": ")?;
    let wrong = setting.value != (value == "true");
    let place = setting.evidence.first().filter(|_| wrong && work.failed("LNX-CLOUDINIT-USER"))?;
    let path = place.path.as_deref()?;
    let edits = self::value(work, path, line_of(place)?, key, line)?;
    Some(Proposal::new("LNX-CLOUDINIT-USER", format!("{path}: {line}")).edit(path, edits))
}

/// Another value for a key at the top of a file; what belonged to the old one goes. The value is said to be at `line`.
fn value(work: &Work<'_>, path: &str, line: usize, key: &str, new: &str) -> Option<Vec<Edit>> {
    let lines = work.lines(path);
    let of_key = |text: &str| text.strip_prefix(key).is_some_and(|rest| rest.trim_start().starts_with(':'));
    let (head, text) = lines.iter().take(line).rev().find(|(_, text)| of_key(text))?;
    let after = text.split_once(':').map_or("", |(_, after)| after).split('#').next().unwrap_or_default().trim();
    let mut edits = vec![Edit::replace(*head, new)];
    let below = lines.iter().skip(*head);
    if after.is_empty() {
        let belongs = |text: &str| text.starts_with([' ', '-']) || text.trim().is_empty();
        let below = below.take_while(|(_, text)| belongs(text)).filter(|(_, text)| !text.trim().is_empty());
        edits.extend(below.map(|(number, _)| Edit::Delete(*number)));
    } else if after.starts_with('[') && !after.ends_with(']') {
        let last = below.clone().find(|(_, text)| text.contains(']'))?.0;
        edits.extend((head + 1..=last).map(Edit::Delete));
    }
    Some(edits)
}

/// growpart among the modules that it runs.
fn modules(work: &Work<'_>, cloud_init: &CloudInit) -> Option<Proposal> {
    let path = "/etc/cloud/cloud.cfg";
    let listed = cloud_init.modules.value()?;
    (work.failed("LNX-GROWPART") && !listed.iter().any(|module| module == "growpart")).then_some(())?;
    let lines = work.lines(path);
    let (head, _) = lines.iter().find(|(_, text)| text.trim_end() == "cloud_init_modules:")?;
    let first = lines.iter().skip(*head).map(|(_, text)| text).find(|text| text.trim_start().starts_with("- "))?;
    let indent = &first[..first.len() - first.trim_start().len()];
    let edits = ["growpart", "resizefs"].map(|module| Edit::Insert(*head, format!("{indent}- {module}")));
    Some(Proposal::new("LNX-GROWPART", format!("{path}: cloud-init grows the root")).edit(path, edits))
}
