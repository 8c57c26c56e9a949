//! The picture of a disk: what lies where to scale, and how much of it is used.
//!
//! A small stretch has a least width, so that its label fits; a label that does not fit is left out, and all of them
//! stand in the table below, by the same names.

use super::Html;
use crate::escape::html as escaped;
use crate::head::{holds, say};
use crate::map::{Bucket, Map, Stretch, buckets, percent, short, used};
use crate::page::size;
use facts::{Content, Facts, Known, Role, Volume};
use std::fmt::Write as _;

/// The picture's width in its own units; it is drawn as wide as the page.
const WIDTH: usize = 1000;
/// Of a stretch.
const LEAST: usize = 40;
/// Where the boxes and the strips below them begin, and how high they are.
const BOX: usize = 56;
const STRIP: usize = 30;
const BETWEEN: usize = 6;
/// Room for a character of a label.
const LETTER: usize = 9;

/// A map of each disk, and the table of all volumes.
pub(super) fn section(page: &mut Html, facts: &Facts, image: usize, level: usize) {
    if facts.volumes.is_empty() {
        return;
    }
    page.heading(level, "Disk");
    for map in Map::all(facts) {
        page.raw("<figure>\n");
        page.raw(&picture(&map, &format!("map-{image}-{}", map.number)));
        let name = if map.number == 1 { String::new() } else { format!("Disk {}: ", map.number) };
        let more = if map.more > 0 { format!("; {} more volumes are not drawn", map.more) } else { String::new() };
        let text = format!(
            "{name}{} to scale, but small parts are widened; below, how full each one is{more}.",
            size(map.size)
        );
        page.leaf("figcaption", "", &text);
        page.raw("</figure>\n");
    }
    table(page, facts);
}

/// The drawing, with its title and description for those who hear it.
fn picture(map: &Map<'_>, id: &str) -> String {
    let height = BOX + BETWEEN + STRIP + 2;
    let mut svg = format!(
        "<svg viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" aria-labelledby=\"{id}-title\" aria-describedby=\"{id}-desc\">\n\
         <title id=\"{id}-title\">Map of the disk</title>\n<desc id=\"{id}-desc\">{}</desc>\n",
        escaped(&words(map))
    );
    let mut x = 0;
    for (stretch, width) in map.stretches.iter().zip(map.widths(WIDTH, LEAST)) {
        let inside = width.saturating_sub(4);
        self::stretch(&mut svg, stretch, x + 2, inside);
        if let Some(volume) = stretch.volume {
            strip(&mut svg, &map.buckets(volume), (x + 2, BOX + BETWEEN), (inside, STRIP));
        }
        x += width;
    }
    svg + "</svg>\n"
}

/// In words: `1 ext4 4 GiB, 25 % used; free 1 GiB`.
fn words(map: &Map<'_>) -> String {
    let words = map.stretches.iter().map(|stretch| match stretch.volume {
        None => format!("{} unused", size(stretch.size)),
        Some(volume) => {
            let full = used(volume).map_or(String::new(), |share| format!(", {} used", percent(share)));
            format!("{}, {}, {}{full}", volume.id, holds(volume), size(stretch.size))
        }
    });
    words.collect::<Vec<_>>().join("; ")
}

/// A box with as much of its label as fits.
fn stretch(svg: &mut String, stretch: &Stretch<'_>, x: usize, width: usize) {
    let class = stretch.volume.map_or("gap", kind);
    let _ = writeln!(svg, "<rect class=\"{class}\" x=\"{x}\" y=\"1\" width=\"{width}\" height=\"{BOX}\" rx=\"5\"/>");
    let (name, what) = match stretch.volume {
        Some(volume) => (short(volume), holds(volume)),
        None => (String::new(), "unused".into()),
    };
    let middle = x + width / 2;
    let long = format!("{name} {what}");
    let long = long.trim();
    let fits = |text: &str| text.chars().count() * LETTER + 8 <= width;
    let mut label = |y: usize, class: &str, text: &str| {
        let _ = writeln!(
            svg,
            "<text class=\"{class}\" x=\"{middle}\" y=\"{y}\" text-anchor=\"middle\">{}</text>",
            escaped(text)
        );
    };
    let bytes = size(stretch.size);
    if fits(long) && fits(&bytes) {
        label(25, "wide", long);
        label(45, "wide size", &bytes);
        // What is left on a narrow screen, where letters are larger.
        if !name.is_empty() {
            label(41, "narrow", &name);
        }
    } else if !name.is_empty() && name.chars().count() <= 2 {
        label(35, "", &name);
    }
}

