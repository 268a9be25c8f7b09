//! PDF files, which a program of its own reads, `docent-pdf`: whatever a document does to its reader ends there.
//!
//! The program lies beside the one that is running, where an installation of `build-index` with the feature `pdf`
//! puts it. Nothing else is ever started, and where it is missing, PDF is no format of documentation. It gets the
//! file on its standard input, bounds its own memory, time and access to files, and answers in JSON, which
//! `parse/rendered/pdf.rs` describes. Here its time is bounded once more, and the length of its answer.

use std::env;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{LazyLock, mpsc};
use std::thread;
use std::time::Duration;

use super::MAX_FILE_BYTES;
use crate::corpus::SkipReason;

/// How long the program may take for a document. It reads some hundred pages a second.
const LIMIT: Duration = Duration::from_secs(60);
/// How long it may take to end once it has answered.
const END: Duration = Duration::from_secs(1);

/// The program that reads PDF, if it is there.
pub(in crate::corpus) fn program() -> Option<&'static Path> {
    static PROGRAM: LazyLock<Option<PathBuf>> = LazyLock::new(|| {
        let name = format!("docent-pdf{}", env::consts::EXE_SUFFIX);
        let beside = env::current_exe().ok()?.with_file_name(name);
        beside.is_file().then_some(beside)
    });
    PROGRAM.as_deref()
}

/// What the program says of the document `file`.
pub(super) fn read(file: Vec<u8>) -> Result<String, SkipReason> {
    let Some(program) = program() else {
        return Err(SkipReason::Binary);
    };
    ask(program, file, LIMIT)
}

/// What `program` answers to `file` within `limit`.
fn ask(program: &Path, file: Vec<u8>, limit: Duration) -> Result<String, SkipReason> {
    let failed = |message: String| SkipReason::ReaderFailed { message };
    let mut child = Command::new(program)
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| failed(format!("it cannot be started: {error}")))?;
    let answer = answer(&mut child, file, limit);
    let status = end(&mut child);
    let answer = match answer {
        Some(answer) => answer.map_err(|error| failed(error.to_string()))?,
        None => return Err(failed(format!("it took more than {} s", limit.as_secs()))),
    };
    if answer.len() as u64 > MAX_FILE_BYTES {
        return Err(SkipReason::UnpacksTooLarge {
            limit: MAX_FILE_BYTES,
        });
    }
    match status {
        Some(status) if status.success() => {
            String::from_utf8(answer).map_err(|_| failed("its answer is not UTF-8".to_owned()))
        }
        Some(status) => Err(failed(format!("it ended with {status}"))),
        None => Err(failed("it did not end".to_owned())),
    }
}

/// All that `child` writes, or a byte more than a document may have; `None` if that takes longer than `limit`.
fn answer(child: &mut Child, file: Vec<u8>, limit: Duration) -> Option<io::Result<Vec<u8>>> {
    let (mut input, output) = (child.stdin.take()?, child.stdout.take()?);
    // Both end with the child at the latest. It need not read all of a file that is none.
    thread::spawn(move || input.write_all(&file));
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut answer = Vec::new();
        let mut limited = output.take(MAX_FILE_BYTES + 1);
        let read = limited.read_to_end(&mut answer);
        // Nobody waits any longer for an answer that is late.
        let _ = sender.send(read.map(|_| answer));
    });
    receiver.recv_timeout(limit).ok()
}

/// Ends `child`, if it does not end by itself, and tells how it did.
fn end(child: &mut Child) -> Option<ExitStatus> {
    const STEP: Duration = Duration::from_millis(5);
    for _ in 0..END.as_millis() / STEP.as_millis() {
        match child.try_wait() {
            Ok(Some(status)) => return Some(status),
            Ok(None) => thread::sleep(STEP),
            Err(_) => break,
        }
    }
    let _ = child.kill();
    let _ = child.wait();
    None
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn asked(program: &str, file: &[u8], limit: Duration) -> Result<String, String> {
        let found = ["/bin", "/usr/bin"].map(|folder| Path::new(folder).join(program));
        let found = found.iter().find(|path| path.is_file());
        let program = found.map_or(Path::new(program), PathBuf::as_path);
        ask(program, file.to_vec(), limit).map_err(|reason| reason.to_string())
    }

    #[test]
    fn the_answer_is_all_that_the_program_writes() {
        // More than a pipe holds, so that both ends must be served.
        let file = "Grown in shade. ".repeat(20_000);
        assert_eq!(asked("cat", file.as_bytes(), LIMIT), Ok(file));
        assert_eq!(asked("true", &[b'x'; 1 << 20], LIMIT), Ok(String::new()));
    }

    #[test]
    fn a_program_that_never_ends_is_ended() {
        // `yes` writes without an end; `tail -f` of nothing neither writes nor ends.
        let flood = asked("yes", b"", LIMIT);
        assert_eq!(
            flood,
            Err(format!(
                "unpacked it is larger than the limit of {MAX_FILE_BYTES} bytes"
            ))
        );
        let folder = tempfile::tempdir().unwrap();
        let hang = folder.path().join("hang");
        std::fs::write(&hang, "#!/bin/sh\nexec /bin/sleep 600\n").unwrap();
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(&hang, std::fs::Permissions::from_mode(0o755)).unwrap();
        let limit = Duration::from_millis(50);
        let hung = asked(hang.to_str().unwrap(), b"", limit);
        assert_eq!(
            hung,
            Err("docent-pdf cannot read it: it took more than 0 s".to_owned())
        );
    }

    #[test]
    fn a_program_that_fails_is_told() {
        let failed = |program| asked(program, b"%PDF", LIMIT).unwrap_err();
        assert_eq!(
            failed("false"),
            "docent-pdf cannot read it: it ended with exit status: 1"
        );
        let missing = failed("no such program");
        assert!(
            missing.starts_with("docent-pdf cannot read it: it cannot be started: "),
            "{missing}"
        );
    }
}
