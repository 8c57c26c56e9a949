//! `wait`: until an import that was begun is an image, or is known to become none.

use super::cloud::{self, Cloud, Farewell};
use crate::cli::{CloudOutput, Wait};
use crate::exit::{Exit, Failure};
use crate::image::say;
use crate::output;
use ::import::ecs::{Following, Image, Started, Task};
use facts::printable;
use serde_json::json;
use std::cell::RefCell;

pub(crate) fn run(args: &Wait) -> Result<Exit, Failure> {
    let (task, image) = match args.id.get(..2) {
        Some("t-") => (args.id.clone(), String::new()),
        Some("m-") => (String::new(), args.id.clone()),
        _ => return Err(Failure::usage(format!("{}: a task is t-…, an image m-…", args.id))),
    };
    let farewell = Farewell::default();
    farewell.set("the import goes on without this program; the same command follows it further");
    let cloud = Cloud::at(&args.place, &farewell)?;
    let started = Started { task, image, adopted: true };
    let shown = Shown { quiet: args.quiet, last: RefCell::default() };
    let image = cloud.ecs()?.watch(&started, cloud::pace(&args.waiting), &shown)?;
    match args.output {
        CloudOutput::Text => output::text(&format!(
            "image: {}\nname: {}\nstatus: {}\n",
            printable(&image.id),
            printable(&image.name),
            printable(&image.status)
        ))?,
        CloudOutput::Json => output::document(
            "wait",
            json!({
                "region_id": cloud.region,
                "image_id": image.id,
                "image_name": image.name,
                "status": image.status,
            }),
        )?,
    }
    Ok(Exit::Done)
}

/// Says what changed.
struct Shown {
    quiet: bool,
    last: RefCell<String>,
}

impl Following for Shown {
    fn seen(&self, task: Option<&Task>, image: Option<&Image>) {
        let (status, percent) = cloud::progress(task, image);
        let words = cloud::progress_line(&status, percent);
        if !self.quiet && *self.last.borrow() != words {
            say(&words);
            *self.last.borrow_mut() = words;
        }
    }
}
