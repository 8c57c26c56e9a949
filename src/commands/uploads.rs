//! `uploads`: what was begun to be uploaded, and lies there.

use super::cloud::{Cloud, Farewell};
use crate::cli::{CloudOutput, Uploads, UploadsVerb};
use crate::exit::{Exit, Failure};
use crate::output;
use facts::printable;
use serde_json::json;

pub(crate) fn run(args: &Uploads) -> Result<Exit, Failure> {
    let farewell = Farewell::default();
    match &args.verb {
        UploadsVerb::List { bucket, prefix, output } => {
            let cloud = Cloud::at(&bucket.place, &farewell)?;
            let uploads = cloud.bucket(&bucket.oss_bucket)?.uploads(prefix)?;
            let begun = |upload: &::import::oss::Upload| upload.begun.map(::import::iso);
            match output {
                CloudOutput::Json => {
                    let of = |upload: &::import::oss::Upload| json!({ "key": upload.key, "upload_id": upload.id, "begun": begun(upload) });
                    let all: Vec<_> = uploads.iter().map(of).collect();
                    output::json(&json!({ "schema_version": 1, "bucket": bucket.oss_bucket, "uploads": all }))?;
                }
                CloudOutput::Text => {
                    for upload in &uploads {
                        let begun = begun(upload).unwrap_or_else(|| "?".into());
                        output::text(&format!("{begun}  {}  {}\n", printable(&upload.id), printable(&upload.key)))?;
                    }
                }
            }
        }
        UploadsVerb::Abort { bucket, key, id } => {
            let cloud = Cloud::at(&bucket.place, &farewell)?;
            let bucket = cloud.bucket(&bucket.oss_bucket)?;
            let ids = match id {
                Some(id) => vec![id.clone()],
                None => bucket.uploads(key)?.into_iter().filter(|one| one.key == *key).map(|one| one.id).collect(),
            };
            if ids.is_empty() {
                output::text(&format!("{}: nothing was begun of this object\n", printable(key)))?;
            }
            for id in ids {
                let there = bucket.abort(key, &id)?;
                let words = if there { "thrown away" } else { "there is no such upload" };
                output::text(&format!("{}: {words}\n", printable(&id)))?;
            }
        }
    }
    Ok(Exit::Done)
}
