use proptest::prelude::*;

use super::*;

/// Counts like WordPiece does at its coarsest: each run of alphanumerics and each other character
/// that is no white space is a token; runs are cut at 8 characters.
fn count(text: &str) -> usize {
    let mut tokens = 0;
    let mut run = 0;
    for char in text.chars() {
        if char.is_alphanumeric() {
            tokens += usize::from(run % 8 == 0);
            run += 1;
        } else {
            tokens += usize::from(!char.is_whitespace());
            run = 0;
        }
    }
    tokens
}

fn options(max_tokens: usize, min_tokens: usize) -> ChunkOptions {
    ChunkOptions {
        max_tokens,
        min_tokens,
    }
}

fn section(path: &str, text: &str) -> Section {
    Section::from_text(path.to_owned(), text.to_owned())
}

fn chunks(text: &str, options: ChunkOptions) -> Vec<Chunk> {
    chunk_section(&section("a.md", text), &options, &count)
}

/// `start-end embedded text` with line ends shown as `/`.
fn shown(chunks: &[Chunk]) -> Vec<String> {
    let show = |c: &Chunk| {
        format!(
            "{}-{} {}",
            c.line_start,
            c.line_end,
            c.embed_text.replace('\n', "/")
        )
    };
    chunks.iter().map(show).collect()
}

fn words(count: usize, word: &str) -> String {
    vec![word; count].join(" ")
}

#[test]
fn chunks_follow_headings_and_carry_their_path() {
    let text = "---\ntitle: Guide\n---\n# Guide\n\nIntro.\n\n## Setup\n\n### Linux\n\nRun it.\n\n## Empty\n## Use\n\nGo.\n";
    let found = chunks(text, options(100, 10));
    assert_eq!(
        shown(&found),
        [
            "1-6 Guide//Intro.",
            "8-12 Guide > Setup > Linux//Run it.",
            "14-14 Guide > Empty",
            "15-17 Guide > Use//Go.",
        ]
    );
    assert_eq!(found[1].heading_path, ["Guide", "Setup", "Linux"]);
    assert_eq!(found[1].text, "## Setup\n\n### Linux\n\nRun it.");
}

#[test]
fn a_title_that_is_not_the_first_heading_is_put_before_it() {
    let text = "---\ntitle: Short\n---\n# Long name\n\nText.\n\n# Second\n\nMore.\n";
    assert_eq!(
        shown(&chunks(text, options(100, 10))),
        ["1-6 Short > Long name//Text.", "8-10 Short > Second//More."]
    );
}

#[test]
fn small_blocks_are_joined_and_large_ones_stay_whole() {
    let (a, b, c) = (words(3, "a"), words(12, "b"), words(12, "c"));
    let text = format!("{a}\n\n{b}\n\n{c}\n\nd d\n");
    let section = section("t.md", &text);
    let found = chunk_section(&section, &options(20, 10), &count);
    assert_eq!(
        shown(&found),
        [format!("1-3 t//{a}/{b}"), format!("5-7 t//{c}/d d")]
    );
}

#[test]
fn a_small_passage_that_fits_nowhere_stands_alone() {
    let text = format!("{}\n\nx\n\n{}\n", words(18, "a"), words(18, "b"));
    let found = chunks(&text, options(19, 5));
    let lines: Vec<_> = found.iter().map(|c| (c.line_start, c.line_end)).collect();
    assert_eq!(lines, [(1, 1), (3, 3), (5, 5)]);
}

#[test]
fn lists_are_cut_between_items() {
    let item = |word| format!("- {}\n  - {}\n", words(5, word), words(2, word));
    let text = format!("# T\n\n{}{}{}", item("a"), item("b"), item("c"));
    let found = chunks(&text, options(16, 5));
    assert_eq!(
        shown(&found),
        ["1-6 T//a a a a a/a a/b b b b b/b b", "7-8 T//c c c c c/c c",]
    );
}

#[test]
fn tables_repeat_their_header() {
    let row = |word: &str| format!("| {} | {word} |\n", words(4, word));
    let text = format!(
        "# T\n\n| Key | V |\n|--|--|\n{}{}{}",
        row("a"),
        row("b"),
        row("c")
    );
    let found = chunks(&text, options(17, 5));
    assert_eq!(
        shown(&found),
        [
            "1-6 T//Key | V/a a a a | a/b b b b | b",
            "7-7 T//Key | V/c c c c | c",
        ]
    );
    assert_eq!(found[1].text, "| c c c c | c |");
}

