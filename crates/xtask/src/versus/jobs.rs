//! The conversions that are raced: one row each.

/// What the source is, made of the same files each time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    Raw,
    Qcow2,
    /// Written in an order of its own, so that neighbours on the disk are none in the file.
    Fragmented,
    Zlib,
    Zstd,
    Vhd,
    Vhdx,
    Stream,
    /// An empty qcow2 of 1 TiB.
    Empty,
}

impl Source {
    /// Name of the file, our name of the format, and qemu's.
    pub(super) fn file(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Source::Raw => ("data.raw", "raw", "raw"),
            Source::Qcow2 => ("data.qcow2", "qcow2", "qcow2"),
            Source::Fragmented => ("fragmented.qcow2", "qcow2", "qcow2"),
            Source::Zlib => ("zlib.qcow2", "qcow2", "qcow2"),
            Source::Zstd => ("zstd.qcow2", "qcow2", "qcow2"),
            Source::Vhd => ("data.vhd", "vhd", "vpc"),
            Source::Vhdx => ("data.vhdx", "vhdx", "vhdx"),
            Source::Stream => ("stream.vmdk", "vmdk", "vmdk"),
            Source::Empty => ("empty.qcow2", "qcow2", "qcow2"),
        }
    }
}

/// A conversion.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) name: &'static str,
    pub(super) from: Source,
    /// Our name of the target's format, and qemu's.
    pub(super) to: (&'static str, &'static str),
    /// Ours: a word for the table, and flags.
    pub(super) ours: &'static [(&'static str, &'static [&'static str])],
    /// qemu-img's flags beside those for caches and threads.
    pub(super) theirs: &'static [&'static str],
    /// Libraries that can do it too, by the word of `xtask rival`.
    pub(super) libraries: &'static [&'static str],
    /// Compression takes minutes there, and other caches make no difference to it.
    pub(super) slow: bool,
}

const PLAIN: &[(&str, &[&str])] = &[("bootworthy", &[])];
const RAW: (&str, &str) = ("raw", "raw");
const QCOW2: (&str, &str) = ("qcow2", "qcow2");
const VHD: (&str, &str) = ("vhd", "vpc");

const fn job(name: &'static str, from: Source, to: (&'static str, &'static str)) -> Job {
    Job { name, from, to, ours: PLAIN, theirs: &[], libraries: &[], slow: false }
}

pub(super) static JOBS: &[Job] = &[
    Job { libraries: &["copy"], ..job("raw-raw", Source::Raw, RAW) },
    Job { libraries: &["copy"], ..job("raw-qcow2", Source::Raw, QCOW2) },
    Job { libraries: &["imago", "copy"], ..job("qcow2-raw", Source::Qcow2, RAW) },
    job("fragmented-raw", Source::Fragmented, RAW),
    job("raw-vhd", Source::Raw, VHD),
    job("vhd-qcow2", Source::Vhd, QCOW2),
    job("vhdx-raw", Source::Vhdx, RAW),
    job("stream-qcow2", Source::Stream, QCOW2),
    job("zlib-raw", Source::Zlib, RAW),
    job("zstd-raw", Source::Zstd, RAW),
    Job {
        ours: &[("bootworthy -c", &["-c"]), ("bootworthy -c, window 32k", &["-c", "-o", "zlib_window=32k"])],
        theirs: &["-c"],
        slow: true,
        ..job("raw-zlib", Source::Raw, QCOW2)
    },
    Job {
        ours: &[("bootworthy -c, zstd", &["-c", "-o", "compression_type=zstd"])],
        theirs: &["-c", "-o", "compression_type=zstd"],
        slow: true,
        ..job("raw-zstd", Source::Raw, QCOW2)
    },
    Job {
        ours: &[("bootworthy", &["-o", "subformat=streamOptimized"])],
        theirs: &["-o", "subformat=streamOptimized"],
        slow: true,
        ..job("raw-stream", Source::Raw, ("vmdk", "vmdk"))
    },
    job("empty-raw", Source::Empty, RAW),
    job("empty-vhd", Source::Empty, VHD),
];