/// How full a volume is, from its beginning to its end: in each part data below, what is free above, and between them
/// what is neither. `at` is the upper left corner.
fn strip(svg: &mut String, buckets: &[Bucket], at: (usize, usize), extent: (usize, usize)) {
    let ((x, y), (width, height)) = (at, extent);
    let mut bar = |class: &str, x: f64, y: f64, width: f64, height: f64| {
        if width > 0.0 && height > 0.0 {
            let _ = writeln!(
                svg,
                "<rect class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\"/>"
            );
        }
    };
    #[expect(clippy::cast_precision_loss, reason = "numbers of a picture")]
    let [x, y, width, height, count] = [x, y, width, height, buckets.len().max(1)].map(|number| number as f64);
    bar("blank", x, y, width, height);
    if let [one] = buckets {
        // Nothing is known of where: from left to right it reads best.
        bar("full", x, y, width * one.allocated, height);
        bar("empty", x + width * (1.0 - one.free), y, width * one.free, height);
        return;
    }
    let mut left = x;
    for bucket in buckets {
        let (data, free) = (height * bucket.allocated, height * bucket.free);
        bar("empty", left, y, width / count, free);
        bar("full", left, y + height - data, width / count, data);
        left += width / count;
    }
}

/// What it is drawn as.
fn kind(volume: &Volume) -> &'static str {
    match (volume.role.value(), volume.content.value()) {
        (Some(Role::Boot | Role::Esp | Role::BiosBoot), _) => "boot",
        (Some(Role::Swap), _) | (_, Some(Content::Swap { .. })) => "swap",
        (_, Some(Content::Filesystem(_) | Content::Member { .. })) => "data",
        _ => "other",
    }
}

fn table(page: &mut Html, facts: &Facts) {
    page.raw("<div class=\"scroll\"><table>\n<caption>Volumes</caption>\n<thead><tr>");
    for title in ["Volume", "Holds", "For", "Size", "Used"] {
        page.raw(&format!("<th scope=\"col\">{title}</th>"));
    }
    page.raw("</tr></thead>\n<tbody>\n");
    for volume in &facts.volumes {
        let role = say(&volume.role, |role| format!("{role:?}").to_lowercase(), "nothing known");
        let label = volume.filesystem().and_then(|found| found.label.as_deref());
        let label = label.map_or(String::new(), |label| format!(", labelled {label}"));
        page.raw(&format!("<tr><th scope=\"row\"><span class=\"key {}\"></span>", kind(volume)));
        page.raw(&format!("{}</th>", escaped(&crate::page::cut(&volume.id.to_string()))));
        let [holds, role, bytes] = [holds(volume) + &label, role, size(volume.size)].map(|text| escaped(&text));
        page.raw(&format!("<td>{holds}</td><td>{role}</td><td class=\"number\">{bytes}</td>"));
        page.raw(&format!("<td>{}</td></tr>\n", fullness(volume)));
    }
    page.raw("</tbody></table></div>\n");
}

/// A small strip and the number.
fn fullness(volume: &Volume) -> String {
    let Some(share) = used(volume) else {
        let unknown = matches!(volume.content, Known::Is(Content::Filesystem(_)));
        return if unknown { "unknown".into() } else { String::new() };
    };
    let mut svg = String::from("<svg viewBox=\"0 0 112 14\" aria-hidden=\"true\">");
    strip(&mut svg, &buckets(volume), (0, 0), (112, 14));
    format!("{svg}</svg>{}", percent(share))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_strip_draws_what_it_is_given() {
        let rects = |buckets: &[Bucket]| {
            let mut svg = String::new();
            strip(&mut svg, buckets, (0, 0), (100, 10));
            svg.lines().map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(rects(&[]).len(), 1, "nothing is known: blank");
        let one = rects(&[Bucket { allocated: 0.25, free: 0.75 }]);
        assert!(one[1].contains("full") && one[1].contains("width=\"25.0\""));
        assert!(one[2].contains("empty") && one[2].contains("x=\"25.0\""));
        let two = rects(&[Bucket { allocated: 1.0, free: 0.0 }, Bucket { allocated: 0.0, free: 0.5 }]);
        assert_eq!(two.len(), 3, "{two:?}");
        assert!(two[1].contains("full") && two[1].contains("width=\"50.0\" height=\"10.0\""));
        assert!(two[2].contains("empty") && two[2].contains("x=\"50.0\"") && two[2].contains("height=\"5.0\""));
    }
}
