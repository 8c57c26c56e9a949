//! `info`: what an image file is, in qemu-img's words and JSON.

mod specific;

use crate::cli::{Info, InfoOutput, Input};
use crate::exit::{Exit, Failure};
use crate::image::{self, Allowed, Image};
use crate::{output, size};
use disk::{Details, Opener, Snapshot};
use facts::Media;
use serde_json::{Map, Value, json};
use std::fmt::Write;
use std::path::{Path, PathBuf};
use storage::{Error, ReadAt};

/// Backing files of backing files, at most.
const MAX_DEPTH: usize = 16;

pub(crate) fn run(args: &Info) -> Result<Exit, Failure> {
    let chain = chain(args)?;
    match args.output {
        InfoOutput::Human => output::text(&chain.iter().map(Link::human).collect::<Vec<_>>().join("\n"))?,
        InfoOutput::Json if args.backing_chain => output::json(&chain.iter().map(Link::json).collect::<Vec<_>>())?,
        InfoOutput::Json => output::json(&chain[0].json())?,
    }
    Ok(Exit::Done)
}

/// One file of a chain.
struct Link {
    path: PathBuf,
    /// Device and inode; none of standard input.
    identity: Option<(u64, u64)>,
    file_size: u64,
    allocated: u64,
    info: disk::Info,
    media: Option<Media>,
}

fn chain(args: &Info) -> Result<Vec<Link>, Failure> {
    let mut images = vec![examine(&args.image, &args.input)?];
    if !args.backing_chain {
        return Ok(images);
    }
    let mut seen: Vec<_> = images[0].identity.into_iter().collect();
    while let Some(name) = images.last().and_then(|image| image.info.backing_file.clone()) {
        let above = images.last().expect("begun with one");
        let allowed = Allowed::new(&above.path, &args.input.allow_backing)?;
        let (path, format) =
            (above.path.parent().unwrap_or(Path::new("")).join(&name), above.info.backing_format.clone());
        let at_above = |error: Error| error.at_path(&above.path);
        allowed.open(&name).map_err(at_above)?;
        if images.len() > MAX_DEPTH || seen.contains(&allowed.opened()[0]) {
            return Err(
                at_above(Error::corrupt(0, "its backing files lead back to itself, or are more than 16")).into()
            );
        }
        seen.extend(allowed.opened());
        images.push(examine(&path, &Input { format, member: None, ..args.input.clone() })?);
    }
    Ok(images)
}

fn examine(path: &Path, input: &Input) -> Result<Link, Failure> {
    let image = Image::open(path, input)?;
    let info = match &input.member {
        None => disk::info(&image.source, input.format.as_deref()).map_err(|error| error.at_path(path))?,
        Some(_) => image.disk(input)?.info().clone(),
    };
    let (file_size, allocated) = image.file().map_or((image.source.size(), 0), |file| (file.size(), file.allocated()));
    let media = match &info.details {
        Details::Iso(details) => Some(inspect::media(&image.source, details).map_err(|error| error.at_path(path))?),
        _ => None,
    };
    let identity = image.file().map(|file| file.identity());
    Ok(Link { path: path.to_owned(), identity, file_size, allocated, info, media })
}

impl Link {
    fn format(&self) -> &str {
        image::qemu_name(self.info.format)
    }

    /// qemu-img says where a relative backing file is: beside the image.
    fn full_backing_name(&self, name: &str) -> String {
        match self.path.parent().filter(|parent| !parent.as_os_str().is_empty() && !name.contains(':')) {
            Some(parent) => parent.join(name).to_string_lossy().into_owned(),
            None => name.to_owned(),
        }
    }

    fn human(&self) -> String {
        let (info, path, mut out) = (&self.info, self.path.display(), String::new());
        let mut line = |text: String| out.push_str(&(text + "\n"));
        line(format!("image: {path}"));
        line(format!("file format: {}", self.format()));
        line(format!("virtual size: {} ({} bytes)", size::human(info.virtual_size), info.virtual_size));
        line(format!("disk size: {}", size::human(self.allocated)));
        if let Some(method) = &info.encryption {
            line(format!("encrypted: yes\nencryption method: {method}"));
        }
        if let Some(bytes) = info.cluster_size {
            line(format!("cluster_size: {bytes}"));
        }
        if info.dirty {
            line("cleanly shut down: no".into());
        }
        if let Some(name) = &info.backing_file {
            let (shown, full) = (facts::printable(name), facts::printable(&self.full_backing_name(name)));
            let actual = if shown == full { String::new() } else { format!(" (actual path: {full})") };
            line(format!("backing file: {shown}{actual}"));
        }
        if let Some(format) = &info.backing_format {
            line(format!("backing file format: {}", facts::printable(format)));
        }
        if !info.snapshots.is_empty() {
            line(snapshot_table(&info.snapshots));
        }
        let specific = specific::fields(&self.path, info, self.media.as_ref());
        if !specific.is_empty() {
            line(format!("Format specific information:\n{}", specific::human(&specific).trim_end()));
        }
        for note in info.notes.iter().cloned().chain(image::misnamed(&self.path, info.format)) {
            line(format!("note: {}", facts::printable(&note)));
        }
        line(format!("Child node '/file':\n    filename: {path}\n    protocol type: file"));
        let sectors = self.file_size.next_multiple_of(512);
        line(format!("    file length: {} ({sectors} bytes)", size::human(sectors)));
        let _ = writeln!(out, "    disk size: {}", size::human(self.allocated));
        out
    }

