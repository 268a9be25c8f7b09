use super::*;

/// Title, description and fields, `name=value|value` each, and what is left of the text.
fn read(source: &str) -> (Option<String>, Option<String>, Vec<String>, String) {
    let (range, front) = FrontMatter::find(source).unwrap_or_default();
    let mut rest = source.to_owned();
    rest.replace_range(range, "");
    let (title, description) = (front.title.clone(), front.description.clone());
    let fields = front.fields().into_iter();
    let fields = fields.map(|field| format!("{}={}", field.name, field.values.join("|")));
    (title, description, fields.collect(), rest)
}

fn fields(source: &str) -> Vec<String> {
    read(source).2
}

#[test]
fn yaml_has_scalars_lists_and_maps_as_they_are_written() {
    let source = "---\n# for the site\ntitle: \"A \\u00e9\"\ndescription: >-\n  b\n  c\nversion: 1.10\ndate: 2026-01-31\n\
                  draft: false\nempty:\nnone: ~\nquoted: \"null\"\ntags: [x, 'y z', 3]\nseo:\n  title: no\n  deep: {a: 1}\n\
                  authors:\n- name: E\n- name: F\n? [odd]\n: v\n---\nText\n";
    let (title, description, fields, rest) = read(source);
    assert_eq!(title.as_deref(), Some("A é"));
    assert_eq!(description.as_deref(), Some("b c"));
    assert_eq!(
        fields,
        [
            "authors.name=E|F",
            "date=2026-01-31",
            "description=b c",
            "draft=false",
            "quoted=null",
            "seo.deep.a=1",
            "seo.title=no",
            "tags=x|y z|3",
            "title=A é",
            "version=1.10",
        ]
    );
    assert_eq!(rest, "Text\n");
}

#[test]
fn what_is_not_valid_yaml_keeps_title_and_description() {
    let (title, description, fields, rest) =
        read("---\r\ntitle: Setup: the basics\r\ndescription: d\r\ntags: [a\r\n---\r\nText\r\n");
    assert_eq!(title.as_deref(), Some("Setup: the basics"));
    assert_eq!(description.as_deref(), Some("d"));
    assert_eq!(fields, ["description=d", "title=Setup: the basics"]);
    assert_eq!(rest, "Text\r\n");
}

#[test]
fn toml_has_numbers_and_dates_as_they_are_written() {
    let source = "+++\ntitle = \"T\"\ndate = 2026-01-31T10:00:00Z\nversion = 1.10\nn = 0x1F\ndraft = true\n\
                  tags = [\"a\", \"b\"]\n[seo]\nx.y = 'z'\n[[by]]\nname = 'E'\n[[by]]\nname = 'F'\n+++\nText\n";
    let (title, _, fields, rest) = read(source);
    assert_eq!(title.as_deref(), Some("T"));
    assert_eq!(
        fields,
        [
            "by.name=E|F",
            "date=2026-01-31T10:00:00Z",
            "draft=true",
            "n=0x1F",
            "seo.x.y=z",
            "tags=a|b",
            "title=T",
            "version=1.10",
        ]
    );
    assert_eq!(rest, "Text\n");
    assert_eq!(read("+++\ntitle = T\n+++\nText\n").3, "Text\n");
}

#[test]
fn json_stands_alone_or_between_semicolons() {
    let expected = ["a.b=1|x", "draft=true", "title=T"];
    let object = "\"title\": \"T\",\n\"draft\": true, \"no\": null,\n\"a\": {\"b\": [1, \"x\"]}\n";
    for source in [
        format!("{{\n{object}}}\nText\n"),
        format!(";;;\n{object};;;\nText\n"),
        format!(";;;\n{{\n{object}}}\n;;;\nText\n"),
    ] {
        let (title, _, fields, rest) = read(&source);
        assert_eq!(title.as_deref(), Some("T"), "{source}");
        assert_eq!(fields, expected, "{source}");
        assert_eq!(rest, "Text\n", "{source}");
    }
}

#[test]
fn front_matter_stands_at_the_very_beginning() {
    for source in [
        "Text\n\n---\ntitle: T\n---\n",
        "---\n\ntitle: T\n\n---\n",
        "---\ntitle: T\n",
        " ---\ntitle: T\n---\n",
        "<!-- c --> ---\ntitle: T\n---\n",
        "{\"title\": \"T\"} is JSON\n",
        "{{< note >}}\n",
        "{% include a.html %}\n",
        "---",
        "",
    ] {
        assert!(FrontMatter::find(source).is_none(), "{source}");
    }
    let below_a_licence = "\n<!-- L\n-->\n\n---\ntitle: T\n...\nText\n";
    let (title, _, _, rest) = read(below_a_licence);
    assert_eq!(title.as_deref(), Some("T"));
    assert_eq!(rest, "\n<!-- L\n-->\n\nText\n");
}

#[test]
fn hostile_front_matter_stays_small() {
    let bomb = "---\na: &a [x, x, x]\nb: &b [*a, *a, *a]\nc: [*b, *b, *b]\ntitle: T\n---\n";
    assert_eq!(fields(bomb), ["a=x|x|x", "title=T"]);
    let deep = format!("---\n{}\n---\n", "a: {".repeat(5_000));
    assert_eq!(fields(&deep), [""; 0]);
    let deep = format!("---\n{}x{}\n---\n", "[".repeat(200), "]".repeat(200));
    assert_eq!(fields(&deep), [""; 0]);
    let deep = format!("+++\na = {}{}\n+++\n", "[".repeat(5_000), "]".repeat(5_000));
    assert_eq!(fields(&deep), [""; 0]);
    let long = format!("---\ntitle: T\n{}---\n", "a: b\n".repeat(20_000));
    assert_eq!(
        fields(&long),
        ["title=T"],
        "longer than what is read as YAML"
    );
    assert_eq!(fields("---\nonly text\n---\n"), [""; 0]);
    assert_eq!(fields("---\n- a\n- b\n---\n"), [""; 0]);
}

proptest::proptest! {
    #[test]
    fn nothing_panics(inner in "[-+;{}\\[\\]:,&*!|>'\"%@#?~ \\t\n\r.a-c0-9\\\\é]{0,80}", kind in 0..4usize) {
        let source = match kind {
            0 => format!("---\n{inner}\n---\n"),
            1 => format!("+++\n{inner}\n+++\n"),
            2 => format!(";;;\n{inner}\n;;;\n"),
            _ => format!("{{{inner}}}\n"),
        };
        if let Some((range, front)) = FrontMatter::find(&source) {
            proptest::prop_assert!(range.end <= source.len() && source.is_char_boundary(range.end));
            for field in front.fields() {
                proptest::prop_assert!(!field.name.is_empty() && !field.values.is_empty());
            }
        }
    }
}
