//! A day, as policies name it.

use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::str::FromStr;
use std::time::{SystemTime, UNIX_EPOCH};

const SECONDS: u64 = 86_400;
/// Days of 400 years, after which the calendar begins again.
const ERA: u64 = 146_097;

/// A day of the Gregorian calendar, in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date {
    year: u64,
    month: u64,
    day: u64,
}

impl Date {
    /// The day that it is.
    pub fn today() -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        Self::after_1970(since / SECONDS)
    }

    /// The day so many days after 1970-01-01.
    pub fn after_1970(days: u64) -> Self {
        // Years are counted from the first of March, so that a leap day is the last of its year; 0000-03-01 is day 0.
        let days = days + 719_468;
        let (era, day) = (days / ERA, days % ERA);
        let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
        let day = day - (365 * year + year / 4 - year / 100);
        let month = (5 * day + 2) / 153;
        let day = day - (153 * month + 2) / 5 + 1;
        let (month, next) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
        Date { year: era * 400 + year + next, month, day }
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

impl FromStr for Date {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text:?} is no day; write it as 2027-01-31");
        let parts: Vec<u64> = text.split('-').map(str::parse).collect::<Result<_, _>>().map_err(|_| wrong())?;
        match parts[..] {
            [year @ 1970..=9999, month @ 1..=12, day] if day >= 1 && day <= days_of(year, month) => {
                Ok(Date { year, month, day })
            }
            _ => Err(wrong()),
        }
    }
}

fn days_of(year: u64, month: u64) -> u64 {
    match month {
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

impl Serialize for Date {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// From text, or from a date of TOML, which its parser hands over as a map of one text.
impl<'de> Deserialize<'de> for Date {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Day;
        impl<'de> Visitor<'de> for Day {
            type Value = Date;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a day, such as 2027-01-31")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Date, E> {
                text.parse().map_err(E::custom)
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Date, M::Error> {
                let entry = map.next_entry::<String, String>()?;
                let (_, text) = entry.ok_or_else(|| M::Error::custom("an empty map is no day"))?;
                text.parse().map_err(M::Error::custom)
            }
        }
        deserializer.deserialize_any(Day)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_counted_as_the_calendar_does() {
        for (days, text) in
            [(0, "1970-01-01"), (58, "1970-02-28"), (59, "1970-03-01"), (11_016, "2000-02-29"), (20_780, "2026-11-23")]
        {
            assert_eq!(Date::after_1970(days).to_string(), text);
            assert_eq!(text.parse(), Ok(Date::after_1970(days)));
        }
        assert!(Date::today() > Date::after_1970(20_000));
    }

    #[test]
    fn what_is_no_day_is_refused() {
        for text in ["", "2027", "2027-02-29", "2027-13-01", "2027-00-10", "2027-01-00", "27-1-1", "2027-1-1-1", "soon"]
        {
            assert!(text.parse::<Date>().is_err(), "{text}");
        }
        assert!("2028-02-29".parse::<Date>().is_ok());
    }

    #[test]
    fn read_from_text_and_from_the_map_of_a_parser() {
        let day: Date = serde_json::from_str("\"2027-01-31\"").unwrap();
        assert_eq!(serde_json::from_str::<Date>(r#"{"any": "2027-01-31"}"#).unwrap(), day);
        assert_eq!(serde_json::to_string(&day).unwrap(), "\"2027-01-31\"");
        assert!(serde_json::from_str::<Date>("{}").is_err() && serde_json::from_str::<Date>("3").is_err());
    }
}
