//! ImportImage, at most once for one journal.

use super::{Ecs, Image, text};
use crate::encoding::query;
use crate::error::{Error, Kind, Result};
use crate::hash::sha256_hex;
use crate::journal::Journal;
use crate::oss::Bucket;
use crate::random;
use crate::state::{ImportState, ObjectState};
use preflight::Clearance;
use request::ImportImage;

/// Codes by which a dry run says that all is well.
const DRY: &[&str] = &["DryRunOperation", "DRYRUN.SUCCESS"];
/// Codes by which the service says that it is at it already.
const TAKEN: &[&str] = &["InvalidImageName.Duplicated", "ImageIsImporting"];

/// Whether the service refused because an image of the name is there, or on its way.
pub(crate) fn is_taken(error: &Error) -> bool {
    TAKEN.contains(&error.code())
}

/// An import that the service took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Started {
    /// Its task; empty for an import that was found running.
    pub task: String,
    /// The image to be.
    pub image: String,
    /// An earlier call, of this journal or of somebody else, had begun it.
    pub adopted: bool,
}

impl Ecs {
    /// Asks whether the import would be taken, and begins none.
    pub fn try_import(&self, request: &ImportImage) -> Result<()> {
        let request = ImportImage { dry_run: true, client_token: None, ..request.clone() };
        match self.call_with("ImportImage", &request.parameters()) {
            Err(error) if DRY.contains(&error.code()) => Ok(()),
            Err(error) => Err(error),
            Ok(_) => Err(Error::new(Kind::Failed, "ImportImage: the service took a dry run for an import")
                .remedy("look for the image in the console")),
        }
    }

    /// Begins the import of the objects that `request` names; `clearances` are of its disks, in their order. What an
    /// earlier run with `journal` began is gone on with.
    pub fn import(
        &self,
        request: &ImportImage,
        clearances: &[Clearance],
        bucket: &Bucket,
        journal: &mut Journal,
    ) -> Result<Started> {
        let disks = request.disk_device_mapping.len();
        if disks == 0 || disks != clearances.len() {
            let what = format!("{disks} disks to be imported and {} that passed preflight", clearances.len());
            return Err(Error::usage(what));
        }
        if request.region_id.as_deref() != Some(self.region.as_str()) {
            return Err(Error::usage(format!("the request is not for {}, the region that is asked", self.region)));
        }
        let given = request.client_token.clone();
        let request = ImportImage { dry_run: false, client_token: None, ..request.clone() };
        let digest = sha256_hex(query(&request.parameters()).as_bytes());
        let token = match self.known(journal, &digest)? {
            Known::Started(started) => return Ok(started),
            Known::Token(token) => token,
            Known::Nothing => {
                check_objects(&request, bucket, journal)?;
                let token = given.unwrap_or_else(random::nonce);
                let state = ImportState::Submitted { token: token.clone(), parameters: digest.clone() };
                journal.set_import(Some(state))?;
                token
            }
        };
        let started = self.submit(&ImportImage { client_token: Some(token), ..request }, journal)?;
        let (task, image) = (started.task.clone(), started.image.clone());
        journal.set_import(Some(ImportState::Running { parameters: digest, task, image }))?;
        Ok(started)
    }

    /// What the journal says of this import.
    fn known(&self, journal: &Journal, digest: &str) -> Result<Known> {
        let (parameters, known) = match journal.import() {
            None => return Ok(Known::Nothing),
            Some(ImportState::Submitted { token, parameters }) => (parameters, Known::Token(token.clone())),
            Some(ImportState::Running { parameters, task, image }) => {
                let started = Started { task: task.clone(), image: image.clone(), adopted: true };
                (parameters, Known::Started(started))
            }
            // What is done stands in nobody's way.
            Some(ImportState::Finished { parameters, .. }) if parameters != digest => return Ok(Known::Nothing),
            Some(ImportState::Finished { parameters, image }) => {
                let started = Started { task: String::new(), image: image.clone(), adopted: true };
                (parameters, Known::Started(started))
            }
        };
        match parameters == digest {
            true => Ok(known),
            false => Err(Error::usage("the journal is of an import with other parameters")
                .remedy("run it with the same ones, or remove the journal to begin another import")),
        }
    }

    fn submit(&self, request: &ImportImage, journal: &mut Journal) -> Result<Started> {
        match self.call_with("ImportImage", &request.parameters()) {
            Ok(value) => {
                let task = [&value["TaskId"], &value["ImportTaskId"]].map(text).concat();
                let image = text(&value["ImageId"]);
                match task.is_empty() && image.is_empty() {
                    true => Err(Error::network("ImportImage: the answer names neither task nor image")),
                    false => Ok(Started { task, image, adopted: false }),
                }
            }
            Err(error) if is_taken(&error) => match self.same(request)? {
                Some(image) => Ok(Started { task: String::new(), image: image.id, adopted: true }),
                None => self.refused(error, journal),
            },
            Err(error) => self.refused(error, journal),
        }
    }

    /// A call that was refused began nothing: another may have other parameters.
    fn refused(&self, error: Error, journal: &mut Journal) -> Result<Started> {
        if error.kind() == Kind::Refused && !error.is_temporary() {
            journal.set_import(None)?;
        }
        Err(error)
    }

    /// An image of the name that is wanted, made or being made of the same objects.
    fn same(&self, request: &ImportImage) -> Result<Option<Image>> {
        let Some(name) = &request.image_name else { return Ok(None) };
        let wanted = request.disk_device_mapping.iter();
        let wanted: Vec<_> = wanted
            .map(|disk| (disk.oss_bucket.clone().unwrap_or_default(), disk.oss_object.clone().unwrap_or_default()))
            .collect();
        let images = self.images_named(name)?;
        Ok(images.into_iter().find(|image| image.objects == wanted && !image.has_failed()))
    }
}

enum Known {
    Nothing,
    Token(String),
    Started(Started),
}

/// What the journal says was uploaded must still be what is there: somebody else may have written it since.
fn check_objects(request: &ImportImage, bucket: &Bucket, journal: &Journal) -> Result<()> {
    for disk in &request.disk_device_mapping {
        let (Some(name), Some(key)) = (&disk.oss_bucket, &disk.oss_object) else {
            return Err(Error::usage("a disk of the request has no object"));
        };
        let Some(ObjectState::Uploaded { etag, crc64, .. }) = journal.object(name, key) else { continue };
        if bucket.name() != name {
            continue;
        }
        match bucket.head(key)? {
            Some(object) if object.etag == etag && object.crc64.is_none_or(|sum| sum == crc64) => {}
            found => {
                let how = if found.is_some() { "was replaced" } else { "was removed" };
                return Err(Error::new(Kind::Mismatch, format!("oss://{name}/{key} {how} after its upload"))
                    .remedy("upload the image again"));
            }
        }
    }
    Ok(())
}
