//! Optical media: what system they install or run, by the files in which their makers say so.
//!
//! Sources: debian-cd and Ubuntu's `.disk/info`; productmd's `.treeinfo` (Fedora, RHEL and all that is built from them,
//! SUSE); `media.1/products` and `content` of older SUSE; FreeBSD's `bin/freebsd-version`; Windows' `sources/`;
//! `.alpine-release`. Where none of them tells the architecture, the name of the loader that UEFI starts does.
//!
//! To add a maker: a function that reads its file, and its word in [`MAKERS`].

use disk::IsoDetails;
use facts::{Architecture, Boot, Bootability, Claim, Evidence, Known, Media};
use filesystem::{FileSystem, GuestPath};
use storage::{ErrorKind, Result, Source};
use syntax::ini;

/// Read of a file at most; the ones that matter are shorter than a page.
const LIMIT: u64 = 64 << 10;

/// What a maker's file says.
struct Found {
    system: Claim<String>,
    architecture: Option<Claim<Architecture>>,
}

type Maker = fn(&Tree) -> Result<Option<Found>>;

/// The first that finds its file is right: they do not stand beside one another.
const MAKERS: [Maker; 6] = [disk_info, treeinfo, suse, freebsd, windows, alpine];

/// What the media in `source` are. An error is a failure of this machine.
pub fn media(source: &Source, details: &IsoDetails) -> Result<Media> {
    let mut media = Media {
        label: details.label.clone(),
        publisher: details.publisher.clone(),
        starts_by: details.boot.iter().map(|entry| entry.platform.clone()).collect(),
        hybrid: details.boot_code || details.efi_partition,
        ..Media::default()
    };
    let looked = filesystem::open(source.clone()).and_then(|files| look(&Tree(files)));
    (media.system, media.architecture) = match looked {
        Ok(known) => known,
        Err(error) if error.kind() == ErrorKind::Io => return Err(error),
        Err(error) => (Known::unknown(error.to_string()), Known::unknown(error.to_string())),
    };
    Ok(media)
}

/// What firmware would do with the media as a disk, instead of what it would make of an installed system's disk.
pub(crate) fn boot(boot: &mut Boot, details: &IsoDetails) {
    let firmware = |name: &str| details.boot.iter().find(|entry| entry.platform == name);
    let told = |can: bool, name: &str| match firmware(name) {
        _ if can => Bootability { can: Known::Is(true), ..Bootability::default() },
        // Some firmware follows El Torito on any disk, some on CDs only.
        Some(_) => Bootability {
            can: Known::unknown("the media start as a CD; whether they also start as a disk is up to the firmware"),
            ..Bootability::default()
        },
        None => {
            let text = Some(format!("the media have nothing that {} starts", name.to_uppercase()));
            let missing = vec![Evidence { text, ..Evidence::default() }];
            Bootability { can: Known::Is(false), missing, ..Bootability::default() }
        }
    };
    boot.bios = told(details.boot_code, "bios");
    boot.uefi = told(details.efi_partition, "uefi");
}

type Looked = (Known<Claim<String>>, Known<Claim<Architecture>>);

fn look(tree: &Tree) -> Result<Looked> {
    for maker in MAKERS {
        if let Some(found) = maker(tree)? {
            let architecture = match found.architecture {
                Some(architecture) => Some(architecture),
                None => loader(tree)?,
            };
            return Ok((Known::Is(found.system), known(architecture)));
        }
    }
    Ok((Known::Absent, known(loader(tree)?)))
}

fn known<T>(found: Option<T>) -> Known<T> {
    found.map_or(Known::Absent, Known::Is)
}

struct Tree(Box<dyn FileSystem>);

