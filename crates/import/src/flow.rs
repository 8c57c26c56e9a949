//! The whole import of one machine: its disks become objects, the objects an image.
//!
//! Planned → uploaded → submitted → running → available: each step is in the journal before the next begins, and each
//! asks the services what is there before it does anything. So the whole can be stopped or killed anywhere and called
//! again, and what somebody did already is not done twice.

use crate::ecs::{Detection, Ecs, Following, Image, Pace, Started};
use crate::error::{Error, Kind, Result};
use crate::hash::sha256_hex;
use crate::journal::Journal;
use crate::oss::Bucket;
use crate::ram::{Consent, IMPORT_ROLE, Ram, RoleState};
use crate::state::{ImportState, ObjectState};
use crate::upload::{self, Content, Options, Progress, Uploaded};
use preflight::Clearance;
use request::ImportImage;
use std::time::{Duration, Instant};

/// Longest part of an object's key that becomes part of the image's name.
const LONGEST_STEM: usize = 80;
/// Storage classes whose objects cannot be read before they are restored.
const FROZEN: &[&str] = &["Archive", "ColdArchive", "DeepColdArchive"];

/// How the refusal begins of an import whose role is not there, or not known yet. The longer word is the newer.
const NO_ROLE: &[&str] = &["NoSetRoletoECSServiceAcount", "NoSetRoletoECSServiceAccount"];
/// How long ECS may take to know of a role that was just made, and between two questions: ours.
const ROLE_LIMIT: Duration = Duration::from_secs(120);
const ROLE_PAUSE: Duration = Duration::from_secs(3);
/// How long the check of an image after its import is waited for: ours.
const CHECK_LIMIT: Duration = Duration::from_secs(600);

/// A disk to be imported.
#[derive(Debug)]
pub struct Disk<'a> {
    /// The bytes of its image file.
    pub content: Content<'a>,
    /// The proof that the file passed.
    pub clearance: Clearance,
}

/// Where to.
#[derive(Clone, Debug)]
pub struct Cloud {
    /// The bucket of all disks.
    pub bucket: Bucket,
    /// The ECS of its region.
    pub ecs: Ecs,
    /// The RAM of the account.
    pub ram: Ram,
}

/// Who wants to know how far the whole is.
pub trait Watch: Progress + Following {
    /// A step begins.
    fn step(&self, step: Step<'_>);
}

/// A step of the whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step<'a> {
    /// The bucket and the role are asked whether an import can be made from them.
    Bucket,
    /// A disk is uploaded.
    Upload {
        /// Its object.
        key: &'a str,
        /// Its bytes, or what they will not exceed.
        size: u64,
    },
    /// Its object is there.
    Uploaded {
        /// The object.
        key: &'a str,
        /// What was sent, and what was there.
        object: &'a Uploaded,
    },
    /// The service is asked whether it would take the import.
    Try,
    /// The import was begun, or one that had been was found.
    Started(&'a Started),
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Imported {
    /// What was asked for: with the name that was chosen, where none was given.
    pub request: ImportImage,
    /// The objects, in the order of the disks.
    pub objects: Vec<Uploaded>,
    /// The import as it was begun.
    pub started: Started,
    /// The image, if its end was waited for.
    pub image: Option<Image>,
    /// What the platform's own check says of it, if one was asked for and was over in time.
    pub detection: Option<Detection>,
}

/// What may be done about the role of the import.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Role {
    /// It is looked at.
    #[default]
    Check,
    /// What is missing is made.
    Ensure,
}

/// How to go about it.
#[derive(Clone, Copy, Debug, Default)]
pub struct How {
    /// How to upload.
    pub upload: Options,
    /// What may be done about the role.
    pub role: Role,
    /// How to wait for the image; `None`: not at all.
    pub wait: Option<Pace>,
}

impl Cloud {
    /// Uploads the disks of `request` to the objects that it names, and imports them. `unchanged` is asked whether the
    /// files are still what they were when they passed.
    pub fn import(
        &self,
        request: &ImportImage,
        disks: Vec<Disk<'_>>,
        journal: &mut Journal,
        how: How,
        watch: &dyn Watch,
        unchanged: &dyn Fn() -> storage::Result<()>,
    ) -> Result<Imported> {
        check_disks(request, &disks, &self.bucket)?;
        watch.step(Step::Bucket);
        self.check_bucket(watch)?;
        let is_new = self.role(request, how.role, watch)?;
        let mut objects = Vec::new();
        for (disk, key) in disks.iter().zip(keys(request)) {
            watch.step(Step::Upload { key, size: disk.content.bound() });
            let object = match self.uploaded_before(key, disk.content, journal, watch)? {
                Some(object) => object,
                None => upload::send(&self.bucket, key, disk.content, journal, how.upload, watch, unchanged)?,
            };
            watch.step(Step::Uploaded { key, object: &object });
            objects.push(object);
        }
        let request = named(request, &objects);
        if journal.import().is_none() {
            watch.step(Step::Try);
            self.try_import(&request, is_new, watch)?;
        }
        let clearances: Vec<_> = disks.into_iter().map(|disk| disk.clearance).collect();
        let started = self.ecs.import(&request, &clearances, &self.bucket, journal)?;
        watch.step(Step::Started(&started));
        let image = how.wait.map(|pace| self.ecs.follow(&started, pace, watch, journal)).transpose()?;
        let detection = match (&image, how.wait) {
            (Some(image), Some(pace)) if request.detection_strategy.is_some() => {
                self.detection(&image.id, pace, watch)?
            }
            _ => None,
        };
        Ok(Imported { request, objects, started, image, detection })
    }

