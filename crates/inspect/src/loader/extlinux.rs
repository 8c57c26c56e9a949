//! extlinux and syslinux: `extlinux.conf`. Syslinux wiki, "Config".

use super::view::View;
use super::{file_ref, is_rescue, root_of};
use crate::look::{Gap, Look, Outcome as _};
use crate::tree::{Found, Tree};
use facts::{BootEntry, Known, Loader, LoaderKind};

/// Most lines of a menu that are read.
const MAX_LINES: usize = 10_000;

/// Most files of one menu.
const MAX_INCLUDES: usize = 32;

/// One `label` block.
#[derive(Debug, Default)]
struct Label {
    name: String,
    title: Option<String>,
    kernel: Option<String>,
    initrds: Vec<String>,
    append: String,
    file: String,
    line: u32,
}

/// A menu.
#[derive(Debug, Default)]
struct Menu {
    default: Option<String>,
    timeout: Option<i64>,
    prompt: bool,
    labels: Vec<Label>,
}

/// Reads the menu that was found.
pub(super) fn examine(view: &View<'_>, found: &Found) -> Look<Loader> {
    let index = view.volume_of(found).ok_or(Gap::Absent)?;
    let path = found.inner.to_string();
    let directory = found.inner.parent().to_string();
    let mut menu = Menu::default();
    read(view.tree(index), &path, &directory, &mut menu, &mut Vec::new())?;
    menu.complete();
    let config = view.evidence(index, &path);
    let default = match &menu.default {
        Some(name) => menu.labels.iter().position(|label| label.name.eq_ignore_ascii_case(name)),
        None => (!menu.labels.is_empty()).then_some(0),
    };
    let why = format!("default {}", menu.default.as_deref().unwrap_or("(the first)"));
    Ok(Loader {
        kind: LoaderKind::Extlinux,
        default: default.into(),
        default_evidence: vec![config.clone().saying(why)],
        // Tenths of a second; 0, or a prompt without one, waits.
        timeout: Known::Is(match menu.timeout {
            Some(tenths) if tenths > 0 => tenths / 10,
            _ if menu.prompt => -1,
            _ => 0,
        }),
        locked: Known::Is(false),
        entries: menu.labels.iter().map(|label| entry(view, index, &directory, label)).collect(),
        config: vec![config],
        ..Loader::default()
    })
}

fn entry(view: &View<'_>, index: usize, directory: &str, label: &Label) -> BootEntry {
    let place = view.evidence(index, &label.file).at_line(label.line);
    let load = |path: &String| {
        let full = if path.starts_with('/') { path.clone() } else { format!("{directory}/{path}") };
        file_ref(view, Some(index), &full, place.clone())
    };
    let mut boot = BootEntry {
        id: Some(label.name.clone()),
        title: label.title.clone().unwrap_or_else(|| label.name.clone()),
        evidence: place.clone(),
        kernel: label.kernel.as_ref().map(load).into(),
        initrds: label.initrds.iter().map(load).collect(),
        cmdline: label.append.clone(),
        root: root_of(&label.append, view.facts),
        rescue: false,
    };
    boot.rescue = is_rescue(&boot);
    boot
}

/// Reads a file and those that it includes. Lines are numbered within their file.
fn read(tree: &Tree<'_>, path: &str, directory: &str, menu: &mut Menu, files: &mut Vec<String>) -> Look<()> {
    if files.len() == MAX_INCLUDES || files.iter().any(|file| file == path) {
        return Ok(());
    }
    files.push(path.to_owned());
    let text = String::from_utf8_lossy(&tree.read(path)?.bytes).into_owned();
    let included = parse(&text, menu);
    for label in menu.labels.iter_mut().filter(|label| label.file.is_empty()) {
        path.clone_into(&mut label.file);
    }
    for file in included {
        let full = if file.starts_with('/') { file } else { format!("{directory}/{file}") };
        read(tree, &full, directory, menu, files).optional()?;
    }
    Ok(())
}

/// Adds what a file says to the menu; returns the files that it includes.
fn parse(text: &str, menu: &mut Menu) -> Vec<String> {
    let mut included = Vec::new();
    for (number, line) in (1..).zip(text.lines().take(MAX_LINES)) {
        let line = line.trim();
        let (key, value) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        let (key, value) = (key.to_ascii_lowercase(), value.trim());
        match (key.as_str(), menu.labels.last_mut()) {
            ("label", _) => menu.labels.push(Label { name: value.to_owned(), line: number, ..Label::default() }),
            ("default" | "ontimeout", _) => menu.default = Some(value.to_owned()),
            ("timeout", _) => menu.timeout = value.parse().ok(),
            ("prompt", _) => menu.prompt = value == "1",
            ("kernel" | "linux", Some(label)) => label.kernel = Some(value.to_owned()),
            ("initrd", Some(label)) => label.initrds = value.split(',').map(str::to_owned).collect(),
            ("append", Some(label)) => label.append = value.to_owned(),
            ("include", _) => included.extend(value.split_whitespace().next().map(str::to_owned)),
            ("menu", _) if value.to_ascii_lowercase().starts_with("include ") => {
                included.extend(value.split_whitespace().nth(1).map(str::to_owned));
            }
            ("menu", Some(label)) if value.eq_ignore_ascii_case("default") => menu.default = Some(label.name.clone()),
            ("menu", Some(label)) if value.to_ascii_lowercase().starts_with("label ") => {
                label.title = Some(value[6..].trim().replace('^', ""));
            }
            _ => {}
        }
    }
    included
}

impl Menu {
    /// An initrd may stand on the command line only.
    fn complete(&mut self) {
        for label in self.labels.iter_mut().filter(|label| label.initrds.is_empty()) {
            let named = syntax::cmdline::last(&label.append, "initrd");
            label.initrds = named.map(|files| files.split(',').map(str::to_owned).collect()).unwrap_or_default();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Menu, parse};

    #[test]
    fn labels() {
        let mut menu = Menu::default();
        let included = parse(
            "DEFAULT linux\nTIMEOUT 50\nLABEL linux\n  MENU LABEL ^Linux\n  KERNEL vmlinuz\n  APPEND ro\nMENU INCLUDE x.cfg\n",
            &mut menu,
        );
        assert_eq!(included, ["x.cfg"]);
        let label = &menu.labels[0];
        assert_eq!((menu.timeout, label.title.as_deref()), (Some(50), Some("Linux")));
        assert_eq!((label.kernel.as_deref(), label.append.as_str(), label.line), (Some("vmlinuz"), "ro", 3));
    }
}
