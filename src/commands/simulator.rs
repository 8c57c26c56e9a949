//! `simulator`: the cloud on this machine, until it is stopped.
//!
//! What it prints can be read by a shell: the variables by which `bootworthy` and the official tools find it.

use crate::cli::Simulator;
use crate::exit::{Exit, Failure};
use crate::image::say;
use crate::{output, signals};
use ::simulator::{Bucket, Options, Service};
use std::fmt::Write;
use std::time::Duration;

/// Between two looks for a signal.
const NAP: Duration = Duration::from_millis(100);

pub(crate) fn run(args: &Simulator) -> Result<Exit, Failure> {
    signals::catch()?;
    let options = Options {
        region: args.region_id.clone(),
        import_time: Duration::from_secs_f64(args.import_time),
        detection_time: Duration::from_secs_f64(args.import_time / 5.0),
        import_role: !args.no_role,
        ..Options::default()
    };
    let cloud = ::simulator::Simulator::start(options)
        .map_err(|error| Failure::new(Exit::Failed, format!("the simulator does not start: {error}")))?;
    args.buckets.iter().for_each(|name| cloud.add_bucket(Bucket::new(name.as_str())));
    args.faults.iter().for_each(|rule| cloud.fault(rule.clone()));
    let options = cloud.options();
    let mut text = String::new();
    for (name, value) in [
        ("ALIBABA_CLOUD_ACCESS_KEY_ID", options.access_key_id.clone()),
        ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", options.access_key_secret.clone()),
        ("ALIBABA_CLOUD_REGION_ID", options.region.clone()),
        ("OSS_ENDPOINT", cloud.endpoint(Service::Oss)),
        ("ECS_ENDPOINT", cloud.endpoint(Service::Ecs)),
        ("RAM_ENDPOINT", cloud.endpoint(Service::Ram)),
        ("STS_ENDPOINT", cloud.endpoint(Service::Sts)),
    ] {
        let _ = writeln!(text, "export {name}={value}");
    }
    output::text(&text)?;
    say(&format!("simulating {} with the buckets {}; Ctrl-C ends it", options.region, args.buckets.join(", ")));
    while !signals::stop() {
        std::thread::sleep(NAP);
    }
    Ok(Exit::Done)
}
