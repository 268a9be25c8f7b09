use super::*;

fn guide(text: &str) -> Guide {
    parse_guide("INDEX.md", text)
}

/// `line group | phrase | targets` of each guideline.
fn guidelines(text: &str) -> Vec<String> {
    let show = |g: &Guideline| {
        format!(
            "{} {} | {} | {}",
            g.source.line,
            g.group,
            g.phrase,
            g.targets.join(" ")
        )
    };
    guide(text).guidelines.iter().map(show).collect()
}

/// `line group | title | target | covers` of each descriptor.
fn descriptors(text: &str) -> Vec<String> {
    let show = |d: &Descriptor| {
        format!(
            "{} {} | {} | {} | {}",
            d.source.line, d.group, d.title, d.target, d.covers
        )
    };
    guide(text).descriptors.iter().map(show).collect()
}

/// `line question | targets` of each question.
fn questions(text: &str) -> Vec<String> {
    let show =
        |e: &KnownQuestion| format!("{} {} | {}", e.source.line, e.question, e.targets.join(" "));
    guide(text).questions.iter().map(show).collect()
}

#[test]
fn bullets_under_bold_and_heading_groups() {
    let text = "# Top\n\n## Guidelines\n- No bold -> `n.md`\n\n**\"How do I...\"**\n- Grind beans -> `grind.md`, `burr.md`\n\
                - \"Clean it?\" → [cleaning](care/clean.md#daily)\n\n**User has an error:**\n* Leaks → seals.md\n\n\
                ### Other\n1. Fix -> `f.md`\n";
    assert_eq!(
        guidelines(text),
        [
            "4 Guidelines | No bold | n.md",
            "7 How do I | Grind beans | grind.md burr.md",
            "8 How do I | Clean it? | care/clean.md",
            "11 User has an error | Leaks | seals.md",
            "14 Other | Fix | f.md",
        ]
    );
}

#[test]
fn notes_around_targets_are_ignored() {
    let text = "**Q**\n- Any -> `a.md` first, then relevant env file\n- By mail -> `b.md` (FindByMail - see `x y.md`)\n\
                - Both -> start with `a.md` (core), then `b.md`, again `a.md`\n";
    assert_eq!(
        guidelines(text),
        [
            "2 Q | Any | a.md",
            "3 Q | By mail | b.md",
            "4 Q | Both | a.md b.md"
        ]
    );
}

#[test]
fn files_with_spaces_are_named_by_links_and_in_backticks() {
    let text = "**Q**\n- Begin -> [Start](getting%20started.md#first)\n\
                - Go on -> [next](<next steps.md>), [caf\u{e9}](caf%C3%A9.md)\n\
                - Broken -> [x](%ff.md)\n- Word -> next steps.md, or run `cat a.md`\n\
                - Code -> `a.md`, `next steps.md` (not `b c.md`)\n\n\
                | File | Covers |\n|--|--|\n| [my notes.md](my%20notes.md) | Notes |\n\
                | `old notes.md` | `cat` them |\n";
    assert_eq!(
        guidelines(text),
        [
            "2 Q | Begin | getting started.md",
            "3 Q | Go on | next steps.md caf\u{e9}.md",
            "4 Q | Broken | %ff.md",
            "5 Q | Word | steps.md",
            "6 Q | Code | a.md next steps.md",
        ]
    );
    assert_eq!(
        descriptors(text),
        [
            "10  |  | my notes.md | Notes",
            "11  |  | old notes.md | cat them"
        ]
    );
}

#[test]
fn globs_are_kept_apart() {
    let text = "**Q**\n- Vars -> `types.md`, then relevant `env-*.md`\n- All -> `x/*.md`\n";
    let guide = parse_guide("sub/INDEX.md", text);
    assert_eq!(guide.guidelines.len(), 1);
    assert_eq!(guide.guidelines[0].targets, ["sub/types.md"]);
    let globs: Vec<_> = guide
        .patterns
        .iter()
        .map(|p| (p.glob.as_str(), p.source.line))
        .collect();
    assert_eq!(globs, [("sub/env-*.md", 2), ("sub/x/*.md", 3)]);
}

#[test]
fn arrow_line_under_a_bold_line_takes_it_as_phrase() {
    let text = "## Routing\n\n**User asks about tea, or \"chai\":**\n→ `tea/INDEX.md`\n\n**User asks about cups:**\n\n-> `cups/index.md`\n";
    assert_eq!(
        guidelines(text),
        [
            "4 Routing | User asks about tea, or \"chai\" | tea/INDEX.md",
            "8 Routing | User asks about cups | cups/index.md",
        ]
    );
}

