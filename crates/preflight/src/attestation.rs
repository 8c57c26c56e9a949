//! A report as an attestation: an in-toto statement (in-toto Attestation Framework 1.0, Statement v1) on the content of
//! a disk, so that what was judged in one place can be imported in another without being judged again.
//!
//! The subject is the disk by the digest of its content, which is the same in every format. The statement is not
//! signed here; signing it, as cosign or in-toto do, is for those who have the keys.

use crate::date::Date;
use crate::outcome::Severity;
use crate::policy::Waiver;
use crate::report::{Clearance, PACK, Report, Summary, Verdict};
use crate::target::DiskUse;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

const STATEMENT: &str = "https://in-toto.io/Statement/v1";
const PREDICATE: &str = "https://github.com/bootworthy/bootworthy/attestation/preflight/v1";

/// The name of the digest of a disk's content among digests.
const DIGEST: &str = "bw1";

/// A statement on one disk.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Attestation {
    #[serde(rename = "_type")]
    statement: String,
    subject: Vec<Subject>,
    #[serde(rename = "predicateType")]
    predicate_type: String,
    predicate: Predicate,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Subject {
    name: String,
    digest: BTreeMap<String, String>,
}

/// What was judged, by what, and what came of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Predicate {
    tool: Tool,
    pack: String,
    profile: String,
    disk: DiskUse,
    fail_on: Severity,
    verdict: Verdict,
    virtual_size: u64,
    summary: Summary,
    waivers: Vec<Waived>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Tool {
    name: String,
    version: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Waived {
    rule: String,
    waiver: Waiver,
}

impl Attestation {
    /// Of a report on a disk of that size, whose content has that digest (`bw1:` and hexadecimal digits).
    pub fn of(report: &Report, virtual_size: u64, digest: &str) -> Self {
        let name = report.image.rsplit(['/', '\\']).next().unwrap_or_default().to_owned();
        let digits = digest.strip_prefix("bw1:").unwrap_or(digest).to_owned();
        let waived =
            report.waived().map(|(result, waiver)| Waived { rule: result.id.to_string(), waiver: waiver.clone() });
        Attestation {
            statement: STATEMENT.into(),
            subject: vec![Subject { name, digest: BTreeMap::from([(DIGEST.into(), digits)]) }],
            predicate_type: PREDICATE.into(),
            predicate: Predicate {
                tool: Tool { name: "bootworthy".into(), version: env!("CARGO_PKG_VERSION").into() },
                pack: report.pack.into(),
                profile: report.profile.into(),
                disk: report.disk,
                fail_on: report.fail_on,
                verdict: report.verdict,
                virtual_size,
                summary: report.summary,
                waivers: waived.collect(),
            },
        }
    }

    /// From its JSON.
    ///
    /// # Errors
    ///
    /// It is no statement of this kind.
    pub fn parse(json: &[u8]) -> Result<Self, String> {
        let value: serde_json::Value = serde_json::from_slice(json).map_err(|error| format!("is no JSON: {error}"))?;
        if value["_type"] != STATEMENT {
            return Err(format!("is no in-toto statement: its _type is not {STATEMENT}"));
        }
        if value["predicateType"] != PREDICATE {
            return Err(format!("attests something else: its predicateType is not {PREDICATE}"));
        }
        let attestation: Self = serde_json::from_value(value).map_err(|error| format!("is not whole: {error}"))?;
        match attestation.subject.as_slice() {
            [subject] if subject.digest.contains_key(DIGEST) => Ok(attestation),
            _ => Err(format!("is not about one disk with a digest {DIGEST}")),
        }
    }

    /// The digest of the content that it is about: `bw1:` and hexadecimal digits.
    pub fn digest(&self) -> String {
        let digits = self.subject.first().and_then(|subject| subject.digest.get(DIGEST));
        format!("{DIGEST}:{}", digits.map_or("", String::as_str))
    }

    /// Length of the disk in bytes.
    pub fn virtual_size(&self) -> u64 {
        self.predicate.virtual_size
    }

    /// The version of the rules by which it was judged, if it is not today's.
    pub fn other_pack(&self) -> Option<&str> {
        (self.predicate.pack != PACK).then_some(&*self.predicate.pack)
    }

    /// The rules that were waived.
    pub fn waived(&self) -> impl Iterator<Item = &str> {
        self.predicate.waivers.iter().map(|waived| &*waived.rule)
    }

    /// The proof that the image of that path and length may be imported: its content has `digest`, and what was attested
    /// of that content is that it is ready. What was waived until a day that is over is not.
    ///
    /// # Errors
    ///
    /// Why it does not stand.
    pub fn clear(&self, image: &str, file_size: u64, digest: &str, today: Date) -> Result<Clearance, String> {
        if self.digest() != digest {
            return Err(format!("it is about another disk: {}, and this one is {digest}", self.digest()));
        }
        if let Some(over) = self.predicate.waivers.iter().find(|waived| waived.waiver.has_expired(today)) {
            return Err(format!("the waiver of {} in it has expired", over.rule));
        }
        match self.predicate.verdict {
            Verdict::Ready => {
                let waived = self.waived().map(str::to_owned).collect();
                Ok(Clearance::attested(image, file_size, &self.predicate.pack, waived))
            }
            Verdict::Undecided => Err("what it attests is that the image could not be decided".into()),
            Verdict::NotReady => Err("what it attests is that the image is not ready".into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::*;
    use crate::{Target, check};

    const CONTENT: &str = "bw1:00ff";

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    fn attest(change: Change) -> Attestation {
        let (mut facts, mut target) = (bios(), Target::default());
        change(&mut facts, &mut target);
        let written = serde_json::to_vec(&Attestation::of(&check(&facts, &target), 4 << 30, CONTENT)).unwrap();
        Attestation::parse(&written).unwrap()
    }

    #[test]
    fn a_clearance_comes_of_the_content_that_was_judged() {
        let attestation = attest(|_, _| ());
        let clearance = attestation.clear("other.raw", 4 << 30, CONTENT, day("2026-11-23")).unwrap();
        assert_eq!((clearance.image(), clearance.file_size(), clearance.pack()), ("other.raw", 4 << 30, PACK));
        let error = attestation.clear("other.raw", 1, "bw1:00fe", day("2026-11-23")).unwrap_err();
        assert!(error.contains("another disk"), "{error}");
        assert_eq!((attestation.other_pack(), attestation.virtual_size()), (None, 4 << 30));
    }

    #[test]
    fn what_was_not_ready_is_not_cleared() {
        let broken = attest(|facts, _| linux_of(facts).sshd = facts::Known::Absent);
        assert!(broken.clear("a", 1, CONTENT, day("2026-11-23")).unwrap_err().contains("not ready"));
        let open = attest(|facts, _| facts.image.damage = facts::Known::unknown("not walked"));
        assert!(open.clear("a", 1, CONTENT, day("2026-11-23")).unwrap_err().contains("not be decided"));
    }

    #[test]
    fn what_was_waived_is_kept() {
        let waived = attest(|facts, target| {
            linux_of(facts).sshd = facts::Known::Absent;
            let (reason, expires) = ("by Cloud Assistant".into(), Some(day("2099-01-31")));
            target.policy.waivers = vec![Waiver { rule: "LNX-SSHD".into(), reason, expires, image: None }];
        });
        assert_eq!(waived.waived().collect::<Vec<_>>(), ["LNX-SSHD"]);
        assert_eq!(waived.clear("a", 1, CONTENT, day("2026-11-23")).unwrap().waived(), ["LNX-SSHD"]);
        let error = waived.clear("a", 1, CONTENT, day("2099-02-01")).unwrap_err();
        assert_eq!(error, "the waiver of LNX-SSHD in it has expired");
    }

    #[test]
    fn other_documents_are_refused() {
        let error = |json: &str| Attestation::parse(json.as_bytes()).unwrap_err();
        assert!(error("x").contains("no JSON"));
        assert!(error("{}").contains("no in-toto statement"));
        let slsa = format!(r#"{{"_type": "{STATEMENT}", "predicateType": "https://slsa.dev/provenance/v1"}}"#);
        assert!(error(&slsa).contains("something else"));
        assert!(error(&format!(r#"{{"_type": "{STATEMENT}", "predicateType": "{PREDICATE}"}}"#)).contains("not whole"));
    }
}
