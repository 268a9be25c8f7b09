//! Each rule of an audit, on docs made for it.

use std::sync::Arc;

use docent::audit::{Audit, Finding, Readers, Rule, Severity, audit};
use docent::encoder::Encoder;
use docent::eval::Question;
use docent::index::Index;
use docent::query_log::{LogEntry, LoggedVerdict, QueryLog};
use docent::search::Searcher;

use crate::support::{bundled, indexed_by};
use crate::toy::Toy;

fn audit_by(files: &[(&str, &str)], readers: &Readers, encoder: Arc<dyn Encoder>) -> Audit {
    let folder = indexed_by(files, &*encoder);
    let index = Index::open(&folder.path().join("docent.idx")).unwrap();
    let searcher = Searcher::new(Arc::new(index), encoder).unwrap();
    audit(&searcher, readers, &|_, _| ()).unwrap()
}

pub fn audit_toy(files: &[(&str, &str)]) -> Audit {
    audit_by(files, &Readers::default(), Arc::new(Toy::new()))
}

/// The findings of `rule`, `severity file:line message`.
pub fn told(audit: &Audit, rule: Rule) -> Vec<String> {
    let findings = audit.findings.iter().filter(|finding| finding.rule == rule);
    let line = |f: &Finding| format!("{} {} {}", f.severity, f.place, f.message);
    findings.map(line).collect()
}

pub fn the(audit: &Audit, rule: Rule) -> &Finding {
    audit
        .findings
        .iter()
        .find(|finding| finding.rule == rule)
        .unwrap()
}

/// `count` words that stand nowhere else, if `prefix` does not.
fn words(prefix: &str, count: usize) -> String {
    let words: Vec<String> = (0..count)
        .map(|i| {
            format!(
                "{prefix}{}",
                char::from(b'a' + (i % 26) as u8)
                    .to_string()
                    .repeat(i / 26 + 1)
            )
        })
        .collect();
    words.join(" ")
}

#[test]
fn each_problem_of_the_guide_has_its_own_remedy() {
    let guide = "**How**\n- Warm -> `a.md`, `no-*.md`\n- Pour -> `gone.md`\n- warm -> `a.md`\n\n\
                 | Question | File |\n|---|---|\n| Why? | `a.md` |\n| How? | |\n| why? | `b.md` |\n";
    let files = [
        ("a.md", "# Cups\n\nWarm them.\n"),
        ("b.md", "# Mugs\n\nPour them.\n"),
        ("INDEX.md", guide),
    ];
    let audit = audit_toy(&files);
    let problems = audit
        .findings
        .iter()
        .filter(|finding| finding.rule == Rule::GuideProblem);
    let mut remedies: Vec<(u32, Severity, &str)> = problems
        .map(|finding| {
            (
                finding.place.line,
                finding.severity,
                finding.remedy.as_str(),
            )
        })
        .collect();
    remedies.sort_unstable();
    let warning = Severity::Warning;
    assert_eq!(
        remedies,
        [
            (2, warning, "mend the pattern, or take it out"),
            (
                3,
                Severity::Error,
                "name the section by its path, or take the hint out"
            ),
            (
                4,
                warning,
                "join it with line 2: one phrase with all its sections, best first"
            ),
            (
                9,
                warning,
                "name in its row the sections that answer it, or take the row out"
            ),
            (
                10,
                warning,
                "take this row out, and name its sections in the row at INDEX.md:8, too"
            ),
        ]
    );
}

#[test]
fn hints_miss_collide_and_leave_out() {
    let guide = "**How**\n- Warm the cup -> `a.md`\n- warm a cup -> `b.md`\n- Pour -> `gone.md`, `a.md`\n\
                 - pour -> `a.md`\n";
    let files = [
        ("a.md", "# Cups\n\nWarm them.\n"),
        ("b.md", "# Mugs\n\nWarm them too.\n"),
        ("c.md", "# Saucers\n\nCold.\n"),
        ("INDEX.md", guide),
    ];
    let audit = audit_toy(&files);
    assert_eq!(
        told(&audit, Rule::GuideProblem),
        [
            "error INDEX.md:4 \"Pour\" points to gone.md, which is not a section",
            "warning INDEX.md:5 \"pour\" stands twice under \"How\", first on line 4",
        ]
    );
    assert_eq!(
        told(&audit, Rule::CollidingHints),
        [
            "warning INDEX.md:2 \"How: Warm the cup\" and \"How: warm a cup\" (INDEX.md:3) are the same words, \
          but point to a.md and to b.md: neither speaks to a question of these words"
        ]
    );
    assert_eq!(
        told(&audit, Rule::UnnamedSection),
        ["note c.md:1 INDEX.md does not name this section"]
    );
}

