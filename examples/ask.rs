//! docent in a program of one's own: builds an index of a folder, then answers each line of standard
//! input, following the index as it is built again.
//!
//! `echo "How do I implement pagination?" | cargo run --release --example ask -- docs`

use std::error::Error;
use std::io::{self, BufRead};
use std::path::PathBuf;
use std::sync::Arc;

use docent::search::Reload;
use docent::{BuildOptions, BuiltinEncoder, Corpus, IndexReader, SearchOptions};

fn main() -> Result<(), Box<dyn Error>> {
    let docs = std::env::args_os().nth(1).map(PathBuf::from);
    let docs = docs.ok_or("name a documentation folder")?;
    let file = std::env::temp_dir().join(format!("docent-ask-{}.idx", std::process::id()));
    let encoder = Arc::new(BuiltinEncoder::bundled()?);
    docent::build(
        Corpus::read(&docs)?,
        &*encoder,
        &BuildOptions::default(),
        &file,
    )?;

    let reader = IndexReader::open(&file, encoder)?;
    let mut options = SearchOptions::default();
    options.k = 1;
    for question in io::stdin().lock().lines() {
        if let Reload::Refused(error) = reader.reload() {
            eprintln!("the old index still answers: {error}");
        }
        let searcher = reader.searcher();
        let answer = searcher.search(&question?, &options)?;
        match answer.shown().first() {
            Some(hit) => {
                let chunk = searcher.index().chunk(hit.chunks[0].id)?;
                let (first, last) = (chunk.line_start, chunk.line_end);
                println!("{}:{first}-{last}\n{}", hit.section.path, chunk.text);
            }
            None => println!("no section of these docs answers this"),
        }
    }
    std::fs::remove_file(&file)?;
    Ok(())
}
