//! What the program may use. A document that is made to exhaust it ends it, and nothing else.

#[cfg(unix)]
use nix::sys::resource::{Resource, getrlimit, rlim_t, setrlimit};

/// Of memory, in bytes: 1 GiB. Documents of some thousand pages take a tenth of that.
#[cfg(unix)]
const MEMORY: rlim_t = 1 << 30;
/// Of the processor's time, in seconds.
#[cfg(unix)]
const SECONDS: rlim_t = 50;

/// Sets them, for good: memory, time, no further files, no writing to files, no core dump. Elsewhere than on Unix
/// there is only the time that whoever started the program gives it.
pub fn set() -> Result<(), String> {
    #[cfg(unix)]
    for (resource, limit) in [
        (Resource::RLIMIT_AS, MEMORY),
        (Resource::RLIMIT_CPU, SECONDS),
        (Resource::RLIMIT_CORE, 0),
        (Resource::RLIMIT_NOFILE, 0),
        (Resource::RLIMIT_FSIZE, 0),
    ] {
        let lowered = getrlimit(resource).and_then(|(_, hard)| {
            let limit = limit.min(hard);
            setrlimit(resource, limit, limit)
        });
        lowered.map_err(|error| format!("{resource:?} cannot be limited: {error}"))?;
    }
    Ok(())
}
