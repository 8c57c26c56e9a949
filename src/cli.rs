//! What was typed. Letters are qemu-img's wherever the verb is.

mod cloud;
mod request;

pub(crate) use cloud::{
    Access, Cancel, CloudOutput, ExplainError, Import, Place, Simulator, TaskStatus, Tasks, Uploads, UploadsVerb, Wait,
    Waiting,
};
pub(crate) use request::{ImportRequest, Machine, Request};

use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// Convert disk images, look inside them, and judge whether Alibaba Cloud ECS will import and boot them.
#[derive(Debug, Parser)]
#[command(version, arg_required_else_help = true, disable_help_subcommand = true, max_term_width = 100)]
pub(crate) struct Cli {
    /// Colour the text for people.
    #[arg(long, value_enum, default_value_t, global = true, value_name = "WHEN", alias = "color")]
    pub(crate) colour: Colour,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub(crate) enum Colour {
    /// On a terminal.
    #[default]
    Auto,
    Always,
    Never,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Judge an image against the rules of the ECS import, offline, before a byte is uploaded.
    Preflight(Box<Preflight>),
    /// Say what is in an image: volumes, operating system, boot chain, drivers, configuration.
    Inspect(Inspect),
    /// Make the request for ImportImage out of images, check it, and print it; nothing is sent.
    Request(Box<ImportRequest>),
    /// Judge images, upload them to OSS, and import them into ECS; killed or stopped, the same command goes on.
    Import(Box<Import>),
    /// Wait for an import that was begun.
    Wait(Wait),
    /// List the imports of a region, newest first.
    Tasks(Tasks),
    /// Cancel imports.
    Cancel(Cancel),
    /// List or throw away uploads that were begun.
    Uploads(Uploads),
    /// Explain an error of the cloud: what it means, what to do, which rule of preflight says so before.
    ExplainError(ExplainError),
    /// Simulate OSS, ECS, RAM and STS on this machine, to try an import without an account.
    Simulator(Simulator),
    /// Copy an image into another format, or anew into its own.
    Convert(Convert),
    /// Say what an image file is, as qemu-img info does.
    Info(Info),
    /// Say where each run of a disk is stored, as qemu-img map does.
    Map(Map),
    /// Say how large the converted image will be, as qemu-img measure does.
    Measure(Measure),
    /// Walk all metadata of an image, as qemu-img check does; nothing is repaired. Exit 0 sound, 2 damaged, 3 space
    /// leaked, 63 nothing to check in this format, 1 not checked.
    Check(Check),
    /// Compare what two images hold, as qemu-img compare does: exit 0 same, 1 different, 2 and more an error.
    Compare(Compare),
    /// Check that an image, in whatever format, holds what preflight --attest said is ready.
    VerifyAttestation(VerifyAttestation),
    /// Explain a rule of preflight: what it checks, why ECS needs it, how to fix it. Without a rule: list all.
    Explain(Explain),
}

/// An image and how to open it.
#[derive(Clone, Debug, Args)]
pub(crate) struct Input {
    /// Format of the image, instead of what its content says (raw, qcow2, vhd, vhdx, vmdk, vdi, ova, iso).
    #[arg(short = 'f', long = "source-format", value_name = "FORMAT", value_parser = format)]
    pub(crate) format: Option<String>,
    /// Let the image refer to files in this directory (backing files, data files, extents). May be given more than once.
    #[arg(long, value_name = "DIRECTORY")]
    pub(crate) allow_backing: Vec<PathBuf>,
    /// Of an archive with several disks, the one of this number or name, instead of the first.
    #[arg(long, value_name = "DISK")]
    pub(crate) member: Option<String>,
    /// Accepted for qemu-img's sake; images are never locked here.
    #[arg(short = 'U', long, hide = true)]
    pub(crate) force_share: bool,
}

/// An image that is looked into, here or elsewhere.
#[derive(Debug, Args)]
pub(crate) struct Subject {
    #[command(flatten)]
    pub(crate) input: Input,
    /// Read no more than this of an image that is named by an http or https address.
    #[arg(long, value_name = "SIZE", default_value = "64M", value_parser = crate::size::parse)]
    pub(crate) max_read: u64,
}

/// What the output is to be.
#[derive(Debug, Args)]
pub(crate) struct Target {
    /// Format of the output: raw, qcow2, vhd, vmdk.
    #[arg(short = 'O', long = "target-format", alias = "output-format", value_name = "FORMAT", default_value = "raw", value_parser = format)]
    pub(crate) target_format: String,
    /// Options of the output format, as k=v[,k=v]; `convert -o help` lists them.
    #[arg(short = 'o', long = "target-options", value_name = "OPTIONS")]
    pub(crate) options: Vec<String>,
}

#[derive(Debug, Default, Args)]
pub(crate) struct ProgressArgs {
    /// Show progress.
    #[arg(short = 'p', long)]
    pub(crate) progress: bool,
    /// Say nothing but errors.
    #[arg(short = 'q', long)]
    pub(crate) quiet: bool,
    /// Write progress as JSON lines to this file descriptor.
    #[arg(long, value_name = "FD")]
    pub(crate) progress_fd: Option<u32>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum InfoOutput {
    #[default]
    Human,
    Json,
}

/// How facts are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum FactsOutput {
    #[default]
    Text,
    Json,
    /// As virt-inspector does.
    Xml,
}

#[derive(Debug, Args)]
pub(crate) struct Info {
    #[command(flatten)]
    pub(crate) input: Input,
    /// For people, or qemu-img's JSON.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) output: InfoOutput,
    /// Also of the backing files, as far as --allow-backing lets them be opened.
    #[arg(long)]
    pub(crate) backing_chain: bool,
    #[arg(value_name = "IMAGE")]
    pub(crate) image: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct Map {
    #[command(flatten)]
    pub(crate) input: Input,
    /// For people, or qemu-img's JSON.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) output: InfoOutput,
    /// Begin at this byte of the disk.
    #[arg(short = 's', long, value_name = "OFFSET", default_value = "0", hide_default_value = true, value_parser = crate::size::parse)]
    pub(crate) start_offset: u64,
    /// No more of the disk than this.
    #[arg(short = 'l', long, value_name = "LENGTH", value_parser = crate::size::parse)]
    pub(crate) max_length: Option<u64>,
    #[arg(value_name = "IMAGE")]
    pub(crate) image: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct Measure {
    #[command(flatten)]
    pub(crate) input: Input,
    #[command(flatten)]
    pub(crate) target: Target,
    /// For people, or qemu-img's JSON.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) output: InfoOutput,
    /// Of an empty disk of this size, instead of an image.
    #[arg(short = 's', long, value_name = "SIZE", value_parser = crate::size::parse, conflicts_with = "image")]
    pub(crate) size: Option<u64>,
    /// As of this internal snapshot.
    #[arg(short = 'l', long = "snapshot", value_name = "SNAPSHOT", requires = "image")]
    pub(crate) snapshot: Option<String>,
    /// Compressed, as by convert -c; needs --exact.
    #[arg(short = 'c', long, requires = "exact")]
    pub(crate) compress: bool,
    /// Read the disk and leave out zeros (and compress), so that it is the length of the very file that convert will write.
    #[arg(long, requires = "image")]
    pub(crate) exact: bool,
    #[arg(value_name = "IMAGE", required_unless_present = "size")]
    pub(crate) image: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Check {
    /// Format of the image, instead of what its content says.
    #[arg(short = 'f', long = "format", value_name = "FORMAT", value_parser = format)]
    pub(crate) format: Option<String>,
    /// For people, or qemu-img's JSON.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) output: InfoOutput,
    /// Say nothing but errors.
    #[arg(short = 'q', long)]
    pub(crate) quiet: bool,
    /// Refused: images are never repaired in place.
    #[arg(short = 'r', long, hide = true, value_name = "WHAT")]
    pub(crate) repair: Option<String>,
    /// Accepted for qemu-img's sake: source cache mode.
    #[arg(short = 'T', long = "source-cache", hide = true, value_name = "MODE")]
    pub(crate) cache: Option<String>,
    /// Accepted for qemu-img's sake; images are never locked here.
    #[arg(short = 'U', long, hide = true)]
    pub(crate) force_share: bool,
    #[arg(value_name = "IMAGE")]
    pub(crate) image: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct Convert {
    #[command(flatten)]
    pub(crate) input: Input,
    #[command(flatten)]
    pub(crate) target: Target,
    /// Compress the output (qcow2; compression_type=zlib or zstd).
    #[arg(short = 'c', long)]
    pub(crate) compress: bool,
    /// The disk as of this internal snapshot: its id or name, or snapshot.id=ID,snapshot.name=NAME.
    #[arg(short = 'l', long = "snapshot", value_name = "SNAPSHOT")]
    pub(crate) snapshot: Option<String>,
    /// Leave out runs of zeros at least this long, even where the source stores them; 0: leave out nothing, holes neither.
    #[arg(short = 'S', long, value_name = "SIZE", default_value = "4k", value_parser = crate::size::parse)]
    pub(crate) sparse_size: u64,
    /// Write into an output that exists, a file or a block device, instead of making a new one.
    #[arg(short = 'n', long)]
    pub(crate) no_create: bool,
    /// With -n: the output reads as zeros already, so zeros need not be written.
    #[arg(long, requires = "no_create")]
    pub(crate) target_is_zero: bool,
    /// Make the disk this large; what is added is zeros.
    #[arg(long, value_name = "SIZE", value_parser = crate::size::parse)]
    pub(crate) size: Option<u64>,
    /// Make the disk a multiple of this large, such as 1M or 1G.
    #[arg(long, value_name = "SIZE", value_parser = crate::size::parse)]
    pub(crate) align: Option<u64>,
    /// Leave out what the filesystems on the disk mark as free, and the content of swap.
    #[arg(long)]
    pub(crate) drop_free: bool,
    /// Threads; by default one for each processor.
    #[arg(short = 'm', long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    pub(crate) parallel: usize,
    /// Bytes a second, at most.
    #[arg(short = 'r', long = "rate", value_name = "RATE", value_parser = crate::size::parse)]
    pub(crate) rate: Option<u64>,
    /// Memory for buffers.
    #[arg(long, value_name = "SIZE", default_value = "96M", value_parser = crate::size::parse)]
    pub(crate) memory: u64,
    #[command(flatten)]
    pub(crate) progress: ProgressArgs,
    /// Replace the output if it exists.
    #[arg(long)]
    pub(crate) force: bool,
    /// Read the output back before it gets its name, and compare it with the source.
    #[arg(long)]
    pub(crate) verify: bool,
    /// Source cache mode, as qemu-img's: none and directsync read past the page cache.
    #[arg(short = 'T', long = "source-cache", value_name = "MODE", value_parser = cache)]
    pub(crate) source_cache: Option<storage::Cache>,
    /// Target cache mode, as qemu-img's: none and directsync write past the page cache, unsafe does not flush in the end.
    #[arg(short = 't', long = "target-cache", value_name = "MODE", value_parser = cache)]
    pub(crate) target_cache: Option<storage::Cache>,
    /// Accepted for qemu-img's sake: writes are out of order wherever that does not change the output.
    #[arg(short = 'W', long, hide = true)]
    pub(crate) oob_writes: bool,
    /// An image; - for standard input.
    #[arg(value_name = "SOURCE", required_unless_present = "options")]
    pub(crate) source: Option<PathBuf>,
    /// A file; - for standard output (raw, vmdk).
    #[arg(value_name = "OUTPUT", required_unless_present = "options")]
    pub(crate) output: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Compare {
    #[command(flatten)]
    pub(crate) input: Input,
    /// Format of the second image.
    #[arg(short = 'F', value_name = "FORMAT", value_parser = format)]
    pub(crate) second_format: Option<String>,
    /// Images of different length are different, and so are those that store different parts of the disk.
    #[arg(short = 's', long)]
    pub(crate) strict: bool,
    /// Accepted for qemu-img's sake: source cache mode.
    #[arg(short = 'T', hide = true, value_name = "MODE")]
    pub(crate) cache: Option<String>,
    #[command(flatten)]
    pub(crate) progress: ProgressArgs,
    #[arg(value_name = "IMAGE")]
    pub(crate) first: PathBuf,
    #[arg(value_name = "IMAGE")]
    pub(crate) second: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct Inspect {
    #[command(flatten)]
    pub(crate) subject: Subject,
    /// For people, facts as JSON, or XML in the shape of virt-inspector's.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) output: FactsOutput,
    /// How the machine would start, step by step, and what in the image says so.
    #[arg(long, conflicts_with = "output")]
    pub(crate) boot_chain: bool,
    /// The disks of one machine: the one that it starts from, then its others. A volume group, an array and what the
    /// system mounts may lie over all of them. Each is a file, an http or https address, or - for standard input.
    #[arg(value_name = "IMAGE", required = true)]
    pub(crate) images: Vec<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Preflight {
    #[command(flatten)]
    pub(crate) subject: Subject,
    #[command(flatten)]
    pub(crate) output: Reports,
    /// List every rule, those that passed or do not apply too.
    #[arg(short = 'v', long)]
    pub(crate) verbose: bool,
    /// Put the facts into the JSON as well.
    #[arg(long)]
    pub(crate) facts: bool,
    /// Limits of the import in force: current, or those of an earlier date.
    #[arg(long, default_value = "current", value_parser = profile)]
    pub(crate) profile: &'static preflight::Profile,
    /// What the disk is to become: system or data.
    #[arg(long, default_value = "system", value_name = "USE")]
    pub(crate) disk: preflight::DiskUse,
    /// The instances that it is for: a family, a region, what they ask for; such as ecs.g8y/cn-hangzhou or nvme,uefi.
    #[arg(long, value_name = "INSTANCE")]
    pub(crate) target: Option<preflight::Instance>,
    /// Exit with 10 from findings of this severity on: info, degraded, no-login, no-boot, reject.
    #[arg(long, default_value = "no-login", value_name = "SEVERITY")]
    pub(crate) fail_on: preflight::Severity,
    /// Exit with 11 if something that could block cannot be decided.
    #[arg(long)]
    pub(crate) strict: bool,
    /// What the project decides about the rules; by default bootworthy.toml, where there is one here.
    #[arg(long, value_name = "FILE")]
    pub(crate) policy: Option<PathBuf>,
    /// No policy, not even that of bootworthy.toml.
    #[arg(long, conflicts_with = "policy")]
    pub(crate) no_policy: bool,
    /// A report as JSON: what it found does not block again.
    #[arg(long, value_name = "REPORT")]
    pub(crate) baseline: Option<PathBuf>,
    /// Also read the whole disk, and write an in-toto statement on its content and the verdict into this file.
    #[arg(long, value_name = "FILE", conflicts_with = "from_facts")]
    pub(crate) attest: Option<PathBuf>,
    /// Also write what to change in the guest into this directory, which is made: a diff, a script, and what they do.
    #[arg(long, value_name = "DIRECTORY", conflicts_with = "from_facts")]
    pub(crate) fix_plan: Option<PathBuf>,
    /// The files are facts that inspect --output json wrote, not images.
    #[arg(long, conflicts_with_all = ["format", "member", "allow_backing"])]
    pub(crate) from_facts: bool,
    #[command(flatten)]
    pub(crate) request: Request,
    /// An image, or several, which are judged each for itself, and summed up together.
    #[arg(value_name = "IMAGE", required = true)]
    pub(crate) images: Vec<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct VerifyAttestation {
    #[command(flatten)]
    pub(crate) input: Input,
    #[command(flatten)]
    pub(crate) progress: ProgressArgs,
    /// The statement that preflight --attest wrote.
    #[arg(value_name = "ATTESTATION")]
    pub(crate) attestation: PathBuf,
    #[arg(value_name = "IMAGE")]
    pub(crate) image: PathBuf,
}

/// How reports are written, and where to.
#[derive(Debug, Args)]
pub(crate) struct Reports {
    /// Format of the report: text, json, sarif, junit, github, gitlab, markdown, image-check, html; or auto: the one for
    /// the CI that this runs in, or text.
    #[arg(long, value_name = "FORMAT", default_value = "text", value_parser = reporter)]
    pub(crate) output: String,
    /// Also write a report of that format into a file. May be given more than once.
    #[arg(long = "report", value_name = "FORMAT=FILE", value_parser = report_file)]
    pub(crate) files: Vec<(String, PathBuf)>,
}

impl Reports {
    /// All formats that are asked for.
    pub(crate) fn formats(&self) -> impl Iterator<Item = &str> {
        self.files.iter().map(|(format, _)| format.as_str()).chain([self.output.as_str()])
    }
}

fn reporter(name: &str) -> Result<String, String> {
    if name == "auto" || report::reporter(name).is_some() {
        return Ok(name.into());
    }
    let known: Vec<_> = report::REPORTERS.iter().map(|reporter| reporter.name()).collect();
    Err(format!("known formats: auto, {}", known.join(", ")))
}

fn report_file(text: &str) -> Result<(String, PathBuf), String> {
    let (format, file) = text.split_once('=').ok_or("write it as FORMAT=FILE, such as sarif=preflight.sarif")?;
    match file {
        "" => Err(format!("no file is named after {format}=")),
        file => Ok((reporter(format)?, file.into())),
    }
}

fn cache(word: &str) -> Result<storage::Cache, String> {
    word.parse().map_err(|error: storage::Error| error.to_string())
}

fn format(name: &str) -> Result<String, String> {
    disk::format(name).map(|format| format.name().to_owned()).ok_or_else(|| {
        let known: Vec<_> = disk::FORMATS.iter().map(|format| format.name()).collect();
        format!("known formats: {}", known.join(", "))
    })
}

fn profile(name: &str) -> Result<&'static preflight::Profile, String> {
    preflight::Profile::named(name).ok_or_else(|| {
        let known: Vec<_> = preflight::PROFILES.iter().map(|profile| profile.name).collect();
        format!("known profiles: {}", known.join(", "))
    })
}

#[derive(Debug, Args)]
pub(crate) struct Explain {
    /// Id of the rule, or an official name such as GUESTOS.Fstab.
    #[arg(value_name = "RULE")]
    pub(crate) rule: Option<String>,
}
