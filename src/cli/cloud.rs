//! What was typed of the cloud: who asks, and where.

use super::{Machine, ProgressArgs, format};
use ::import::Network;
use clap::{Args, Subcommand, ValueEnum};
use std::path::PathBuf;

/// Credentials and endpoints. Secrets are never typed here: they come from the environment, a profile of aliyun's
/// configuration, or the role of the instance.
#[derive(Debug, Args)]
#[command(next_help_heading = "The cloud")]
pub(crate) struct Access {
    /// Profile of aliyun's configuration to take credentials from, instead of the first that are found.
    #[arg(long, value_name = "NAME")]
    pub(crate) credentials_profile: Option<String>,
    /// That configuration, instead of ~/.aliyun/config.json.
    #[arg(long, value_name = "FILE")]
    pub(crate) config_path: Option<PathBuf>,
    /// The way to OSS and ECS: public; internal, from inside of the region, where traffic costs nothing; accelerate and
    /// accelerate-overseas, by OSS's transfer acceleration, which the bucket must have enabled; dual-stack.
    #[arg(long, value_name = "NETWORK", default_value = "public", value_parser = network)]
    pub(crate) network: Network,
    /// Where OSS is asked; by default what OSS_ENDPOINT says, or that of the region.
    #[arg(long, value_name = "HOST")]
    pub(crate) oss_endpoint: Option<String>,
    /// Where ECS is asked; by default what ECS_ENDPOINT says, or that of the region.
    #[arg(long, value_name = "HOST")]
    pub(crate) ecs_endpoint: Option<String>,
    /// Where RAM is asked; by default what RAM_ENDPOINT says, or the one that there is.
    #[arg(long, value_name = "HOST")]
    pub(crate) ram_endpoint: Option<String>,
    /// Where STS is asked; by default what STS_ENDPOINT says, or the one that there is.
    #[arg(long, value_name = "HOST")]
    pub(crate) sts_endpoint: Option<String>,
}

