//! What the initramfs of the kernel that boots holds: modules, and marks of the program that made it.

use crate::drivers;
use crate::guest::Context;
use crate::loader::uki;
use crate::look::{Gap, Look, first, words};
use facts::{Evidence, FileRef, Initramfs, Known};
use initramfs::{Entry, Limits, Summary, Visitor};
use std::collections::BTreeSet;

/// Longest initramfs that is read.
const FILE_LIMIT: u64 = 512 << 20;

/// Where programs put the initramfs of a kernel.
const NAMES: &[&str] = &[
    "/boot/initrd.img-VERSION",
    "/boot/initramfs-VERSION.img",
    "/boot/initrd-VERSION",
    "/boot/initrd-VERSION.img",
    "/boot/initramfs-VERSION",
    "/boot/initramfs-genkernel-x86_64-VERSION",
    "/boot/initramfs-genkernel-aarch64-VERSION",
    "MODULES/VERSION/initramfs.img",
    "MODULES/VERSION/initrd",
];

/// What was found in it.
pub(crate) struct Contents {
    /// For the report.
    pub(crate) facts: Initramfs,
    /// The last of the files, as the running guest sees it.
    pub(crate) evidence: Evidence,
    /// Names of modules.
    pub(crate) modules: BTreeSet<String>,
    /// Its own `modules.dep`.
    pub(crate) dependencies: Option<Vec<u8>>,
    /// Why a module that was not seen may be there all the same.
    pub(crate) hidden: Option<String>,
    /// Reading ended once everything that was wanted had been seen.
    pub(crate) ended: bool,
}

/// The initramfs that belongs to a version by its name, where no boot entry names it. Never absent: the kernel may be
/// started with one that is called otherwise, or holds its own.
pub(crate) fn by_name(context: &Context<'_>, version: &str) -> Look<FileRef> {
    let modules = context.modules_directory();
    let found = first(NAMES, |name| context.file_ref(&name.replace("MODULES", modules).replace("VERSION", version)));
    found.map_err(|gap| match gap {
        Gap::Absent => Gap::unknown("no boot entry says whether it is loaded with an initramfs"),
        unknown => unknown,
    })
}

/// Reads the files in the order in which they are loaded, until all `wanted` modules and the mark of a generator are
/// seen. Absent: there is none.
pub(crate) fn read(context: &Context<'_>, files: &[FileRef], wanted: &BTreeSet<String>) -> Look<Contents> {
    let last = files.last().ok_or(Gap::Absent)?;
    let mut seen = Seen { wanted: wanted.clone(), ..Seen::default() };
    let mut limits = Limits::default();
    let mut facts = Initramfs { file: last.clone(), complete: Known::Is(true), ..Initramfs::default() };
    for file in files {
        if seen.ended {
            break;
        }
        let content = context.at_loader(file, |files, path| files.read_up_to(path, FILE_LIMIT));
        let content = content.map_err(|gap| match gap {
            Gap::Absent => Gap::unknown(format!("{}, which the boot entry names, is not there", file.path)),
            unknown => unknown,
        })?;
        for archive in archives(&content.bytes) {
            let summary = initramfs::read(archive, &limits, &mut seen)
                .map_err(|error| Gap::unknown(format!("{}: {}", file.path, words(&error))))?;
            limits.unpacked = limits.unpacked.saturating_sub(summary.unpacked);
            limits.entries = limits.entries.saturating_sub(summary.entries);
            seen.account(&summary, file, &mut facts);
        }
    }
    facts.modules = u32::try_from(seen.modules.len()).unwrap_or(u32::MAX);
    facts.drivers = seen.modules.iter().filter(|module| drivers::is_asked_about(module)).cloned().collect();
    facts.generator = seen.generator.map(str::to_owned).into();
    facts.host_only = seen.host_only.map_or_else(|| Known::unknown("it does not say"), Known::Is);
    let (modules, dependencies) = (seen.modules, seen.dependencies);
    Ok(Contents {
        evidence: context.place_of(last),
        facts,
        modules,
        dependencies,
        hidden: seen.hidden,
        ended: seen.ended,
    })
}

