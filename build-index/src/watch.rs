//! `--watch`: builds, then builds again when files change.
//!
//! The system tells that something happened under the folder; whether the docs have changed is
//! asked of the docs, as a query asks it. So it does not matter how many events a change makes. What
//! a build itself writes is no event, or one that fails with the index in the folder would cause
//! the next one.

use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use docent::corpus::CorpusError;
use docent::index::{Index, IndexSlot};
use docent::program::message;
use docent::stale::{self, Effort};
use notify::{ErrorKind, Event, EventKind, RecursiveMode, Watcher};

use crate::build::{Builder, Outcome};
use crate::cli::Args;
use crate::{interrupt, print, report};

/// After an event, how long it must stay quiet before the docs are looked at: editors and version
/// control write many files in a row.
const QUIET: Duration = Duration::from_millis(200);

/// How often docs that are gone are looked for.
const LOOK_AGAIN: Duration = Duration::from_millis(500);

enum Signal {
    Change,
    Stop,
}

/// Builds and watches until Ctrl-C.
///
/// A build that fails is reported, and the old index stays. Errors are those of watching and of
/// standard output.
pub fn run(args: &Args) -> Result<()> {
    // A folder that never was is most likely misspelt; one that goes later is waited for.
    let folders: Vec<&Path> = args.docs.iter().map(|docs| &*docs.path).collect();
    for &folder in &folders {
        fs::read_dir(folder).map_err(|source| CorpusError::Unreadable {
            path: folder.to_owned(),
            source,
        })?;
    }
    let (sender, signals) = mpsc::channel();
    let stop = sender.clone();
    let asked = AtomicBool::new(false);
    ctrlc::set_handler(move || {
        // A build under way ends first, unless it is asked again; the old index is safe anyway.
        if asked.swap(true, Ordering::Relaxed) || stop.send(Signal::Stop).is_err() {
            interrupt::exit();
        }
    })
    .context("cannot wait for Ctrl-C")?;
    let output = IndexSlot::place(&args.output);
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
        if !event.is_ok_and(|event| is_own(&event, &output)) {
            let _ = sender.send(Signal::Change);
        }
    })?;
    for folder in &folders {
        if let Err(error) = watch(&mut watcher, folder) {
            bail!(
                "cannot watch {}: {error}\n\
                 hint: raise the system's limit of watches (Linux: fs.inotify.max_user_watches), or \
                 build without --watch",
                folder.display()
            );
        }
    }

    let builder = Builder::new(args);
    rebuild(&builder, args.update, args.json)?;
    let watch_all = |watcher: &mut _| {
        let mut folders = folders.iter();
        folders.all(|folder| watch_again(watcher, folder, &signals))
    };
    while wait_for_change(&signals) && watch_all(&mut watcher) {
        if is_stale(&args.output) {
            rebuild(&builder, true, args.json)?;
        }
    }
    Ok(())
}

/// Watches `folder` and all folders in it but those that may not be read, which a build skips, too.
fn watch(watcher: &mut impl Watcher, folder: &Path) -> notify::Result<()> {
    match watcher.watch(folder, RecursiveMode::Recursive) {
        Err(error) if is_denied(&error) => {}
        result => return result,
    }
    // One of them refused, and nobody knows which others are watched.
    watcher.watch(folder, RecursiveMode::NonRecursive)?;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            match watch(watcher, &entry.path()) {
                Err(error) if is_denied(&error) => {}
                result => result?,
            }
        }
    }
    Ok(())
}

fn is_denied(error: &notify::Error) -> bool {
    matches!(&error.kind, ErrorKind::Io(error) if error.kind() == io::ErrorKind::PermissionDenied)
}

/// Whether a build of `output` causes such an event: it reads, and writes the index and the hidden
/// file that it works on.
fn is_own(event: &Event, output: &Path) -> bool {
    let is_index = |path: &Path| match (fs::canonicalize(path), fs::canonicalize(output)) {
        (Ok(path), Ok(output)) => path == output,
        _ => false,
    };
    let is_written = |path: &Path| is_partial(path, output) || is_index(path);
    matches!(event.kind, EventKind::Access(_))
        || (!event.paths.is_empty() && event.paths.iter().all(|path| is_written(path)))
}