#[test]
fn a_section_that_is_another_ones_double_is_never_first() {
    let text = "---\ntitle: The interface\n---\n\n## Opening the water valve\n\nOpen it.\n\n\
                ## Closing the steam valve\n\nClose it.\n";
    let own = format!("{text}\nThe lever of the press does it by hand, as a press has a lever.\n");
    let files = [
        ("boiler/api.md", text),
        ("press/api.md", &own),
        ("other.md", "# Other\n\nBeans.\n"),
    ];
    let audit = audit_toy(&files);
    let found = the(&audit, Rule::NeverFirst);
    let double = &audit.sections[if found.place.file == "press/api.md" {
        2
    } else {
        0
    }];
    assert_eq!((double.asked, double.first, double.in_three), (3, 0, 3));
    assert_eq!(found.place.line, 2);
    assert_eq!(
        found.message,
        format!(
            "\"The interface\" comes first for none of the 3 questions made of its own words; most often {} \
             comes first (3 times)",
            if double.path == "press/api.md" {
                "boiler/api.md"
            } else {
                "press/api.md"
            }
        )
    );
    // Told once, not as a confusion besides.
    assert_eq!(told(&audit, Rule::Confused), [""; 0]);
    assert_eq!(audit.confusions.len(), 1);
    assert_eq!(
        (
            audit.confusions[0].count,
            audit.confusions[0].asked.as_str()
        ),
        (3, double.path.as_str())
    );
}

/// A section about `subject` whose headings on other subjects are short texts.
fn overview(subjects: &[&str]) -> String {
    let part = |subject: &&str| {
        format!(
            "## Cleaning {subject} daily\n\n{}\n\n## Storing {subject} dry\n\nKept.\n\n",
            words(subject, 30)
        )
    };
    format!(
        "# Overview\n\n{}",
        subjects.iter().map(part).collect::<String>()
    )
}

/// A section that says `subject` again and again.
fn thorough(subjects: &[&str]) -> String {
    let part = |subject: &&str| {
        format!("## Clean {subject} daily\n\nCleaning {subject} daily, storing {subject} dry.\n\n")
    };
    format!(
        "# Manual\n\n{}",
        subjects.iter().map(part).collect::<String>()
    )
}

#[test]
fn a_section_that_takes_the_questions_of_another_is_confused_with_it() {
    let subjects = ["baskets", "grinders", "kettles"];
    let unlike = format!("# Overview\n\n{}", words("x", 60));
    let overview = overview(&subjects) + "## Never mind the old things\n\n" + &unlike;
    let files = [("a.md", overview.as_str()), ("b.md", &thorough(&subjects))];
    let audit = audit_toy(&files);
    let found = the(&audit, Rule::Confused);
    assert_eq!(
        (found.severity, found.place.file.as_str()),
        (Severity::Warning, "a.md")
    );
    assert_eq!(audit.confusions[0].count, 6, "{:?}", audit.confusions);
    assert!(
        found.message.starts_with("for 6 of the "),
        "{}",
        found.message
    );
    assert_eq!(found.related.len(), 5);
}

#[test]
fn a_section_that_takes_the_questions_of_four_overshadows_them() {
    let subjects = ["baskets", "grinders", "kettles", "scales"];
    let own: Vec<String> = subjects
        .iter()
        .map(|subject| overview(&[subject]))
        .collect();
    let names = ["a.md", "b.md", "c.md", "d.md"];
    let mut files: Vec<(&str, &str)> = names
        .into_iter()
        .zip(own.iter().map(String::as_str))
        .collect();
    let manual = thorough(&subjects);
    files.push(("manual.md", &manual));
    let found = audit_toy(&files);
    assert_eq!(
        told(&found, Rule::Overshadowing),
        [
            "warning manual.md:1 it comes first for 8 questions of 4 other sections: a.md (2), b.md (2), c.md (2) \
          and d.md (2)"
        ]
    );
    // Three are too few.
    files.remove(0);
    assert_eq!(told(&audit_toy(&files), Rule::Overshadowing), [""; 0]);
}