#[test]
fn code_is_cut_at_blank_lines_first_and_keeps_its_language() {
    let text = format!(
        "# T\n\n```go\n{}\n{}\n\n{}\n{}\n```\n",
        words(4, "a"),
        words(4, "b"),
        words(4, "c"),
        words(4, "d")
    );
    assert_eq!(
        shown(&chunks(&text, options(16, 5))),
        ["1-5 T//go/a a a a/b b b b", "7-9 T//go/c c c c/d d d d"]
    );
}

#[test]
fn long_lines_are_cut_at_sentences_then_words_then_characters() {
    let text = format!("# T\n\nOne two. {}! {}", words(20, "w"), "x".repeat(150));
    let found = chunks(&text, options(16, 5));
    assert_eq!(
        shown(&found),
        [
            "1-3 T//One two.".to_owned(),
            format!("3-3 T//{}", words(15, "w")),
            format!("3-3 T//{}!", words(5, "w")),
            format!("3-3 T//{}", "x".repeat(75)),
            format!("3-3 T//{}", "x".repeat(75)),
        ]
    );
    assert_eq!(found[0].text, "# T\n\nOne two.");
    assert_eq!(found[2].text, format!("{}!", words(5, "w")));
    assert_eq!(found[3].text, "x".repeat(75));
}

#[test]
fn plain_text_and_documents_without_text() {
    let found = chunk_section(
        &section("notes.txt", "# no heading\r\n\r\nmore"),
        &options(40, 1),
        &count,
    );
    assert_eq!(
        shown(&found),
        ["1-1 notes//# no heading", "3-3 notes//more"]
    );

    let only_title = Section::titled("doc1".to_owned(), "Only".to_owned(), String::new());
    assert_eq!(
        shown(&chunk_section(&only_title, &options(40, 1), &count)),
        ["1-1 Only"]
    );
    assert_eq!(
        shown(&chunks("---\ntitle: Front\n---\n", options(40, 1))),
        ["1-3 Front"]
    );
    assert_eq!(shown(&chunks("\n\n# Only\n", options(40, 1))), ["3-3 Only"]);
}

#[test]
fn a_title_longer_than_a_chunk_leaves_room_for_text() {
    let text = format!("# {}\n\nbody\n", words(50, "t"));
    assert_eq!(
        shown(&chunks(&text, options(16, 1))),
        [format!("1-3 {}//body", words(8, "t"))]
    );
}

#[test]
fn deep_nesting_is_no_trouble() {
    for mark in ["> ", "- ", "<div>", "[", "*a ", "`"] {
        let text = format!("{}x\n\ny\n", mark.repeat(20_000));
        let found = chunks(&text, options(50, 10));
        assert_eq!(found.last().unwrap().line_end, 3, "{mark}");
    }
}

#[test]
fn tokens_are_counted_a_bounded_number_of_times() {
    use std::sync::atomic::{AtomicUsize, Ordering};
    let text = format!(
        "# T\n\n{}\n\n{}",
        words(20_000, "word."),
        "line\n".repeat(20_000)
    );
    let section = section("a.md", &text);
    let counted = AtomicUsize::new(0);
    let counting = |text: &str| {
        counted.fetch_add(text.len(), Ordering::Relaxed);
        count(text)
    };
    chunk_section(&section, &options(200, 40), &counting);
    assert!(counted.load(Ordering::Relaxed) < 4 * text.len());
}

/// Lines that are likely to interact badly.
fn line() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[a-zé漢🙂.!? ]{0,40}",
        1 => "\\PC{0,30}",
        1 => (1usize..4, "[a-z]{0,8}").prop_map(|(n, t)| format!("{} {t}", "#".repeat(n))),
        1 => (0usize..5, "[a-z ]{0,20}").prop_map(|(n, t)| format!("{}- {t}", "  ".repeat(n))),
        1 => "\\| [a-z]{0,5} \\| [a-z `*]{0,9} \\|",
        1 => Just("|---|---|".to_owned()),
        1 => prop_oneof![Just("```"), Just("```go"), Just("~~~"), Just("---"), Just("==="), Just("> ")]
            .prop_map(str::to_owned),
        1 => prop_oneof![
            Just("<div>"), Just("</div>"), Just("<!-- x"), Just("-->"), Just("import x from 'y'"),
            Just("<Card a={b > c}>text"), Just("{/* c */}"), Just("[l]: http://x"), Just("&amp;&nbsp;"),
            Just("[t `c` *e*](http://u) ![a](i)"), Just("title: x"), Just("    code"), Just("\u{1}\u{a0}"),
        ]
            .prop_map(str::to_owned),
        1 => (1usize..120, "[a-z漢é]{1,7}[.!]?").prop_map(|(n, w)| words(n, &w)),
        1 => "[a-zé漢]{200,400}",
    ]
}