/// Whether `path` has the name that a build of `output` works under. Its folder does not matter:
/// hidden files are no documentation.
fn is_partial(path: &Path, output: &Path) -> bool {
    IndexSlot::partial_name(output).is_some_and(|partial| path.file_name() == Some(&partial))
}

/// Waits for a change and the quiet after it; false when it is time to stop.
fn wait_for_change(signals: &Receiver<Signal>) -> bool {
    let mut next = signals.recv().ok();
    loop {
        match next {
            Some(Signal::Change) => {}
            Some(Signal::Stop) | None => return false,
        }
        match signals.recv_timeout(QUIET) {
            Ok(signal) => next = Some(signal),
            Err(_) => return true,
        }
    }
}

/// Watches the folder `docs` that is there now, once there is one: what was deleted and made again,
/// as generators of docs do, is another folder than the one that was watched. False when it is time
/// to stop.
fn watch_again(watcher: &mut impl Watcher, docs: &Path, signals: &Receiver<Signal>) -> bool {
    let mut is_told = false;
    loop {
        // An error says that it is not watched, which is what is asked for.
        let _ = watcher.unwatch(docs);
        if watch(watcher, docs).is_ok() {
            return true;
        }
        if !is_told {
            message(format_args!(
                "note: {} cannot be watched, waiting for it; the old index stays",
                docs.display()
            ));
            is_told = true;
        }
        match signals.recv_timeout(LOOK_AGAIN) {
            Ok(Signal::Change) | Err(RecvTimeoutError::Timeout) => {}
            Ok(Signal::Stop) | Err(RecvTimeoutError::Disconnected) => return false,
        }
    }
}

/// Whether the index is not that of the docs; also if that cannot be told.
fn is_stale(output: &Path) -> bool {
    let Ok(index) = Index::open(output) else {
        return true;
    };
    match stale::check(&index, Effort::FULL) {
        Ok(Some(staleness)) => staleness.is_stale(),
        Ok(None) | Err(_) => true,
    }
}

fn rebuild(builder: &Builder<'_>, update: bool, json: bool) -> Result<()> {
    match builder.build(update) {
        Ok(Outcome::Built(summary)) if json => print(true, &summary),
        Ok(Outcome::Built(summary)) => {
            let mut out = io::stdout().lock();
            writeln!(out, "{}", summary.line())?;
            Ok(out.flush()?)
        }
        Ok(Outcome::Refused) => Ok(()),
        Err(error) => {
            report(&error);
            message("note: the old index stays, watching for changes");
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use notify::event::{AccessKind, CreateKind, ModifyKind, RenameMode};

    #[test]
    fn what_a_build_does_is_no_change() {
        let folder = tempfile::tempdir().unwrap();
        let docs = folder.path();
        let output = docs.join("x.idx");
        fs::write(&output, "").unwrap();
        fs::write(docs.join("a.md"), "").unwrap();
        let is_own = |kind, names: &[&str]| {
            let paths = names.iter().map(|name| docs.join(name)).collect();
            let event = Event {
                paths,
                ..Event::new(kind)
            };
            is_own(&event, &output)
        };
        let create = EventKind::Create(CreateKind::File);
        let rename = EventKind::Modify(ModifyKind::Name(RenameMode::Both));
        assert!(is_own(EventKind::Access(AccessKind::Any), &["a.md"]));
        assert!(is_own(create, &[".x.idx.partial"]));
        assert!(is_own(rename, &[".x.idx.partial", "x.idx"]));
        assert!(!is_own(create, &["a.md"]));
        assert!(!is_own(create, &["y.idx"]));
        assert!(!is_own(create, &["sub/x.idx"]));
        assert!(!is_own(rename, &[".x.idx.partial", "a.md"]));
        // The system lost events: nobody knows which.
        assert!(!is_own(EventKind::Other, &[]));
        fs::remove_file(&output).unwrap();
        assert!(
            !is_own(create, &["x.idx"]),
            "an index that is gone is built"
        );
    }
}
