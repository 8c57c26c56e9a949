//! Images: DescribeImages.

use super::{Ecs, items, percent, text};
use crate::error::Result;
use serde_json::Value;

/// What is known of an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// Its id, `m-…`.
    pub id: String,
    /// Its name.
    pub name: String,
    /// `Waiting`, `Creating`, `Available`, `UnAvailable`, `CreateFailed`, `Deprecated`.
    pub status: String,
    /// How far its creation is, in percent.
    pub percent: Option<u8>,
    /// Bucket and key of the object of each disk, where they are told.
    pub objects: Vec<(String, String)>,
}

impl Image {
    fn of(value: &Value) -> Self {
        let objects = items(&value["DiskDeviceMappings"], "DiskDeviceMapping").iter().map(|disk| {
            let of = |name: &str| text(&disk[name]);
            (of("ImportOSSBucket"), of("ImportOSSObject"))
        });
        Image {
            id: text(&value["ImageId"]),
            name: text(&value["ImageName"]),
            status: text(&value["Status"]),
            percent: percent(&value["Progress"]),
            objects: objects.collect(),
        }
    }

    /// Whether it can be used.
    pub fn is_available(&self) -> bool {
        self.status == "Available"
    }

    /// Whether it never will be.
    pub fn has_failed(&self) -> bool {
        matches!(self.status.as_str(), "CreateFailed" | "UnAvailable")
    }
}

impl Ecs {
    /// DescribeImages, of whatever status: without saying so, only those that are available would show.
    pub fn image(&self, id: &str) -> Result<Option<Image>> {
        Ok(self.images(&[("ImageId", id)])?.into_iter().find(|image| image.id == id))
    }

    /// The same, of those with exactly this name.
    pub fn images_named(&self, name: &str) -> Result<Vec<Image>> {
        Ok(self.images(&[("ImageName", name)])?.into_iter().filter(|image| image.name == name).collect())
    }

    /// One page: names are unique, and ids too.
    fn images(&self, filter: &[(&str, &str)]) -> Result<Vec<Image>> {
        let parameters = [&[("Status", "ALL"), ("PageSize", "100"), ("ImageOwnerAlias", "self")], filter].concat();
        let value = self.call("DescribeImages", &parameters)?;
        Ok(items(&value["Images"], "Image").iter().map(Image::of).collect())
    }
}
