//! Signals: the first asks running work to stop and clean up, the second ends the process at once.

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGUSR1, SIGXFSZ};
use signal_hook::flag;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

struct Flags {
    stop: Arc<AtomicBool>,
    number: Arc<AtomicUsize>,
    report: Arc<AtomicBool>,
}

static FLAGS: OnceLock<Flags> = OnceLock::new();

/// Takes over the signals that end a program, for work that leaves something to clean up. Once is enough.
pub(crate) fn catch() -> std::io::Result<()> {
    if FLAGS.get().is_some() {
        return Ok(());
    }
    let flags = Flags { stop: Arc::default(), number: Arc::default(), report: Arc::default() };
    for signal in [SIGINT, SIGTERM, SIGHUP] {
        // In this order: a second signal sees the flag that the first one set.
        flag::register_conditional_shutdown(signal, 128 + signal, Arc::clone(&flags.stop))?;
        flag::register_usize(signal, Arc::clone(&flags.number), usize::try_from(signal).unwrap_or(0))?;
        flag::register(signal, Arc::clone(&flags.stop))?;
    }
    flag::register(SIGUSR1, Arc::clone(&flags.report))?;
    // Without a handler the file size limit kills the process; with one, the write fails and says so.
    flag::register(SIGXFSZ, Arc::default())?;
    FLAGS.get_or_init(|| flags);
    Ok(())
}

/// Whether the work should stop.
pub(crate) fn stop() -> bool {
    FLAGS.get().is_some_and(|flags| flags.stop.load(Ordering::Relaxed))
}

/// The signal that asked for it.
pub(crate) fn received() -> Option<u8> {
    let number = FLAGS.get()?.number.load(Ordering::Relaxed);
    u8::try_from(number).ok().filter(|&number| number > 0)
}

/// Whether a line about the progress was asked for (SIGUSR1) since the last call.
pub(crate) fn report_wanted() -> bool {
    FLAGS.get().is_some_and(|flags| flags.report.swap(false, Ordering::Relaxed))
}
