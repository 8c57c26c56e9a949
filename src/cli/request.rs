//! What was typed of an import.

use super::{Subject, profile};
use clap::Args;
use std::path::PathBuf;

/// What the import will say, by the names of the API; it is checked against the image.
#[derive(Debug, Args)]
#[command(next_help_heading = "What the import will say (checked against the image)")]
pub(crate) struct Request {
    /// Region of image and bucket.
    #[arg(long, value_name = "REGION")]
    pub(crate) region_id: Option<String>,
    /// Platform, such as Debian.
    #[arg(long, value_name = "NAME")]
    pub(crate) platform: Option<String>,
    /// Architecture: i386, x86_64 or arm64.
    #[arg(long, value_name = "NAME")]
    pub(crate) architecture: Option<String>,
    /// Boot mode: BIOS or UEFI.
    #[arg(long, value_name = "MODE")]
    pub(crate) boot_mode: Option<String>,
    /// OS type: linux or windows.
    #[arg(long, value_name = "TYPE")]
    pub(crate) os_type: Option<String>,
    /// Licence type of Windows: Aliyun, whose fee is billed with the instance, or BYOL, your own.
    #[arg(long, value_name = "TYPE")]
    pub(crate) license_type: Option<String>,
    /// Name of the image to be.
    #[arg(long, value_name = "NAME")]
    pub(crate) image_name: Option<String>,
    /// Its description.
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    pub(crate) description: Option<String>,
    /// NVMe support: supported or unsupported.
    #[arg(long, value_name = "WORD")]
    pub(crate) nvme_support: Option<String>,
    /// Whether instances may be asked for a token before their metadata is read: v1 or v2.
    #[arg(long, value_name = "WORD")]
    pub(crate) imds_support: Option<String>,
    /// Format of the object: RAW, VHD, QCOW2. Of several disks: once for each, in order.
    #[arg(long, value_name = "FORMAT")]
    pub(crate) object_format: Vec<String>,
    /// Size of the disk to be, in GiB. Of several disks: once for each, in order.
    #[arg(long, value_name = "GIB")]
    pub(crate) disk_image_size: Vec<u64>,
    /// Place among the disks of the import: 1 is the system disk.
    #[arg(long, value_name = "N")]
    pub(crate) disk_number: Option<u32>,
    /// OSS bucket.
    #[arg(long, value_name = "NAME")]
    pub(crate) oss_bucket: Option<String>,
    /// OSS object key. Of several disks: once for each, in order.
    #[arg(long, value_name = "KEY")]
    pub(crate) oss_object: Vec<String>,
    /// The role that the service takes on to read the bucket.
    #[arg(long, value_name = "NAME")]
    pub(crate) role_name: Option<String>,
    /// Check the image after the import: Standard.
    #[arg(long, value_name = "WORD")]
    pub(crate) detection_strategy: Option<String>,
    /// The CloudBox that the bucket lies on.
    #[arg(long, value_name = "ARN")]
    pub(crate) storage_location_arn: Option<String>,
    /// Resource group of the image.
    #[arg(long, value_name = "ID")]
    pub(crate) resource_group_id: Option<String>,
    /// Tag of the image. May be given up to 20 times.
    #[arg(long = "tag", value_name = "KEY=VALUE")]
    pub(crate) tags: Vec<preflight::Tag>,
    /// What makes the call the same when it is made again.
    #[arg(long, value_name = "TOKEN")]
    pub(crate) client_token: Option<String>,
}

impl Request {
    /// In the words of the rules, where each image is judged for itself.
    pub(crate) fn of_one_disk(&self) -> Result<preflight::Request, String> {
        self.at_most(1, "preflight judges each image for itself")?;
        Ok(preflight::Request {
            format: self.object_format.first().cloned(),
            disk_image_size_gib: self.disk_image_size.first().copied(),
            disk_number: self.disk_number,
            object_key: self.oss_object.first().cloned(),
            ..self.of_all_disks()
        })
    }

