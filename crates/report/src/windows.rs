//! What a person asks first of a Windows guest.

use crate::head::say;
use crate::inspect::title;
use crate::page::{Page, counted, cut, place};
use facts::{
    Account, Adapter, BcdEntry, BootStore, Claim, Content, Evidence, Facts, Firmware, Guest, HiveState, Known,
    ProductType, Program, ServiceStart, Setup, Windows, WindowsDriver, WindowsFirewall, WindowsService,
};

/// Drivers that ECS needs; the others are told where they are there.
const NEEDED: &[&str] = &["viostor", "vioscsi", "netkvm", "stornvme"];

/// Which Windows, what starts it, its drivers, its state, how it is reached.
pub(crate) fn rows(page: &mut Page<'_>, facts: &Facts, guest: &Guest, windows: &Windows) {
    title(page, "Windows");
    version(page, windows);
    stores(page, windows);
    title(page, "Drivers");
    drivers(page, windows);
    title(page, "State");
    state(page, facts, guest, windows);
    title(page, "Configuration");
    access(page, windows);
    agents(page, windows);
}

fn version(page: &mut Page<'_>, windows: &Windows) {
    let version = &windows.version;
    let text = |claim: &Claim<String>| cut(&claim.value);
    let kind = say(
        &version.product_type,
        |claim| match claim.value {
            ProductType::Client => "client".into(),
            ProductType::Server => "server".into(),
            ProductType::DomainController => "domain controller".into(),
        },
        "type not set",
    );
    let mut edition = vec![say(&version.edition, text, "no edition is named"), kind];
    edition.extend(version.installation.value().map(text));
    if version.evaluation.value() == Some(&true) {
        edition.push("evaluation: it expires".into());
    }
    page.row("edition", &edition.join(", "));
    let build = say(&version.build, |claim| claim.value.to_string(), "not set");
    let revision = version.revision.value().map_or(String::new(), |claim| format!(".{}", claim.value));
    let release = version.release.value().map_or(String::new(), |claim| format!(", release {}", cut(&claim.value)));
    page.row("build", &format!("{build}{revision}{release}"));
    page.row("service pack", &say(&version.service_pack, text, "none"));
    let control = say(&windows.control_set, text, "no control set");
    page.row("directory", &format!("{}, {control}", cut(&windows.system_root)));
    hives(page, windows);
}

/// Hives that do not say all; that they are there goes without saying.
fn hives(page: &mut Page<'_>, windows: &Windows) {
    for (name, hive) in &windows.hives {
        let text = match hive {
            Known::Is(hive) if !hive.damage.is_empty() => format!("damaged: {}", places(&hive.damage)),
            Known::Is(hive) => match hive.state {
                HiveState::Clean => continue,
                HiveState::Recovered => "left half written; its logs make up for that".into(),
                HiveState::Dirty => "left half written, and nothing makes up for that".into(),
            },
            Known::Absent => "not there".into(),
            Known::Unknown(reason) => format!("unknown ({})", reason.why),
        };
        page.row("hive", &format!("{name}: {text}"));
    }
}

/// What starts it, and whether that is on this disk.
fn stores(page: &mut Page<'_>, windows: &Windows) {
    match &windows.boot_stores {
        Known::Is(stores) => stores.iter().for_each(|store| self::store(page, store)),
        Known::Absent if windows.boot_ini.value().is_some() => {}
        other => page.row("boot store", &say(other, |_| String::new(), "none")),
    }
    let Known::Is(ini) = &windows.boot_ini else { return };
    page.row("boot.ini", &place(&ini.evidence));
    let entry = ini.default.value().and_then(|&index| ini.entries.get(index));
    let found = say(&ini.default, |_| String::new(), "none starts by itself");
    let words = entry
        .map_or(found, |entry| format!("{}: {} is {}", cut(&entry.title), cut(&entry.path), on_disk(&entry.volume)));
    page.row("starts", &words);
}

fn store(page: &mut Page<'_>, store: &BootStore) {
    let firmware = match store.firmware {
        Firmware::Bios => "BIOS",
        Firmware::Uefi => "UEFI",
    };
    let dirty = if store.state == HiveState::Dirty { ", left half written" } else { "" };
    page.row("boot store", &format!("for {firmware}, {}{dirty}", place(&store.evidence)));
    if !store.damage.is_empty() {
        page.row("damage", &places(&store.damage));
    }
    let nothing = || say(&store.default, |_| String::new(), "nothing by itself");
    page.row("starts", &store.default_entry().map_or_else(nothing, entry));
}

