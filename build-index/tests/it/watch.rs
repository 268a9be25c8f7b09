//! `--watch`: builds again when the docs change, under running readers.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

use docent::index::{ChunkId, Index};

use crate::support::{build_index, docs};

/// Far longer than any step takes: a line that does not come fails the test instead of hanging it.
const PATIENCE: Duration = Duration::from_secs(60);

struct Watching {
    child: Child,
    stdout: Receiver<String>,
    stderr: Receiver<String>,
}

fn lines(stream: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        let lines = BufReader::new(stream).lines().map_while(Result::ok);
        lines
            .map_while(|line| sender.send(line).ok())
            .for_each(drop);
    });
    receiver
}

impl Watching {
    fn start(folder: &Path) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_build-index"))
            .arg("--watch")
            .current_dir(folder)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        Self {
            stdout: lines(child.stdout.take().unwrap()),
            stderr: lines(child.stderr.take().unwrap()),
            child,
        }
    }

    /// The next line of stdout without its last word, the seconds.
    fn built(&self) -> String {
        let line = self.stdout.recv_timeout(PATIENCE).unwrap();
        let (counts, seconds) = line.rsplit_once(", ").unwrap();
        assert!(seconds.ends_with(" seconds"), "{line}");
        counts.to_owned()
    }

    fn interrupt(mut self) -> Option<i32> {
        let kill = Command::new("kill")
            .args(["-INT", &self.child.id().to_string()])
            .status();
        assert!(kill.unwrap().success());
        self.child.wait().unwrap().code()
    }
}

fn text_of_first_chunk(index: &Index) -> String {
    index.chunk(ChunkId(0)).unwrap().text.to_owned()
}

#[cfg(unix)]
#[test]
fn changes_are_built_under_running_readers_until_ctrl_c() {
    let folder = docs(&[
        ("beans.md", b"# Beans\n\nGrown in shade.\n"),
        ("water.md", b"# Water\n\nNot too hard.\n"),
    ]);
    let path = folder.path().join("docs");
    let watching = Watching::start(folder.path());
    assert_eq!(
        watching.built(),
        "docent.idx: 2 sections, 2 chunks, 0 reused"
    );

    let open = || Index::open(&folder.path().join("docent.idx")).unwrap();
    let before = open();
    fs::write(path.join("beans.md"), "# Beans\n\nGrown in the sun.\n").unwrap();
    assert_eq!(
        watching.built(),
        "docent.idx: 2 sections, 2 chunks, 1 reused"
    );
    assert_eq!(text_of_first_chunk(&open()), "# Beans\n\nGrown in the sun.");
    // The reader keeps what it has opened.
    assert_eq!(text_of_first_chunk(&before), "# Beans\n\nGrown in shade.");
    before.verify().unwrap();

    // A build that fails is told, and the old index stays.
    for name in ["beans.md", "water.md"] {
        fs::rename(path.join(name), folder.path().join(name)).unwrap();
    }
    let error = watching.stderr.recv_timeout(PATIENCE).unwrap();
    assert!(
        error.starts_with("error: no documentation in docs"),
        "{error}"
    );
    assert_eq!(text_of_first_chunk(&open()), "# Beans\n\nGrown in the sun.");

    fs::write(path.join("cups.md"), "# Cups\n\nWarm them.\n").unwrap();
    assert_eq!(
        watching.built(),
        "docent.idx: 1 sections, 1 chunks, 0 reused"
    );
    assert_eq!(watching.interrupt(), Some(0));
}

#[cfg(unix)]
#[test]
fn a_folder_that_is_deleted_and_made_again_is_watched_again() {
    let folder = docs(&[("beans.md", b"# Beans\n\nGrown in shade.\n")]);
    let path = folder.path().join("docs");
    let watching = Watching::start(folder.path());
    let built = |chunks, reused| {
        let counts = format!("docent.idx: {chunks} sections, {chunks} chunks, {reused} reused");
        assert_eq!(watching.built(), counts);
    };
    built(1, 0);

    fs::remove_dir_all(&path).unwrap();
    assert_eq!(
        watching.stderr.recv_timeout(PATIENCE).unwrap(),
        "note: docs cannot be watched, waiting for it; the old index stays"
    );
    // Made elsewhere and moved into place, so that it is never seen half filled.
    let new = folder.path().join("new");
    fs::create_dir(&new).unwrap();
    fs::write(new.join("beans.md"), "# Beans\n\nGrown in shade.\n").unwrap();
    fs::write(new.join("water.md"), "# Water\n\nNot too hard.\n").unwrap();
    fs::rename(&new, &path).unwrap();
    built(2, 1);
    fs::write(path.join("cups.md"), "# Cups\n\nWarm them.\n").unwrap();
    built(3, 2);
    assert_eq!(watching.interrupt(), Some(0));
}

/// As root, who may read everything, this says nothing.
#[cfg(unix)]
#[test]
fn folders_that_may_not_be_read_are_not_watched_and_the_others_are() {
    use std::os::unix::fs::PermissionsExt;

    let folder = docs(&[]);
    let path = folder.path().join("docs");
    for name in ["cups", "closed", "water"] {
        fs::create_dir(path.join(name)).unwrap();
    }
    fs::write(path.join("cups/large.md"), "# Large\n\nWarm them.\n").unwrap();
    fs::write(path.join("water/soft.md"), "# Soft\n\nNot too hard.\n").unwrap();
    let permit = |mode| {
        let permissions = fs::Permissions::from_mode(mode);
        fs::set_permissions(path.join("closed"), permissions).unwrap();
    };
    permit(0o000);
    let watching = Watching::start(folder.path());
    let built = |sections, reused| {
        let expected =
            format!("docent.idx: {sections} sections, {sections} chunks, {reused} reused");
        assert_eq!(watching.built(), expected);
    };
    built(2, 0);
    fs::write(path.join("cups/small.md"), "# Small\n\nFor espresso.\n").unwrap();
    built(3, 2);
    fs::write(path.join("water/hard.md"), "# Hard\n\nUse a filter.\n").unwrap();
    built(4, 3);
    fs::create_dir(path.join("water/new")).unwrap();
    fs::write(path.join("water/new/ice.md"), "# Ice\n\nClear.\n").unwrap();
    built(5, 4);
    permit(0o700);
    assert_eq!(watching.interrupt(), Some(0));
}

#[cfg(unix)]
#[test]
fn a_folder_that_is_not_there_is_an_error_with_its_cause() {
    let folder = docs(&[]);
    let output = build_index(folder.path(), &["--watch", "nowhere"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(
        String::from_utf8(output.stderr).unwrap(),
        "error: cannot read documentation folder nowhere: No such file or directory (os error 2)\n\
         hint: name a folder of documentation\n"
    );
}
