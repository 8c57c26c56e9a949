//! The request as JSON: `parameters` as they go over the wire, `derived` with the evidence. Its schema is
//! `schema/request-1.json`.

use crate::checks::{Checks, Problem};
use crate::draft::Draft;
use crate::origin::Origin;
use serde::{Serialize, Serializer};

/// Version of the document. Raised when a reader would have to change.
const SCHEMA_VERSION: u32 = 1;
const SCHEMA: &str = "https://github.com/bootworthy/bootworthy/blob/main/crates/request/schema/request-1.json";

/// A document.
#[derive(Debug)]
pub(crate) struct Writer;

#[derive(Serialize)]
struct Document<'a> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    schema_version: u32,
    tool: Tool,
    images: &'a [String],
    action: &'static str,
    api_version: &'static str,
    parameters: Flat,
    derived: &'a [Origin],
    warnings: Vec<Problem<'a>>,
}

#[derive(Serialize)]
struct Tool {
    name: &'static str,
    version: &'static str,
    pack: &'static str,
}

/// Names and values in their order.
struct Flat(Vec<(String, String)>);

impl Serialize for Flat {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

impl crate::Writer for Writer {
    fn name(&self) -> &'static str {
        "json"
    }

    fn write(&self, draft: &Draft, checks: &Checks) -> Result<String, String> {
        let document = Document {
            schema: SCHEMA,
            schema_version: SCHEMA_VERSION,
            tool: Tool { name: "bootworthy", version: env!("CARGO_PKG_VERSION"), pack: preflight::PACK },
            images: &draft.images,
            action: "ImportImage",
            api_version: "2014-05-26",
            parameters: Flat(draft.import.parameters()),
            derived: &draft.origins,
            warnings: checks.warnings(),
        };
        let json = serde_json::to_string_pretty(&document).map_err(|error| error.to_string())?;
        Ok(json + "\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Writer as _;
    use crate::testing::drafted;
    use serde_json::Value;

    #[test]
    fn parameters_are_flat_and_derived_has_evidence() {
        let text = Writer.write(&drafted(), &Checks::default()).unwrap();
        let json: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(json["parameters"]["DiskDeviceMapping.1.OSSBucket"], "my-images");
        assert_eq!(json["parameters"]["DiskDeviceMapping.1.DiskImageSize"], "4");
        let derived = json["derived"].as_array().unwrap();
        let platform = derived.iter().find(|origin| origin["parameter"] == "Platform").unwrap();
        assert_eq!(platform["found"]["is"]["evidence"][0]["path"], "/etc/os-release");
        assert_eq!(platform["differs"], false);
        assert!(text.find("RegionId").unwrap() < text.find("Architecture").unwrap(), "in the order of the reference");
    }

    #[test]
    fn the_schema_names_what_is_written() {
        let schema: Value = serde_json::from_str(include_str!("../schema/request-1.json")).unwrap();
        let json: Value = serde_json::from_str(&Writer.write(&drafted(), &Checks::default()).unwrap()).unwrap();
        let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        assert_eq!(keys(&schema["properties"]), keys(&json));
        let mut required = schema["required"].as_array().unwrap().clone();
        required.sort_by_key(|name| name.to_string());
        assert_eq!(required, keys(&json).into_iter().map(Value::from).collect::<Vec<_>>());
        let pattern = schema["properties"]["parameters"]["propertyNames"]["pattern"].as_str().unwrap();
        for name in keys(&json["parameters"]) {
            assert!(pattern.contains(name.split('.').next().unwrap()), "{name} is not in the schema");
        }
        let origin = keys(&schema["$defs"]["origin"]["properties"]);
        for written in json["derived"].as_array().unwrap() {
            assert!(keys(written).iter().all(|key| origin.contains(key)), "{written}");
        }
    }
}