fn entry(entry: &BcdEntry) -> String {
    let title = say(&entry.title, |title| cut(title), "an entry without a title");
    let path = say(&entry.path, |path| cut(path), "no loader");
    let device = |device: &Known<facts::BcdDevice>| match device {
        Known::Is(device) if device.volume.is_absent() => {
            format!("{} ({})", on_disk(&device.volume), cut(device.evidence.text.as_deref().unwrap_or_default()))
        }
        Known::Is(device) => on_disk(&device.volume),
        other => say(other, |_| String::new(), "no device"),
    };
    format!("{title}: {path} on {}, Windows on {}", device(&entry.device), device(&entry.os_device))
}

fn on_disk(volume: &Known<facts::VolumeId>) -> String {
    say(volume, ToString::to_string, "nothing on this disk")
}

fn drivers(page: &mut Page<'_>, windows: &Windows) {
    for (name, driver) in &windows.drivers {
        if !driver.is_absent() || NEEDED.contains(&name.as_str()) {
            page.row(name, &say(driver, self::driver, "not installed"));
        }
    }
    let filters = windows.class_filters.value().into_iter().flatten();
    for filter in filters.filter(|filter| filter.service.is_absent()) {
        let text = format!("{} of {}, which is not there: they will not start", cut(&filter.driver), filter.class_name);
        page.row("filter", &text);
    }
    let names = |services: &Vec<WindowsService>| join(services.iter().map(|service| cut(&service.name)));
    page.row("foreign", &say(&windows.foreign_drivers, names, "no drivers of other hypervisors"));
    if let Known::Is(hiding) = &windows.xen_hiding {
        page.row("hidden", &format!("Xen hides {}", join(hiding.devices.iter().map(|device| cut(device)))));
    }
    if let Known::Is(by) = &windows.device_installation_disabled {
        page.row("new devices", &format!("forbidden: {}", places(by)));
    }
}

/// How far it is fit, its file, and what is wrong.
fn driver(driver: &WindowsDriver) -> String {
    let version = |file: &Program| file.version.value().map(|parts| parts.map(|part| part.to_string()).join("."));
    let version = driver.service.file.value().and_then(version).map_or(String::new(), |version| format!(", {version}"));
    let problems = match driver.problems.as_slice() {
        [] => String::new(),
        problems => format!(": {}", join(problems.iter().map(|one| cut(one.text.as_deref().unwrap_or_default())))),
    };
    format!("{}{version}, {}{problems}", say(&driver.readiness, ToString::to_string, ""), start(&driver.service))
}

fn start(service: &WindowsService) -> String {
    let words = |start: &ServiceStart| match start {
        ServiceStart::Boot => "starts with the loader".into(),
        ServiceStart::System => "starts with the kernel".into(),
        ServiceStart::Auto => "starts by itself".into(),
        ServiceStart::Demand => "starts on demand".into(),
        ServiceStart::Disabled => "disabled".into(),
    };
    say(&service.start, words, "no start is set")
}

fn state(page: &mut Page<'_>, facts: &Facts, guest: &Guest, windows: &Windows) {
    page.row("hibernated", &say(&windows.hibernated, |found| format!("yes: {}", place(found)), "no"));
    page.row("fast startup", &say(&windows.fast_startup, on, "not set"));
    let locked = facts.volumes.iter().filter(
        |volume| matches!(volume.content.value(), Some(Content::Encrypted { by, .. }) if by.starts_with("bitlocker")),
    );
    let locked: Vec<_> = locked.map(|volume| volume.id.to_string()).collect();
    page.row("BitLocker", &if locked.is_empty() { "no volume".into() } else { locked.join(", ") });
    let clean = facts.volume(&guest.root).and_then(|volume| volume.filesystem()).map(|filesystem| &filesystem.clean);
    let words = |clean: &bool| if *clean { "clean".into() } else { "dirty: chkdsk runs at the next start".into() };
    page.row("filesystem", &clean.map_or("unknown".into(), |clean| say(clean, words, "does not say")));
    let names = |updates: &Vec<facts::PendingUpdate>| join(updates.iter().map(|update| cut(&update.name)));
    page.row("pending", &say(&windows.pending_updates, names, "no updates"));
    page.row("setup", &setup(&windows.setup));
}

