//! What to change in the guest, as files in a directory.

use super::save;
use crate::cli::Preflight;
use crate::exit::Failure;
use crate::image::{self, say};
use ::preflight::Target;
use report::Judged;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use storage::ErrorKind;

/// Mode of a program.
const EXECUTABLE: u32 = 0o755;

/// Writes the plan for the image that was judged. Of one that cannot be opened there is none.
pub(super) fn write(args: &Preflight, directory: &Path, judged: &Judged<'_>, target: &Target) -> Result<(), Failure> {
    let [path] = args.images.as_slice() else { return Err(Failure::usage("--fix-plan is about one image")) };
    let image = image::open(path, &args.subject)?;
    let disk = match image.disk(&args.subject.input) {
        Err(error) if error.kind() != ErrorKind::Io => {
            say(&format!("{}: there is no fix plan for an image that cannot be opened", path.display()));
            return Ok(());
        }
        disk => disk?,
    };
    let name = &judged.facts.image.path;
    let system = inspect::Image { path: name, file: &image.source, disk: &disk };
    let plan = fix::plan(system, &[], judged.facts, judged.report, target).map_err(|error| error.at_path(path))?;
    image.check_unchanged()?;
    let at = |error: std::io::Error| Failure::from(error).about(directory);
    std::fs::create_dir_all(directory).map_err(at)?;
    for document in plan.documents() {
        let file = directory.join(document.name);
        save(&file, &document.bytes)?;
        if document.executable {
            std::fs::set_permissions(&file, PermissionsExt::from_mode(EXECUTABLE)).map_err(at)?;
        }
    }
    let tally: Vec<String> = plan.tally().iter().map(|(effect, count)| format!("{count} {effect}")).collect();
    say(&format!("{}: of the rules that failed, {}", directory.display(), tally.join(", ")));
    Ok(())
}