    /// The name of a journal of its own for the objects that a request names, wherever the services are asked.
    pub fn journal_name(&self, request: &ImportImage) -> String {
        let services = [self.bucket.place(), self.ecs.place()];
        let all: Vec<_> = services.iter().map(String::as_str).chain(keys(request)).collect();
        format!("import-{}.json", &sha256_hex(all.join("\n").as_bytes())[..16])
    }

    /// Whether ECS can import from the bucket, as far as the caller may know.
    fn check_bucket(&self, watch: &dyn Watch) -> Result<()> {
        let name = self.bucket.name();
        let elsewhere = |error: &Error| {
            let said = error.refusal().map_or("", |refusal| refusal.message.as_str());
            said.contains("signing region") || said.contains("specified endpoint")
        };
        let info = match self.bucket.info() {
            Err(error) if elsewhere(&error) => {
                let what = format!("bucket {name} is not in {}: {error}", self.bucket.region());
                return Err(Error::usage(what).remedy("an image is imported from a bucket of its own region"));
            }
            Err(error) if matches!(error.code(), "AccessDenied" | "Forbidden.RAM" | "NoPermission") => {
                watch.note(&format!("bucket {name} may not be looked at (oss:GetBucketInfo), and is taken as it is"));
                return Ok(());
            }
            info => info?,
        };
        if info.region != self.bucket.region() {
            let what = format!("bucket {name} is in {}, and the import in {}", info.region, self.bucket.region());
            return Err(Error::usage(what).remedy("an image is imported from a bucket of its own region"));
        }
        if FROZEN.contains(&info.storage_class.as_str()) {
            let what = format!("bucket {name} is of the storage class {}", info.storage_class);
            return Err(Error::usage(what).remedy("use a bucket of the class Standard"));
        }
        match info.encryption.as_deref() {
            Some("KMS") => Err(Error::usage(format!("bucket {name} encrypts with KMS, and ECS cannot read that"))
                .remedy("use a bucket without encryption")),
            Some(other) => {
                watch.note(&format!("bucket {name} encrypts ({other}); ECS may refuse to read from it"));
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// Whether ECS may read the bucket, as far as the caller may know. True: what it needs was made just now.
    fn role(&self, request: &ImportImage, role: Role, watch: &dyn Watch) -> Result<bool> {
        let name = request.role_name.as_deref().unwrap_or(IMPORT_ROLE);
        if role == Role::Ensure {
            let done = self.ram.ensure_role(name, Consent::Attach)?;
            if done.is_new() {
                watch.note(&format!(
                    "the role {name} was made, or given what it lacked, so that ECS may read the bucket"
                ));
            }
            return Ok(done.is_new());
        }
        let lacking = |what: String| {
            Err(Error::new(Kind::Failed, format!("the role {name}, in which ECS reads the bucket, {what}"))
                .remedy("make it with --ensure-role, or name another with --role-name"))
        };
        match self.ram.check_role(name)? {
            RoleState::Missing => return lacking("is not there".into()),
            RoleState::TrustDiffers { enough: false, differences } => {
                return lacking(format!("is not for ECS to take: {}", differences.join("; ")));
            }
            RoleState::PolicyNotAttached { .. } => watch.note(&format!(
                "the role {name} has not the policy of imports; ECS reads the bucket only if another allows it to"
            )),
            RoleState::TrustDiffers { .. } | RoleState::Good => {}
            RoleState::Unknown(_) => {
                watch.note(&format!("the role {name} may not be looked at, and is taken as it is"))
            }
        }
        Ok(false)
    }

    /// What the platform's own check says, once it is over.
    fn detection(&self, image: &str, pace: Pace, watch: &dyn Watch) -> Result<Option<Detection>> {
        let begun = Instant::now();
        loop {
            match self.ecs.detection(image)? {
                Some(detection) if detection.is_done() => return Ok(Some(detection)),
                _ if begun.elapsed() >= pace.limit.unwrap_or(CHECK_LIMIT) => {
                    watch.note("the image is there; the check of it is not over, and was not waited for any longer");
                    return Ok(None);
                }
                _ => self.bucket.session().stop().sleep(pace.interval)?,
            }
        }
    }

    /// The object as it was uploaded for the import that the journal tells of: it may be gone since.
    fn uploaded_before(
        &self,
        key: &str,
        content: Content<'_>,
        journal: &Journal,
        watch: &dyn Watch,
    ) -> Result<Option<Uploaded>> {
        let begun = matches!(journal.import(), Some(ImportState::Running { .. } | ImportState::Finished { .. }));
        let Some(ObjectState::Uploaded { size, etag, crc64 }) = journal.object(self.bucket.name(), key) else {
            return Ok(None);
        };
        if !begun || size > content.bound() || upload::sums(content, self.bucket.session().stop())? != (size, crc64) {
            return Ok(None);
        }
        watch.kept(size);
        Ok(Some(Uploaded { size, etag, crc64, sent: 0, kept: 0, changed: 0 }))
    }

    /// A name that is taken may be taken by this very import, which [`Ecs::import`] finds out.
    /// A role that is new is not known at once.
    fn try_import(&self, request: &ImportImage, is_new: bool, watch: &dyn Watch) -> Result<()> {
        let begun = Instant::now();
        loop {
            match self.ecs.try_import(request) {
                Err(error) if is_new && NO_ROLE.contains(&error.code()) && begun.elapsed() < ROLE_LIMIT => {
                    self.bucket.session().stop().sleep(ROLE_PAUSE)?;
                }
                Err(error) if crate::ecs::is_taken(&error) => return Ok(()),
                Err(error) if error.is_temporary() && error.kind() != Kind::Stopped => {
                    watch.note(&format!("the service could not be asked first: {error}"));
                    return Ok(());
                }
                tried => return tried,
            }
        }
    }
}

/// The objects of a request.
fn keys(request: &ImportImage) -> impl Iterator<Item = &str> {
    request.disk_device_mapping.iter().filter_map(|disk| disk.oss_object.as_deref())
}

fn check_disks(request: &ImportImage, disks: &[Disk<'_>], bucket: &Bucket) -> Result<()> {
    if keys(request).count() != disks.len() || request.disk_device_mapping.len() != disks.len() {
        return Err(Error::usage("the request does not name one object for each disk"));
    }
    for (disk, mapping) in disks.iter().zip(&request.disk_device_mapping) {
        if mapping.oss_bucket.as_deref() != Some(bucket.name()) {
            return Err(Error::usage(format!("a disk is to be imported from another bucket than {}", bucket.name())));
        }
        let (passed, size) = (disk.clearance.file_size(), disk.content.bound());
        if passed != size {
            let what = format!("{}: passed with {passed} bytes, and has {size}", disk.clearance.image());
            return Err(Error::new(Kind::Source, what).remedy("stop what writes to it and run the same command again"));
        }
    }
    Ok(())
}

/// With a name: that of the first object, and a word of what all hold. The same disks have the same name each time, by
/// which an import of them is found again.
fn named(request: &ImportImage, objects: &[Uploaded]) -> ImportImage {
    let name = || {
        let sums: Vec<_> = objects.iter().map(|object| object.crc64.to_string()).collect();
        let key = keys(request).next().unwrap_or_default();
        format!("{}-{}", stem(key), &sha256_hex(sums.join(" ").as_bytes())[..8])
    };
    let image_name = Some(request.image_name.clone().unwrap_or_else(name));
    ImportImage { image_name, ..request.clone() }
}

/// What of a key can begin the name of an image.
fn stem(key: &str) -> String {
    let name = key.rsplit('/').next().unwrap_or_default();
    let name = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let good = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-') { c } else { '-' };
    let name: String = name.chars().take(LONGEST_STEM).map(good).collect();
    let name = name.trim_matches('-');
    let lower = name.to_ascii_lowercase();
    let begins = lower.starts_with(|c: char| c.is_ascii_alphabetic()) && !lower.starts_with("aliyun");
    if begins { name.to_owned() } else { format!("image-{name}").trim_end_matches('-').to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_become_names() {
        for (key, name) in [
            ("a/b/web.qcow2", "web"),
            ("Debian 12 (1).raw", "Debian-12--1"),
            ("12.raw", "image-12"),
            ("ALIYUN.vhd", "image-ALIYUN"),
            ("été.img", "t"),
            ("日本.raw", "image"),
            (".raw", "image"),
            ("plain", "plain"),
        ] {
            assert_eq!(stem(key), name, "{key}");
        }
        assert!(stem(&"x".repeat(1000)).len() == LONGEST_STEM);
    }
}