    /// What is stated of a machine of that many disks.
    pub(crate) fn of_disks(&self, count: usize, dry_run: bool) -> Result<request::Stated, String> {
        self.at_most(count, &format!("images were named: {count}"))?;
        if self.disk_number.is_some() {
            return Err("--disk-number is for preflight: here the order of the images numbers the disks".into());
        }
        let disk = |index: usize| request::StatedDisk {
            format: self.object_format.get(index).cloned(),
            disk_image_size_gib: self.disk_image_size.get(index).copied(),
            object_key: self.oss_object.get(index).cloned(),
        };
        Ok(request::Stated { request: self.of_all_disks(), disks: (0..count).map(disk).collect(), dry_run })
    }

    fn at_most(&self, count: usize, why: &str) -> Result<(), String> {
        for (flag, given) in [
            ("--object-format", self.object_format.len()),
            ("--disk-image-size", self.disk_image_size.len()),
            ("--oss-object", self.oss_object.len()),
        ] {
            if given > count {
                return Err(format!("{flag} was given {given} times, and {why}"));
            }
        }
        Ok(())
    }

    fn of_all_disks(&self) -> preflight::Request {
        preflight::Request {
            platform: self.platform.clone(),
            architecture: self.architecture.clone(),
            boot_mode: self.boot_mode.clone(),
            os_type: self.os_type.clone(),
            license_type: self.license_type.clone(),
            image_name: self.image_name.clone(),
            description: self.description.clone(),
            nvme_support: self.nvme_support.clone(),
            bucket: self.oss_bucket.clone(),
            region_id: self.region_id.clone(),
            role_name: self.role_name.clone(),
            detection_strategy: self.detection_strategy.clone(),
            imds_support: self.imds_support.clone(),
            storage_location_arn: self.storage_location_arn.clone(),
            resource_group_id: self.resource_group_id.clone(),
            tags: self.tags.clone(),
            client_token: self.client_token.clone(),
            ..preflight::Request::default()
        }
    }
}

/// The disks of one machine, and what is asked for them.
#[derive(Debug, Args)]
pub(crate) struct Machine {
    #[command(flatten)]
    pub(crate) subject: Subject,
    /// Limits of the import in force: current, or those of an earlier date.
    #[arg(long, default_value = "current", value_parser = profile)]
    pub(crate) profile: &'static preflight::Profile,
    /// The instances that it is for: a family, a region, what they ask for; such as ecs.g8y/cn-hangzhou or nvme,uefi.
    #[arg(long, value_name = "INSTANCE")]
    pub(crate) target: Option<preflight::Instance>,
    /// What the project decides about the rules; by default bootworthy.toml, where there is one here.
    #[arg(long, value_name = "FILE")]
    pub(crate) policy: Option<PathBuf>,
    /// No policy, not even that of bootworthy.toml.
    #[arg(long, conflicts_with = "policy")]
    pub(crate) no_policy: bool,
    /// The disks of one machine: the one that it starts from, then up to 16 data disks.
    #[arg(value_name = "IMAGE", required = true)]
    pub(crate) images: Vec<PathBuf>,
    // Whatever comes after it would stand under its heading.
    #[command(flatten)]
    pub(crate) request: Request,
}

/// The verb `request`.
#[derive(Debug, Args)]
pub(crate) struct ImportRequest {
    /// For people, as JSON, as a command line of aliyun, as a resource of Terraform, as a post-processor of Packer.
    #[arg(long, value_name = "FORMAT", default_value = "text", value_parser = writer)]
    pub(crate) output: &'static dyn request::Writer,
    /// Only ask the service whether the call would do.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// The files are facts that inspect --output json wrote, not images.
    #[arg(long, conflicts_with_all = ["format", "member", "allow_backing"])]
    pub(crate) from_facts: bool,
    #[command(flatten)]
    pub(crate) machine: Machine,
}

fn writer(name: &str) -> Result<&'static dyn request::Writer, String> {
    request::writer(name).ok_or_else(|| {
        let known: Vec<_> = request::WRITERS.iter().map(|writer| writer.name()).collect();
        format!("known formats: {}", known.join(", "))
    })
}
