//! The request for people: what is sent and why, what was stated, what disagrees.

use crate::checks::Checks;
use crate::draft::Draft;
use crate::origin::{Found, Origin};
use facts::{Evidence, Known, printable};
use std::fmt::Write as _;

/// Places that are shown of each parameter.
const PLACES: usize = 3;
/// Characters of a place that are shown.
const QUOTED: usize = 160;
/// Columns of the names.
const NAMES: usize = 36;

/// A page.
#[derive(Debug)]
pub(crate) struct Writer;

impl crate::Writer for Writer {
    fn name(&self) -> &'static str {
        "text"
    }

    fn write(&self, draft: &Draft, checks: &Checks) -> Result<String, String> {
        let mut page = Page(String::new());
        page.line(&format!("ImportImage of {}", draft.images.join(", ")));
        page.line("");
        for (name, value) in draft.import.parameters() {
            page.row(&name, &value);
            match draft.origin(&name) {
                Some(origin) => page.origin(origin),
                None => page.under("stated"),
            }
        }
        page.left_out(draft);
        page.differing(draft);
        page.warnings(checks);
        Ok(page.0)
    }
}

/// Lines, escaped on their way.
struct Page(String);

impl Page {
    fn line(&mut self, text: &str) {
        // Writing to a string does not fail.
        let _ = writeln!(self.0, "{}", printable(text));
    }

    fn row(&mut self, name: &str, value: &str) {
        self.line(format!("  {name:<NAMES$}{value}").trim_end());
    }

    fn under(&mut self, text: &str) {
        self.line(&format!("      {text}"));
    }

    fn origin(&mut self, origin: &Origin) {
        match (&origin.stated, &origin.found) {
            (None, Known::Is(found)) => self.found("derived", found),
            (Some(_), Known::Is(found)) if origin.differs => {
                self.found(&format!("stated; the disk says {}", found.value), found);
            }
            (Some(_), Known::Is(found)) => self.found("stated, and so says the disk", found),
            (_, Known::Unknown(reason)) => self.under(&format!("stated; {}", reason.why)),
            (_, Known::Absent) => self.under("stated"),
        }
    }

    fn found(&mut self, whose: &str, found: &Found) {
        self.under(&format!("{whose}: {}", found.why));
        for place in found.evidence.iter().take(PLACES) {
            self.under(&format!("at {}", shown(place)));
        }
        if found.evidence.len() > PLACES {
            self.under(&format!("at {} more places", found.evidence.len() - PLACES));
        }
    }

    fn left_out(&mut self, draft: &Draft) {
        let unsent = |origin: &&Origin| origin.sent.is_none() && !origin.found.is_absent();
        let mut heading = Some("Left out");
        for origin in draft.origins.iter().filter(unsent) {
            self.heading(&mut heading);
            let stated = origin.stated.as_ref().map_or(String::new(), |stated| format!("stated {stated}; "));
            let why = origin.found.reason().map_or("", |reason| &reason.why);
            self.row(&origin.parameter, &(stated + why));
        }
    }

    fn differing(&mut self, draft: &Draft) {
        let mut heading = Some("Disagrees with the disk");
        for origin in draft.origins.iter().filter(|origin| origin.differs) {
            self.heading(&mut heading);
            let (stated, found) = (origin.stated.as_deref().unwrap_or_default(), origin.found.value());
            let found = found.map(|found| found.value.as_str()).unwrap_or_default();
            self.row(&origin.parameter, &format!("stated {stated}, found {found}"));
        }
    }

    fn warnings(&mut self, checks: &Checks) {
        let mut heading = Some("Warnings");
        for problem in checks.warnings() {
            self.heading(&mut heading);
            self.line(&format!("  {}: {}", problem.rule, problem.message));
            self.under(&format!("fix: {}", problem.remedy));
        }
    }

    /// Once, before the first line under it.
    fn heading(&mut self, heading: &mut Option<&str>) {
        if let Some(heading) = heading.take() {
            self.line("");
            self.line(heading);
        }
    }
}

/// A place, cut to a length that can be read.
fn shown(place: &Evidence) -> String {
    let mut place = place.clone();
    if let Some(text) = place.text.as_mut().filter(|text| text.chars().count() > QUOTED) {
        *text = text.chars().take(QUOTED).chain(['…']).collect();
    }
    // Evidence escapes itself, and the page would do so again.
    let text = place.to_string();
    text.replace("\\\\", "\\")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Writer as _;
    use crate::testing::*;
    use preflight::Target;

    #[test]
    fn each_parameter_says_where_it_comes_from() {
        let text = Writer.write(&drafted(), &Checks::default()).unwrap();
        for words in [
            "ImportImage of disk.qcow2\n",
            "  Platform                            Debian\n      derived: that is what the system calls itself\n      at",
            "/etc/os-release:1: ID=debian",
            "stated\n",
            "Left out\n  LicenseType",
        ] {
            assert!(text.contains(words), "{words}: {text}");
        }
        assert!(!text.contains("Disagrees"), "{text}");
    }

    #[test]
    fn what_disagrees_is_said_and_so_are_warnings() {
        let disks = [debian()];
        let mut stated = stated();
        stated.request.platform = Some("CentOS".into());
        let draft = Draft::of(&disks, &stated, &Target::default());
        let text = Writer.write(&draft, &draft.check(&disks, &Target::default())).unwrap();
        assert!(text.contains("Disagrees with the disk\n  Platform"), "{text}");
        assert!(text.contains("stated CentOS, found Debian"), "{text}");
        assert!(text.contains("Warnings\n  IMG-PLATFORM: "), "{text}");
    }

    #[test]
    fn nothing_of_the_guest_reaches_a_terminal_as_it_is() {
        let mut facts = debian();
        facts.image.path = "disk\u{1b}[31m\n.qcow2".into();
        let draft = Draft::of(&[facts], &stated(), &Target::default());
        let text = Writer.write(&draft, &Checks::default()).unwrap();
        assert!(!text.contains('\u{1b}') && text.contains(r"disk\u{1b}[31m\n.qcow2"), "{text}");
    }
}
