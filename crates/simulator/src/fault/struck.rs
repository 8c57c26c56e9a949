//! What the rules together do to one request.

use super::Fault;
use std::time::Duration;

/// An answer in place of the service's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Instead {
    pub(crate) after: bool,
    pub(crate) code: String,
    pub(crate) status: Option<u16>,
    pub(crate) retry_after: Option<u32>,
    pub(crate) raw: Option<(u16, String, String)>,
}

/// All that strikes one request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Struck {
    pub(crate) delay: Duration,
    pub(crate) drop_request: Option<u64>,
    pub(crate) drop_response: Option<u64>,
    pub(crate) flip: Option<u64>,
    pub(crate) wrong_crc: bool,
    pub(crate) wrong_etag: bool,
    pub(crate) late: Option<Duration>,
    pub(crate) expire_tokens: bool,
    pub(crate) skew: Option<i64>,
    pub(crate) instead: Option<Instead>,
    pub(crate) names: Vec<String>,
}

impl Struck {
    pub(super) fn add(&mut self, fault: &Fault) {
        self.names.push(format!("{fault:?}"));
        match fault {
            Fault::DropRequest(offset) => self.drop_request = Some(*offset),
            Fault::DropResponse(offset) => self.drop_response = Some(*offset),
            Fault::Delay(time) => self.delay = self.delay.saturating_add(*time),
            Fault::FlipByte(offset) => self.flip = Some(*offset),
            Fault::WrongCrc => self.wrong_crc = true,
            Fault::WrongEtag => self.wrong_etag = true,
            Fault::Late(time) => self.late = Some(*time),
            Fault::ExpireTokens => self.expire_tokens = true,
            Fault::Skew(seconds) => self.skew = Some(*seconds),
            Fault::Fail { code, status, retry_after } => {
                self.instead = Some(Instead {
                    code: code.clone(),
                    status: *status,
                    retry_after: *retry_after,
                    ..Instead::default()
                });
            }
            Fault::FailAfter { code } => {
                self.instead = Some(Instead { after: true, code: code.clone(), ..Instead::default() });
            }
            Fault::Foreign { status, kind, text } => {
                self.instead = Some(Instead { raw: Some((*status, kind.clone(), text.clone())), ..Instead::default() });
            }
        }
    }
}
