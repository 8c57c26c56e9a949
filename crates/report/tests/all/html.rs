//! The page as it is written.

use crate::formats::together;
use crate::golden::page;
use crate::{disks, systems};
use facts::{Known, Volume, VolumeId};
use preflight::Target;
use report::Style;

#[test]
fn one_file_that_needs_nothing_else() {
    let facts = [disks::broken(), systems::windows()];
    for text in
        [page("html", &facts[0], &Style::default()), together("html", &facts, &Target::default(), &Style::default())]
    {
        assert!(text.starts_with("<!doctype html>\n<html lang=\"en\">"));
        assert!(text.contains("Content-Security-Policy") && text.contains("prefers-color-scheme: dark"));
        assert!(text.contains("@media print"));
        for foreign in ["<script", "<link", "src=", "url(", "@import", "http:", "https:"] {
            assert!(!text.contains(foreign), "{foreign}");
        }
        for (link, _) in text.match_indices("href=\"") {
            assert!(text[link..].starts_with("href=\"#image-"), "{}", &text[link..link + 40]);
        }
    }
}

#[test]
fn of_several_images_what_stops_most_comes_first() {
    let facts = [disks::broken(), disks::ready(), disks::broken()];
    let text = together("html", &facts, &Target::default(), &Style::default());
    let order = [
        "<h1>3 images: 1 ready, 2 not ready",
        "What stops images",
        "LNX-FSTAB-DEV",
        "href=\"#image-3\"",
        "id=\"image-1\"",
    ];
    let places: Vec<_> = order.iter().map(|part| text.find(part).expect(part)).collect();
    assert!(places.is_sorted(), "{places:?}");
}

#[test]
fn the_broken_link_says_what_breaks_it() {
    let text = page("html", &disks::broken(), &Style::default());
    let chain = &text[text.find("<ol class=\"chain\">").unwrap()..text.find("</ol>").unwrap()];
    assert_eq!(chain.matches("<li class=\"broken\">").count(), 1);
    let broken = &chain[chain.find("<li class=\"broken\">").unwrap()..];
    assert!(broken[..broken.find("</li>").unwrap()].contains("LNX-FSTAB-DEV: /dev/sda1 in fstab"));
    assert!(!page("html", &disks::ready(), &Style::default()).contains("<li class=\"broken\">"));
}

#[test]
fn the_map_has_a_box_for_each_partition_and_none_overlap() {
    let mut facts = disks::broken();
    let small = |number: u32| Volume {
        id: VolumeId::partition(number),
        number: Some(number),
        offset: Some((2 << 30) + u64::from(number) * 4096),
        size: 4096,
        ..Volume::default()
    };
    facts.volumes[0].size = 1 << 30;
    facts.volumes.extend((2..12).map(small));
    let text = page("html", &facts, &Style::default());
    let svg = &text[text.find("<svg").unwrap()..text.find("</svg>").unwrap()];
    let value = |line: &str, name: &str| -> f64 {
        let at = line.find(&format!(" {name}=\"")).unwrap() + name.len() + 3;
        line[at..].split('"').next().unwrap().parse().unwrap()
    };
    let boxes: Vec<_> = svg.lines().filter(|line| line.contains("rx=\"5\"")).collect();
    assert_eq!(boxes.len(), 11 + 2, "and two gaps");
    let mut end = 0.0;
    for line in boxes {
        assert!(value(line, "x") >= end, "{line}");
        end = value(line, "x") + value(line, "width");
        assert!(value(line, "width") >= 36.0);
    }
    assert!(end <= 1000.0);
    assert!((1..12).all(|number| svg.contains(&format!(">{number}</text>")) || svg.contains(&format!(">{number} "))));
    assert!(text.contains("role=\"img\" aria-labelledby=\"map-1-1-title\" aria-describedby=\"map-1-1-desc\""));
}

#[test]
fn a_disk_that_could_not_be_read_has_no_map_and_no_chain() {
    let text = page("html", &disks::unopened(), &Style::default());
    assert!(!text.contains("<figure>") && !text.contains("class=\"chain\""));
    let mut unknown = disks::ready();
    unknown.volumes[0].content = Known::unknown("damaged");
    assert!(page("html", &unknown, &Style::default()).contains("<figure>"));
}

/// WCAG 2.2, 1.4.3: 4.5 to 1 for text, of every colour of text on every ground that it stands on, in both themes.
#[test]
fn colours_can_be_read() {
    let text = page("html", &disks::ready(), &Style::default());
    let light = &text[text.find(":root {").unwrap()..];
    let dark = &light[light.find("prefers-color-scheme: dark").unwrap()..];
    for theme in [light, dark] {
        let colour = |name: &str| {
            let at = theme.find(&format!("--{name}: #")).unwrap() + name.len() + 5;
            u32::from_str_radix(&theme[at..at + 6], 16).unwrap()
        };
        let grounds = ["page", "card", "red-tint", "amber-tint", "green-tint"];
        for ink in ["text", "dim", "red", "amber", "green", "blue"] {
            for ground in &grounds[..2] {
                assert!(contrast(colour(ink), colour(ground)) >= 4.5, "{ink} on {ground}");
            }
        }
        for ground in grounds.iter().chain(&["disk-data", "disk-boot", "disk-swap", "disk-other"]) {
            assert!(contrast(colour("text"), colour(ground)) >= 4.5, "text on {ground}");
        }
        for ink in ["red", "amber", "green"] {
            assert!(contrast(colour(ink), colour(&format!("{ink}-tint"))) >= 4.5, "{ink} on its tint");
        }
        assert!(contrast(colour("full"), colour("empty")) >= 3.0, "1.4.11: what is used stands out");
    }
}

fn contrast(a: u32, b: u32) -> f64 {
    let part = |colour: u32, shift: u32| {
        let value = f64::from((colour >> shift) & 0xff) / 255.0;
        if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
    };
    let light = |colour| 0.2126 * part(colour, 16) + 0.7152 * part(colour, 8) + 0.0722 * part(colour, 0);
    let (a, b) = (light(a), light(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}