fn setup(setup: &Setup) -> String {
    let mut words = vec![say(&setup.image_state, |claim| cut(&claim.value), "no image state")];
    for (text, flag) in
        [("setup is in progress", &setup.in_progress), ("the first start is in progress", &setup.oobe_in_progress)]
    {
        words.extend(flag.value().filter(|claim| claim.value).map(|_| text.to_owned()));
    }
    words.extend(setup.command.value().map(|claim| format!("runs {}", cut(&claim.value))));
    words.push(say(
        &setup.generalized,
        |done| if *done { "generalized by sysprep".into() } else { "not generalized".into() },
        "not generalized",
    ));
    words.join(", ")
}

fn on(claim: &Claim<bool>) -> String {
    if claim.value { "on".into() } else { "off".into() }
}

fn access(page: &mut Page<'_>, windows: &Windows) {
    let desktop = &windows.remote_desktop;
    let port = say(&desktop.port, |claim| claim.value.to_string(), "3389");
    let service = match &desktop.service {
        Known::Is(claim) if claim.value => String::new(),
        other => format!(", service {}", say(other, |_| "disabled".into(), "not there")),
    };
    let allowed = say(&desktop.allowed, on, "off");
    page.row("RDP", &format!("{allowed}, port {port}{service}"));
    page.row("firewall", &firewall(&windows.firewall));
    match &windows.adapters {
        Known::Is(adapters) => adapters.iter().for_each(|one| page.row("network", &adapter(one))),
        other => page.row("network", &say(other, |_| String::new(), "no adapter is configured")),
    }
    page.row("admin", &say(&windows.administrator, account, "no built-in administrator"));
    page.row(
        "clock",
        &say(&windows.rtc_utc, |utc| if utc.value { "UTC".into() } else { "local time".into() }, "local time"),
    );
    let letter = |letter: &facts::DriveLetter| format!("{} {}", cut(&letter.name), on_disk(&letter.volume));
    page.row("drives", &say(&windows.drive_letters, |all| join(all.iter().map(letter)), "no letters"));
}

fn firewall(firewall: &WindowsFirewall) -> String {
    let profiles = [("domain", &firewall.domain), ("private", &firewall.private), ("public", &firewall.public)];
    let profiles = join(profiles.iter().map(|(name, state)| format!("{name} {}", say(state, on, "not set"))));
    let rules = |rules: &Vec<facts::FirewallRule>| {
        let allow = rules.iter().filter(|rule| rule.allows).count();
        let block = match rules.len() - allow {
            0 => String::new(),
            block => format!(", {block} against it"),
        };
        format!("{} for RDP{block}", counted(allow, "rule"))
    };
    format!("{profiles}; {}", say(&firewall.remote_desktop, rules, "no rule for RDP"))
}

fn adapter(adapter: &Adapter) -> String {
    let name = adapter.name.value().unwrap_or(&adapter.id);
    let way = match (&adapter.dhcp, &adapter.addresses) {
        (Known::Is(false), Known::Is(addresses)) => join(addresses.iter().map(|address| cut(address))),
        (Known::Unknown(reason), _) => format!("unknown ({})", reason.why),
        (Known::Is(true), _) => "DHCP".into(),
        (Known::Is(false) | Known::Absent, _) => "no DHCP, no address".into(),
    };
    let servers = adapter.name_servers.value().map(|all| join(all.iter().map(|server| cut(server))));
    format!("{}: {way}{}", cut(name), servers.map_or(String::new(), |servers| format!(", name servers {servers}")))
}

fn account(account: &Account) -> String {
    let state = say(&account.disabled, |off| if *off { "disabled".into() } else { "enabled".into() }, "enabled");
    format!("{}, {state}", say(&account.name, |name| cut(name), "no name"))
}

fn agents(page: &mut Page<'_>, windows: &Windows) {
    for (name, service) in &windows.agents {
        if !service.is_absent() {
            page.row("agent", &format!("{name}: {}", say(service, start, "")));
        }
    }
    let missing = windows.agents.iter().filter(|(_, service)| service.is_absent());
    let missing: Vec<_> = missing.map(|(name, _)| name.as_str()).collect();
    if !missing.is_empty() {
        page.row("no agent", &missing.join(", "));
    }
    let names = |claims: &Vec<Claim<String>>| join(claims.iter().map(|claim| cut(&claim.value)));
    page.row("foreign", &say(&windows.foreign_tools, names, "no tools of other hypervisors"));
    page.row("security", &say(&windows.security_programs, names, "no programs of others than Microsoft"));
    page.row("secrets", &say(&windows.secrets, |found| places(found), "none found"));
}

fn places(evidence: &[Evidence]) -> String {
    evidence.iter().map(place).collect::<Vec<_>>().join("; ")
}

fn join(words: impl Iterator<Item = String>) -> String {
    words.collect::<Vec<_>>().join(", ")
}
