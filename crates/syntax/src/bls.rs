//! Boot Loader Specification entries, type 1: `loader/entries/*.conf`, and the menu GRUB's `blscfg` makes of them.
//!
//! The specification is UAPI.1; `grub_users` and `$kernelopts`-like variables are what GRUB adds to it.
//! Not supported: `devicetree`, `uki-url`.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use crate::text::{MAX_ITEMS, decode, first_word, lines};
use crate::{grub, version};

/// An entry; keys may repeat where the specification says so.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entry {
    /// `title`.
    pub title: Option<String>,
    /// `version`.
    pub version: Option<String>,
    /// `linux`.
    pub linux: Option<String>,
    /// `initrd`, in order; several on one line split.
    pub initrds: Vec<String>,
    /// `options`, joined.
    pub options: String,
    /// `efi`, `uki`.
    pub efi: Option<String>,
    /// `sort-key`.
    pub sort_key: Option<String>,
    /// `machine-id`.
    pub machine_id: Option<String>,
    /// `architecture`.
    pub architecture: Option<String>,
    /// `grub_users` as written, empty where it is not set. Often `$grub_users`, which is mostly empty itself.
    pub users: String,
    /// `grub_users` names somebody, not only a variable.
    pub locked: bool,
    /// Line of `linux`, of `options`; 0 where there is none.
    pub lines: (u32, u32),
}

/// Reads an entry.
pub fn parse(text: &[u8]) -> Entry {
    let mut entry = Entry::default();
    for (number, line) in lines(&decode(text)).take(MAX_ITEMS) {
        let (key, value) = first_word(line);
        if !value.is_empty() {
            entry.set(key, value, number);
        }
    }
    entry
}

impl Entry {
    fn set(&mut self, key: &str, value: &str, line: u32) {
        let text = Some(value.to_string());
        match key {
            "title" => self.title = text,
            "version" => self.version = text,
            "linux" => (self.linux, self.lines.0) = (text, line),
            "initrd" => self.initrds.extend(value.split_whitespace().map(str::to_string)),
            "options" => {
                let joint = if self.options.is_empty() { "" } else { " " };
                self.options.extend([joint, value]);
                self.lines.1 = line;
            }
            "efi" | "uki" => self.efi = text,
            "sort-key" => self.sort_key = text,
            "machine-id" => self.machine_id = text,
            "architecture" => self.architecture = text,
            "grub_users" => (self.users, self.locked) = (value.to_string(), !value.starts_with('$')),
            _ => {}
        }
    }
}

/// The specification's menu order of two entries by id (the file's name without its ending): `Less` comes first.
///
/// Entries that failed too often (`+0` in the id) come last, those with a `sort-key` before those without, then the
/// newest version, then the greatest id. UAPI.1, "Sorting".
pub fn specification_order(a: (&str, &Entry), b: (&str, &Entry)) -> Ordering {
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let keys = match (&a.1.sort_key, &b.1.sort_key) {
        (Some(first), Some(second)) => first
            .cmp(second)
            .then_with(|| text(&a.1.machine_id).cmp(&text(&b.1.machine_id)))
            .then_with(|| version::compare(&text(&b.1.version), &text(&a.1.version))),
        (first, second) => second.is_some().cmp(&first.is_some()),
    };
    is_spent(a.0).cmp(&is_spent(b.0)).then(keys).then_with(|| version::compare(b.0, a.0))
}

/// Whether the id counts boots (`+LEFT` or `+LEFT-DONE` at its end) and none is left.
fn is_spent(id: &str) -> bool {
    let counter = id.rsplit_once('+').map(|(_, counter)| counter.split_once('-').map_or(counter, |(left, _)| left));
    counter.is_some_and(|left| !left.is_empty() && left.bytes().all(|digit| digit == b'0'))
}

/// GRUB's menu order of two file names, `.conf` or not: `Less` comes first.
///
/// Names are split at their last two dashes into name, version and release, each compared as RPM does; the newest
/// comes first. `0-rescue` sorts last that way.
pub fn menu_order(a: &str, b: &str) -> Ordering {
    let (a, b) = (name_version_release(a), name_version_release(b));
    let parts = a.iter().zip(&b).map(|(a, b)| version::compare(b, a));
    parts.fold(Ordering::Equal, Ordering::then)
}

