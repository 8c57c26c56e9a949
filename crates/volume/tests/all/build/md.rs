//! Members of md arrays.

use super::put;

/// A member to be written, with a superblock of version 1.
#[derive(Clone)]
pub(crate) struct Member {
    pub(crate) sectors: u64,
    /// 0, 1 or 2: at the end, at the start, at 4 KiB.
    pub(crate) minor: u8,
    pub(crate) level: i32,
    pub(crate) members: u32,
    pub(crate) number: u32,
    pub(crate) events: u64,
    pub(crate) features: u32,
    pub(crate) chunk: u32,
    /// In sectors.
    pub(crate) data: (u64, u64),
    pub(crate) size: u64,
    pub(crate) roles: Vec<u16>,
    pub(crate) name: &'static str,
}

/// A member of a mirror of two, of 128 sectors of data behind the superblock.
pub(crate) fn mirror(number: u32) -> Member {
    Member {
        sectors: 160,
        minor: 2,
        level: 1,
        members: 2,
        number,
        events: 7,
        features: 0,
        chunk: 0,
        data: (16, 128),
        size: 128,
        roles: vec![0, 1],
        name: "host:root",
    }
}

impl Member {
    /// Where the superblock lies, in bytes.
    pub(crate) fn at(&self) -> usize {
        let sector = match self.minor {
            0 => (self.sectors - 16) & !7,
            1 => 0,
            _ => 8,
        };
        usize::try_from(sector).unwrap() * 512
    }

    /// The member, each of whose sectors of data is filled with a letter, the first with `letter`.
    pub(crate) fn build(&self, letter: u8) -> Vec<u8> {
        let mut volume = vec![0; usize::try_from(self.sectors).unwrap() * 512];
        let from = usize::try_from(self.data.0).unwrap() * 512;
        let sectors = volume[from..].chunks_mut(512).take(usize::try_from(self.data.1).unwrap());
        for (number, sector) in sectors.enumerate() {
            sector.fill(letter + u8::try_from(number % 26).unwrap());
        }
        let at = self.at();
        put(&mut volume, at, &[0; 256]);
        put(&mut volume, at, &0xA92B_4EFC_u32.to_le_bytes());
        put(&mut volume, at + 4, &1_u32.to_le_bytes());
        put(&mut volume, at + 8, &self.features.to_le_bytes());
        put(&mut volume, at + 16, &[0xAB; 16]);
        put(&mut volume, at + 32, self.name.as_bytes());
        put(&mut volume, at + 72, &self.level.to_le_bytes());
        put(&mut volume, at + 80, &self.size.to_le_bytes());
        put(&mut volume, at + 88, &self.chunk.to_le_bytes());
        put(&mut volume, at + 92, &self.members.to_le_bytes());
        put(&mut volume, at + 128, &self.data.0.to_le_bytes());
        put(&mut volume, at + 136, &self.data.1.to_le_bytes());
        put(&mut volume, at + 144, &(at as u64 / 512).to_le_bytes());
        put(&mut volume, at + 160, &self.number.to_le_bytes());
        put(&mut volume, at + 200, &self.events.to_le_bytes());
        put(&mut volume, at + 220, &u32::try_from(self.roles.len()).unwrap().to_le_bytes());
        for (index, role) in self.roles.iter().enumerate() {
            put(&mut volume, at + 256 + index * 2, &role.to_le_bytes());
        }
        seal(&mut volume, at);
        volume
    }
}

/// Makes the checksum of a superblock of version 1 right.
pub(crate) fn seal(volume: &mut [u8], at: usize) {
    put(volume, at + 216, &[0; 4]);
    let count = u32::from_le_bytes(volume[at + 220..at + 224].try_into().unwrap());
    let end = (at + 256 + 2 * count as usize).min(volume.len());
    let word = |bytes: &[u8]| bytes.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte));
    let sum: u64 = volume[at..end].chunks(4).map(word).sum();
    let folded = (sum & 0xFFFF_FFFF) + (sum >> 32);
    put(volume, at + 216, &folded.to_le_bytes()[..4]);
}

/// A member of a mirror with a superblock of version 0.90, written by a machine of either order of bytes.
pub(crate) fn old_mirror(kibibytes: u32, number: u32, order: fn(u32) -> [u8; 4]) -> Vec<u8> {
    let mut volume: Vec<u8> = (0..kibibytes * 1024).map(|byte| b'A' + u8::try_from(byte / 512 % 26).unwrap()).collect();
    let at = (volume.len() & !0xFFFF) - 0x1_0000;
    let mut words = [0_u32; 1024];
    let fields = [
        (0, 0xA92B_4EFC),
        (2, 90),
        (5, 1),
        (8, u32::try_from(at >> 10).unwrap()),
        (10, 2),
        (11, 3),
        (7, 1),
        (13, 2),
        (39, 9),
    ];
    fields.iter().for_each(|&(index, value)| words[index] = value);
    for (at, device) in [(128, 0), (160, 1)] {
        words[at] = device;
        words[at + 3] = device;
        words[at + 4] = 6;
    }
    words[992] = number;
    let sum: u64 = words.iter().map(|&word| u64::from(word)).sum();
    words[38] = u32::try_from((sum & 0xFFFF_FFFF) + (sum >> 32)).unwrap();
    words.iter().enumerate().for_each(|(index, &word)| put(&mut volume, at + index * 4, &order(word)));
    volume
}
