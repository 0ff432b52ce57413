//! Ctrl-C: the first lets running replications finish, the second ends the process.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Exit code of a process that Ctrl-C ended, as shells have it.
const KILLED: i32 = 130;

/// A flag that Ctrl-C raises.
pub fn stop_flag() -> Arc<AtomicBool> {
    let flag = Arc::new(AtomicBool::new(false));
    let raised = Arc::clone(&flag);
    #[allow(clippy::exit)] // Whoever asks twice does not wait for anything.
    let handler = move || {
        if raised.swap(true, Ordering::SeqCst) {
            std::process::exit(KILLED);
        }
        eprintln!("interrupted: running replications are finished first, Ctrl-C again ends at once");
    };
    // Without a handler Ctrl-C ends the process, and the finished replications are kept all the same.
    let _ = ctrlc::set_handler(handler);
    flag
}
