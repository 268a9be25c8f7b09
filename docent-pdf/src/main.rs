//! `docent-pdf`: a PDF on standard input becomes its text on standard output, in JSON.
//!
//! It is a program of its own, which docent starts for each PDF of a folder, so that a document can at most end it.
//! Nothing is read or written but these two, and what it may use is limited before it looks at the document.
//!
//! The answer is `{"Ok": {"title": ..., "pages": [[block, ...], ...]}}`, with the blocks of [`blocks::Block`], or
//! `{"Err": "why it cannot be read"}`; docent's `src/corpus/parse/rendered/pdf.rs` reads it.

mod blocks;
mod furniture;
mod glyphs;
mod headings;
mod limits;
mod lines;
mod outline;
mod strings;

use std::io::{self, Read, Write};
use std::process::ExitCode;

use hayro_interpret::InterpreterCache;
use hayro_interpret::hayro_syntax::{DecryptionError, LoadPdfError, Pdf};
use serde::Serialize;

use blocks::{Block, Words};
use lines::Line;

#[derive(Serialize)]
struct Document {
    title: Option<String>,
    pages: Vec<Vec<Block>>,
}

fn main() -> ExitCode {
    match answer() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn answer() -> io::Result<()> {
    let document = match limits::set() {
        Ok(()) => {
            let mut file = Vec::new();
            io::stdin().lock().read_to_end(&mut file)?;
            document(file)
        }
        Err(why) => Err(why),
    };
    let mut out = io::stdout().lock();
    serde_json::to_writer(&mut out, &document)?;
    out.flush()
}

fn document(file: Vec<u8>) -> Result<Document, String> {
    let pdf = Pdf::new(file).map_err(|error| match error {
        LoadPdfError::Decryption(DecryptionError::PasswordProtected) => "it needs a password",
        LoadPdfError::Decryption(_) => "it is encrypted in a way that is not known",
        LoadPdfError::Invalid => "it is no PDF, or a broken one",
    })?;
    let cache = InterpreterCache::new();
    let pages = pdf.pages().iter();
    let mut pages: Vec<Vec<Line>> = pages
        .map(|page| lines::lines(glyphs::of_page(page, &cache)))
        .collect();
    furniture::remove(&mut pages);
    let words = Words::of(&pages);
    let entries = match outline::read(&pdf) {
        entries if entries.is_empty() => headings::by_size(&pages),
        entries => entries,
    };
    let pages = pages.iter().enumerate().map(|(number, lines)| {
        let from = entries.partition_point(|entry| entry.page < number);
        let to = entries.partition_point(|entry| entry.page <= number);
        blocks::blocks(lines, &entries[from..to], &words)
    });
    let title = pdf.metadata().title.as_deref().map(strings::text);
    Ok(Document {
        pages: pages.collect(),
        title: title.and_then(|title| strings::sensible_title(&title)),
    })
}
