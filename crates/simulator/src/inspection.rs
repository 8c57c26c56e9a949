//! The handle: looking at what is in the cloud, and putting things into it without a request.

use crate::ecs::{Check, Image, Outcome, Task};
use crate::oss::{Bucket, ObjectInfo, ObjectReader, UploadInfo};
use crate::ram::Role;
use crate::record::Record;
use crate::simulator::Simulator;
use std::io::{self, Write};

impl Simulator {
    /// All buckets, by name.
    #[must_use]
    pub fn buckets(&self) -> Vec<Bucket> {
        self.world.store.buckets()
    }

    /// Makes a bucket, or replaces what one says of itself.
    pub fn add_bucket(&self, bucket: Bucket) {
        self.world.store.add_bucket(bucket);
    }

    /// Puts an object, over one that is there.
    ///
    /// # Errors
    /// The scratch folder cannot be written.
    pub fn put_object(&self, bucket: &str, key: &str, bytes: &[u8]) -> io::Result<()> {
        self.world.store.put(bucket, key, bytes, self.world.clock.now())
    }

    /// Removes an object. False: there was none.
    pub fn remove_object(&self, bucket: &str, key: &str) -> bool {
        self.world.store.remove(bucket, key)
    }

    /// Ends an upload, as a rule of a bucket for old ones would. False: there was none.
    pub fn remove_upload(&self, id: &str) -> bool {
        self.world.store.remove_upload(id)
    }

    /// What is known of an object.
    #[must_use]
    pub fn object(&self, bucket: &str, key: &str) -> Option<ObjectInfo> {
        self.world.store.object(bucket, key).map(|object| object.info(key))
    }

    /// All objects of a bucket, by key.
    #[must_use]
    pub fn objects(&self, bucket: &str) -> Vec<ObjectInfo> {
        self.world.store.objects(bucket)
    }

    /// Writes an object's bytes to `target`, and says how many there were.
    ///
    /// # Errors
    /// There is no such object, or one side cannot be read or written.
    pub fn copy_object(&self, bucket: &str, key: &str, target: &mut dyn Write) -> io::Result<u64> {
        let object = self.world.store.object(bucket, key).ok_or(io::ErrorKind::NotFound)?;
        let size = object.size;
        io::copy(&mut ObjectReader::new(object, 0, size), target)
    }

    /// The uploads of a bucket that go on, oldest first.
    #[must_use]
    pub fn uploads(&self, bucket: &str) -> Vec<UploadInfo> {
        self.world.store.uploads(bucket)
    }

    /// How the imports that follow are to end, one after another; then they finish again.
    pub fn script_import(&self, outcome: Outcome) {
        self.world.cloud.script(outcome);
    }

    /// What the checks of images say from now on, where an import asks for them.
    pub fn script_detection(&self, items: Vec<Check>) {
        self.world.cloud.script_detection(items);
    }

    /// Cancels a task, as somebody else would. False: there is none that goes on.
    pub fn cancel_task(&self, id: &str) -> bool {
        self.world.cloud.cancel(&self.world, id)
    }

    /// All images that are there, oldest first.
    #[must_use]
    pub fn images(&self) -> Vec<Image> {
        self.world.cloud.images(&self.world)
    }

    /// All tasks that are there, oldest first.
    #[must_use]
    pub fn tasks(&self) -> Vec<Task> {
        self.world.cloud.tasks(&self.world)
    }

    /// A role.
    #[must_use]
    pub fn role(&self, name: &str) -> Option<Role> {
        self.world.roles.find(name)
    }

    /// Makes a role, or replaces it.
    pub fn put_role(&self, role: Role) {
        self.world.roles.insert(role);
    }

    /// Removes a role.
    pub fn remove_role(&self, name: &str) {
        self.world.roles.remove(name);
    }

    /// What was asked until now, oldest first.
    #[must_use]
    pub fn requests(&self) -> Vec<Record> {
        self.world.log.all()
    }

    /// Forgets what was asked until now.
    pub fn clear_requests(&self) {
        self.world.log.clear();
    }
}
