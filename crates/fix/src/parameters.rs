//! Kernel parameters: where they are written down, and who carries them from there to the boot loader.
//!
//! GRUB 2 has them in `/etc/default/grub` (and `/etc/default/grub.d/*.cfg` on Debian), from which the script writes
//! `grub.cfg` anew; entries by the Boot Loader Specification are changed with grubby. The configurations of GRUB 0.9x,
//! extlinux and systemd-boot are written by hand, and changed in place.

use crate::edit::Edit;
use crate::proposal::{Assumed, FileEdit, Phase, Proposal};
use crate::shell;
use crate::work::Work;
use facts::{Evidence, Loader, LoaderKind};

/// Settings of GRUB 2 on all distributions.
pub(crate) const DEFAULTS: &str = "/etc/default/grub";

const DROP_INS: &str = "/etc/default/grub.d";

/// What is to change on the kernel command line.
#[derive(Clone, Debug, Default)]
pub(crate) struct Parameters {
    /// To be there: `name` or `name=value`.
    pub(crate) added: Vec<String>,
    /// Not to be there: `name`, or `name=value` for that value only.
    pub(crate) removed: Vec<String>,
}

impl Parameters {
    /// More of them.
    pub(crate) fn add<'s>(added: impl IntoIterator<Item = &'s str>) -> Self {
        Parameters { added: added.into_iter().map(str::to_owned).collect(), removed: Vec::new() }
    }

    /// Fewer of them.
    pub(crate) fn remove(removed: impl Into<String>) -> Self {
        Parameters { added: Vec::new(), removed: vec![removed.into()] }
    }

    /// A command line after the change, and whether that is another one. What stays keeps its blanks.
    pub(crate) fn apply(&self, cmdline: &str) -> (String, bool) {
        let mut out = String::with_capacity(cmdline.len());
        let mut changed = false;
        let mut rest = cmdline;
        while let Some(start) = rest.find(|c: char| !c.is_ascii_whitespace()) {
            let end = rest[start..].find(|c: char| c.is_ascii_whitespace()).map_or(rest.len(), |len| start + len);
            if self.removes(&rest[start..end]) {
                changed = true;
            } else {
                // The first word that stays stands where the first word stood.
                out.push_str(if changed && out.is_empty() { "" } else { &rest[..start] });
                out.push_str(&rest[start..end]);
            }
            rest = &rest[end..];
        }
        for word in &self.added {
            if !out.split_ascii_whitespace().any(|there| there == word) {
                out.push_str(if out.is_empty() { "" } else { " " });
                out.push_str(word);
                changed = true;
            }
        }
        if changed { (out, true) } else { (cmdline.to_owned(), false) }
    }

    fn removes(&self, word: &str) -> bool {
        let name = word.split('=').next().unwrap_or(word);
        self.removed.iter().any(|removed| removed == word || removed == name)
    }

    /// The proposal with all that this takes. None: nobody knows where the parameters of this guest are.
    pub(crate) fn propose(&self, work: &Work<'_>, proposal: Proposal) -> Option<Proposal> {
        let loader = work.guest.loader.value()?;
        match loader.kind {
            LoaderKind::Grub2 => {
                let proposal = self.in_defaults(work, proposal)?;
                let commands = self.commands(work, loader)?;
                Some(self.in_menu(work, loader, proposal.also_run(Phase::Bootloader, commands)))
            }
            LoaderKind::GrubLegacy => self.in_place(work, loader, "kernel", proposal),
            LoaderKind::Extlinux => self.in_place(work, loader, "append", proposal),
            LoaderKind::SystemdBoot => self.in_place(work, loader, "options", proposal),
            LoaderKind::UnifiedKernel => None,
        }
    }

    /// In the lines of the boot menu itself.
    fn in_place(&self, work: &Work<'_>, loader: &Loader, keyword: &str, proposal: Proposal) -> Option<Proposal> {
        let path = loader.default_entry()?.evidence.path.clone()?;
        let of_a_kernel = |text: &str| {
            let mut words = text.split_ascii_whitespace();
            words.next().is_some_and(|word| word.eq_ignore_ascii_case(keyword)) && text.contains("root=")
        };
        let lines = work.lines(&path).into_iter().filter(|(_, text)| of_a_kernel(text));
        let edits: Vec<Edit> = lines.map(|(number, _)| self.edit_line(number)).collect();
        (!edits.is_empty()).then(|| proposal.edit(&path, edits))
    }

    /// What the script makes of the menu: tried, and not in the diff.
    pub(crate) fn in_menu(&self, work: &Work<'_>, loader: &Loader, mut proposal: Proposal) -> Proposal {
        let path = loader.default_entry().and_then(|entry| entry.evidence.path.clone()).unwrap_or_default();
        let of_a_kernel = |text: &str| {
            let word = text.split_ascii_whitespace().next();
            word.is_some_and(|word| matches!(word, "linux" | "linux16" | "linuxefi" | "options"))
        };
        // In an entry by the Boot Loader Specification, `linux` is only the kernel.
        let has_options = |text: &str| of_a_kernel(text) && (text.contains('=') || text.contains('$'));
        let lines = work.lines(&path).into_iter().filter(|(_, text)| has_options(text));
        let edits: Vec<Edit> = lines.map(|(number, _)| self.edit_line(number)).collect();
        proposal.untried |= edits.is_empty();
        proposal.assume(Assumed::Edited(FileEdit { path, may_be_new: false, edits }))
    }

    fn edit_line(&self, line: usize) -> Edit {
        let parameters = self.clone();
        Edit::Line(line, Box::new(move |text| Some(parameters.apply(text).0)))
    }

    /// In the settings that `grub.cfg` is made of.
    fn in_defaults(&self, work: &Work<'_>, proposal: Proposal) -> Option<Proposal> {
        work.read(DEFAULTS)?;
        let mut files = vec![DEFAULTS.to_owned()];
        let drop_ins = work.files.names(DROP_INS).unwrap_or_default();
        files.extend(
            drop_ins.into_iter().filter(|name| name.ends_with(".cfg")).map(|name| format!("{DROP_INS}/{name}")),
        );
        let mut lines = Vec::new();
        for path in files {
            for found in work.assignments(&path) {
                if found.key == "GRUB_CMDLINE_LINUX" || found.key == "GRUB_CMDLINE_LINUX_DEFAULT" {
                    lines.push((path.clone(), usize::try_from(found.line).ok()?, found));
                }
            }
        }
        let mut proposal = proposal;
        let removing = Parameters { added: Vec::new(), removed: self.removed.clone() };
        for (path, line, found) in lines.iter().filter(|(_, _, found)| removing.apply(&found.value).1) {
            proposal = proposal.edit(path, [removing.edit_assignment(*line, &found.value)?]);
        }
        let adding = Parameters { added: self.added.clone(), removed: Vec::new() };
        // The last one is in effect; those before it may be parts of it.
        match lines.iter().rev().find(|(_, _, found)| found.key == "GRUB_CMDLINE_LINUX") {
            _ if self.added.is_empty() => Some(proposal),
            Some((path, line, found)) => Some(proposal.edit(path, [adding.edit_assignment(*line, &found.value)?])),
            None => {
                let line = format!("GRUB_CMDLINE_LINUX=\"{}\"", self.added.join(" "));
                Some(proposal.edit(DEFAULTS, [Edit::Append(line)]))
            }
        }
    }

    /// The change of an assignment; none of one that goes on in the next line.
    fn edit_assignment(&self, line: usize, value: &str) -> Option<Edit> {
        let parameters = self.clone();
        let rewrite = move |text: &str| {
            let (start, end, quoted) = self::value(text, text.find('=')? + 1)?;
            let (changed, _) = parameters.apply(&text[start..end]);
            let quote = if quoted { "" } else { "\"" };
            Some([&text[..start], quote, &changed, quote, &text[end..]].concat())
        };
        (!value.contains('\n')).then(|| Edit::Line(line, Box::new(rewrite)))
    }

    /// What carries the settings to the boot loader.
    fn commands(&self, work: &Work<'_>, loader: &Loader) -> Option<Vec<String>> {
        let entry = loader.default_entry()?;
        if !is_bls(&entry.evidence) {
            return write_anew(work, loader);
        }
        let mut command = "grubby --update-kernel=ALL".to_owned();
        for (option, words) in [("--remove-args", &self.removed), ("--args", &self.added)] {
            if !words.is_empty() {
                command += &format!(" {option}={}", shell::word(&words.join(" ")));
            }
        }
        Some(vec![command])
    }
}