fn document() -> impl Strategy<Value = String> {
    let end = prop_oneof![6 => Just("\n"), 2 => Just("\r\n"), 2 => Just("\n\n"), 1 => Just("\r")];
    let lines = prop::collection::vec((line(), end), 0..40)
        .prop_map(|lines| lines.into_iter().map(|(line, end)| line + end).collect());
    prop_oneof![9 => lines, 1 => "(?s).{0,300}"]
}

/// Documents with the forms of routing hints among other lines.
fn guide() -> impl Strategy<Value = String> {
    let target = prop_oneof![
        Just("`a.md`"),
        Just("[A](b.md)"),
        Just("`env-*.md`"),
        Just("../c.md")
    ];
    let hint = prop_oneof![
        ("[-*+]|[0-9]\\.", "\\PC{0,20}", "->|→|=>|:", target.clone())
            .prop_map(|(mark, phrase, arrow, target)| format!("{mark} {phrase} {arrow} {target}")),
        ("[A-Za-z ]{0,12}", target.clone(), "\\PC{0,20}")
            .prop_map(|(title, target, covers)| format!("| {title} | {target} | {covers} |")),
        ("\\PC{0,20}", target).prop_map(|(question, target)| format!("\"{question}\" {target}")),
        Just("| Section | File | Covers |".to_owned()),
        Just("|---|---|---|".to_owned()),
        Just("**\"How do I...\"**".to_owned()),
        Just("## Usage examples".to_owned()),
        line(),
    ];
    prop::collection::vec(hint, 0..40).prop_map(|lines| lines.join("\n"))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn chunks_cover_the_section_in_order(
        text in document(),
        path in prop_oneof![Just("a.md"), Just("a.mdx"), Just("a.txt")],
        max_tokens in 16usize..120,
        min_tokens in 0usize..60,
    ) {
        let section = section(path, &text);
        let options = ChunkOptions { max_tokens, min_tokens };
        let chunks = chunk_section(&section, &options, &count);
        let lines: Vec<&str> = text.split('\n').collect();
        let mut next_uncovered = 1;
        for (index, chunk) in chunks.iter().enumerate() {
            prop_assert!(1 <= chunk.line_start && chunk.line_start <= chunk.line_end);
            prop_assert!(chunk.line_end as usize <= lines.len());
            prop_assert!(count(&chunk.embed_text) <= max_tokens, "{:?}", chunk.embed_text);
            prop_assert!(!chunk.embed_text.trim().is_empty());
            for blank in next_uncovered..chunk.line_start {
                prop_assert_eq!(lines[blank as usize - 1].trim(), "", "line {} is lost", blank);
            }
            if index > 0 {
                let before = &chunks[index - 1];
                prop_assert!(before.line_start <= chunk.line_start);
                prop_assert!(before.line_end <= chunk.line_end);
                let line = lines[chunk.line_start as usize - 1].trim_end();
                let shared_line = before.line_end == chunk.line_start
                    && !chunk.text.starts_with(line)
                    && (line.contains('\r')
                        || count(&before.embed_text) + count(&chunk.embed_text) > max_tokens);
                prop_assert!(
                    chunk.line_start > before.line_end || shared_line,
                    "{:?} then {:?}", before, chunk
                );
            }
            prop_assert!(text.contains(&chunk.text));
            next_uncovered = chunk.line_end + 1;
        }
        for (index, line) in lines.iter().enumerate().skip(next_uncovered as usize - 1) {
            prop_assert_eq!(line.trim(), "", "line {} is lost", index + 1);
        }
    }

    #[test]
    fn guides_say_where_each_of_their_hints_stands(text in guide()) {
        let guide = crate::corpus::parse_guide("a/INDEX.md", &text);
        let lines = text.split('\n').count() as u32;
        let sources = guide.guidelines.iter().map(|guideline| &guideline.source)
            .chain(guide.descriptors.iter().map(|descriptor| &descriptor.source))
            .chain(guide.questions.iter().map(|known| &known.source))
            .chain(guide.patterns.iter().map(|pattern| &pattern.source));
        for source in sources {
            prop_assert_eq!(&source.file, "a/INDEX.md");
            prop_assert!((1..=lines).contains(&source.line), "{:?}", source);
        }
        prop_assert!(guide.guidelines.iter().all(|guideline| !guideline.targets.is_empty()));
    }
}