/// What of a file is unpacked: all of it, or the sections of a unified kernel image.
fn archives(file: &[u8]) -> Vec<&[u8]> {
    if !uki::is_one(file) {
        return vec![file];
    }
    [".ucode", ".initrd"].iter().filter_map(|name| uki::section(file, name)).collect()
}

/// What goes by.
#[derive(Default)]
struct Seen {
    /// Modules that are to be seen; none: all there are.
    wanted: BTreeSet<String>,
    /// They were.
    ended: bool,
    modules: BTreeSet<String>,
    dependencies: Option<Vec<u8>>,
    generator: Option<&'static str>,
    host_only: Option<bool>,
    hidden: Option<String>,
}

impl Seen {
    /// Adds what one archive came to.
    fn account(&mut self, summary: &Summary, file: &FileRef, facts: &mut Initramfs) {
        facts.segments.extend(summary.segments.iter().map(|&name| name.to_owned()));
        self.ended |= summary.ended;
        if !summary.complete {
            facts.complete = Known::Is(false);
            if !summary.ended {
                let why = summary.stopped.clone();
                self.hidden.get_or_insert(why.unwrap_or_else(|| format!("{} was not read to its end", file.path)));
            }
        }
    }

    /// Marks of the programs that make initramfs files.
    fn mark(&mut self, path: &[u8]) {
        let below = |directory: &[u8]| {
            path.starts_with(directory) || path.strip_prefix(b"usr/").is_some_and(|p| p.starts_with(directory))
        };
        let generator = match path {
            b"conf/initramfs.conf" | b"scripts/functions" => "initramfs-tools",
            b"init_functions" | b"hooks/udev" => "mkinitcpio",
            b"run_all.sh" | b"bin/nash" | b"sbin/nash" => "mkinitrd",
            b"etc/booster.init.yaml" => "booster",
            b"etc/initrd.defaults" => "genkernel",
            _ if below(b"lib/dracut/") => "dracut",
            _ => return,
        };
        self.generator.get_or_insert(generator);
        if path.ends_with(b"dracut/hostonly-kernel-modules.txt") {
            self.host_only = Some(true);
        } else if generator == "dracut" {
            self.host_only.get_or_insert(false);
        }
    }
}

impl Visitor for Seen {
    fn is_done(&self) -> bool {
        !self.wanted.is_empty()
            && self.generator.is_some()
            && self.dependencies.is_some()
            && self.wanted.iter().all(|module| self.modules.contains(module))
    }

    fn entry(&mut self, entry: &Entry<'_>) -> bool {
        let path = entry.path;
        if path.contains(&b'.') && memmem(path, b".ko") {
            if let Some(name) = std::str::from_utf8(path).ok().and_then(syntax::modules::name) {
                self.modules.insert(name);
            }
            return false;
        }
        self.mark(path);
        let name = path.rsplit(|&byte| byte == b'/').next().unwrap_or_default();
        if matches!(name, b"squash-root.img" | b"squashfs-root.img" | b"erofs-root.img") {
            let text = format!("{} in it was not read", String::from_utf8_lossy(path));
            self.hidden.get_or_insert(text);
        }
        matches!(name, b"modules.dep") || path == b"conf/initramfs.conf" || path.starts_with(b"conf/conf.d/")
    }

    fn content(&mut self, entry: &Entry<'_>, content: &[u8]) {
        if entry.path.ends_with(b"modules.dep") {
            self.dependencies = Some(content.to_vec());
            return;
        }
        let values = syntax::shell::assignments(content);
        if let Some(modules) = syntax::shell::last(&values, "MODULES") {
            self.host_only = Some(modules.value == "dep");
        }
    }
}

/// Whether `needle` is in `hay`.
fn memmem(hay: &[u8], needle: &[u8]) -> bool {
    hay.windows(needle.len()).any(|window| window == needle)
}
