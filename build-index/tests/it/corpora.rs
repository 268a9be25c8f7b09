//! Several documentation folders in one index.

use std::fs;
use std::path::Path;

use docent::corpus::Folder;
use docent::stale::{self, Effort, Staleness};
use tempfile::TempDir;

use crate::support::{build_index, verified};

/// Two folders of docs, each with a guide, and one that looks like a name with a folder.
fn folders() -> TempDir {
    let folder = TempDir::new().unwrap();
    for (path, text) in [
        ("tea/docs/pots.md", "# Pots\n\nWarm them first.\n"),
        (
            "tea/docs/INDEX.md",
            "- Warm a pot -> `pots.md`\n- Grind -> `../coffee/mill.md`\n- Lost -> `gone.md`\n",
        ),
        ("coffee/mill.md", "# Mill\n\nGrind the beans.\n"),
        ("coffee/docent.toml", "exclude = [\"draft*\"]\n"),
        ("coffee/draft.md", "# Draft\n"),
        ("a=b/c.md", "# C\n\nText.\n"),
    ] {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

fn stderr(folder: &Path, args: &[&str]) -> String {
    let output = build_index(folder, args).output().unwrap();
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn sections_begin_with_the_name_of_their_folder() {
    let folder = folders();
    let said = stderr(folder.path(), &["tea=tea/docs", "coffee=coffee"]);
    assert_eq!(
        said,
        "warning: tea/docs/INDEX.md:3: \"Lost\" points to tea/gone.md, which is not a section\n"
    );
    let index = verified(folder.path());
    let sections = index.sections().map(|id| index.section(id).unwrap().path);
    assert_eq!(
        sections.collect::<Vec<_>>(),
        ["coffee/mill.md", "tea/pots.md"]
    );
    let targets = index
        .guide()
        .unwrap()
        .guidelines
        .into_iter()
        .map(|g| g.targets.concat());
    let expected = ["tea/pots.md", "coffee/mill.md", "tea/gone.md"];
    assert_eq!(targets.collect::<Vec<_>>(), expected);
    let named = |name: &str, path: &str| Folder {
        name: name.to_owned(),
        path: folder.path().join(path),
    };
    let docs = [named("tea", "tea/docs"), named("coffee", "coffee")];
    assert_eq!(stale::docs_of(&index), docs);
    let file = |path: &str| stale::file_of(&docs, path);
    assert_eq!(
        file("tea/a/b.md"),
        Some(folder.path().join("tea/docs/a/b.md"))
    );
    for path in ["teapot/a.md", "tea", "milk/a.md", "tea/../../a.md"] {
        assert_eq!(file(path), None, "{path}");
    }
}

#[test]
fn a_change_in_any_folder_makes_the_index_stale() {
    let folder = folders();
    stderr(folder.path(), &["tea=tea/docs", "coffee=coffee"]);
    let index = verified(folder.path());
    let staleness = || stale::check(&index, Effort::FULL).unwrap();
    assert_eq!(staleness(), Some(Staleness::default()));
    fs::write(
        folder.path().join("coffee/mill.md"),
        "# Mill\n\nGrind less.\n",
    )
    .unwrap();
    fs::write(folder.path().join("tea/docs/cups.md"), "# Cups\n").unwrap();
    fs::write(folder.path().join("coffee/draft2.md"), "# Left out\n").unwrap();
    let expected = Staleness {
        changed: 1,
        added: 1,
        removed: 0,
    };
    assert_eq!(staleness(), Some(expected));
    let freshness = stale::Freshness::check(&index, Effort::FULL)
        .unwrap()
        .to_string();
    let [tea, coffee] = ["tea/docs", "coffee"].map(|path| folder.path().join(path));
    let (tea, coffee) = (tea.display(), coffee.display());
    assert!(
        freshness.contains(&format!("in {tea} and {coffee} since"))
            && freshness.contains(&format!("build-index tea={tea} coffee={coffee} -o")),
        "{freshness}"
    );
    fs::remove_dir_all(folder.path().join("coffee")).unwrap();
    assert_eq!(staleness(), None);
}

#[test]
fn folders_have_names_of_their_own_unless_there_is_one() {
    let folder = folders();
    assert_eq!(
        stderr(folder.path(), &["tea=tea/docs", "coffee"]),
        "error: one of several documentation folders has no name: coffee\n\
         hint: NAME=coffee gives it the name that its sections' paths begin with\n"
    );
    assert_eq!(
        stderr(folder.path(), &["tea=tea/docs", "tea=coffee"]),
        "error: two documentation folders have the name tea\nhint: give each a name of its own\n"
    );
    assert!(!folder.path().join("docent.idx").exists());
    // A folder that is there is meant as a whole.
    assert_eq!(stderr(folder.path(), &["a=b"]), "");
    let index = verified(folder.path());
    assert_eq!(
        index
            .section(index.sections().next().unwrap())
            .unwrap()
            .path,
        "c.md"
    );
}

#[test]
fn a_folder_with_a_guide_alone_routes_to_the_others() {
    let folder = folders();
    fs::create_dir(folder.path().join("all")).unwrap();
    let routes = "- Tea -> `../tea/INDEX.md`\n- Coffee -> `../coffee/mill.md`\n";
    fs::write(folder.path().join("all/INDEX.md"), routes).unwrap();
    let args = ["all=all", "tea=tea/docs", "coffee=coffee"];
    let said = stderr(folder.path(), &args);
    assert_eq!(said.lines().count(), 1, "{said}");
    let index = verified(folder.path());
    let staleness = stale::check(&index, Effort::FULL).unwrap();
    assert_eq!(staleness, Some(Staleness::default()));
    assert_eq!(index.num_sections(), 2);

    let said = stderr(folder.path(), &["all=all"]);
    assert!(
        said.starts_with("error: no documentation in all ("),
        "{said}"
    );
}