/// Whether an entry is a file of its own.
pub(crate) fn is_bls(entry: &Evidence) -> bool {
    entry.path.as_deref().is_some_and(|path| path.contains("/loader/entries/"))
}

/// The command that writes `grub.cfg` anew, by what is installed, else by what the family of the distribution has.
pub(crate) fn write_anew(work: &Work<'_>, loader: &Loader) -> Option<Vec<String>> {
    let has = |paths: &[&str]| work.program(paths).is_some();
    if has(&["/usr/sbin/update-grub"]) || (!has(&["/usr/sbin/grub2-mkconfig"]) && work.is_like(&["debian", "ubuntu"])) {
        return Some(vec!["update-grub".into()]);
    }
    let entry = loader.default_entry().map(|entry| &entry.evidence);
    let mut files = entry.into_iter().chain(loader.config.iter().rev()).filter_map(|place| place.path.as_deref());
    let file = files.find(|path| path.ends_with("/grub.cfg"))?;
    let program =
        if has(&["/usr/sbin/grub-mkconfig", "/usr/bin/grub-mkconfig"]) { "grub-mkconfig" } else { "grub2-mkconfig" };
    Some(vec![format!("{program} -o {}", shell::word(file))])
}

/// Where the value of an assignment begins and ends, without its quotes, and whether it has some.
fn value(text: &str, at: usize) -> Option<(usize, usize, bool)> {
    let rest = text.get(at..)?;
    match rest.chars().next() {
        Some(quote @ ('"' | '\'')) => {
            let mut escaped = false;
            let closing = rest[1..].find(|c| {
                let closes = c == quote && !escaped;
                escaped = c == '\\' && !escaped;
                closes
            })?;
            Some((at + 1, at + 1 + closing, true))
        }
        _ => Some((at, at + rest.find(char::is_whitespace).unwrap_or(rest.len()), false)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edit;

    fn assigned(text: &str, parameters: &Parameters) -> String {
        let edit = parameters.edit_assignment(1, "").unwrap();
        String::from_utf8(edit::apply(text.as_bytes(), [&edit]).unwrap()).unwrap()
    }

    #[test]
    fn assignments_keep_their_form() {
        let add = Parameters::add(["a.b=1", "console=tty0"]);
        for (before, after) in [
            ("GRUB_CMDLINE_LINUX=\"\"", "GRUB_CMDLINE_LINUX=\"a.b=1 console=tty0\""),
            ("GRUB_CMDLINE_LINUX='quiet  x' # why", "GRUB_CMDLINE_LINUX='quiet  x a.b=1 console=tty0' # why"),
            ("GRUB_CMDLINE_LINUX=quiet", "GRUB_CMDLINE_LINUX=\"quiet a.b=1 console=tty0\""),
            ("GRUB_CMDLINE_LINUX=\"$X console=tty0\"", "GRUB_CMDLINE_LINUX=\"$X console=tty0 a.b=1\""),
        ] {
            assert_eq!(assigned(before, &add), after);
        }
    }

    #[test]
    fn parameters_go_by_name_or_by_value() {
        let (line, changed) = Parameters::remove("resume").apply("ro resume=UUID=1 resume_offset=3");
        assert_eq!((line.as_str(), changed), ("ro resume_offset=3", true));
        let (line, _) = Parameters::remove("ro").apply("\tkernel /x  ro\tquiet");
        assert_eq!(line, "\tkernel /x\tquiet");
        assert!(!Parameters::remove("cloud-init=disabled").apply("cloud-init=enabled").1);
        assert_eq!(assigned("X=\"a resume=1\"", &Parameters::remove("resume=1")), "X=\"a\"");
    }
}