    fn json(&self) -> Value {
        let (info, path) = (&self.info, self.path.to_string_lossy());
        let mut map = Map::new();
        let mut put = |key: &str, value: Value| drop(map.insert(key.to_owned(), value));
        put(
            "children",
            json!([{"name": "file", "info": {
                "children": [], "virtual-size": self.file_size.next_multiple_of(512), "filename": path, "format": "file",
                "actual-size": self.allocated, "format-specific": {"type": "file", "data": {}}, "dirty-flag": false,
            }}]),
        );
        if !info.snapshots.is_empty() {
            put("snapshots", info.snapshots.iter().map(snapshot).collect());
        }
        put("virtual-size", json!(info.virtual_size));
        put("filename", json!(path));
        if let Some(bytes) = info.cluster_size {
            put("cluster-size", json!(bytes));
        }
        put("format", json!(self.format()));
        put("actual-size", json!(self.allocated));
        if info.encryption.is_some() {
            put("encrypted", json!(true));
        }
        let specific = specific::fields(&self.path, info, self.media.as_ref());
        if !specific.is_empty() {
            put("format-specific", json!({"type": self.format(), "data": specific::json(specific)}));
        }
        if let Some(name) = &info.backing_file {
            put("backing-filename", json!(name));
            put("full-backing-filename", json!(self.full_backing_name(name)));
        }
        if let Some(format) = &info.backing_format {
            put("backing-filename-format", json!(format));
        }
        put("dirty-flag", json!(info.dirty));
        Value::Object(map)
    }
}

/// qemu-img's table, with times in UTC.
fn snapshot_table(snapshots: &[Snapshot]) -> String {
    let mut out = String::from(
        "Snapshot list:\nID      TAG               VM_SIZE                DATE        VM_CLOCK     ICOUNT",
    );
    for snapshot in snapshots {
        let (id, name) = (facts::printable(&snapshot.id), facts::printable(&snapshot.name));
        let state = size::human(snapshot.vm_state_size);
        let date = utc(snapshot.date_ns / SECOND);
        let clock = snapshot.vm_clock_ns / 1_000_000;
        let (ms, s, m, h) = (clock % 1000, clock / 1000 % 60, clock / 60_000 % 60, clock / 3_600_000);
        let icount = snapshot.icount.map_or("--".to_owned(), |count| count.to_string());
        let _ = write!(out, "\n{id:<7} {name:<16} {state:>8} {date:>20} {h:04}:{m:02}:{s:02}.{ms:03} {icount:>10}");
    }
    out
}

const SECOND: u64 = 1_000_000_000;

/// Seconds since 1970 as a date, by the civil calendar.
fn utc(seconds: u64) -> String {
    let (days, time) = (seconds / 86_400, seconds % 86_400);
    // Days since 1 March 0000, in which leap days come last in their year and their 400 years.
    let days = days + 719_468;
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let (day, month) = (day - (153 * month + 2) / 5 + 1, if month < 10 { month + 3 } else { month - 9 });
    let year = era * 400 + year + u64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02} {:02}:{:02}:{:02}", time / 3600, time / 60 % 60, time % 60)
}

fn snapshot(snapshot: &Snapshot) -> Value {
    let mut map = Map::new();
    let mut put = |key: &str, value: Value| drop(map.insert(key.to_owned(), value));
    if let Some(count) = snapshot.icount {
        put("icount", json!(count));
    }
    put("vm-clock-nsec", json!(snapshot.vm_clock_ns % SECOND));
    put("name", json!(snapshot.name));
    put("date-sec", json!(snapshot.date_ns / SECOND));
    put("date-nsec", json!(snapshot.date_ns % SECOND));
    put("vm-clock-sec", json!(snapshot.vm_clock_ns / SECOND));
    put("id", json!(snapshot.id));
    put("vm-state-size", json!(snapshot.vm_state_size));
    Value::Object(map)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_those_of_the_calendar() {
        for (seconds, date) in [
            (0, "1970-01-01 00:00:00"),
            (951_782_400, "2000-02-29 00:00:00"),
            (1_795_426_468, "2026-11-23 09:34:28"),
            (4_107_542_399, "2100-02-28 23:59:59"),
            (4_107_542_400, "2100-03-01 00:00:00"),
        ] {
            assert_eq!(utc(seconds), date);
        }
    }
}
