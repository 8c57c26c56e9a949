//! How the machine would start, step by step, with what in the image says so.

use crate::head::{holds, say};
use crate::inspect::loader_name;
use crate::page::{Page, cut, place, size};
use crate::style::{Ink, Style};
use facts::{Bootability, Driver, Evidence, Facts, FileRef, Guest, Kernel, Known, Loader, Presence};

/// From the firmware to the root filesystem. A step that is missing or unknown is said in its place.
pub fn boot_chain_text(facts: &Facts, style: &Style) -> String {
    let mut chain = Chain { page: Page::new(style), number: 0 };
    chain.page.hanging("", 0, &facts.image.path);
    firmware(&mut chain, facts);
    match &facts.guest {
        Known::Is(guest) => system(&mut chain, facts, guest),
        Known::Absent => chain.step("Operating system", "none that this program knows"),
        Known::Unknown(reason) => chain.step("Operating system", &format!("unknown: {}", reason.why)),
    }
    chain.page.finish()
}

/// Numbered steps.
struct Chain<'a> {
    page: Page<'a>,
    number: usize,
}

impl Chain<'_> {
    fn step(&mut self, what: &str, words: &str) {
        self.number += 1;
        self.page.gap();
        let heading = format!("{}. {what}: ", self.number);
        let painted = self.page.style.paint(Ink::Bold, &heading);
        self.page.hanging(&painted, heading.chars().count().min(24), words);
    }

    fn because(&mut self, evidence: &[Evidence]) {
        for one in evidence {
            self.page.hanging("   ", 3, &place(one));
        }
    }

    fn note(&mut self, words: &str) {
        self.page.hanging("   ", 3, words);
    }
}

fn firmware(chain: &mut Chain<'_>, facts: &Facts) {
    for (name, way) in [("BIOS", &facts.boot.bios), ("UEFI", &facts.boot.uefi)] {
        let Bootability { can, evidence, missing } = way;
        match can {
            Known::Is(true) => chain.step(name, "starts this disk"),
            Known::Is(false) | Known::Absent => chain.step(name, "finds nothing to start"),
            Known::Unknown(reason) => chain.step(name, &format!("unknown: {}", reason.why)),
        }
        chain.because(evidence);
        for one in missing {
            chain.note(&format!("missing: {}", place(one)));
        }
    }
}

fn system(chain: &mut Chain<'_>, facts: &Facts, guest: &Guest) {
    match &guest.loader {
        Known::Is(loader) => menu(chain, facts, loader),
        Known::Absent => chain.step("Boot loader", "no configuration of one that this program knows"),
        Known::Unknown(reason) => chain.step("Boot loader", &format!("unknown: {}", reason.why)),
    }
    if let Some(kernel) = guest.default_kernel() {
        drivers(chain, kernel);
    }
    let held = facts.root_volume().map_or(String::new(), |volume| format!(" ({})", holds(volume)));
    let name = say(&guest.distribution, |found| found.name.clone(), "no release file");
    chain.step("Root filesystem", &format!("{}{held}: {name}", guest.root));
    chain.because(&guest.root_evidence);
    for mount in guest.mounts.iter().skip(1) {
        let volume = say(&mount.volume, ToString::to_string, "not on this disk");
        chain.note(&format!("{} from {}: {volume}", cut(&mount.path), cut(&mount.spec.text)));
    }
    if let Some(linux) = &guest.linux {
        chain.step("Init", &say(&linux.init, Clone::clone, "none"));
    }
}

fn menu(chain: &mut Chain<'_>, facts: &Facts, loader: &Loader) {
    let wait = match &loader.timeout {
        Known::Is(-1) => ", waits for a key for ever".to_owned(),
        Known::Is(seconds) => format!(", waits {seconds} s"),
        _ => String::new(),
    };
    chain.step("Boot loader", &format!("{}{wait}", loader_name(loader.kind)));
    chain.because(&loader.config);
    for search in &loader.searches {
        let found = say(&search.spec.volume, ToString::to_string, "not on this disk");
        chain.note(&format!("looks for {}: {found}", cut(&search.spec.text)));
    }
    let Some(entry) = loader.default_entry() else {
        chain.step(
            "Menu entry",
            &say(&loader.default, |_| "the menu has no such entry".into(), "none starts by itself"),
        );
        return chain.because(&loader.default_evidence);
    };
    let rescue = if entry.rescue { " (a rescue entry)" } else { "" };
    chain.step("Menu entry", &format!("{}{rescue}", cut(&entry.title)));
    chain.because(&loader.default_evidence);
    chain.because(std::slice::from_ref(&entry.evidence));
    chain.step("Kernel", &say(&entry.kernel, file, "the entry loads none"));
    for initrd in &entry.initrds {
        chain.note(&format!("initramfs {}", file(initrd)));
    }
    chain.note(&format!("command line {}", cut(&entry.cmdline)));
    if let Known::Is(root) = &entry.root {
        let volume = root.volume.value().and_then(|id| facts.volume(id));
        let held = volume.map_or(String::new(), |volume| format!(" ({})", holds(volume)));
        let found = say(&root.volume, ToString::to_string, "nothing on this disk answers to it");
        chain.note(&format!("root={}: {found}{held}", cut(&root.text)));
    }
}

fn file(file: &FileRef) -> String {
    let volume = file.volume.as_ref().map_or(String::new(), |volume| format!(" on {volume}"));
    format!("{}{volume}, {}", cut(&file.path), say(&file.size, |bytes| size(*bytes), "not there"))
}

/// Those that make the disk visible to the kernel.
const DISK_DRIVERS: &[&str] =
    &["virtio", "virtio_ring", "virtio_pci", "virtio_blk", "virtio_scsi", "nvme_core", "nvme"];

fn drivers(chain: &mut Chain<'_>, kernel: &Kernel) {
    chain.step("Drivers before the root filesystem", &format!("of kernel {}", cut(&kernel.version)));
    for (name, found) in &kernel.drivers {
        if DISK_DRIVERS.contains(&name.as_str()) {
            chain.note(&format!("{name}: {}", say(found, driver, "nowhere")));
        }
    }
}

fn driver(driver: &Driver) -> String {
    let place = match driver.presence {
        Presence::BuiltIn => "built into the kernel",
        Presence::Initramfs => "in the initramfs",
        Presence::Disk => "only among the modules on the root filesystem: too late",
    };
    match driver.missing_dependencies.as_slice() {
        [] => place.into(),
        missing => format!("{place}, without {}", missing.join(", ")),
    }
}
