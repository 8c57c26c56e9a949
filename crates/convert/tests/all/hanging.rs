//! A watch over work that must come to an end.

use std::sync::mpsc;
use std::time::Duration;

/// Longer than any of these tests takes, however slow the machine: what is not over by then hangs.
const HANGS: Duration = Duration::from_secs(120);

/// Fails where `work` does not end.
#[expect(clippy::print_stderr, reason = "the process ends at once")]
pub(crate) fn within_limits<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| {
        let (done, is_done) = mpsc::channel();
        let thread = scope.spawn(move || {
            let outcome = work();
            let _ = done.send(());
            outcome
        });
        // Sent, or gone by a panic; a thread that hangs cannot be ended but with the process.
        if is_done.recv_timeout(HANGS) == Err(mpsc::RecvTimeoutError::Timeout) {
            eprintln!("it hangs");
            std::process::abort();
        }
        thread.join().unwrap()
    })
}
