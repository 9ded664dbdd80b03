//! Child processes that do not outlive the one that started them.

use std::process::Command;

/// Has the kernel end the child when this process ends, even by `kill -9`, and at once: who starts next must not find it still at
/// work on the same files.
#[cfg(target_os = "linux")]
#[allow(unsafe_code, reason = "between fork and exec there is no safe way")]
pub fn end_with_parent(command: &mut Command) {
    use std::os::unix::process::CommandExt as _;

    use rustix::process::{Signal, set_parent_process_death_signal};
    // SAFETY: the closure makes one system call and neither allocates nor locks.
    unsafe {
        command.pre_exec(|| set_parent_process_death_signal(Some(Signal::KILL)).map_err(Into::into));
    }
}

/// Elsewhere a child may outlive a killed parent; stop it by hand.
#[cfg(not(target_os = "linux"))]
pub fn end_with_parent(_: &mut Command) {}