impl Tree {
    /// The file's beginning, if there is such a file.
    fn text(&self, path: &str) -> Result<Option<String>> {
        match self.0.read_start(&GuestPath::from(path.as_bytes()), LIMIT) {
            Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn has(&self, path: &str) -> Result<bool> {
        match self.0.metadata(&GuestPath::from(path.as_bytes())) {
            Ok(_) => Ok(true),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }
}

fn at(path: &str, line: usize, text: &str) -> Evidence {
    Evidence {
        path: Some(path.to_owned()),
        line: u32::try_from(line).ok(),
        text: Some(text.trim().to_owned()),
        ..Evidence::default()
    }
}

/// By the words that makers use.
fn architecture(word: &str) -> Option<Architecture> {
    match word.to_ascii_lowercase().as_str() {
        "amd64" | "x86_64" | "x64" => Some(Architecture::X86_64),
        "i386" | "i486" | "i586" | "i686" | "x86" | "ia32" => Some(Architecture::I386),
        "arm64" | "aarch64" => Some(Architecture::Arm64),
        "armhf" | "armel" | "ppc64el" | "ppc64le" | "powerpc" | "s390x" | "riscv64" | "mips64el" | "loongarch64"
        | "ia64" | "alpha" | "sparc64" => Some(Architecture::Other),
        _ => None,
    }
}

/// The first word of `text` that names an architecture.
fn architecture_in(text: &str, evidence: &Evidence) -> Option<Claim<Architecture>> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    words.filter_map(architecture).next().map(|found| Claim::new(found, evidence.clone()))
}

/// `Debian GNU/Linux 12.5.0 "Bookworm" - Official amd64 NETINST …`, `Ubuntu 22.04.4 LTS "Jammy …" - Release amd64 (…)`.
fn disk_info(tree: &Tree) -> Result<Option<Found>> {
    const PATH: &str = ".disk/info";
    let Some(text) = tree.text(PATH)? else { return Ok(None) };
    let line = text.lines().next().unwrap_or_default();
    let evidence = at(PATH, 1, line);
    let system = line.split(" - ").next().unwrap_or(line).trim();
    let architecture = line.split_once(" - ").and_then(|(_, rest)| architecture_in(rest, &evidence));
    Ok((!system.is_empty()).then(|| Found { system: Claim::new(system.to_owned(), evidence), architecture }))
}

/// `[general]` with `name`, or `family` and `version`, and `arch`.
fn treeinfo(tree: &Tree) -> Result<Option<Found>> {
    const PATH: &str = ".treeinfo";
    let Some(text) = tree.text(PATH)? else { return Ok(None) };
    let pairs = ini::parse(text.as_bytes());
    let get = |key: &str| pairs.iter().find(|pair| pair.section == "general" && pair.key == key);
    let words: Vec<_> = ["family", "version"].iter().filter_map(|key| Some(get(key)?.value.as_str())).collect();
    let name = get("name").map(|pair| pair.value.clone()).or_else(|| (!words.is_empty()).then(|| words.join(" ")));
    let line = |pair: &ini::Pair| at(PATH, pair.line as usize, &format!("{} = {}", pair.key, pair.value));
    let evidence = get("name").or_else(|| get("family")).map(line).unwrap_or_default();
    let architecture = get("arch").and_then(|pair| Some(Claim::new(architecture(&pair.value)?, line(pair))));
    Ok(name.map(|name| Found { system: Claim::new(name, evidence), architecture }))
}

/// `media.1/products`: `/ SLES15-SP4 15.4-0`; before that `content`: `DISTRO cpe:…,SUSE Linux Enterprise Server 12 SP5`.
fn suse(tree: &Tree) -> Result<Option<Found>> {
    const CONTENT: &str = "content";
    if let Some(text) = tree.text(CONTENT)? {
        let lines = text.lines().enumerate();
        let named = lines.filter_map(|(i, line)| {
            let rest = line.strip_prefix("DISTRO").or_else(|| line.strip_prefix("LABEL"))?;
            Some((rest.rsplit(',').next()?.trim().to_owned(), at(CONTENT, i + 1, line)))
        });
        if let Some((name, evidence)) = named.into_iter().next() {
            let base = text.lines().find(|line| line.starts_with("BASEARCHS") || line.starts_with("DEFAULTBASE"));
            let architecture = base.and_then(|line| architecture_in(line, &at(CONTENT, 0, line)));
            return Ok(Some(Found { system: Claim::new(name, evidence), architecture }));
        }
    }
    const PRODUCTS: &str = "media.1/products";
    let Some(text) = tree.text(PRODUCTS)? else { return Ok(None) };
    let line = text.lines().next().unwrap_or_default();
    let name = line.trim_start_matches(['/', ' ']).trim();
    Ok((!name.is_empty())
        .then(|| Found { system: Claim::new(name.to_owned(), at(PRODUCTS, 1, line)), architecture: None }))
}

/// A script with `USERLAND_VERSION="13.2-RELEASE"` in it.
fn freebsd(tree: &Tree) -> Result<Option<Found>> {
    const PATH: &str = "bin/freebsd-version";
    const KERNEL: &str = "boot/kernel/kernel";
    let Some(text) = tree.text(PATH)? else { return Ok(None) };
    let found = text.lines().enumerate().find_map(|(i, line)| {
        Some((line.trim().strip_prefix("USERLAND_VERSION=")?.trim_matches('"').to_owned(), at(PATH, i + 1, line)))
    });
    let Some((version, evidence)) = found else { return Ok(None) };
    let kernel = match tree.0.read_start(&GuestPath::from(KERNEL.as_bytes()), 20) {
        Ok(head) => head,
        Err(error) if error.kind() == ErrorKind::Io => return Err(error),
        Err(_) => Vec::new(),
    };
    // ELF: e_machine.
    let machine = kernel.get(18..20).filter(|_| kernel.starts_with(b"\x7fELF"));
    let architecture = machine.map(|machine| match machine {
        [62, 0] => Architecture::X86_64,
        [3, 0] => Architecture::I386,
        [183, 0] => Architecture::Arm64,
        _ => Architecture::Other,
    });
    let architecture = architecture.map(|found| {
        Claim::new(found, Evidence { path: Some(KERNEL.to_owned()), offset: Some(18), ..Evidence::default() })
    });
    Ok(Some(Found { system: Claim::new(format!("FreeBSD {version}"), evidence), architecture }))
}

/// Branches of Windows, and what was built from them. Source: the branch names in `BuildLabEx` of those releases.
const BRANCHES: [(&str, &str); 12] = [
    ("win7", "Windows 7 or Server 2008 R2"),
    ("win8_", "Windows 8 or Server 2012"),
    ("winblue", "Windows 8.1 or Server 2012 R2"),
    ("rs1_", "Windows 10 1607 or Server 2016"),
    ("rs5_", "Windows 10 1809 or Server 2019"),
    ("vb_", "Windows 10 2004 to 22H2"),
    ("fe_", "Windows Server 2022"),
    ("co_", "Windows 11 21H2"),
    ("ni_", "Windows 11 22H2 or 23H2"),
    ("zn_", "Windows Server 23H2"),
    ("ge_", "Windows 11 24H2 or Server 2025"),
    ("th", "Windows 10 of 2015"),
];

/// `sources/install.wim`, in one file or in parts, or as `.esd`; `sources/idwbinfo.txt` says of which branch.
fn windows(tree: &Tree) -> Result<Option<Found>> {
    const BUILD: &str = "sources/idwbinfo.txt";
    let mut image = None;
    for name in ["sources/install.wim", "sources/install.esd", "sources/install.swm", "sources/boot.wim"] {
        if tree.has(name)? {
            image = Some(name);
            break;
        }
    }
    let Some(image) = image else { return Ok(None) };
    let evidence = Evidence { path: Some(image.to_owned()), ..Evidence::default() };
    let Some(text) = tree.text(BUILD)? else {
        return Ok(Some(Found { system: Claim::new("Windows".to_owned(), evidence), architecture: None }));
    };
    let pairs = ini::parse(text.as_bytes());
    let get = |key: &str| pairs.iter().find(|pair| pair.key.eq_ignore_ascii_case(key));
    let line = |pair: &ini::Pair| at(BUILD, pair.line as usize, &format!("{}={}", pair.key, pair.value));
    let architecture = get("BuildArch").and_then(|pair| Some(Claim::new(architecture(&pair.value)?, line(pair))));
    let branch = get("BuildBranch").and_then(|pair| {
        let (_, name) = BRANCHES.iter().find(|(branch, _)| pair.value.starts_with(branch))?;
        Some(Claim { value: (*name).to_owned(), evidence: vec![evidence.clone(), line(pair)] })
    });
    let system = branch.unwrap_or_else(|| Claim::new("Windows".to_owned(), evidence));
    Ok(Some(Found { system, architecture }))
}

/// `alpine-standard-3.19.1 240126`.
fn alpine(tree: &Tree) -> Result<Option<Found>> {
    const PATH: &str = ".alpine-release";
    let Some(text) = tree.text(PATH)? else { return Ok(None) };
    let line = text.lines().next().unwrap_or_default();
    let version = line.split_whitespace().next().and_then(|word| word.rsplit('-').next()).unwrap_or_default();
    let system = Claim::new(format!("Alpine Linux {version}"), at(PATH, 1, line));
    Ok(Some(Found { system, architecture: None }))
}

/// UEFI's removable media path names the machine.
fn loader(tree: &Tree) -> Result<Option<Claim<Architecture>>> {
    for (name, machine) in [
        ("EFI/BOOT/BOOTX64.EFI", Architecture::X86_64),
        ("EFI/BOOT/BOOTAA64.EFI", Architecture::Arm64),
        ("EFI/BOOT/BOOTIA32.EFI", Architecture::I386),
    ] {
        for name in [name.to_owned(), name.to_ascii_lowercase()] {
            if tree.has(&name)? {
                return Ok(Some(Claim::new(machine, Evidence { path: Some(name), ..Evidence::default() })));
            }
        }
    }
    Ok(None)
}
