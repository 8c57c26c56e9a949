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
        CloudOutput::Json => output::json(&json!({
            "schema_version": 1,
            "region_id": cloud.region,
            "image_id": image.id,
            "image_name": image.name,
            "status": image.status,
        }))?,
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
        let percent = task.and_then(|task| task.percent).or_else(|| image.and_then(|image| image.percent));
        let percent = percent.map_or_else(String::new, |percent| format!(" {percent}%"));
        let status = match (image, task) {
            (Some(image), _) => image.status.clone(),
            (_, Some(task)) => task.status.to_string(),
            _ => "nothing to see yet".to_owned(),
        };
        let words = format!("import: {}{percent}", printable(&status));
        if !self.quiet && *self.last.borrow() != words {
            say(&words);
            *self.last.borrow_mut() = words;
        }
    }
}
