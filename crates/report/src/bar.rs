//! The map of a disk in a line of text.

use crate::head::holds;
use crate::map::{Map, percent, short, used};
use crate::page::{Page, size};
use facts::{Facts, Volume};

/// Columns of a stretch: its edge, its name, what is in it.
const LEAST: usize = 3;
/// Where the text of rows begins.
const COLUMN: usize = 16;

/// A bar and a legend for each disk. `█` is used, `░` free in a filesystem, `▒` not known to be either, `·` nothing.
pub(crate) fn bars(page: &mut Page<'_>, facts: &Facts) {
    for map in Map::all(facts) {
        let name = if map.number == 1 { "map".to_owned() } else { format!("map of {}", map.number) };
        let room = page.style.width.max(40).saturating_sub(COLUMN + 1);
        let widths = map.widths(room, LEAST);
        let cells = map.stretches.iter().zip(widths).map(|(stretch, width)| cell(stretch.volume, width));
        page.line(&format!("  {name:<0$}{1}│", COLUMN - 2, cells.collect::<String>()));
        page.hanging(&" ".repeat(COLUMN), COLUMN, &legend(&map));
    }
}

/// An edge, the name if there is room, and what is in it.
fn cell(volume: Option<&Volume>, width: usize) -> String {
    let inside = width.saturating_sub(1);
    let Some(volume) = volume else { return format!("│{}", "·".repeat(inside)) };
    let mut name: String = short(volume).chars().filter(char::is_ascii_alphanumeric).collect();
    if name.len() + 1 > inside {
        name.clear();
    }
    let room = inside - name.len();
    let fill = match used(volume) {
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a share of some columns"
        )]
        Some(share) => {
            let full = ((share * room as f64).round() as usize).min(room);
            format!("{}{}", "█".repeat(full), "░".repeat(room - full))
        }
        None => "▒".repeat(room),
    };
    format!("│{name}{fill}")
}

fn legend(map: &Map<'_>) -> String {
    let words = map.stretches.iter().map(|stretch| match stretch.volume {
        None => format!("free {}", size(stretch.size)),
        Some(volume) => {
            let name = short(volume);
            let name = if name.is_empty() { name } else { format!("{name}: ") };
            let full = used(volume).map_or(String::new(), |share| format!(", {} used", percent(share)));
            format!("{name}{} {}{full}", holds(volume), size(stretch.size))
        }
    });
    let more = (map.more > 0).then(|| format!("{} more volumes", map.more));
    words.chain(more).collect::<Vec<_>>().join("; ")
}
