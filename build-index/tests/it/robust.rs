//! Whatever happens to a build, the old index answers as before.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use docent::encoder::{self, Encoder};
use docent::index::{Index, IndexSlot};
use docent::search::{SearchOptions, Searcher};
use insta::assert_snapshot;
use tempfile::TempDir;

use crate::support::{build_index, docs, repository, transcript};

/// Points of a build at which it is killed.
const KILLS: u32 = 60;

/// A folder with docs, the index of them, and a file more than the index has.
struct Changed {
    folder: TempDir,
    old: Vec<u8>,
}

impl Changed {
    fn new() -> Self {
        let text = |name| fs::read(repository("docs").join(name)).unwrap();
        let folder = docs(&[("build-pagination.md", &text("build-pagination.md")[..])]);
        assert!(
            build_index(folder.path(), &[])
                .output()
                .unwrap()
                .status
                .success()
        );
        let old = fs::read(folder.path().join("docent.idx")).unwrap();
        let more = folder.path().join("docs/build-syncer.md");
        fs::write(more, text("build-syncer.md")).unwrap();
        Self { folder, old }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn index(&self) -> PathBuf {
        self.path().join("docent.idx")
    }

    /// Names in the folder but `docs` and the index.
    fn others(&self) -> Vec<String> {
        let entries = fs::read_dir(self.path()).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names
            .filter(|name| name != "docs" && name != "docent.idx")
            .collect()
    }
}

/// The sections that answer a question, with their scores.
fn answer(index: &Path, encoder: &Arc<dyn Encoder>) -> Vec<(String, u32)> {
    let index = Arc::new(Index::open(index).unwrap());
    let searcher = Searcher::new(index, Arc::clone(encoder)).unwrap();
    let answer = searcher
        .search("How do I paginate?", &SearchOptions::default())
        .unwrap();
    let hits = answer.hits.into_iter();
    hits.map(|hit| (hit.section.path, hit.score.to_bits()))
        .collect()
}

#[test]
fn a_build_killed_at_any_moment_leaves_the_old_index_and_nothing_piles_up() {
    let changed = Changed::new();
    let encoder = encoder::open(None).unwrap();
    let before = answer(&changed.index(), &encoder);
    let modes: [&[&str]; 2] = [&[], &["--update"]];
    let mut new = Vec::new();
    let durations = modes.map(|mode| {
        let start = Instant::now();
        let output = build_index(changed.path(), mode).output().unwrap();
        let duration = start.elapsed();
        assert!(output.status.success());
        new = fs::read(changed.index()).unwrap();
        fs::write(changed.index(), &changed.old).unwrap();
        duration
    });
    let (mut killed, mut finished, mut strays) = (0, 0, 0);
    for point in 0..KILLS {
        let mode = point as usize % 2;
        let mut child = Command::new(env!("CARGO_BIN_EXE_build-index"))
            .args(modes[mode])
            .current_dir(changed.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(durations[mode] * point / KILLS);
        child.kill().unwrap();
        child.wait().unwrap();
        let found = fs::read(changed.index()).unwrap();
        if found == changed.old {
            killed += 1;
            assert_eq!(answer(&changed.index(), &encoder), before);
        } else {
            assert!(found == new, "neither the old index nor the new one");
            finished += 1;
            fs::write(changed.index(), &changed.old).unwrap();
        }
        let others = changed.others();
        assert!(
            others.is_empty() || others == [".docent.idx.partial"],
            "{others:?}"
        );
        strays += others.len();
    }
    println!("{killed} builds killed, {strays} left a file behind, {finished} were done before");
    assert!(killed > 0);
    assert!(
        build_index(changed.path(), &[])
            .output()
            .unwrap()
            .status
            .success()
    );
    assert!(fs::read(changed.index()).unwrap() == new);
    assert_eq!(changed.others(), [""; 0]);
}

#[cfg(unix)]
#[test]
fn a_build_that_is_interrupted_takes_away_what_it_worked_on() {
    let changed = Changed::new();
    for signal in ["-INT", "-TERM"] {
        let mut child = Command::new(env!("CARGO_BIN_EXE_build-index"))
            .arg(repository("docs"))
            .current_dir(changed.path())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let start = Instant::now();
        while changed.others() != [".docent.idx.partial"] {
            assert!(start.elapsed() < Duration::from_secs(60));
            std::thread::yield_now();
        }
        let process = child.id().to_string();
        let mut kill = Command::new("kill");
        assert!(kill.args([signal, &process]).status().unwrap().success());
        assert_eq!(child.wait().unwrap().code(), Some(130));
        assert_eq!(changed.others(), [""; 0]);
        assert!(fs::read(changed.index()).unwrap() == changed.old);
    }
}

/// A limit on the size of files acts as a full disk does: a write in the midst of the file fails.
#[cfg(unix)]
#[test]
fn a_full_disk_leaves_the_old_index_and_is_told() {
    let changed = Changed::new();
    let blocks = changed.old.len() as u64 / 512;
    let (mut failed, mut done) = (0, 0);
    for size in (0..=20).map(|step| blocks * step / 10) {
        let script = format!("trap '' XFSZ; ulimit -f {size}; exec \"$0\" --update");
        let output = Command::new("sh")
            .args(["-c", &script, env!("CARGO_BIN_EXE_build-index")])
            .current_dir(changed.path())
            .output()
            .unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        if output.status.success() {
            done += 1;
            Index::open(&changed.index()).unwrap().verify().unwrap();
            fs::write(changed.index(), &changed.old).unwrap();
        } else {
            failed += 1;
            assert_eq!(output.status.code(), Some(2));
            let told = |what| {
                let why = "File too large (os error 27)";
                let hint = "hint: raise the limit on file sizes (ulimit -f)";
                stderr == format!("error: cannot write {what}: {why}\n{hint}\n")
            };
            assert!(
                told("index file docent.idx") || told("a temporary file in ."),
                "{stderr}"
            );
            assert!(fs::read(changed.index()).unwrap() == changed.old);
        }
        assert_eq!(changed.others(), [""; 0]);
    }
    println!("{failed} builds ran into the limit, {done} did not");
    assert!(failed >= 10 && done >= 1);
}

#[test]
fn two_builds_of_one_file_are_one_too_many() {
    let folder = docs(&[("beans.md", b"# Beans\n\nGrown in shade.\n")]);
    let slot = IndexSlot::claim(&folder.path().join("docent.idx")).unwrap();
    assert_snapshot!(transcript(&mut build_index(folder.path(), &[])));
    let other = build_index(folder.path(), &["-o", "other.idx"])
        .output()
        .unwrap();
    assert!(other.status.success());
    drop(slot);
    assert!(
        build_index(folder.path(), &[])
            .output()
            .unwrap()
            .status
            .success()
    );
}

/// The model would be looked for after that.
#[test]
fn a_bad_output_is_found_before_anything_is_embedded() {
    let folder = docs(&[("beans.md", b"# Beans\n\nGrown in shade.\n")]);
    fs::create_dir(folder.path().join("folder")).unwrap();
    let run = |path| {
        let args = ["-o", path, "--model=./no-such-model"];
        transcript(&mut build_index(folder.path(), &args))
    };
    for path in [
        "folder",
        "nowhere/docent.idx",
        "folder/..",
        "docs/beans.md/x",
    ] {
        let text = run(path);
        assert!(text.contains("error: cannot write index file "), "{text}");
        assert!(text.contains("\nhint: "), "{text}");
    }
    assert_snapshot!("output_is_a_folder", run("folder"));
    // Not even root may write there.
    #[cfg(target_os = "linux")]
    assert!(run("/sys/docent.idx").contains("hint: name a place that you may write to with -o"));
}

/// A build writes beside the index alone: the folder for temporary files does not matter, nor
/// whether it is on another file system.
#[cfg(target_os = "linux")]
#[test]
fn the_folder_for_temporary_files_is_not_used() {
    let folder = docs(&[("beans.md", b"# Beans\n\nGrown in shade.\n")]);
    let memory = Path::new("/dev/shm");
    let place = tempfile::tempdir_in(if memory.is_dir() {
        memory
    } else {
        folder.path()
    })
    .unwrap();
    let index = place.path().join("docent.idx");
    let mut command = build_index(folder.path(), &["-o"]);
    command.arg(&index).env("TMPDIR", "/nowhere");
    assert!(command.output().unwrap().status.success());
    Index::open(&index).unwrap().verify().unwrap();
}

/// Files come, grow and go while the folder is read again and again.
#[test]
fn files_that_change_during_the_walk_are_read_whole_or_skipped() {
    use docent::corpus::Corpus;
    use std::sync::atomic::{AtomicBool, Ordering};
    let folder = docs(&[("beans.md", b"# Beans\n\nGrown in shade.\n")]);
    let docs = folder.path().join("docs");
    let (short, long) = (
        "# Cups\n\nWarm.\n".to_owned(),
        "# Cups\n\nWarm.\n".repeat(20_000),
    );
    let done = AtomicBool::new(false);
    let mut reads = 0;
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let path = docs.join("cups.md");
            while !done.load(Ordering::Relaxed) {
                for text in [&short, &long] {
                    let next = folder.path().join("next");
                    fs::write(&next, text).unwrap();
                    fs::rename(&next, &path).unwrap();
                }
                fs::write(&path, &short).unwrap();
                fs::remove_file(&path).unwrap();
                fs::create_dir(docs.join("sub")).unwrap();
                fs::write(docs.join("sub/cups.md"), &short).unwrap();
                fs::remove_dir_all(docs.join("sub")).unwrap();
            }
        });
        let start = Instant::now();
        while reads < 2_000 && start.elapsed() < Duration::from_secs(5) {
            let corpus = Corpus::read(&docs).unwrap();
            assert!(
                corpus
                    .sections
                    .iter()
                    .any(|section| section.path == "beans.md")
            );
            for section in corpus
                .sections
                .iter()
                .filter(|s| s.path.ends_with("cups.md"))
            {
                assert!(
                    [&short[..], &long[..]].contains(&section.text()),
                    "{}",
                    section.text().len()
                );
            }
            reads += 1;
        }
        done.store(true, Ordering::Relaxed);
    });
    println!("{reads} reads");
}
