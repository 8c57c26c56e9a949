//! Sizes as qemu-img prints and reads them.

/// Three significant digits and a binary unit: `1 GiB`, `4.5 KiB`, `204 KiB`.
pub(crate) fn human(bytes: u64) -> String {
    const UNITS: [&str; 7] = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
    #[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
    let mut value = bytes as f64;
    let mut unit = 0;
    // The unit changes at 1000, not 1024, so that three digits always do.
    while value >= 1000.0 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    let decimals = match value {
        _ if value >= 100.0 => 0,
        _ if value >= 10.0 => 1,
        _ if value >= 1.0 => 2,
        _ => 3,
    };
    let mut digits = format!("{value:.decimals$}");
    if digits.contains('.') {
        digits.truncate(digits.trim_end_matches('0').trim_end_matches('.').len());
    }
    format!("{digits} {}B", UNITS[unit])
}

/// `4k`, `1M`, `512`: bytes with an optional unit of 1024.
pub(crate) fn parse(text: &str) -> Result<u64, String> {
    let wrong = || format!("{text:?} is no size; write bytes, or a number with k, M, G or T, such as 64k");
    let split = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let number: u64 = text[..split].parse().map_err(|_| wrong())?;
    let shift = match text[split..].to_ascii_lowercase().as_str() {
        "" | "b" => 0,
        "k" | "kib" => 10,
        "m" | "mib" => 20,
        "g" | "gib" => 30,
        "t" | "tib" => 40,
        _ => return Err(wrong()),
    };
    number.checked_mul(1 << shift).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_like_qemu_img() {
        for (bytes, text) in [
            (0, "0 B"),
            (512, "512 B"),
            (4608, "4.5 KiB"),
            (208_896, "204 KiB"),
            (328_192, "320 KiB"),
            (1_049_088, "1 MiB"),
            (1_073_995_776, "1 GiB"),
            (1023 * 1024, "0.999 MiB"),
            (2_147_483_648, "2 GiB"),
        ] {
            assert_eq!(human(bytes), text, "{bytes}");
        }
    }

    #[test]
    fn reads_units() {
        assert_eq!(parse("64k"), Ok(65_536));
        assert_eq!(parse("1G"), Ok(1 << 30));
        assert_eq!(parse("0"), Ok(0));
        for wrong in ["", "k", "1.5G", "-1", "99999999999T", "1X"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
