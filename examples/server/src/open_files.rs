//! The limit of open files, of which connections, the store and the functions' processes each need
//! some.

/// Raises the limit as far as the system allows. The usual 1,024 is too few for a server: each
/// connection takes one, each warm process five.
pub(crate) fn raise_limit() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

        let limit = getrlimit(Resource::Nofile);
        let raised = Rlimit {
            current: limit.maximum,
            ..limit
        };
        if let Err(error) = setrlimit(Resource::Nofile, raised) {
            tracing::warn!(%error, limit = ?limit.current, "cannot raise the limit of open files");
        }
    }
}

/// How many connections the limit leaves room for: a third of it.
pub(crate) fn room_for_connections() -> usize {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, getrlimit};

        let limit = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
        usize::try_from(limit / 3).unwrap_or(usize::MAX).max(1)
    }
    #[cfg(not(unix))]
    usize::MAX
}
