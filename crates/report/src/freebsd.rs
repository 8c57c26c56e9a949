//! What a person asks first of a FreeBSD guest.

use crate::head::say;
use crate::inspect::{cloud_init, enabled, firewalls, fstab, interfaces, title, unknown};
use crate::page::{Page, cut, place};
use facts::{BsdModule, BsdPresence, Claim, FreeBsd, Known, RootLogin};

/// Version, drivers, loader, configuration.
pub(crate) fn rows(page: &mut Page<'_>, own: &FreeBsd) {
    title(page, "Kernel");
    let text = |claim: &Claim<String>| cut(&claim.value);
    let config = own.kernel_config.value().map_or(String::new(), |claim| format!(", {}", text(claim)));
    page.row("version", &format!("{}{config}", say(&own.kernel, text, "no kernel")));
    drivers(page, own);
    title(page, "Loader");
    loader(page, own);
    title(page, "Configuration");
    fstab(page, &own.fstab);
    interfaces(page, &own.interfaces);
    page.row("DHCP client", &say(&own.dhcp_client, |path| cut(path), "none"));
    page.row("router", &say(&own.default_router, text, "not set"));
    page.row("cloud-init", &cloud_init(&own.cloud_init));
    page.row("sshd", &say(&own.sshd, |found| enabled(&found.enabled), "not installed"));
    page.row("root", &say(&own.root_login, root_login, "no account"));
    page.row("firewall", &firewalls(&own.firewalls));
    let terminal = |terminal: &facts::BsdTerminal| {
        format!("{}{}", cut(&terminal.name), if terminal.conditional { " (where it is the console)" } else { "" })
    };
    let terminals = say(&own.terminals, |all| all.iter().map(terminal).collect::<Vec<_>>().join(", "), "none");
    page.row("login on", &terminals);
    let grows = |claim: &Claim<bool>| if claim.value { "at the first boot".into() } else { "not".into() };
    page.row("root grows", &say(&own.growfs, grows, "not"));
    page.row("init", &say(&own.init, |name| cut(name), "none"));
}

fn drivers(page: &mut Page<'_>, own: &FreeBsd) {
    for (presence, words) in [
        (BsdPresence::BuiltIn, "built in"),
        (BsdPresence::Loader, "by the loader"),
        (BsdPresence::Late, "too late"),
        (BsdPresence::Disk, "only on disk"),
    ] {
        let there = |found: &Known<facts::BsdDriver>| found.value().is_some_and(|driver| driver.presence == presence);
        names(page, words, own, there);
    }
    names(page, "missing", own, Known::is_absent);
    unknown(page, &own.drivers);
}

fn names(page: &mut Page<'_>, words: &str, own: &FreeBsd, which: impl Fn(&Known<facts::BsdDriver>) -> bool) {
    let names: Vec<_> = own.drivers.iter().filter(|(_, found)| which(found)).map(|(name, _)| name.as_str()).collect();
    if !names.is_empty() {
        page.row(words, &names.join(", "));
    }
}

fn loader(page: &mut Page<'_>, own: &FreeBsd) {
    let loader = &own.loader;
    let text = |claim: &Claim<String>| cut(&claim.value);
    match &loader.files {
        Known::Is(files) => files.iter().for_each(|file| page.row("file", &place(file))),
        other => page.row("file", &say(other, |_| String::new(), "none")),
    }
    let modules = |modules: &Vec<BsdModule>| modules.iter().map(module).collect::<Vec<_>>().join(", ");
    page.row("modules", &say(&loader.modules, modules, "none"));
    page.row("console", &say(&loader.console, |claim| cut(&claim.value.join(", ")), "not set"));
    if !loader.boot_flags.is_absent() {
        page.row("boot flags", &say(&loader.boot_flags, text, ""));
    }
    page.row("waits", &say(&loader.autoboot_delay, text, "not set: 10 s"));
    let root = |claim: &Claim<facts::DeviceSpec>| {
        let volume = say(&claim.value.volume, ToString::to_string, "nothing on this disk");
        format!("{} is {volume}", cut(&claim.value.text))
    };
    page.row("mounts as /", &say(&own.root_device, root, "nothing says what"));
}

fn module(module: &BsdModule) -> String {
    let file = match &module.file {
        Known::Is(_) => "",
        Known::Absent => " (no such file)",
        Known::Unknown(_) => " (file unknown)",
    };
    format!("{}{file}", cut(&module.name))
}

fn root_login(login: &RootLogin) -> String {
    let password = match (&login.locked, &login.empty_password) {
        (_, Known::Is(true)) => "an empty password",
        (Known::Is(true), _) => "no password",
        (Known::Is(false), _) => "a password",
        _ => "unknown password",
    };
    format!("{}, {password}", cut(&login.shell))
}
