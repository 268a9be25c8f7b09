//! A held searcher and the reader above it, while builds replace the index under them.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

use docent::Error;
use docent::index::{Index, IndexError};
use docent::search::{IndexReader, Reload, SearchOptions, Searcher};
use docent::stale::{Effort, Freshness};
use tempfile::TempDir;

use crate::support::{build, bundled};

const QUESTION: &str = "How often is the boiler descaled?";
const THREADS: usize = 8;
const SWAPS: usize = 40;

/// A folder with `docs` that say `text`, and their index.
fn indexed(text: &str) -> TempDir {
    let folder = TempDir::new().unwrap();
    let docs = folder.path().join("docs");
    fs::create_dir(&docs).unwrap();
    fs::write(docs.join("boiler.md"), text).unwrap();
    fs::write(docs.join("cups.md"), "# Cups\n\nWarm them.\n").unwrap();
    build(&docs, &*bundled(), folder.path());
    folder
}

/// Puts a copy of `file` in the place of `path` at once, as a build does.
fn replace(path: &Path, file: &Path) {
    let new = path.with_extension("new");
    fs::copy(file, &new).unwrap();
    fs::rename(&new, path).unwrap();
}

/// What is answered: the sections with every bit of their scores and texts.
fn ask(searcher: &Searcher) -> Vec<(String, u32, String)> {
    let answer = searcher
        .search(QUESTION, &SearchOptions::default())
        .unwrap();
    let text = |hit: &docent::answer::Hit| {
        let chunk = searcher.index().chunk(hit.chunks[0].id).unwrap();
        chunk.text.to_owned()
    };
    let hits = answer.hits.iter();
    hits.map(|hit| (hit.section.path.clone(), hit.score.to_bits(), text(hit)))
        .collect()
}

#[test]
fn searchers_can_be_sent_shared_and_cloned() {
    fn check<T: Send + Sync + Clone + 'static>() {}
    fn check_shared<T: Send + Sync + 'static>() {}
    check::<Searcher>();
    check_shared::<IndexReader>();
}

#[test]
fn every_answer_under_replacement_is_the_old_or_the_new_one() {
    let old = indexed("# Boiler\n\nDescale the boiler each month.\n");
    let new = indexed("# Boiler\n\nThe boiler is descaled twice a year.\n\n## Acid\n\nCitric.\n");
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("docent.idx");
    let files = [old.path().join("docent.idx"), new.path().join("docent.idx")];
    let expected = files.each_ref().map(|file| {
        let index = Arc::new(Index::open(file).unwrap());
        ask(&Searcher::new(index, bundled()).unwrap())
    });
    assert_ne!(expected[0], expected[1]);

    replace(&path, &files[0]);
    let reader = IndexReader::open(&path, bundled()).unwrap();
    let held = reader.searcher();
    let (done, asked) = (AtomicBool::new(false), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let (reader, held, expected) = (&reader, held.clone(), &expected);
            let (done, asked) = (&done, &asked);
            scope.spawn(move || {
                while !done.load(Ordering::Relaxed) {
                    if thread % 2 == 0 {
                        assert!(expected.contains(&ask(&reader.searcher())));
                    } else {
                        assert_eq!(ask(&held), expected[0]);
                    }
                    asked.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        for swap in 1..=SWAPS {
            // All threads have asked since the last swap.
            let before = asked.load(Ordering::Relaxed);
            while asked.load(Ordering::Relaxed) < before + THREADS {
                std::thread::yield_now();
            }
            replace(&path, &files[swap % 2]);
            assert!(matches!(reader.reload(), Reload::Replaced), "swap {swap}");
            assert!(matches!(reader.reload(), Reload::Unchanged));
            assert_eq!(ask(&reader.searcher()), expected[swap % 2]);
        }
        done.store(true, Ordering::Relaxed);
    });
    println!(
        "{} questions during {SWAPS} replacements",
        asked.into_inner()
    );
}

#[test]
fn a_replacement_that_cannot_be_used_is_told_and_the_old_index_stays() {
    let folder = indexed("# Boiler\n\nDescale the boiler each month.\n");
    let path = folder.path().join("docent.idx");
    let good = fs::read(&path).unwrap();
    let spare = folder.path().join("spare");
    let reader = IndexReader::open(&path, bundled()).unwrap();
    let expected = ask(&reader.searcher());
    let refused = |bytes: &[u8]| {
        fs::write(&spare, bytes).unwrap();
        replace(&path, &spare);
        let (Reload::Refused(first), Reload::Refused(again)) = (reader.reload(), reader.reload())
        else {
            panic!("served");
        };
        assert!(Arc::ptr_eq(&first, &again), "opened twice");
        assert_eq!(ask(&reader.searcher()), expected);
        first
    };

    let mut flipped = good.clone();
    flipped[good.len() / 2] ^= 1;
    for (damaged, message) in [
        (&flipped[..], "is corrupt"),
        (&good[..good.len() / 2], "is cut off"),
        (b"# A document\n", "is not a docent index file"),
        (b"", "is not a docent index file"),
    ] {
        let error = refused(damaged).to_string();
        assert!(error.contains(message), "{error}");
    }
    fs::remove_file(&path).unwrap();
    let Reload::Refused(error) = reader.reload() else {
        panic!("served")
    };
    assert!(matches!(&*error, Error::Index(IndexError::NotFound { .. })));
    assert_eq!(ask(&reader.searcher()), expected);

    fs::write(&spare, &good).unwrap();
    replace(&path, &spare);
    assert!(matches!(reader.reload(), Reload::Replaced));
    assert_eq!(ask(&reader.searcher()), expected);
}

#[test]
fn a_held_index_is_compared_with_the_docs_by_its_own_time() {
    let folder = indexed("# Boiler\n\nDescale the boiler each month.\n");
    let (path, docs) = (
        folder.path().join("docent.idx"),
        folder.path().join("docs/boiler.md"),
    );
    let set_time = |path: &Path, seconds| {
        let time = SystemTime::now() + Duration::from_secs(seconds);
        fs::File::options()
            .write(true)
            .open(path)
            .unwrap()
            .set_modified(time)
            .unwrap();
    };
    let held = Index::open(&path).unwrap();
    let is_stale = || Freshness::check(&held, Effort::FULL).unwrap().is_stale();
    assert_eq!(is_stale(), Some(false));
    // A change that keeps the length, and a build after it: by the new file's time it is settled.
    fs::write(&docs, "# Boiler\n\nDescale the boiler every week.\n").unwrap();
    let same_length = "# Boiler\n\nDescale the boiler each MONTH.\n";
    fs::write(&docs, same_length).unwrap();
    build(&folder.path().join("docs"), &*bundled(), folder.path());
    set_time(&path, 1_000);
    assert_eq!(is_stale(), Some(true));
    let newer = Index::open(&path).unwrap();
    assert_eq!(
        Freshness::check(&newer, Effort::FULL).unwrap().is_stale(),
        Some(false)
    );
}
