//! `info`: what an image file is, in qemu-img's words and JSON.

use crate::cli::{Info, InfoOutput, Input};
use crate::exit::{Exit, Failure};
use crate::image::{self, Allowed};
use crate::{output, size};
use disk::{Details, Opener};
use serde_json::{Map, Value, json};
use std::fmt::Write;
use std::path::{Path, PathBuf};
use storage::{Error, File, ReadAt};

/// Backing files of backing files, at most.
const MAX_DEPTH: usize = 16;

pub(crate) fn run(args: &Info) -> Result<Exit, Failure> {
    let chain = chain(args)?;
    match args.output {
        InfoOutput::Human => output::text(&chain.iter().map(Image::human).collect::<Vec<_>>().join("\n"))?,
        InfoOutput::Json if args.backing_chain => output::json(&chain.iter().map(Image::json).collect::<Vec<_>>())?,
        InfoOutput::Json => output::json(&chain[0].json())?,
    }
    Ok(Exit::Done)
}

/// One file of a chain.
struct Image {
    path: PathBuf,
    file_size: u64,
    allocated: u64,
    info: disk::Info,
}

fn chain(args: &Info) -> Result<Vec<Image>, Failure> {
    let mut images = vec![examine(&args.image, &args.input)?];
    if !args.backing_chain {
        return Ok(images);
    }
    let mut seen = vec![File::open(&args.image)?.identity()];
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
        images.push(examine(&path, &Input { format, allow_backing: args.input.allow_backing.clone() })?);
    }
    Ok(images)
}

fn examine(path: &Path, input: &Input) -> Result<Image, Failure> {
    let file = image::open_file(path)?;
    let info = disk::info(&*file, input.format.as_deref()).map_err(|error| error.at_path(path))?;
    Ok(Image { path: path.to_owned(), file_size: file.size(), allocated: file.allocated(), info })
}

impl Image {
    /// The name that qemu-img has for the format.
    fn format(&self) -> &str {
        if self.info.format == "vhd" { "vpc" } else { self.info.format }
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
        for (index, (name, value)) in self.specific().into_iter().enumerate() {
            if index == 0 {
                line("Format specific information:".into());
            }
            let value = value.as_str().map_or_else(|| value.to_string(), facts::printable);
            line(format!("    {}: {value}", name.replace('-', " ")));
        }
        for note in &info.notes {
            line(format!("note: {}", facts::printable(note)));
        }
        line(format!("Child node '/file':\n    filename: {path}\n    protocol type: file"));
        let sectors = self.file_size.next_multiple_of(512);
        line(format!("    file length: {} ({sectors} bytes)", size::human(sectors)));
        let _ = writeln!(out, "    disk size: {}", size::human(self.allocated));
        out
    }

    /// `format-specific` of qcow2, in qemu-img's order.
    fn specific(&self) -> Vec<(&'static str, Value)> {
        let Details::Qcow2(details) = &self.info.details else { return Vec::new() };
        let modern = details.version >= 3;
        let mut fields = vec![("compat", json!(if modern { "1.1" } else { "0.10" }))];
        if let Some(name) = self.info.data_file.as_ref().filter(|_| modern) {
            fields.push(("data-file", json!(name)));
        }
        fields.push(("compression-type", json!(details.compression)));
        if modern {
            fields.push(("lazy-refcounts", json!(details.lazy_refcounts)));
        }
        fields.push(("refcount-bits", json!(details.refcount_bits)));
        if modern {
            fields.push(("corrupt", json!(details.corrupt)));
            if self.info.data_file.is_some() {
                fields.push(("data-file-raw", json!(details.data_file_raw)));
            }
            fields.push(("extended-l2", json!(details.extended_l2)));
        }
        fields
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
        let specific: Map<_, _> = self.specific().into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
        if !specific.is_empty() {
            put("format-specific", json!({"type": self.format(), "data": specific}));
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
