//! The formats of CI systems.

use crate::golden::{golden, page};
use crate::hostile::well_formed;
use crate::{disks, systems};
use facts::Facts;
use preflight::{Target, Waiver, check};
use report::{Judged, Style};
use serde_json::Value;
use std::collections::HashSet;

/// One document on all of them.
pub(crate) fn together(format: &str, facts: &[Facts], target: &Target, style: &Style) -> String {
    let reports: Vec<_> = facts.iter().map(|facts| check(facts, target)).collect();
    let images: Vec<_> = facts.iter().zip(&reports).map(|(facts, report)| Judged { report, facts }).collect();
    let mut out = Vec::new();
    report::reporter(format).unwrap().write(&images, style, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn waiving(rule: &str) -> Target {
    let mut target = Target::default();
    target.policy.waivers = vec![Waiver { rule: rule.into(), reason: "by design".into(), expires: None, image: None }];
    target
}

#[test]
fn junit_counts_what_it_lists() {
    let facts = [disks::broken(), disks::ready()];
    let style = Style { time: Some(1_795_449_600), ..Style::default() };
    let xml = together("junit", &facts, &waiving("LNX-SSHD"), &style);
    well_formed(&xml);
    assert_eq!(xml.matches("<testsuite ").count(), 2);
    assert!(xml.contains("timestamp=\"2026-11-23T16:00:00\""));
    let suite = &xml[xml.find("<testsuite ").unwrap()..xml.find("</testsuite>").unwrap()];
    let number = |name: &str| -> usize {
        let at = suite.find(&format!(" {name}=\"")).unwrap() + name.len() + 3;
        suite[at..].split('"').next().unwrap().parse().unwrap()
    };
    assert_eq!(number("tests"), suite.matches("<testcase ").count());
    assert_eq!(number("failures"), suite.matches("<failure ").count());
    assert_eq!(number("skipped"), suite.matches("<skipped ").count());
    assert_eq!(suite.matches("<failure ").count(), 1, "sshd is waived");
    assert!(suite.contains("<skipped message=\"waived: by design\"/>"));
    assert!(suite.contains("<skipped message=\"unknown: not examined\"/>"));
    assert!(suite.contains("<system-out>degraded: "));
}

#[test]
fn junit_of_a_disk() {
    let xml = page("junit", &disks::broken(), &Style::default());
    let case = |id: &str| {
        let at = xml.find(&format!("name=\"{id}: ")).unwrap();
        let start = xml[..at].rfind("    <testcase").unwrap();
        let end = xml[at..].find("</testcase>").unwrap() + at;
        format!("{}</testcase>\n", &xml[start..end])
    };
    golden("broken_junit.xml", &["LNX-FSTAB-DEV", "LNX-SSHD", "LNX-NVME", "LNX-CLOUDASSIST"].map(case).concat());
}

#[test]
fn github_shows_the_worst_ten_of_each_and_points_at_the_rest() {
    golden("broken.github.txt", &page("github", &disks::broken(), &Style::default()));
    let many = vec![disks::broken(); 8];
    let text = together("github", &many, &Target::default(), &Style::default());
    let count = |kind: &str| text.lines().filter(|line| line.starts_with(&format!("::{kind} "))).count();
    assert_eq!((count("error"), count("warning"), count("notice")), (10, 10, 10));
    let errors = text.lines().filter(|line| line.starts_with("::error"));
    assert_eq!(errors.clone().filter(|line| line.contains("LNX-FSTAB-DEV")).count(), 8, "the worst come first");
    assert_eq!(errors.filter(|line| line.contains("LNX-SSHD")).count(), 2);
    let last = text.lines().last().unwrap();
    assert!(last.starts_with("::notice title=Bootworthy::") && last.ends_with(" more in the job summary"), "{last}");
    let quiet = together("github", &[disks::ready()], &Target::default(), &Style::default());
    assert!(!quiet.contains("job summary") && quiet.starts_with("READY"));
}

#[test]
fn the_job_summary_fits_into_a_step() {
    let facts = disks::broken();
    let report = check(&facts, &Target::default());
    let image = Judged { report: &report, facts: &facts };
    let one = report::github_summary(&[image], &Style::default());
    assert_eq!(one, page("markdown", &facts, &Style::default()));
    let many = report::github_summary(&vec![image; 2000], &Style::default());
    assert!(many.len() <= 1 << 20 && many.len() > 900_000, "{}", many.len());
    assert!(many.trim_end().ends_with("*Cut here: the rest would be longer than this place takes.*"));
}

#[test]
fn gitlab_tells_issues_apart() {
    golden("broken.gitlab.json", &page("gitlab", &disks::broken(), &Style::default()));
    let all = together("gitlab", &vec![disks::broken(); 3], &Target::default(), &Style::default());
    let issues: Vec<Value> = serde_json::from_str(&all).unwrap();
    let prints: HashSet<_> = issues.iter().map(|issue| issue["fingerprint"].as_str().unwrap()).collect();
    assert_eq!(prints.len(), issues.len());
    for issue in &issues {
        assert!(issue["location"]["lines"]["begin"].is_u64() && issue["location"]["path"] == "broken.qcow2");
        assert!(["info", "minor", "major", "critical", "blocker"].contains(&issue["severity"].as_str().unwrap()));
        assert!(
            !issue["description"].as_str().unwrap().is_empty() && !issue["check_name"].as_str().unwrap().is_empty()
        );
    }
    let waived = together("gitlab", &[disks::broken()], &waiving("LNX-SSHD"), &Style::default());
    assert!(!waived.contains("LNX-SSHD\""));
}

#[test]
fn markdown_of_disks() {
    golden("broken.md", &page("markdown", &disks::broken(), &Style::default()));
    let facts = [disks::broken(), disks::ready(), disks::unopened(), disks::broken()];
    let text = together("markdown", &facts, &waiving("LNX-SSHD"), &Style::default());
    let order = ["## 4 images: 1 ready, 3 not ready", "| LNX-FSTAB-DEV |", "| Image | Verdict |", "### ❌ not ready"];
    let places: Vec<_> = order.iter().map(|part| text.find(part).expect(part)).collect();
    assert!(places.is_sorted(), "{places:?}");
    assert!(text.contains("#### Waived\n\n- **LNX-SSHD**: by design"));
    let verbose = Style { verbose: true, ..Style::default() };
    let whole = page("markdown", &disks::ready(), &verbose);
    assert!(preflight::RULES.iter().all(|rule| whole.contains(&format!("| {} |", rule.id))));
}

#[test]
fn image_check_of_disks() {
    let style = Style { time: Some(1_795_449_600), ..Style::default() };
    let read = |facts: &Facts| -> Value { serde_json::from_str(&page("image-check", facts, &style)).unwrap() };
    let mut document = read(&disks::broken());
    document["version"] = "VERSION".into();
    golden("broken.image_check.json", &(serde_json::to_string_pretty(&document).unwrap() + "\n"));
    let result = |document: &Value, name: &str| {
        let items = document["check_items"].as_array().unwrap();
        items.iter().find(|item| item["name"] == name).map(|item| item["result"].as_str().unwrap().to_owned())
    };
    let said = |document: &Value, name: &str| result(document, name).unwrap_or_default();
    assert_eq!(said(&document, "device id"), "FAILED");
    assert_eq!(said(&document, "ssh"), "WARNING", "it boots, and nobody can log in");
    assert_eq!(said(&document, "disk size"), "OK");
    assert_eq!(said(&document, "password"), "WARNING", "unknown is not a pass");
    let windows = read(&systems::windows());
    assert_eq!(result(&windows, "shadow authority"), None, "it is not about Windows");
    let fields =
        ["platform", "os_big_version", "os_small_version", "architecture", "system_disk_size", "version", "time"];
    assert!(fields.iter().all(|field| document[field].as_str().is_some_and(|text| !text.is_empty())), "{document:#}");
    assert_eq!(document["time"], "2026-11-23_16-00-00");
    let several = together("image-check", &[disks::broken(), disks::ready()], &Target::default(), &style);
    assert_eq!(serde_json::from_str::<Vec<Value>>(&several).unwrap().len(), 2);
}