fn name_version_release(file_name: &str) -> [&str; 3] {
    let stem = file_name.strip_suffix(".conf").unwrap_or(file_name);
    // What is left when the dashes run out is the name (rhboot grub2, split_package_string).
    let (rest, release) = stem.rsplit_once('-').unwrap_or((stem, ""));
    let (name, version) = rest.rsplit_once('-').unwrap_or((rest, ""));
    [name, version, release]
}

/// The menu entry that GRUB makes of an entry file, variables expanded; none without `linux`.
///
/// `file` is the full name for [`grub::Place`]; its last part without `.conf` is the id. `device` is where the kernel
/// lies: `$root`. Where the file has no `options`, `$default_kernelopts` stands in; `$early_initrd` comes before the
/// entry's own, from the directory of its first. Position and submenus are left for the caller.
pub fn menu_entry(
    file: &str,
    entry: &Entry,
    device: &str,
    variables: &BTreeMap<String, String>,
) -> Option<grub::Entry> {
    let linux = entry.linux.as_deref()?;
    let id = file.rsplit_once('/').map_or(file, |(_, name)| name);
    let id = id.strip_suffix(".conf").unwrap_or(id);
    let defaults = || variables.get("default_kernelopts").map_or("", String::as_str);
    let options = if entry.options.is_empty() { defaults() } else { &entry.options };
    let place = |line| grub::Place { file: file.to_string(), line };
    let loads = |path: String, line| grub::File { device: device.to_string(), path, place: place(line) };

    // The rest of the `linux` line, if any, is the beginning of the command line: GRUB runs the line as it stands.
    let kernel_line = expand(linux, variables);
    let (kernel, arguments) = first_word(&kernel_line);
    let cmdline = format!("{arguments} {}", expand(options, variables));
    let initrds = initrd_paths(entry, variables).into_iter().map(|path| loads(path, entry.lines.0));
    Some(grub::Entry {
        id: Some(id.to_string()),
        title: entry.title.clone().unwrap_or_else(|| linux.to_string()),
        kernel: Some(loads(kernel.to_string(), entry.lines.0)),
        initrds: initrds.collect(),
        cmdline: cmdline.split_whitespace().collect::<Vec<_>>().join(" "),
        unrestricted: expand(&entry.users, variables).trim().is_empty(),
        place: place(entry.lines.0),
        ..grub::Entry::default()
    })
}

fn initrd_paths(entry: &Entry, variables: &BTreeMap<String, String>) -> Vec<String> {
    let directory = entry.initrds.first().and_then(|path| path.rsplit_once('/')).map_or("", |(directory, _)| directory);
    let early = variables.get("early_initrd").map_or("", String::as_str).split_whitespace();
    let early = early.map(|name| format!("{directory}/{name}"));
    let own = entry.initrds.iter().map(|path| expand(path, variables)).filter(|path| !path.is_empty());
    early.chain(own).collect()
}