#[test]
fn wrapped_and_nested_bullets() {
    let text = "- **Group**\n  - A long\n    phrase -> `a.md`,\n    `b.md`\n  - Next -> `c.md`\n\n- Loose -> `d.md`\n\n  -> `e.md`\n";
    assert_eq!(
        guidelines(text),
        [
            "2 Group | A long phrase | a.md b.md",
            "5 Group | Next | c.md",
            "7 Group | Loose | d.md",
        ]
    );
}

#[test]
fn an_arrow_has_four_forms_and_a_bare_file_may_stand_in_angle_brackets() {
    let text = "**Q**\n- One -> a.md\n- Two => <b.md>\n- Three → `c.md`\n- Four ⇒ next steps.md\n- Five => ten\n- Six >= d.md\n";
    assert_eq!(
        guidelines(text),
        [
            "2 Q | One | a.md",
            "3 Q | Two | b.md",
            "4 Q | Three | c.md",
            "5 Q | Four | steps.md"
        ]
    );
}

#[test]
fn arrows_in_code_and_arrows_without_files_are_no_guidelines() {
    let text = "**G**\n- Use `a -> b` -> `ctx.md`\n- A -> B\n- `x -> y.md`\n- Step A -> B -> `ab.md`\n\n```\nC -> `c.md`\n```\n";
    assert_eq!(
        guidelines(text),
        ["2 G | Use a -> b | ctx.md", "5 G | Step A -> B | ab.md"]
    );
}

#[test]
fn tables_in_any_column_order() {
    let text = "## One\n| Section | File | Covers |\n|--|--|--|\n| **Beans** | `beans.md` | Origin, see roast.md |\n\n\
                ## Two\n| Covers | Path | Name |\n|--|--|--|\n| Filters | [f](brew/f.md) | Filter |\n\n\
                ## Three\n| File | Use when |\n|--|--|\n| `a.md`, `b.md` | Asked |\n| none | - |\n\n\
                ## Four\n| Page | About | Level |\n|--|--|--|\n| [Water](./w.md) | Hardness | easy |\n";
    assert_eq!(
        descriptors(text),
        [
            "4 One | Beans | beans.md | Origin, see roast.md",
            "9 Two | Filter | brew/f.md | Filters",
            "14 Three |  | a.md | Asked",
            "14 Three |  | b.md | Asked",
            "20 Four | Water | w.md | Hardness; easy",
        ]
    );
}

#[test]
fn tables_without_files_say_nothing() {
    assert_eq!(
        descriptors("| a | b |\n|--|--|\n| 1 | 2 |\n\n| c.md |\n|--|\n"),
        [""; 0]
    );
}

#[test]
fn usage_examples_in_paragraphs_and_lists() {
    let text = "## Examples\n\nUser: \"How hot?\"\nRetrieve: `heat.md`, `water.md`\n\n**User:** “Why?”\n\n\
                **Retrieve:** [why](why.md)\n\n- User: \"In a list\"\n  Retrieve: `l.md`\n\nRetrieve: `alone.md`\n\nUser: \"Nothing\"\nRetrieve: none\n";
    assert_eq!(
        questions(text),
        [
            "3 How hot? | heat.md water.md",
            "6 Why? | why.md",
            "10 In a list | l.md"
        ]
    );
    assert_eq!(guidelines(text), [""; 0]);
}

#[test]
fn paths_are_relative_to_the_guide_file_and_never_leave_the_root() {
    assert_eq!(resolve("a/b/INDEX.md", "./c.md"), "a/b/c.md");
    assert_eq!(resolve("a/b/INDEX.md", "../c.md"), "a/c.md");
    assert_eq!(resolve("a/INDEX.md", "../../c.md"), "../c.md");
    assert_eq!(resolve("INDEX.md", "x/../../../y.md"), "../../y.md");
    assert_eq!(resolve("a/INDEX.md", "/d/./c.md"), "d/c.md");
}

#[test]
fn urls_and_bare_extensions_are_no_files() {
    for text in [
        "https://x.org/a.md",
        ".md",
        "d/.md",
        "a b.md",
        "main.go",
        "",
    ] {
        assert!(!names_file(text), "{text}");
    }
    for text in ["a.md", "A.MDX", "../d/a.txt#l1", "a.markdown?x"] {
        assert!(names_file(text), "{text}");
    }
}

#[test]
fn lines_are_right_with_crlf_and_front_matter() {
    let text = "---\r\ntitle: x -> `no.md`\r\n---\r\n\r\n# H\r\n\r\n- A -> `a.md`\r\n";
    assert_eq!(guidelines(text), ["7 H | A | a.md"]);
}
