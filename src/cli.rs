//! What was typed. Letters are qemu-img's wherever the verb is.

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
    /// Copy an image into another format, or anew into its own.
    Convert(Convert),
    /// Say what an image file is, as qemu-img info does.
    Info(Info),
    /// Compare what two images hold, as qemu-img compare does: exit 0 same, 1 different, 2 and more an error.
    Compare(Compare),
    /// Explain a rule of preflight: what it checks, why ECS needs it, how to fix it. Without a rule: list all.
    Explain(Explain),
}

/// An image and how to open it.
#[derive(Debug, Args)]
pub(crate) struct Input {
    /// Format of the image, instead of what its content says (raw, qcow2, vhd).
    #[arg(short = 'f', long = "source-format", value_name = "FORMAT")]
    pub(crate) format: Option<String>,
    /// Let the image refer to files in this directory (backing files, data files). May be given more than once.
    #[arg(long, value_name = "DIRECTORY")]
    pub(crate) allow_backing: Vec<PathBuf>,
}

#[derive(Debug, Args)]
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

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReportOutput {
    #[default]
    Text,
    Json,
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
    /// Format of the output: raw, qcow2, vhd.
    #[arg(short = 'O', long = "target-format", alias = "output-format", value_name = "FORMAT", default_value = "raw")]
    pub(crate) target_format: String,
    /// Options of the output format, as k=v[,k=v]; `-o help` lists them.
    #[arg(short = 'o', long = "target-options", value_name = "OPTIONS")]
    pub(crate) options: Vec<String>,
    /// Leave out runs of zeros at least this long, even where the source stores them; 0: write all that is stored.
    #[arg(short = 'S', long, value_name = "SIZE", default_value = "4k", value_parser = crate::size::parse)]
    pub(crate) sparse_size: u64,
    /// Threads; by default one for each processor.
    #[arg(short = 'm', long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    pub(crate) parallel: usize,
    #[command(flatten)]
    pub(crate) progress: ProgressArgs,
    /// Replace the output if it exists.
    #[arg(long)]
    pub(crate) force: bool,
    /// Read the output back before it gets its name, and compare it with the source.
    #[arg(long)]
    pub(crate) verify: bool,
    /// Accepted for qemu-img's sake: source cache mode.
    #[arg(short = 'T', long = "source-cache", hide = true, value_name = "MODE")]
    pub(crate) source_cache: Option<String>,
    /// Accepted for qemu-img's sake: target cache mode. The output is always flushed to disk in the end.
    #[arg(short = 't', long = "target-cache", hide = true, value_name = "MODE")]
    pub(crate) target_cache: Option<String>,
    /// Accepted for qemu-img's sake: writes are always out of order.
    #[arg(short = 'W', long, hide = true)]
    pub(crate) oob_writes: bool,
    /// Accepted for qemu-img's sake; images are never locked here.
    #[arg(short = 'U', long, hide = true)]
    pub(crate) force_share: bool,
    #[arg(value_name = "SOURCE")]
    pub(crate) source: PathBuf,
    #[arg(value_name = "OUTPUT")]
    pub(crate) output: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct Compare {
    #[command(flatten)]
    pub(crate) input: Input,
    /// Format of the second image.
    #[arg(short = 'F', value_name = "FORMAT")]
    pub(crate) second_format: Option<String>,
    /// Images of different length are different.
    #[arg(short = 's', long)]
    pub(crate) strict: bool,
    /// Accepted for qemu-img's sake; images are never locked here.
    #[arg(short = 'U', long, hide = true)]
    pub(crate) force_share: bool,
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
    pub(crate) input: Input,
    /// For people, or facts as JSON.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) output: ReportOutput,
    #[arg(value_name = "IMAGE")]
    pub(crate) image: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct Preflight {
    #[command(flatten)]
    pub(crate) input: Input,
    /// For people, or for programs.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) output: ReportOutput,
    /// List every rule, those that passed too.
    #[arg(short = 'v', long)]
    pub(crate) verbose: bool,
    #[arg(value_name = "IMAGE")]
    pub(crate) image: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct Explain {
    /// Id of the rule, or an official name such as GUESTOS.Fstab.
    #[arg(value_name = "RULE")]
    pub(crate) rule: Option<String>,
}
