//! Moments in seconds since 1970, in the three spellings of the services, and a clock that can be set right.
//!
//! Days from civil dates by the era method (proleptic Gregorian calendar).

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

const DAY: i64 = 86_400;
const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// The clock of the services, as far as they have told it.
#[derive(Debug, Default)]
pub(crate) struct Clock(AtomicI64);

impl Clock {
    pub(crate) fn now(&self) -> i64 {
        machine().saturating_add(self.0.load(Ordering::Relaxed))
    }

    /// Takes the time of a server for the right one.
    pub(crate) fn set(&self, server: i64) {
        self.0.store(server.saturating_sub(machine()), Ordering::Relaxed);
    }
}

fn machine() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

/// `2026-01-02T03:04:05Z`
pub fn iso(moment: i64) -> String {
    let (year, month, day) = civil(moment.div_euclid(DAY));
    let second = moment.rem_euclid(DAY);
    format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z", second / 3600, second / 60 % 60, second % 60)
}

/// `20260102T030405Z`
pub(crate) fn compact(moment: i64) -> String {
    iso(moment).replace(['-', ':'], "")
}

/// Reads `2026-01-02T03:04:05Z`, without seconds or with parts of them too.
pub(crate) fn parse_iso(text: &str) -> Option<i64> {
    let (date, time) = text.trim().strip_suffix('Z')?.split_once('T')?;
    let mut date = date.splitn(3, '-').map(|part| part.parse::<i64>().ok());
    let day = days(date.next()??, date.next()??, date.next()??)?;
    let mut time = time.split(['.', ',']).next()?.splitn(3, ':').map(|part| part.parse::<i64>().ok());
    let (hour, minute) = (time.next()??, time.next()??);
    let second = time.next().unwrap_or(Some(0))?;
    clock(day, hour, minute, second)
}

/// Reads the `Date` of an answer (RFC 9110, section 5.6.7, the preferred form): `Fri, 02 Jan 2026 03:04:05 GMT`.
pub(crate) fn parse_http(text: &str) -> Option<i64> {
    let mut words = text.split_once(", ")?.1.split_whitespace();
    let day = words.next()?.parse().ok()?;
    let month = words.next()?;
    let month = MONTHS.iter().zip(1..).find(|(name, _)| **name == month)?.1;
    let year = words.next()?.parse().ok()?;
    let mut time = words.next()?.splitn(3, ':').map(|part| part.parse::<i64>().ok());
    clock(days(year, month, day)?, time.next()??, time.next()??, time.next()??)
}

fn clock(day: i64, hour: i64, minute: i64, second: i64) -> Option<i64> {
    let fits = (0..24).contains(&hour) && (0..60).contains(&minute) && (0..=60).contains(&second);
    fits.then(|| day * DAY + hour * 3600 + minute * 60 + second)
}

/// Days since 1970 of a date that is one.
fn days(year: i64, month: i64, day: i64) -> Option<i64> {
    if !(1..=9999).contains(&year) || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    // Years begin in March, so that the leap day is their last.
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    Some(era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468)
}

fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (era * 400 + year + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_go_both_ways() {
        for (moment, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_767_323_045, "2026-01-02T03:04:05Z"),
            (4_102_444_799, "2099-12-31T23:59:59Z"),
        ] {
            assert_eq!((iso(moment).as_str(), parse_iso(text)), (text, Some(moment)));
        }
        assert_eq!(compact(1_767_323_045), "20260102T030405Z");
        assert_eq!(parse_iso("2026-01-02T03:04Z"), Some(1_767_323_040));
        assert_eq!(parse_http("Fri, 02 Jan 2026 03:04:05 GMT"), Some(1_767_323_045));
    }

    #[test]
    fn what_is_no_time_is_none() {
        for text in ["", "Z", "2026-01-02", "2026-13-02T00:00Z", "2026-01-02T24:00Z", "99999999999999999999-1-1T0:0Z"] {
            assert_eq!(parse_iso(text), None, "{text}");
        }
        assert_eq!(parse_http("yesterday, or so"), None);
    }
}
