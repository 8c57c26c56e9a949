//! Other programs, run and measured.

use crate::Result;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use wait4::Wait4;

/// What a process took from start to end.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cost {
    pub(crate) wall: Duration,
    /// User and system time, all threads.
    pub(crate) cpu: Duration,
    /// Largest resident set, in bytes.
    pub(crate) memory: u64,
}

/// Runs a program to its end. One that fails is an error with its words; `accept` lists other codes that are no failure.
pub(crate) fn measure(command: &mut Command, accept: &[i32]) -> Result<Cost> {
    let shown = format!("{command:?}");
    // Into files, not pipes: nobody has to read while the program runs.
    let (out, err) = (tempfile::tempfile()?, tempfile::NamedTempFile::new()?);
    command.stdin(Stdio::null()).stdout(out).stderr(err.reopen()?);
    let start = Instant::now();
    let mut child = command.spawn().map_err(|error| format!("{shown}: {error}"))?;
    let used = child.wait4()?;
    let wall = start.elapsed();
    if !used.status.success() && !used.status.code().is_some_and(|code| accept.contains(&code)) {
        let words = std::fs::read_to_string(err.path())?;
        return Err(format!("{shown}: {}: {}", used.status, words.trim()).into());
    }
    let rusage = used.rusage;
    Ok(Cost { wall, cpu: rusage.utime + rusage.stime, memory: rusage.maxrss })
}

/// What a program says on standard output; its failure is an error with its words.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let shown = format!("{command:?}");
    let output = command.stdin(Stdio::null()).output().map_err(|error| format!("{shown}: {error}"))?;
    if !output.status.success() {
        return Err(format!("{shown}: {}: {}", output.status, String::from_utf8_lossy(&output.stderr).trim()).into());
    }
    Ok(String::from_utf8(output.stdout)?)
}

/// Builds the release binary of this tree and says where it is.
pub(crate) fn release_binary() -> Result<PathBuf> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .args(["build", "--release", "--package", "bootworthy"])
        .current_dir(workspace())
        .status()?;
    if !status.success() {
        return Err("the release binary does not build".into());
    }
    // This program was built into the same directory.
    Ok(std::env::current_exe()?.with_file_name("bootworthy"))
}

/// Root of the workspace.
pub(crate) fn workspace() -> &'static Path {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here)
}
