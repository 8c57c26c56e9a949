//! Menu entries: what defines them, and the run of their blocks once the menu is complete.

use std::rc::Rc;

use super::evaluator::{Evaluator, Flow};
use super::menu::{Item, Node, Pending, Target, default_entry};
use super::parser::Block;
use super::{Entry, File};

/// Most lines of all menus.
const MAX_ENTRIES: usize = 10_000;

/// Deepest nesting of submenus.
const MAX_SUBMENUS: usize = 16;

/// Where `blscfg` looks unless `$blsdir` says: on a boot partition of its own, and on the root filesystem.
const BLS_DIRECTORIES: [&str; 2] = ["/loader/entries", "/boot/loader/entries"];

impl Evaluator<'_> {
    fn add_item(&mut self, item: Item) {
        if self.item_count == MAX_ENTRIES {
            return self.problem("the menu has more than 10000 entries: the rest is left out");
        }
        self.item_count += 1;
        self.items.push(item);
    }

    /// `menuentry` and `submenu`.
    pub(super) fn add_entry(&mut self, is_submenu: bool, arguments: &[String], block: Option<&Rc<Block>>) {
        let (mut id, mut unrestricted, mut parameters) = (None, false, Vec::new());
        let mut rest = arguments.iter();
        while let Some(argument) = rest.next() {
            match argument.split_once('=').unwrap_or((argument, "")) {
                ("--id", _) if argument == "--id" => id = rest.next().cloned(),
                ("--id", value) => id = Some(value.to_string()),
                ("--unrestricted", _) => unrestricted = true,
                ("--class" | "--users" | "--hotkey" | "--source", _) if !argument.contains('=') => drop(rest.next()),
                (option, _) if option.starts_with("--") => {}
                _ => parameters.push(argument.clone()),
            }
        }
        let title = parameters.first().cloned().unwrap_or_default();
        let body = block.cloned().unwrap_or_default();
        let place = self.place();
        if self.entry_index.is_none() {
            let pending = Pending { id, title, arguments: parameters, body, unrestricted, place, is_submenu };
            self.add_item(Item::Pending(pending));
        }
    }

    /// A path that a loader command names; options are none.
    fn loaded(&self, path: &str) -> File {
        let (device, path) = self.locate(path).unwrap_or_else(|| (String::new(), path.to_string()));
        File { device, path, place: self.place() }
    }

    pub(super) fn linux(&mut self, arguments: &[String]) {
        let arguments = arguments.strip_prefix(&["--".to_string()]).unwrap_or(arguments);
        let Some((path, parameters)) = arguments.split_first() else { return };
        let quoted = |word: &String| if word.contains(' ') { format!("\"{word}\"") } else { word.clone() };
        self.entry.kernel = Some(self.loaded(path));
        self.entry.initrds.clear();
        self.entry.cmdline = parameters.iter().map(quoted).collect::<Vec<_>>().join(" ");
    }

    pub(super) fn initrd(&mut self, arguments: &[String]) {
        let paths = arguments.iter().filter(|word| !word.starts_with("--"));
        // `newc:name:path` puts a file into the initrd under a name.
        let paths = paths.map(|path| {
            path.strip_prefix("newc:").and_then(|rest| rest.split_once(':')).map_or(path.as_str(), |(_, path)| path)
        });
        self.entry.initrds = paths.map(|path| self.loaded(path)).collect();
    }

    /// `boot` outside all entries: what was loaded is booted, no menu is shown.
    pub(super) fn boot(&mut self) -> Flow {
        if self.concluded || self.entry.kernel.is_none() {
            return Flow::Next;
        }
        let place = self.place();
        self.items = vec![Item::Ready(Entry { place, unrestricted: true, ..std::mem::take(&mut self.entry) })];
        self.scopes.set("default", Some("0".to_string()));
        self.conclude();
        Flow::Stop
    }

    /// Adds the entries that the host makes of the files in a directory: the one given, `$blsdir`, or the usual two.
    pub(super) fn blscfg(&mut self, directory: &str) {
        if self.concluded {
            return;
        }
        let variables = self.scopes.flattened();
        if !self.spend(variables.iter().map(|(name, value)| name.len() + value.len()).sum::<usize>() + 1024) {
            return;
        }
        let named = variables.get("blsdir").map(String::as_str).filter(|directory| !directory.is_empty());
        let named = Some(directory).filter(|path| path.starts_with(['/', '('])).or(named);
        let devices = ["root", "boot"].map(|name| variables.get(name).map_or("", String::as_str));
        let places =
            named.map_or(BLS_DIRECTORIES.to_vec(), |directory| vec![directory]).into_iter().flat_map(|path| match path
                .strip_prefix('(')
                .and_then(|inner| inner.split_once(')'))
            {
                Some((device, path)) => vec![(device, path)],
                None => devices.iter().map(|device| (*device, path)).collect(),
            });
        for (device, path) in places.filter(|(device, _)| !device.is_empty()) {
            let entries = self.host.bls_entries(device, path.trim_end_matches('/'), &variables);
            if !entries.is_empty() {
                return entries.into_iter().for_each(|entry| self.add_item(Item::Ready(entry)));
            }
        }
        self.status = false;
        self.problem("`blscfg` finds no entries");
    }

    /// Completes the menu from its lines and the variables as they are now; a second call does nothing.
    pub(super) fn conclude(&mut self) {
        if std::mem::replace(&mut self.concluded, true) {
            return;
        }
        let items = std::mem::take(&mut self.items);
        let nodes = self.finish(items, &[], &[]);
        let value = |name| self.scopes.get(name).unwrap_or("");
        self.menu.locked = !value("superusers").trim().is_empty();
        self.menu.timeout = value("timeout").trim().parse().ok();
        self.menu.default = self.scopes.get("default").unwrap_or("0").to_string();
        self.menu.default_entry = default_entry(&nodes, &self.menu.default);
        self.menu.variables = self.scopes.flattened();
    }

    fn finish(&mut self, items: Vec<Item>, submenus: &[String], position: &[usize]) -> Vec<Node> {
        let mut nodes = Vec::new();
        for (index, item) in items.into_iter().enumerate() {
            let position = [position, &[index]].concat();
            if !self.spend(submenus.iter().map(String::len).sum()) {
                break;
            }
            nodes.push(match item {
                Item::Pending(pending) if pending.is_submenu => self.finish_submenu(pending, submenus, &position),
                Item::Pending(pending) => {
                    let entry = self.run_entry(pending);
                    self.add_finished(entry, submenus, position)
                }
                Item::Ready(entry) => self.add_finished(entry, submenus, position),
            });
        }
        nodes
    }

    fn add_finished(&mut self, entry: Entry, submenus: &[String], position: Vec<usize>) -> Node {
        let node =
            Node { id: entry.id.clone(), title: entry.title.clone(), leads_to: Target::Entry(self.menu.entries.len()) };
        self.menu.entries.push(Entry { submenus: submenus.to_vec(), position, ..entry });
        node
    }

    /// Runs the block of an entry; the variables it sets are gone afterwards.
    fn run_entry(&mut self, pending: Pending) -> Entry {
        let Pending { id, title, arguments, body, unrestricted, place, .. } = pending;
        self.file = place.file.as_str().into();
        self.entry = Entry { id, title, unrestricted, place, ..Entry::default() };
        self.entry_index = Some(self.menu.entries.len());
        self.scopes.open(false);
        self.arguments.push(arguments);
        self.block(&body);
        self.arguments.pop();
        self.scopes.close();
        self.entry_index = None;
        std::mem::take(&mut self.entry)
    }

    /// Runs the block of a submenu in a context of its own, then those of its entries.
    fn finish_submenu(&mut self, pending: Pending, submenus: &[String], position: &[usize]) -> Node {
        let Pending { id, title, arguments, body, place, .. } = pending;
        let submenus = [submenus, std::slice::from_ref(&title)].concat();
        self.file = place.file.as_str().into();
        let mut inner = Vec::new();
        if submenus.len() > MAX_SUBMENUS {
            self.problem("submenus are nested more than 16 deep");
        } else {
            self.scopes.open(true);
            self.arguments.push(arguments);
            self.block(&body);
            self.arguments.pop();
            let items = std::mem::take(&mut self.items);
            inner = self.finish(items, &submenus, position);
            self.scopes.close();
        }
        Node { id, title, leads_to: Target::Submenu(inner) }
    }
}