/// Puts the values of `$name` and `${name}` in; a variable that is not set is empty. Values are not expanded again.
fn expand(text: &str, variables: &BTreeMap<String, String>) -> String {
    let mut expanded = String::new();
    let mut rest = text;
    while let Some(dollar) = rest.find('$') {
        expanded.push_str(&rest[..dollar]);
        let after = &rest[dollar + 1..];
        let braced = after.strip_prefix('{').and_then(|inner| inner.split_once('}'));
        let (name, remaining) = braced.unwrap_or_else(|| {
            after.split_at(after.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(after.len()))
        });
        match variables.get(name) {
            _ if name.is_empty() => expanded.push('$'),
            Some(value) if expanded.len() < grub::MAX_VALUE => expanded.push_str(value),
            _ => {}
        }
        rest = remaining;
    }
    expanded.push_str(rest);
    expanded
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect()
    }

    const FEDORA: &[u8] = b"\xef\xbb\xbf# entry\r\ntitle Fedora Linux (6.5.6-300.fc39.x86_64) 39\n\
        version\t6.5.6-300.fc39.x86_64\nlinux /vmlinuz-6.5.6-300.fc39.x86_64\n\
        initrd /initramfs-6.5.6-300.fc39.x86_64.img $tuned_initrd\noptions root=UUID=ab ro\noptions $tuned_params quiet\n\
        grub_users $grub_users\ngrub_arg --unrestricted\ngrub_class fedora\n";

    #[test]
    fn reads_an_entry_with_its_lines() {
        let entry = parse(FEDORA);
        assert_eq!(entry.title.as_deref(), Some("Fedora Linux (6.5.6-300.fc39.x86_64) 39"));
        assert_eq!(entry.version.as_deref(), Some("6.5.6-300.fc39.x86_64"));
        assert_eq!(entry.initrds, ["/initramfs-6.5.6-300.fc39.x86_64.img", "$tuned_initrd"]);
        assert_eq!(entry.options, "root=UUID=ab ro $tuned_params quiet");
        assert_eq!((entry.lines, entry.locked, entry.users.as_str()), ((4, 7), false, "$grub_users"));
        assert_eq!(parse(b"linux\n\0"), Entry::default());
    }

    #[test]
    fn makes_a_menu_entry_with_variables() {
        let values = variables(&[("tuned_params", "skew_tick=1"), ("early_initrd", "ucode.img")]);
        let file = "/boot/loader/entries/abc-6.5.6-300.fc39.x86_64.conf";
        let menu = menu_entry(file, &parse(FEDORA), "hd0,gpt2", &values).unwrap();
        assert_eq!(menu.id.as_deref(), Some("abc-6.5.6-300.fc39.x86_64"));
        assert_eq!(menu.cmdline, "root=UUID=ab ro skew_tick=1 quiet");
        let kernel = menu.kernel.unwrap();
        assert_eq!((kernel.device.as_str(), kernel.path.as_str()), ("hd0,gpt2", "/vmlinuz-6.5.6-300.fc39.x86_64"));
        assert_eq!((kernel.place.file.as_str(), kernel.place.line), (file, 4));
        assert!(menu.unrestricted);
        let restricted = menu_entry(file, &parse(b"linux /v\ngrub_users root\n"), "", &values).unwrap();
        assert!(!restricted.unrestricted);
        let initrds: Vec<_> = menu.initrds.iter().map(|file| file.path.as_str()).collect();
        assert_eq!(initrds, ["/ucode.img", "/initramfs-6.5.6-300.fc39.x86_64.img"]);
    }

    #[test]
    fn takes_kernel_options_from_the_environment() {
        let values = variables(&[("kernelopts", "root=/dev/x ro $y"), ("default_kernelopts", "root=/dev/z")]);
        let of = |text: &str| menu_entry("a.conf", &parse(text.as_bytes()), "", &values).map(|entry| entry.cmdline);
        assert_eq!(of("linux /v\noptions $kernelopts q\n").as_deref(), Some("root=/dev/x ro $y q"));
        assert_eq!(of("linux /v\noptions ${kernelopts}\n").as_deref(), Some("root=/dev/x ro $y"));
        assert_eq!(of("linux /v a=b\n").as_deref(), Some("a=b root=/dev/z"));
        assert_eq!(of("linux /v\noptions a$ ${open\n").as_deref(), Some("a$ ${open"));
        assert_eq!(of("title x\n"), None);
    }

    #[test]
    fn orders_as_the_specification_does() {
        let keyed = |key: &str, version: &str| parse(format!("sort-key {key}\nversion {version}\n").as_bytes());
        let (fedora, old) = (keyed("fedora", "6.10"), keyed("fedora", "6.9"));
        let plain = Entry::default();
        let mut all =
            [("z", &plain), ("a-2", &plain), ("a-10", &plain), ("y+0-3", &fedora), ("o", &old), ("f", &fedora)];
        all.sort_by(|a, b| specification_order(*a, *b));
        assert_eq!(all.map(|(id, _)| id), ["f", "o", "z", "a-10", "a-2", "y+0-3"]);
        assert!(is_spent("x+0") && !is_spent("x+3-0") && !is_spent("libstdc+") && !is_spent("x"));
    }

    #[test]
    fn orders_as_grub_does() {
        let mut names = [
            "abc-0-rescue.conf",
            "abc-5.14.0-70.el9.x86_64.conf",
            "abc-5.14.0-362.el9.x86_64.conf",
            "abc-6.1.0-1.el9.x86_64.conf",
        ];
        names.sort_by(|a, b| menu_order(a, b));
        let versions = names.map(|name| &name[4..7]);
        assert_eq!(versions, ["6.1", "5.1", "5.1", "0-r"]);
        assert_eq!(names[1], "abc-5.14.0-362.el9.x86_64.conf");
        assert_eq!(menu_order("linux-10.conf", "linux-2.conf"), Ordering::Less);
        assert_eq!(menu_order("x", "x.conf"), Ordering::Equal);
    }
}
