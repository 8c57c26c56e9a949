//! The way to the cloud: who asks, where, and how it ends at a signal.

use crate::cli::{Access, Place, Waiting};
use crate::exit::{Exit, Failure};
use crate::image::say;
use crate::signals;
use ::import::credentials::{Environment, Keys, Places};
use ::import::ecs::{Ecs, Image, Pace, Task};
use ::import::oss::Bucket;
use ::import::ram::Ram;
use ::import::{Endpoint, Limits, Session, Stop};
use facts::printable;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Variables that name endpoints, as other tools of this cloud read them.
const OSS: &str = "OSS_ENDPOINT";
const ECS: &str = "ECS_ENDPOINT";
const RAM: &str = "RAM_ENDPOINT";
const STS: &str = "STS_ENDPOINT";

/// How long what is under way may take to end by itself after a signal. Nothing is lost by not waiting longer: what was
/// done is written down.
const GRACE: Duration = Duration::from_secs(2);
/// Between two looks for a signal.
const NAP: Duration = Duration::from_millis(50);

/// One run with the cloud of a region.
pub(super) struct Cloud<'a> {
    access: &'a Access,
    pub(super) region: String,
    session: Arc<Session>,
}

impl<'a> Cloud<'a> {
    /// Looks for credentials, and begins. At a signal `farewell` is said.
    pub(super) fn open(access: &'a Access, region: &str, farewell: &Farewell) -> Result<Self, Failure> {
        let stop = Stop::default();
        stop_at_signals(stop.clone(), farewell.clone())?;
        let places = Places {
            profile: access.credentials_profile.clone(),
            config: access.config_path.clone(),
            sts: endpoint(access.sts_endpoint.as_deref(), STS, || Endpoint::sts(None))?,
            ..Places::usual()?
        };
        let keys = Keys::find(&Environment::of_process(), &places, &stop)?;
        let session = Arc::new(Session::new(keys, Limits::default(), stop));
        Ok(Cloud { access, region: region.to_owned(), session })
    }

    /// The same for a place; its region may be in the environment.
    pub(super) fn at(place: &'a Place, farewell: &Farewell) -> Result<Self, Failure> {
        let region = region(place.region_id.as_deref())
            .ok_or_else(|| Failure::usage("which region? Say it with --region-id, or in ALIBABA_CLOUD_REGION_ID"))?;
        Self::open(&place.access, &region, farewell)
    }

    /// Its ECS.
    pub(super) fn ecs(&self) -> Result<Ecs, Failure> {
        let endpoint =
            endpoint(self.access.ecs_endpoint.as_deref(), ECS, || Endpoint::ecs(&self.region, self.access.network))?;
        Ok(Ecs::new(self.session.clone(), endpoint, &self.region))
    }

    /// The RAM of the account.
    pub(super) fn ram(&self) -> Result<Ram, Failure> {
        let endpoint = endpoint(self.access.ram_endpoint.as_deref(), RAM, Ram::endpoint)?;
        Ok(Ram::new(self.session.clone(), endpoint))
    }

    /// A bucket in it.
    pub(super) fn bucket(&self, name: &str) -> Result<Bucket, Failure> {
        let endpoint =
            endpoint(self.access.oss_endpoint.as_deref(), OSS, || Endpoint::oss(&self.region, self.access.network))?;
        Ok(Bucket::new(self.session.clone(), endpoint, &self.region, name)?)
    }
}

/// The region that is named, or that of the environment.
pub(super) fn region(named: Option<&str>) -> Option<String> {
    let of_environment = || std::env::var("ALIBABA_CLOUD_REGION_ID").ok().filter(|region| !region.is_empty());
    named.map(str::to_owned).or_else(of_environment)
}

fn endpoint(
    typed: Option<&str>,
    variable: &str,
    usual: impl Fn() -> ::import::Result<Endpoint>,
) -> Result<Endpoint, Failure> {
    let said = || std::env::var(variable).ok().filter(|text| !text.is_empty());
    Ok(match typed.map(str::to_owned).or_else(said) {
        Some(text) => Endpoint::parse(&text)?,
        None => usual()?,
    })
}

/// How far an import is: a word, and percents where they are told.
pub(super) fn progress(task: Option<&Task>, image: Option<&Image>) -> (String, Option<u8>) {
    let percent = task.and_then(|task| task.percent).or_else(|| image.and_then(|image| image.percent));
    let status = match (image, task) {
        (Some(image), _) => image.status.clone(),
        (_, Some(task)) => task.status.to_string(),
        _ => "nothing to see yet".to_owned(),
    };
    (status, percent)
}

/// The same as a line for people.
pub(super) fn progress_line(status: &str, percent: Option<u8>) -> String {
    let percent = percent.map_or_else(String::new, |percent| format!(" {percent}%"));
    format!("import: {}{percent}", printable(status))
}

/// How to wait, as it was typed.
pub(super) fn pace(waiting: &Waiting) -> Pace {
    let interval = Duration::from_secs_f64(waiting.interval);
    Pace { interval, limit: waiting.timeout.map(Duration::from_secs_f64) }
}

/// What is said when a signal ends the work: how to go on, and how to throw away what was begun.
#[derive(Clone, Debug, Default)]
pub(super) struct Farewell(Arc<Mutex<String>>);

impl Farewell {
    /// From now on these words.
    pub(super) fn set(&self, words: impl Into<String>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = words.into();
    }

    /// Says them.
    pub(super) fn say(&self) {
        let words = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        words.lines().for_each(say);
    }
}

/// Hands the stop on. An answer that is waited for cannot be cut short, but the process can: it is as good as killed, and
/// the same command goes on.
fn stop_at_signals(stop: Stop, farewell: Farewell) -> Result<(), Failure> {
    signals::catch()?;
    std::thread::spawn(move || {
        while !signals::stop() {
            std::thread::sleep(NAP);
        }
        stop.ask();
        std::thread::sleep(GRACE);
        say("stopped");
        farewell.say();
        std::process::exit(Exit::Temporary.code().into());
    });
    Ok(())
}
