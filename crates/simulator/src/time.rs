//! Seconds since 1970 as the texts that the services write and read: ISO 8601 long and compact, and HTTP's date.

/// A moment split into year, month, day, hour, minute, second (UTC).
type Parts = (i64, i64, i64, i64, i64, i64);

const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const DAY: i64 = 86_400;

/// Days since 1970 of a date of the Gregorian calendar: years counted from March, in eras of 400.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

fn split(seconds: i64) -> Parts {
    let shifted = seconds.div_euclid(DAY) + 719_468;
    let of_day = seconds.rem_euclid(DAY);
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    let year = era * 400 + year + i64::from(month <= 2);
    (year, month, day, of_day / 3600, of_day / 60 % 60, of_day % 60)
}

fn join(parts: Parts) -> Option<i64> {
    let (year, month, day, hour, minute, second) = parts;
    let sane = (1..=12).contains(&month) && (1..=31).contains(&day) && hour < 24 && minute < 60 && second < 61;
    sane.then(|| days(year, month, day) * DAY + hour * 3600 + minute * 60 + second)
}

/// `2026-01-02T03:04:05Z`
pub(crate) fn iso(seconds: i64) -> String {
    let (year, month, day, hour, minute, second) = split(seconds);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

/// `2026-01-02T03:04:05.000Z`, as OSS writes in its answers.
pub(crate) fn iso_millis(seconds: i64) -> String {
    iso(seconds).replace('Z', ".000Z")
}

/// `2026-01-02T03:04Z`, as ECS writes times of tasks.
pub(crate) fn iso_minutes(seconds: i64) -> String {
    let mut text = iso(seconds);
    text.replace_range(16.., "Z");
    text
}

/// `Fri, 02 Jan 2026 03:04:05 GMT`
pub(crate) fn http(seconds: i64) -> String {
    let (year, month, day, hour, minute, second) = split(seconds);
    let weekday = usize::try_from(seconds.div_euclid(DAY).rem_euclid(7)).map_or("Thu", |index| DAYS[index]);
    let month = usize::try_from(month - 1).map_or("Jan", |index| MONTHS[index]);
    format!("{weekday}, {day:02} {month} {year:04} {hour:02}:{minute:02}:{second:02} GMT")
}

/// Reads `2026-01-02T03:04:05Z` and `20260102T030405Z`.
pub(crate) fn parse_iso(text: &str) -> Option<i64> {
    let digits: String = text.chars().filter(|character| !matches!(character, '-' | ':')).collect();
    let (date, time) = digits.strip_suffix('Z')?.split_once('T')?;
    if date.len() != 8 || time.len() != 6 || !(date.to_owned() + time).bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let number = |text: &str| text.parse().ok();
    join((
        number(&date[..4])?,
        number(&date[4..6])?,
        number(&date[6..])?,
        number(&time[..2])?,
        number(&time[2..4])?,
        number(&time[4..])?,
    ))
}

/// Reads `Fri, 02 Jan 2026 03:04:05 GMT`.
pub(crate) fn parse_http(text: &str) -> Option<i64> {
    let words: Vec<_> = text.split_ascii_whitespace().collect();
    let [_, day, month, year, clock, "GMT"] = words[..] else { return None };
    let month = MONTHS.iter().position(|name| *name == month)?;
    let mut clock = clock.split(':').map(|part| part.parse::<u8>().map(i64::from));
    let mut next = || clock.next()?.ok();
    let day = i64::from(day.parse::<u8>().ok()?);
    let year = i64::from(year.parse::<u16>().ok()?);
    join((year, i64::try_from(month).ok()? + 1, day, next()?, next()?, next()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_says_the_same_moment() {
        let moment = 1_767_323_045;
        assert_eq!(iso(moment), "2026-01-02T03:04:05Z");
        assert_eq!(iso_minutes(moment), "2026-01-02T03:04Z");
        assert_eq!(iso_millis(moment), "2026-01-02T03:04:05.000Z");
        assert_eq!(http(moment), "Fri, 02 Jan 2026 03:04:05 GMT");
        for text in ["2026-01-02T03:04:05Z", "20260102T030405Z"] {
            assert_eq!(parse_iso(text), Some(moment), "{text}");
        }
        assert_eq!(parse_http("Fri, 02 Jan 2026 03:04:05 GMT"), Some(moment));
    }

    #[test]
    fn leap_days_and_long_ago_hold() {
        for (moment, text) in
            [(0, "1970-01-01T00:00:00Z"), (951_782_400, "2000-02-29T00:00:00Z"), (-1, "1969-12-31T23:59:59Z")]
        {
            assert_eq!(iso(moment), text);
            assert_eq!(parse_iso(text), Some(moment));
        }
        assert_eq!(http(0), "Thu, 01 Jan 1970 00:00:00 GMT");
    }

    #[test]
    fn what_is_no_time_is_none() {
        for text in ["", "2026-01-02", "2026-13-02T03:04:05Z", "20260102T030405", "2026010éT030405Z"] {
            assert_eq!(parse_iso(text), None, "{text}");
        }
        for text in ["", "Fri, 02 Jan 2026 03:04 GMT", "Fri, 02 Foo 2026 03:04:05 GMT", "Fri, 02 Jan 2026 03:04:05 CET"]
        {
            assert_eq!(parse_http(text), None, "{text}");
        }
    }
}
