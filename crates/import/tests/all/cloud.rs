//! A simulated cloud with a bucket, and a client of it.

use import::credentials::Keys;
use import::oss::Bucket;
use import::upload::{Content, Options, Progress, Uploaded, send};
use import::{Endpoint, Journal, Key, Limits, Result, Secret, Session, Stop};
use simulator::{Operation, Service, Simulator};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use storage::ReadAt;

pub(crate) const BUCKET: &str = "images";
pub(crate) const KEY: &str = "dir/a b~(1)*é+.qcow2";
pub(crate) const REGION: &str = "cn-hangzhou";
/// The smallest part that there can be.
pub(crate) const PART: u64 = 100 << 10;

pub(crate) struct Cloud {
    pub(crate) simulator: Simulator,
    pub(crate) folder: tempfile::TempDir,
}

impl Cloud {
    pub(crate) fn new() -> Self {
        Self::with(simulator::Options::default())
    }

    pub(crate) fn with(options: simulator::Options) -> Self {
        let simulator = Simulator::start(options).unwrap();
        simulator.add_bucket(simulator::Bucket::new(BUCKET));
        Cloud { simulator, folder: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn endpoint(&self, service: Service) -> Endpoint {
        Endpoint::parse(&self.simulator.endpoint(service)).unwrap()
    }

    pub(crate) fn session(&self, keys: Keys, stop: &Stop) -> Arc<Session> {
        let limits =
            Limits { attempts: 6, retries: 30, base: Duration::from_millis(1), cap: Duration::from_millis(20) };
        Arc::new(Session::new(keys, limits, stop.clone()))
    }

    pub(crate) fn bucket(&self, stop: &Stop) -> Bucket {
        self.bucket_with(Keys::fixed(key("testsecret")), stop)
    }

    pub(crate) fn bucket_with(&self, keys: Keys, stop: &Stop) -> Bucket {
        Bucket::new(self.session(keys, stop), self.endpoint(Service::Oss), REGION, BUCKET).unwrap()
    }

    pub(crate) fn journal_path(&self) -> PathBuf {
        self.folder.path().join("journal.json")
    }

    pub(crate) fn journal(&self) -> Journal {
        Journal::open(self.journal_path()).unwrap()
    }

    pub(crate) fn upload(&self, source: &dyn ReadAt) -> Result<Uploaded> {
        self.upload_with(source, &Stop::default(), &())
    }

    pub(crate) fn upload_with(&self, source: &dyn ReadAt, stop: &Stop, progress: &dyn Progress) -> Result<Uploaded> {
        let options = Options { part_size: Some(PART), workers: 3, ..Options::default() };
        send(&self.bucket(stop), KEY, Content::Stored(source), &mut self.journal(), options, progress, &|| Ok(()))
    }

    /// The bytes of the object, if it is there.
    pub(crate) fn object(&self) -> Option<Vec<u8>> {
        let mut bytes = Vec::new();
        self.simulator.copy_object(BUCKET, KEY, &mut bytes).ok().map(|_| bytes)
    }

    /// How many requests of an operation came.
    pub(crate) fn count(&self, operation: Operation) -> usize {
        self.simulator.requests().iter().filter(|record| record.operation == operation).count()
    }
}

pub(crate) fn key(secret: &str) -> Key {
    Key { id: "testid".into(), secret: Secret::new(secret), token: None, expires: None }
}

/// Bytes that differ from part to part.
pub(crate) fn image(parts: u64) -> Vec<u8> {
    let mut state = 1_u64;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        state.to_be_bytes()[0]
    };
    (0..parts * PART + 77).map(|_| next()).collect()
}
