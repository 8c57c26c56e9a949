//! Services and drivers in the registry, and their files.

use super::node::Node;
use super::program;
use super::registry::Registry;
use crate::look::{Gap, Look, Outcome as _};
use crate::tree::Tree;
use facts::{Known, Program, ServiceStart, WindowsService};

/// `Type` of drivers of the kernel, of filesystems, and of those that recognise filesystems.
const DRIVERS: [u32; 3] = [1, 2, 8];

/// The services of a guest.
pub(super) struct Services<'r> {
    pub(super) tree: &'r Tree<'r>,
    pub(super) registry: &'r Registry,
    pub(super) system_root: &'r str,
    /// Letter of the drive of Windows.
    pub(super) drive: char,
}

impl<'r> Services<'r> {
    /// The service of that name. Absent: there is none.
    pub(super) fn get(&self, name: &str) -> Look<WindowsService> {
        let key = self.registry.current(&format!(r"Services\{name}"))?;
        Ok(self.of_key(&key, program::look))
    }

    /// The driver of that name, with the version of its file.
    pub(super) fn driver(&self, name: &str) -> Look<WindowsService> {
        let key = self.registry.current(&format!(r"Services\{name}"))?;
        Ok(self.of_key(&key, program::with_version))
    }

    /// The first of several names under which there is a service.
    pub(super) fn first(&self, names: &[&str]) -> Look<WindowsService> {
        crate::look::first(names, |name| self.get(name))
    }

    /// The drivers that are loaded before any service is started.
    pub(super) fn boot_drivers(&self) -> Look<Vec<WindowsService>> {
        let mut drivers = Vec::new();
        for key in self.registry.current("Services")?.keys()? {
            let early = matches!(start(&key, "Start"), Ok(ServiceStart::Boot | ServiceStart::System));
            if early && key.number("Type").is_ok_and(|kind| DRIVERS.contains(&kind.value)) {
                drivers.push(self.of_key(&key, program::look));
            }
        }
        Ok(drivers)
    }

    /// The services of which the name, in lower case, is one of some.
    pub(super) fn named(&self, wanted: impl Fn(&str) -> bool) -> Look<Vec<WindowsService>> {
        let keys = self.registry.current("Services")?.keys()?;
        let keys = keys.iter().filter(|key| wanted(&key.name().to_ascii_lowercase()));
        Ok(keys.map(|key| self.of_key(key, program::look)).collect())
    }

    fn of_key(&self, key: &Node<'_>, read: fn(&Tree<'_>, &str) -> Look<Program>) -> WindowsService {
        let number = |name| key.number(name).map(|claim| claim.value).known();
        let text = |name| key.text(name).map(|claim| claim.value);
        let kind = number("Type");
        let image_path = text("ImagePath");
        WindowsService {
            name: key.name().to_owned(),
            start: start(key, "Start").known(),
            start_override: key.key("StartOverride").and_then(|key| start(&key, "0")).known(),
            error_control: number("ErrorControl"),
            group: text("Group").known(),
            file: self.file(key.name(), &kind, &image_path).and_then(|path| read(self.tree, &path)).known(),
            image_path: image_path.known(),
            kind,
            evidence: key.evidence(),
        }
    }

    /// Where its file is. A driver without a path has one by its name.
    fn file(&self, name: &str, kind: &Known<u32>, image_path: &Look<String>) -> Look<String> {
        match image_path {
            Ok(path) => program::place(path, self.system_root, self.drive)
                .ok_or_else(|| Gap::unknown(format!("{path} is not on the volume of Windows"))),
            Err(Gap::Absent) if kind.value().is_some_and(|kind| DRIVERS.contains(kind)) => {
                Ok(format!("{}/System32/drivers/{name}.sys", self.system_root))
            }
            Err(gap) => Err(gap.clone()),
        }
    }
}

fn start(key: &Node<'_>, name: &str) -> Look<ServiceStart> {
    let number = key.number(name)?;
    Ok(match number.value {
        0 => ServiceStart::Boot,
        1 => ServiceStart::System,
        2 => ServiceStart::Auto,
        3 => ServiceStart::Demand,
        4 => ServiceStart::Disabled,
        other => return Err(Gap::unknown(format!("{name} of {} is {other}", key.name()))),
    })
}
