//! The parent locator (section 2.6.2.6): which file a differencing disk is the difference to.

use super::guid::Guid;
use super::utf16;
use crate::fields::{le16, le32};

const HEADER_LEN: usize = 20;
const ENTRY_LEN: usize = 12;

/// The one type that the specification knows: the parent is a VHDX.
const VHDX: Guid = Guid::new(0xb04a_efb7, 0xd19e, 0x4a81, [0xb7, 0x89, 0x25, 0xb8, 0xe9, 0x44, 0x59, 0x13]);

/// Keys of paths, in the order in which the specification tries them.
const PATHS: [&str; 3] = ["relative_path", "volume_path", "absolute_win32_path"];

/// The parent's path, as the item says it: a name of a machine that runs Windows. `None` where it says nothing that
/// makes sense.
pub(super) fn parent(item: &[u8]) -> Option<String> {
    if item.len() < HEADER_LEN || Guid::at(item, 0) != VHDX {
        return None;
    }
    let count = usize::from(le16(item, 18));
    let pairs: Vec<(String, String)> =
        item[HEADER_LEN..].chunks_exact(ENTRY_LEN).take(count).filter_map(|entry| pair(item, entry)).collect();
    PATHS.iter().find_map(|path| pairs.iter().find(|(key, _)| key == path)).map(|(_, value)| value.clone())
}

fn pair(item: &[u8], entry: &[u8]) -> Option<(String, String)> {
    let text = |at: usize, len: usize| {
        let (start, len) = (usize::try_from(le32(entry, at)).ok()?, usize::from(le16(entry, len)));
        item.get(start..start.checked_add(len)?).map(utf16)
    };
    let key = text(0, 8).filter(|key| PATHS.contains(&key.as_str()))?;
    Some((key, text(4, 10)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn locator(pairs: &[(&str, &str)]) -> Vec<u8> {
        let mut item = b"\xb7\xef\x4a\xb0\x9e\xd1\x81\x4a\xb7\x89\x25\xb8\xe9\x44\x59\x13\0\0".to_vec();
        item.extend(u16::try_from(pairs.len()).unwrap().to_le_bytes());
        let wide = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
        let mut texts = Vec::new();
        for (key, value) in pairs {
            let (key, value) = (wide(key), wide(value));
            let at = HEADER_LEN + pairs.len() * ENTRY_LEN + texts.len();
            item.extend(u32::try_from(at).unwrap().to_le_bytes());
            item.extend(u32::try_from(at + key.len()).unwrap().to_le_bytes());
            item.extend(u16::try_from(key.len()).unwrap().to_le_bytes());
            item.extend(u16::try_from(value.len()).unwrap().to_le_bytes());
            texts.extend([key, value].concat());
        }
        item.extend(texts);
        item
    }

    #[test]
    fn the_relative_path_comes_first() {
        let volume = ("volume_path", r"\\?\Volume{26A21BDA-A627-11D7-9931-806E6F6E6963}\p.vhdx");
        let all = [("parent_linkage", "{x}"), volume, ("absolute_win32_path", r"\\?\c:\p.vhdx")];
        assert_eq!(parent(&locator(&all)).as_deref(), Some(volume.1));
        assert_eq!(parent(&locator(&[all[0], all[2]])).as_deref(), Some(r"\\?\c:\p.vhdx"));
        let relative = [all[0], all[1], ("relative_path", r".\é.vhdx")];
        assert_eq!(parent(&locator(&relative)).as_deref(), Some(r".\é.vhdx"));
        assert_eq!(parent(&locator(&all[..1])), None);
    }

    #[test]
    fn nonsense_has_no_parent() {
        let sound = locator(&[("relative_path", "p")]);
        for len in 0..sound.len() {
            assert_eq!(parent(&sound[..len]), None, "{len}");
        }
        for at in [0, 20, 24, 27] {
            let mut item = sound.clone();
            item[at] = 0xff;
            assert_eq!(parent(&item), None, "{at}");
        }
    }
}
