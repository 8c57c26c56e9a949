//! `format-specific`: what only one format has, under qemu-img's keys where it has them.

use disk::{Details, Info, IsoBoot, IsoDetails, OvaDetails, OvaDisk, Qcow2Details, VmdkDetails, VmdkExtent};
use facts::Media;
use serde_json::{Map, Value, json};
use std::fmt::Write;
use std::path::Path;

/// A field's value: one, or a list of things that have fields.
pub(super) enum Field {
    One(Value),
    Each(Vec<Fields>),
}

/// Fields in order.
pub(super) type Fields = Vec<(&'static str, Field)>;

/// The fields, in qemu-img's order; empty where there are none.
pub(super) fn fields(path: &Path, info: &Info, media: Option<&Media>) -> Fields {
    match &info.details {
        // qemu-img says nothing more about these, and who compares would stumble over it.
        Details::None | Details::Vhd(_) | Details::Vhdx(_) | Details::Vdi(_) => Vec::new(),
        Details::Qcow2(details) => qcow2(info, details),
        Details::Vmdk(details) => vmdk(path, details),
        Details::Ova(details) => ova(details),
        Details::Iso(details) => iso(details, media),
    }
}

/// Fields that say nothing are left out.
fn present(fields: impl IntoIterator<Item = (&'static str, Value)>) -> Fields {
    let said = fields.into_iter().filter(|(_, value)| !value.is_null());
    said.map(|(key, value)| (key, Field::One(value))).collect()
}

fn qcow2(info: &Info, details: &Qcow2Details) -> Fields {
    let modern = details.version >= 3;
    let in_v3 = |value: Value| if modern { value } else { Value::Null };
    let data_file_raw = if info.data_file.is_some() { json!(details.data_file_raw) } else { Value::Null };
    present([
        ("compat", json!(if modern { "1.1" } else { "0.10" })),
        ("data-file", in_v3(json!(info.data_file))),
        ("compression-type", json!(details.compression)),
        ("lazy-refcounts", in_v3(json!(details.lazy_refcounts))),
        ("refcount-bits", json!(details.refcount_bits)),
        ("corrupt", in_v3(json!(details.corrupt))),
        ("data-file-raw", in_v3(data_file_raw)),
        ("extended-l2", in_v3(json!(details.extended_l2))),
    ])
}

fn vmdk(path: &Path, details: &VmdkDetails) -> Fields {
    let extent = |extent: &VmdkExtent| {
        let itself = extent.name.is_empty();
        present([
            ("compressed", if extent.compressed { json!(true) } else { Value::Null }),
            ("virtual-size", json!(extent.virtual_size)),
            ("filename", json!(if itself { path.to_string_lossy() } else { extent.name.as_str().into() })),
            ("cluster-size", json!(extent.cluster_size)),
            // As qemu-img: the kind stands in descriptors that are files of their own.
            ("format", json!(if itself { "" } else { extent.kind.as_str() })),
        ])
    };
    let mut fields = present([
        ("cid", json!(details.cid)),
        ("parent-cid", json!(details.parent_cid)),
        ("create-type", json!(details.create_type)),
    ]);
    fields.push(("extents", Field::Each(details.extents.iter().map(extent).collect())));
    fields
}

fn ova(details: &OvaDetails) -> Fields {
    let disk = |disk: &OvaDisk| {
        present([
            ("name", json!(disk.name)),
            ("format", json!(disk.format)),
            ("virtual-size", json!(disk.capacity)),
            ("file-size", json!(disk.file_size)),
        ])
    };
    let mut fields = present([
        ("machine", json!(details.machine)),
        ("operating-system", json!(details.operating_system)),
        ("firmware", json!(details.firmware)),
    ]);
    fields.push(("disks", Field::Each(details.disks.iter().map(disk).collect())));
    fields
}

fn iso(details: &IsoDetails, media: Option<&Media>) -> Fields {
    let entry = |entry: &IsoBoot| {
        present([
            ("platform", json!(entry.platform)),
            ("offset", json!(entry.offset)),
            ("size", json!(entry.size)),
            ("emulation", json!(entry.emulation)),
        ])
    };
    let system = media.and_then(|media| Some(media.system.value()?.value.clone()));
    let architecture = media.and_then(|media| Some(media.architecture.value()?.value.to_string()));
    let mut fields = present([
        ("label", json!(details.label)),
        ("system", json!(system)),
        ("architecture", json!(architecture)),
        ("publisher", json!(details.publisher)),
        ("application", json!(details.application)),
        ("volume-size", json!(details.volume_size)),
        ("udf", json!(details.udf)),
        ("boot-code", json!(details.boot_code)),
        ("efi-partition", json!(details.efi_partition)),
        ("partition-tables", json!(details.partition_tables.join(" "))),
    ]);
    fields.push(("el-torito", Field::Each(details.boot.iter().map(entry).collect())));
    fields
}

/// As JSON.
pub(super) fn json(fields: Fields) -> Value {
    let value = |field| match field {
        Field::One(value) => value,
        Field::Each(all) => all.into_iter().map(json).collect(),
    };
    fields.into_iter().map(|(key, field)| (key.to_owned(), value(field))).collect::<Map<_, _>>().into()
}

/// The lines that qemu-img makes of such fields: dashes become spaces, and what is in something is indented.
pub(super) fn human(fields: &Fields) -> String {
    let mut out = String::new();
    lines(&mut out, 4, fields);
    out
}

fn lines(out: &mut String, indent: usize, fields: &Fields) {
    for (key, field) in fields {
        let key = key.replace('-', " ");
        match field {
            Field::One(Value::String(text)) => {
                let _ = writeln!(out, "{:indent$}{key}: {}", "", facts::printable(text));
            }
            Field::One(value) => {
                let _ = writeln!(out, "{:indent$}{key}: {value}", "");
            }
            Field::Each(all) => {
                let _ = writeln!(out, "{:indent$}{key}:", "");
                for (number, fields) in all.iter().enumerate() {
                    let _ = writeln!(out, "{:indent$}    [{number}]:", "");
                    lines(out, indent + 8, fields);
                }
            }
        }
    }
}
