//! Kernel module lists: `modules.builtin`, `modules.dep`, `modprobe.d`, kernel configuration files. modprobe.d(5).

use std::collections::{BTreeMap, BTreeSet};

use crate::text::{MAX_ITEMS, decode, first_word, joined_lines, lines};

/// What may follow `.ko`: the ways a kernel's modules are packed.
const PACKED: [&str; 5] = ["", ".xz", ".gz", ".zst", ".bz2"];

/// A module's name from its path or file name: directory and `.ko`, `.ko.xz`, `.ko.gz`, `.ko.zst` removed, `-` made
/// `_`; none for other files.
pub fn name(path: &str) -> Option<String> {
    let file = path.rsplit_once('/').map_or(path, |(_, file)| file);
    let stem = PACKED.iter().find_map(|suffix| file.strip_suffix(suffix)?.strip_suffix(".ko"))?;
    (!stem.is_empty()).then(|| stem.replace('-', "_"))
}

/// Names in `modules.builtin`.
pub fn builtin(text: &[u8]) -> BTreeSet<String> {
    lines(&decode(text)).take(MAX_ITEMS).filter_map(|(_, line)| name(line.trim())).collect()
}

/// `modules.dep`: module name → names of what it needs, all of them, not only the next.
///
/// depmod(8) writes them all, the last needed first loaded; nothing is added here.
pub fn dependencies(text: &[u8]) -> BTreeMap<String, Vec<String>> {
    let text = decode(text);
    let entries = lines(&text).take(MAX_ITEMS).filter_map(|(_, line)| {
        let (module, needs) = line.split_once(':')?;
        Some((name(module.trim())?, needs.split_whitespace().filter_map(name).collect()))
    });
    entries.collect()
}

/// `CONFIG_X=y|m|…` lines, and `# CONFIG_X is not set` as `n`; only the names asked for.
///
/// `wanted` and the names returned are with `CONFIG_`; quotes around values are removed.
pub fn config(text: &[u8], wanted: &[&str]) -> BTreeMap<String, String> {
    let text = decode(text);
    let entries = lines(&text).filter_map(|(_, line)| {
        let line = line.trim();
        let unset = line.strip_prefix("# ").and_then(|rest| rest.strip_suffix(" is not set"));
        let (name, value) = unset.map(|name| (name, "n")).or_else(|| line.split_once('='))?;
        wanted.contains(&name).then(|| (name.to_string(), value.trim_matches('"').to_string()))
    });
    entries.collect()
}

/// A line of `modprobe.d`. Names of modules have `_` for `-`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Directive {
    /// `options module key=value …`.
    Options {
        /// Module.
        module: String,
        /// Pairs; a bare word has an empty value.
        options: Vec<(String, String)>,
        /// Line.
        line: u32,
    },
    /// `blacklist module`.
    Blacklist {
        /// Module.
        module: String,
        /// Line.
        line: u32,
    },
    /// `install module command`.
    Install {
        /// Module.
        module: String,
        /// Command.
        command: String,
        /// Line.
        line: u32,
    },
    /// `alias name module`.
    Alias {
        /// Name.
        name: String,
        /// Module.
        module: String,
        /// Line.
        line: u32,
    },
}

/// Reads a file of `modprobe.d`, or EL5's `modprobe.conf`. `softdep`, `remove` and `include` are passed over.
pub fn modprobe(text: &[u8]) -> Vec<Directive> {
    joined_lines(&decode(text), "").into_iter().filter_map(|(line, content)| directive(&content, line)).collect()
}

fn directive(content: &str, line: u32) -> Option<Directive> {
    let (keyword, rest) = first_word(content);
    let (word, rest) = first_word(rest);
    let module = word.replace('-', "_");
    match keyword {
        _ if word.is_empty() => None,
        "options" => Some(Directive::Options { module, options: rest.split_whitespace().map(option).collect(), line }),
        "blacklist" => Some(Directive::Blacklist { module, line }),
        "install" => Some(Directive::Install { module, command: rest.to_string(), line }),
        "alias" if !rest.is_empty() => {
            let module = first_word(rest).0.replace('-', "_");
            Some(Directive::Alias { name: word.to_string(), module, line })
        }
        _ => None,
    }
}

fn option(word: &str) -> (String, String) {
    let (key, value) = word.split_once('=').unwrap_or((word, ""));
    (key.to_string(), value.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_modules() {
        let cases = [
            ("kernel/drivers/block/virtio_blk.ko", Some("virtio_blk")),
            ("nvme-core.ko.xz", Some("nvme_core")),
            ("/lib/modules/x/a.ko.zst", Some("a")),
            ("a.ko.gz", Some("a")),
            ("a.ko.debug", None),
            ("ko", None),
            (".ko", None),
            ("a/", None),
            ("", None),
        ];
        for (path, expected) in cases {
            assert_eq!(name(path).as_deref(), expected, "{path}");
        }
    }

    #[test]
    fn reads_what_depmod_writes() {
        let builtin = builtin(b"kernel/fs/ext4/ext4.ko\r\nkernel/drivers/nvme/host/nvme-core.ko\n\nrubbish\n");
        assert_eq!(builtin, ["ext4", "nvme_core"].map(String::from).into());
        let dep = dependencies(
            b"kernel/drivers/virtio/virtio_pci.ko.xz: kernel/virtio_pci_modern_dev.ko.xz kernel/virtio.ko.xz\n\
              kernel/a-b.ko:\nno colon\n",
        );
        assert_eq!(dep["virtio_pci"], ["virtio_pci_modern_dev", "virtio"]);
        assert_eq!((dep["a_b"].len(), dep.len()), (0, 2));
    }

    #[test]
    fn reads_kernel_configurations() {
        let text = b"#\n# Automatically generated\n#\nCONFIG_VIRTIO=y\nCONFIG_VIRTIO_BLK=m\n# CONFIG_NVME is not set\n\
                     CONFIG_LOCALVERSION=\"-x\"\nCONFIG_OTHER=y\n";
        let wanted = ["CONFIG_VIRTIO", "CONFIG_VIRTIO_BLK", "CONFIG_NVME", "CONFIG_LOCALVERSION", "CONFIG_ABSENT"];
        let found = config(text, &wanted);
        let found: Vec<_> = found.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(
            found,
            [("CONFIG_LOCALVERSION", "-x"), ("CONFIG_NVME", "n"), ("CONFIG_VIRTIO", "y"), ("CONFIG_VIRTIO_BLK", "m")]
        );
    }

    #[test]
    fn reads_modprobe_files() {
        let text = b"# blacklist x\nalias scsi_hostadapter mptspi\r\nblacklist nvme-core\n\
                     options kvm \\\n  nested=1 bare\ninstall virtio_blk /bin/true\nalias x\nblacklist\nsoftdep a pre: b\n";
        let pairs = [("nested", "1"), ("bare", "")].map(|(k, v)| (k.to_string(), v.to_string()));
        assert_eq!(
            modprobe(text),
            [
                Directive::Alias { name: "scsi_hostadapter".into(), module: "mptspi".into(), line: 2 },
                Directive::Blacklist { module: "nvme_core".into(), line: 3 },
                Directive::Options { module: "kvm".into(), options: pairs.into(), line: 4 },
                Directive::Install { module: "virtio_blk".into(), command: "/bin/true".into(), line: 6 },
            ]
        );
    }
}
