//! GRUB's commands, as far as they decide what is booted.

use std::rc::Rc;

use super::condition::{self, Files};
use super::evaluator::{Evaluator, Flow};
use super::parser::Block;
use super::{MAX_VALUE, Search, SearchBy, search};
use crate::grubenv;

/// What a question to the host counts against the bound on bytes.
const COST_OF_ASKING: usize = 1024;

/// Commands without influence on which Linux is booted; they succeed.
const WITHOUT_EFFECT: &str = "acpi authenticate background_color background_image badram btrfs-mount-subvol \
    chainloader clear cls cpuid cryptomount cutmem devicetree distrust drivemap echo fakebios gettext gptsync hashsum \
    help hwmatch insmod keymap list_env list_trusted loadbios loadfont ls lsefi lsmmap lsmod lspci module module2 \
    multiboot multiboot2 nativedisk net_add_addr net_bootp normal_exit ntldr parttool password password_pbkdf2 play \
    read rmmod save_env sendkey serial setpci sleep terminal terminal_input terminal_output terminfo true trust \
    verify_detached videoinfo videotest xen_hypervisor xen_module zfs-bootfs";

impl Evaluator<'_> {
    /// Runs one command with its expanded arguments.
    pub(super) fn call(&mut self, name: &str, arguments: &[String], block: Option<&Rc<Block>>) -> Flow {
        let first = arguments.first().map_or("", String::as_str);
        match name {
            "menuentry" | "submenu" => self.add_entry(name == "submenu", arguments, block),
            "linux" | "linux16" | "linuxefi" | "linux_relative" => self.linux(arguments),
            "initrd" | "initrd16" | "initrdefi" | "initrd_relative" => self.initrd(arguments),
            "blscfg" => self.blscfg(first),
            "boot" => return self.boot(),
            "[" => {
                let words = arguments.strip_suffix(&["]".to_string()]).unwrap_or(arguments);
                self.status = condition::holds(words, self);
            }
            "test" => self.status = condition::holds(arguments, self),
            "false" | "keystatus" | "fwsetup" => self.status = false,
            "set" => first.split_once('=').into_iter().for_each(|(name, value)| self.assign(name, value)),
            "unset" => self.scopes.set(first, None),
            "export" => arguments.iter().for_each(|name| self.scopes.export(name)),
            "increment" => self.add(first, 1),
            "decrement" => self.add(first, -1),
            "load_env" => self.load_env(arguments),
            "search" | "search.fs_uuid" | "search.fs_label" | "search.file" => self.search(name, arguments),
            "source" | "." => return self.source(first),
            "configfile" | "normal" => return self.configfile(first),
            "shift" => {
                let count = first.parse().unwrap_or(1);
                self.arguments.last_mut().into_iter().for_each(|list| drop(list.drain(..count.min(list.len()))));
            }
            "setparams" => self.arguments.last_mut().into_iter().for_each(|list| *list = arguments.to_vec()),
            "break" => return Flow::Break,
            "continue" => return Flow::Continue,
            "return" => {
                self.status = matches!(first, "" | "0");
                return Flow::Return;
            }
            "exit" | "halt" | "reboot" => return Flow::Stop,
            _ if WITHOUT_EFFECT.split(' ').any(|command| command == name) => {}
            _ => return self.other(name, arguments),
        }
        Flow::Next
    }

    /// A function, or `name=value`, or a command that is not known.
    fn other(&mut self, name: &str, arguments: &[String]) -> Flow {
        if let Some(flow) = self.function(name, arguments) {
            return flow;
        }
        match name.split_once('=') {
            Some((variable, value)) if !variable.is_empty() => self.assign(variable, value),
            _ => {
                self.status = false;
                self.problem(format!("`{name}` is no command that is known here: taken as failed"));
            }
        }
        Flow::Next
    }

    pub(super) fn assign(&mut self, name: &str, value: &str) {
        if value.len() > MAX_VALUE {
            return self.problem(format!("the value for `{name}` is longer than 64 KiB and is not taken"));
        }
        if name == "default" && !self.concluded {
            self.menu.default_place = Some(self.place());
        }
        if name == "root" {
            let bare = value.strip_prefix('(').and_then(|rest| rest.strip_suffix(')'));
            return self.scopes.set(name, Some(bare.unwrap_or(value).to_string()));
        }
        self.scopes.set(name, Some(value.to_string()));
    }

    fn add(&mut self, name: &str, step: i64) {
        let value: i64 = self.scopes.get(name).and_then(|value| value.parse().ok()).unwrap_or(0);
        self.assign(name, &value.saturating_add(step).to_string());
    }

    /// Device and path on it of a path as GRUB takes it: `(device)/path`, or `/path` on `$root`.
    pub(super) fn locate(&self, path: &str) -> Option<(String, String)> {
        let (device, path) = match path.strip_prefix('(') {
            Some(inner) => inner.split_once(')')?,
            None => (self.scopes.get("root").unwrap_or(""), path),
        };
        path.starts_with('/').then(|| (device.to_string(), path.to_string()))
    }

    fn read(&mut self, path: &str) -> Option<(String, Vec<u8>)> {
        let (device, path) = self.locate(path)?;
        let found = self.spend(COST_OF_ASKING).then(|| self.host.read(&device, &path))?;
        found.inspect(|(name, _)| {
            if !self.menu.files.contains(name) {
                self.menu.files.push(name.clone());
            }
        })
    }

    fn load_env(&mut self, arguments: &[String]) {
        let mut file = format!("{}/grubenv", self.scopes.get("prefix").unwrap_or(""));
        let mut names = Vec::new();
        let mut rest = arguments.iter();
        while let Some(argument) = rest.next() {
            match (argument.as_str(), argument.strip_prefix("--file=")) {
                (_, Some(path)) => file = path.to_string(),
                ("-f" | "--file", _) => file = rest.next().cloned().unwrap_or_default(),
                (option, _) if option.starts_with('-') => {}
                _ => names.push(argument),
            }
        }
        let content = self.read(&file);
        let afforded = content.as_ref().is_some_and(|(_, bytes)| self.spend(bytes.len()));
        let variables = content.filter(|_| afforded).and_then(|(_, bytes)| grubenv::parse(&bytes));
        self.status = variables.is_some();
        for (name, value) in variables.into_iter().flatten() {
            if names.is_empty() || names.contains(&&name) {
                self.assign(&name, &value);
            }
        }
    }

    fn search(&mut self, name: &str, arguments: &[String]) {
        let Some(wanted) = search::read(name, arguments) else {
            self.status = false;
            return self.problem("`search` does not say what to look for");
        };
        if !self.spend(COST_OF_ASKING) {
            return;
        }
        let found = self.find(wanted.by, &wanted.what);
        self.status = found.is_some();
        if let (Some(variable), Some(device)) = (&wanted.variable, &found) {
            self.assign(variable, device);
        }
        let (place, entry) = (self.place(), self.entry_index);
        self.menu.searches.push(Search { by: wanted.by, what: wanted.what, found, place, entry });
    }

    /// Asks the host; a file may be named with its device already.
    fn find(&mut self, by: SearchBy, what: &str) -> Option<String> {
        match what.strip_prefix('(').filter(|_| by == SearchBy::File).and_then(|inner| inner.split_once(')')) {
            Some((device, path)) => self.host.exists(device, path).then(|| device.to_string()),
            None => self.host.search(by, what),
        }
    }

    fn source(&mut self, path: &str) -> Flow {
        match self.read(path) {
            Some((name, bytes)) => self.text(&bytes, &name),
            None => {
                self.status = false;
                self.problem(format!("`{path}` is not there"));
                Flow::Next
            }
        }
    }

    /// Goes on to another configuration. If that has a menu it is the one shown, and nothing more of this one is run.
    fn configfile(&mut self, path: &str) -> Flow {
        let in_prefix = || format!("{}/grub.cfg", self.scopes.get("prefix").unwrap_or(""));
        let path = if path.is_empty() { in_prefix() } else { path.to_string() };
        if self.concluded {
            self.problem(format!("the entry goes on to the menu of `{path}`, which is not followed"));
            return Flow::Next;
        }
        self.scopes.open(true);
        let items = std::mem::take(&mut self.items);
        self.scopes.set("config_file", Some(path.clone()));
        self.scopes.set("config_directory", path.rsplit_once('/').map(|(directory, _)| directory.to_string()));
        let flow = self.source(&path);
        if !self.items.is_empty() {
            self.conclude();
            return Flow::Stop;
        }
        self.scopes.close();
        self.items = items;
        flow
    }
}

impl Files for Evaluator<'_> {
    fn exists(&mut self, path: &str) -> bool {
        let place = self.locate(path).filter(|_| self.spend(COST_OF_ASKING));
        place.is_some_and(|(device, path)| self.host.exists(&device, &path))
    }
}