/// A region, for calls about what is there already.
#[derive(Debug, Args)]
pub(crate) struct Place {
    /// Region; by default what ALIBABA_CLOUD_REGION_ID says.
    #[arg(long, value_name = "REGION")]
    pub(crate) region_id: Option<String>,
    #[command(flatten)]
    pub(crate) access: Access,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum CloudOutput {
    #[default]
    Text,
    Json,
}

/// How to wait.
#[derive(Debug, Args)]
pub(crate) struct Waiting {
    /// Seconds between two questions how far it is.
    #[arg(long, value_name = "SECONDS", default_value_t = 10.0, value_parser = seconds)]
    pub(crate) interval: f64,
    /// Give up waiting after so many seconds; the import goes on. By default as long as it takes.
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub(crate) timeout: Option<f64>,
}

/// How to upload.
#[derive(Debug, Args)]
#[command(next_help_heading = "The upload")]
pub(crate) struct Upload {
    /// Convert into this format while uploading, with no file in between: raw, qcow2, vhd.
    #[arg(long, value_name = "FORMAT", value_parser = format)]
    pub(crate) convert: Option<String>,
    /// With --convert: compress (qcow2).
    #[arg(short = 'c', long, requires = "convert")]
    pub(crate) compress: bool,
    /// With --convert: options of the format, as k=v[,k=v].
    #[arg(short = 'o', long = "target-options", value_name = "OPTIONS", requires = "convert")]
    pub(crate) options: Vec<String>,
    /// Bytes of a part, instead of what follows from the size.
    #[arg(long, value_name = "SIZE", value_parser = crate::size::parse)]
    pub(crate) part_size: Option<u64>,
    /// Parts that are sent at once, at most.
    #[arg(long, value_name = "N", default_value_t = 16)]
    pub(crate) parallel: usize,
    /// Bytes a second, at most.
    #[arg(short = 'r', long = "rate", value_name = "RATE", value_parser = crate::size::parse)]
    pub(crate) rate: Option<u64>,
    /// Replace objects that are there and hold something else.
    #[arg(long)]
    pub(crate) overwrite: bool,
}

/// The verb `import`.
#[derive(Debug, Args)]
pub(crate) struct Import {
    /// Make the role that ECS needs to read the bucket, or give it what it lacks.
    #[arg(long)]
    pub(crate) ensure_role: bool,
    /// The statement that preflight --attest wrote about the image, in place of judging it here; all of it is read, to see
    /// that it is still what was judged.
    #[arg(long, value_name = "FILE")]
    pub(crate) attestation: Option<PathBuf>,
    /// Where to write down how far it is; by default a file for this bucket and object in the state directory.
    #[arg(long, value_name = "FILE")]
    pub(crate) journal: Option<PathBuf>,
    /// Only go on with an import that was begun: fail where there is nothing to go on with.
    #[arg(long)]
    pub(crate) resume: bool,
    /// Do not wait for the image.
    #[arg(long)]
    pub(crate) no_wait: bool,
    #[command(flatten)]
    pub(crate) waiting: Waiting,
    #[command(flatten)]
    pub(crate) progress: ProgressArgs,
    /// For people, or as JSON.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) output: CloudOutput,
    #[command(flatten)]
    pub(crate) machine: Machine,
    #[command(flatten)]
    pub(crate) upload: Upload,
    #[command(flatten)]
    pub(crate) access: Access,
}

/// The verb `wait`.
#[derive(Debug, Args)]
pub(crate) struct Wait {
    #[command(flatten)]
    pub(crate) waiting: Waiting,
    /// For people, or as JSON.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) output: CloudOutput,
    /// Say nothing but errors and the image.
    #[arg(short = 'q', long)]
    pub(crate) quiet: bool,
    /// Task (t-…) or image (m-…).
    #[arg(value_name = "ID")]
    pub(crate) id: String,
    #[command(flatten)]
    pub(crate) place: Place,
}

/// The verb `cancel`.
#[derive(Debug, Args)]
pub(crate) struct Cancel {
    /// Tasks (t-…).
    #[arg(value_name = "TASK", required = true)]
    pub(crate) tasks: Vec<String>,
    #[command(flatten)]
    pub(crate) place: Place,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum TaskStatus {
    Processing,
    Finished,
    Failed,
}

/// The verb `tasks`.
#[derive(Debug, Args)]
pub(crate) struct Tasks {
    /// Only those of this status.
    #[arg(long, value_enum, value_name = "STATUS")]
    pub(crate) status: Option<TaskStatus>,
    /// For people, or as JSON.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) output: CloudOutput,
    #[command(flatten)]
    pub(crate) place: Place,
}

/// The verb `uploads`.
#[derive(Debug, Args)]
pub(crate) struct Uploads {
    #[command(subcommand)]
    pub(crate) verb: UploadsVerb,
}

#[derive(Debug, Subcommand)]
pub(crate) enum UploadsVerb {
    /// List uploads that were begun and neither completed nor thrown away; their parts cost money.
    List {
        /// Only of keys that begin so.
        #[arg(long, value_name = "PREFIX", default_value = "", hide_default_value = true)]
        prefix: String,
        /// For people, or as JSON.
        #[arg(long, value_enum, default_value_t)]
        output: CloudOutput,
        #[command(flatten)]
        bucket: Bucket,
    },
    /// Throw away what was uploaded of an object: one upload of it, or all.
    Abort {
        /// Key of the object.
        #[arg(value_name = "KEY")]
        key: String,
        /// The upload, instead of all of that key.
        #[arg(value_name = "UPLOAD")]
        id: Option<String>,
        #[command(flatten)]
        bucket: Bucket,
    },
}

/// A bucket.
#[derive(Debug, Args)]
pub(crate) struct Bucket {
    /// OSS bucket.
    #[arg(long, value_name = "NAME")]
    pub(crate) oss_bucket: String,
    #[command(flatten)]
    pub(crate) place: Place,
}

/// The verb `explain-error`.
#[derive(Debug, Args)]
pub(crate) struct ExplainError {
    /// Code of an error of the cloud, such as InvalidOSSBucket.NotFound. Without one: list all.
    #[arg(value_name = "CODE")]
    pub(crate) code: Option<String>,
}

/// The verb `simulator`.
#[derive(Debug, Args)]
pub(crate) struct Simulator {
    /// Buckets that there are.
    #[arg(long = "bucket", value_name = "NAME", default_value = "images")]
    pub(crate) buckets: Vec<String>,
    /// Region of the buckets.
    #[arg(long, value_name = "REGION", default_value = "cn-hangzhou")]
    pub(crate) region_id: String,
    /// Seconds that an import takes.
    #[arg(long, value_name = "SECONDS", default_value_t = 10.0, value_parser = seconds)]
    pub(crate) import_time: f64,
    /// The role that imports need is not there.
    #[arg(long)]
    pub(crate) no_role: bool,
    /// What goes wrong, such as UploadPart:3=drop-request:65536 or ImportImage:1=fail:Throttling:400. May be given more
    /// than once.
    #[arg(long = "fault", value_name = "RULE", value_parser = rule)]
    pub(crate) faults: Vec<simulator::Rule>,
}

fn network(name: &str) -> Result<Network, String> {
    let found = Network::ALL.into_iter().find(|(known, _)| *known == name);
    found.map(|(_, network)| network).ok_or_else(|| {
        let known: Vec<_> = Network::ALL.iter().map(|(known, _)| *known).collect();
        format!("known networks: {}", known.join(", "))
    })
}

fn rule(text: &str) -> Result<simulator::Rule, String> {
    text.parse().map_err(|error: simulator::ScriptError| error.to_string())
}

fn seconds(text: &str) -> Result<f64, String> {
    let number: f64 = text.parse().map_err(|_| "write it as a number of seconds".to_owned())?;
    match number.is_finite() && (0.0..=1e9).contains(&number) {
        true => Ok(number),
        false => Err("write it as a number of seconds".into()),
    }
}
