//! Words of feature bits, as superblocks hold them.

/// A name for each bit.
pub(crate) type Names = &'static [(u32, &'static str)];

/// The names of those that are set. What has no name is `FEATURE_C3`: the letter of its word and the number of the bit.
pub(crate) fn named(bits: u32, names: Names, word: char) -> Vec<String> {
    (0..32)
        .filter(|bit| bits >> bit & 1 == 1)
        .map(|bit| match names.iter().find(|(value, _)| *value == 1 << bit) {
            Some((_, name)) => (*name).to_owned(),
            None => format!("FEATURE_{word}{bit}"),
        })
        .collect()
}