#[test]
fn prose_that_stands_twice_is_told_once_and_code_is_not() {
    let (prose, more) = (words("p", 65), words("q", 64));
    let code = format!("```sh\n{}\n```\n", words("c", 60));
    let page = |title: &str| {
        format!("# {title}\n\n{code}\n## The first\n\n{prose}\n\n## The second\n\n{more}\n")
    };
    let files = [
        ("a.md", page("A")),
        ("b.md", page("B")),
        ("c.md", format!("# C\n\n{code}")),
    ];
    let files: Vec<(&str, &str)> = files
        .iter()
        .map(|(path, text)| (*path, text.as_str()))
        .collect();
    let audit = audit_toy(&files);
    let told = told(&audit, Rule::Repeated);
    assert_eq!(told.len(), 1, "{told:?}");
    let line = "note a.md:7 2 passages (129 words) stand nearly word for word in 2 sections, a.md and b.md: \"pa ";
    assert!(told[0].starts_with(line), "{told:?}");
    let related = the(&audit, Rule::Repeated)
        .related
        .iter()
        .map(ToString::to_string);
    assert_eq!(
        related.collect::<Vec<_>>(),
        ["b.md:7", "a.md:11", "b.md:11"]
    );
}

#[test]
fn a_word_of_readers_is_told_with_the_word_of_the_docs() {
    let files = [
        (
            "a.md",
            "# Parcels\n\nThe courier brings a parcel within three days after it was sent.\n",
        ),
        (
            "b.md",
            "# Returns\n\nGoods go back in their box within a month.\n",
        ),
    ];
    let question = |text: &str, section: &str| Question {
        id: text.to_owned(),
        text: text.to_owned(),
        kind: None,
        relevant: [(section.to_owned(), 2)].into(),
        heading: None,
    };
    let ask = |questions: Vec<Question>| {
        let readers = Readers {
            questions,
            ..Readers::default()
        };
        told(&audit_by(&files, &readers, bundled()), Rule::MissingWord)
    };
    let twice = vec![
        question("My package within three days", "b.md"),
        question("the Package was sent three days after", "b.md"),
    ];
    let told = ask(twice.clone());
    assert_eq!(told.len(), 1, "{told:?}");
    let line = "note a.md:1 readers say \"package\" (2 questions, ";
    assert!(told[0].starts_with(line), "{told:?}");
    assert!(
        told[0].contains("nearest in meaning they have \"parcel\""),
        "{told:?}"
    );
    assert_eq!(ask(twice[..1].to_vec()), [""; 0]);
    // Misspelt, it is read as another word.
    let typo = question("the couriier brings", "b.md");
    assert_eq!(ask(vec![typo.clone(), typo]), [""; 0]);
}

#[test]
fn titles_and_headings_that_many_have_say_nothing() {
    let page = |i: usize| {
        let own = words(&format!("w{i}x"), 70);
        (
            "Setup",
            format!("---\ntitle: Guide\n---\n\n## Setup\n\n{own}\n"),
        )
    };
    let pages: Vec<String> = (0..4).map(|i| page(i).1).collect();
    let names = ["a.md", "b.md", "c.md", "d.md"];
    let files: Vec<(&str, &str)> = names
        .into_iter()
        .zip(pages.iter().map(String::as_str))
        .collect();
    let audit = audit_toy(&files);
    // Which of them comes first is chance, so the place is that of any other.
    let told_at = |line: u32| -> String {
        let mut findings = audit.findings.iter();
        let found = findings.find(|f| f.rule == Rule::BareHeading && f.place.line == line);
        found.unwrap().message.clone()
    };
    assert_eq!(
        told_at(2),
        "4 sections have the title \"guide\", so a question in its words finds only one of them first"
    );
    assert_eq!(
        told_at(5),
        "\"setup\" stands over 4 texts in 4 sections; asked with its section's title, another section comes \
         first for 3 of them"
    );
    assert_eq!(told(&audit, Rule::BareHeading).len(), 2);
    assert_eq!(told(&audit_toy(&files[..2]), Rule::BareHeading), [""; 0]);
}

#[test]
fn a_heading_that_finds_most_of_its_sections_says_enough() {
    let page = |title: &str, i: usize| {
        let own = words(&format!("w{i}x"), 70);
        format!("# {title}\n\n## Setup\n\n{own}\n")
    };
    // Of sections of one title only one is found by it, the others by their own.
    let bare = |shared: usize| {
        let title = |i: usize| match i < shared {
            true => "Guide".to_owned(),
            false => words(&format!("t{i}x"), 1),
        };
        let pages: Vec<(String, String)> = (0..6)
            .map(|i| (format!("{i}.md"), page(&title(i), i)))
            .collect();
        let pages: Vec<(&str, &str)> = pages
            .iter()
            .map(|(path, text)| (path.as_str(), text.as_str()))
            .collect();
        let told = told(&audit_toy(&pages), Rule::BareHeading);
        told.into_iter()
            .filter(|told| told.contains("\"setup\""))
            .collect::<Vec<_>>()
    };
    assert_eq!(bare(3), [""; 0]);
    let told = bare(4);
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(
        told[0].ends_with("another section comes first for 3 of them"),
        "{told:?}"
    );
}

