//! What an earlier report found: only what is new since then blocks.

use serde_json::Value;
use std::collections::BTreeSet;

/// The findings and open questions of an earlier report.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Baseline {
    findings: BTreeSet<String>,
    open: BTreeSet<String>,
}

impl Baseline {
    /// Of a report that `preflight --output json` wrote.
    ///
    /// # Errors
    ///
    /// It is no such report, or one of a version that this program does not know.
    pub fn of(report: &Value) -> Result<Self, String> {
        let results = report["results"].as_array().filter(|_| report["summary"].is_object());
        let results = results.ok_or("it is no report of preflight; write one with --output json")?;
        match report["schema_version"].as_u64() {
            Some(1) => {}
            Some(version) => return Err(format!("it is a report of version {version}; this program knows version 1")),
            None => return Err("it does not say which version of a report it is".into()),
        }
        let mut baseline = Baseline::default();
        for result in results {
            let id = result["id"].as_str().ok_or("a result in it has no id")?;
            if result["status"] == "UNKNOWN" || result["open"].is_string() {
                baseline.open.insert(id.into());
            }
            for finding in result["findings"].as_array().into_iter().flatten() {
                let fingerprint = finding["fingerprint"].as_str();
                let fingerprint = fingerprint.ok_or("a finding in it has no fingerprint; write the report anew")?;
                baseline.findings.insert(fingerprint.into());
            }
        }
        Ok(baseline)
    }

    pub(crate) fn has_finding(&self, fingerprint: &str) -> bool {
        self.findings.contains(fingerprint)
    }

    pub(crate) fn had_open(&self, rule: &str) -> bool {
        self.open.contains(rule)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_reports_are_baselines() {
        let of = |value: Value| Baseline::of(&value);
        assert!(of(json!({})).unwrap_err().contains("no report of preflight"));
        assert!(of(json!({"results": [], "summary": {}})).unwrap_err().contains("which version"));
        let error = of(json!({"results": [], "summary": {}, "schema_version": 2})).unwrap_err();
        assert_eq!(error, "it is a report of version 2; this program knows version 1");
        let finding = json!({"results": [{"id": "A", "findings": [{}]}], "summary": {}, "schema_version": 1});
        assert!(of(finding).unwrap_err().contains("fingerprint"));
        let report = json!({"summary": {}, "schema_version": 1, "results": [
            {"id": "A", "status": "FAILED", "findings": [{"fingerprint": "ab"}], "open": "not read"},
            {"id": "B", "status": "UNKNOWN", "why": "locked"}, {"id": "C", "status": "PASSED"}]});
        let baseline = of(report).unwrap();
        assert!(baseline.has_finding("ab") && !baseline.has_finding("cd"));
        assert!(baseline.had_open("A") && baseline.had_open("B") && !baseline.had_open("C"));
    }
}