#[test]
fn a_line_that_is_longer_than_a_passage_is_told() {
    let text = format!(
        "# A\n\nShort.\n\n{}\n\n{}\n",
        words("x", 500),
        words("y", 210)
    );
    // What a generator wrote, a tag for each few words, is no line that somebody could break.
    let made: Vec<String> = (0..60)
        .map(|i| format!("<b class=\"made{i}\">{}</b>", words("z", 5)))
        .collect();
    let made = format!("# B\n\n<div>{}</div>\n", made.join(" "));
    let audit = audit_toy(&[("a.md", &text), ("b.md", &made)]);
    assert_eq!(
        told(&audit, Rule::LongLine),
        [
            "note a.md:5 this line of 500 tokens is cut over 3 passages, which have at most 200 with title and \
          headings; so is another line of this section"
        ]
    );
    assert_eq!(the(&audit, Rule::LongLine).related[0].line, 7);
}

#[test]
fn questions_of_the_log_that_nothing_answers_are_grouped() {
    let files = [
        (
            "boiler.md",
            "# Boiler\n\n## Descaling\n\nUse citric acid each month.\n",
        ),
        ("grinder.md", "# Grinder\n\nBurrs wear out after a year.\n"),
    ];
    let entry = |time: &str, question: &str, verdict| LogEntry {
        time: time.to_owned(),
        question: question.to_owned(),
        verdict,
        section: None,
    };
    let nothing = LoggedVerdict::NothingConfident;
    let entries = vec![
        entry(
            "2026-11-01T10:00:00Z",
            "Which visa does a sailor need?",
            nothing,
        ),
        entry(
            "2026-11-03T10:00:00Z",
            "which visa does a sailor need",
            LoggedVerdict::NothingFound,
        ),
        entry(
            "2026-11-02T10:00:00Z",
            "What visa do sailors need?",
            nothing,
        ),
        entry(
            "2026-11-02T10:00:00Z",
            "Which visa does a pilot need?",
            LoggedVerdict::Answered,
        ),
        // Answered by now.
        entry(
            "2026-11-02T10:00:00Z",
            "How do I descale the boiler?",
            nothing,
        ),
    ];
    let log = QueryLog {
        entries,
        notes: Vec::new(),
    };
    let readers = Readers {
        log,
        ..Readers::default()
    };
    let audit = audit_by(&files, &readers, bundled());
    assert_eq!(
        told(&audit, Rule::Unanswered),
        [
            "warning boiler.md:1 \"Which visa does a sailor need?\" was asked 3 times from 2026-11-01 to 2026-11-03 \
          in 2 forms, and no section answers it; likewise \"What visa do sailors need?\""
        ]
    );
    // There is no guide that could be named.
    assert_eq!(
        the(&audit, Rule::Unanswered).remedy,
        "no section is near it: write one, or say here that the docs do not cover it"
    );
    assert_eq!(audit.notes, [""; 0]);
    let mut guided = files.to_vec();
    guided.push((
        "INDEX.md",
        "- Descale -> `boiler.md`\n- Burrs -> `grinder.md`\n",
    ));
    let audit = audit_by(&guided, &readers, bundled());
    assert_eq!(
        the(&audit, Rule::Unanswered).place.to_string(),
        "INDEX.md:1"
    );
    // A model that cannot tell says so.
    let audit = audit_by(&files, &readers, Arc::new(Toy::new()));
    assert_eq!(told(&audit, Rule::Unanswered), [""; 0]);
    assert_eq!(
        audit.notes,
        [
            "3 questions of the log that had no answer are not looked at (rule unanswered): this model has no \
             calibration, so it cannot be told what has one by now"
        ]
    );
}

#[test]
fn findings_of_sound_docs_are_none_and_figures_add_up() {
    let files = [
        (
            "boiler.md",
            "# Boiler\n\n## Descaling with citric acid\n\nUse citric acid each month.\n",
        ),
        (
            "grinder.md",
            "# Grinder\n\n## Wear of the burrs\n\nBurrs wear out after a year.\n",
        ),
    ];
    let audit = audit_by(&files, &Readers::default(), bundled());
    assert_eq!(audit.findings, []);
    for section in &audit.sections {
        assert_eq!(
            (section.asked, section.first, section.in_three),
            (3, 3, 3),
            "{section:?}"
        );
        assert_eq!(section.taken, 0);
    }
}
