//! The audit's rule on links, on docs made for it.

use docent::audit::{Finding, Rule};

use crate::audit_rules::{audit_toy, the, told};

#[test]
fn links_lead_to_sections_and_headings() {
    let files = [
        (
            "d/a.md",
            "# A\n\n[b](../b.md) [b](../b.md#the-part) [b](../b#the-part) ![i](i.png)\n\n\
             [gone](gone.md) and [lost](../b.md#lost)\n\n[again](gone.md), [bare](../b#lost2)\n\n\
             [own](#a) [not](#own) [out](../../c.md) [web](https://x.example/y.md) [root](/x/y/)\n\
             [made]({{< ref x.md >}}) [unknown](unknown) [guide](../INDEX.md)\n",
        ),
        ("b.md", "# B\n\n## The *part*\n\nText.\n"),
        ("INDEX.md", "- a -> `d/a.md`\n- b -> `b.md`\n"),
    ];
    let audit = audit_toy(&files);
    assert_eq!(
        told(&audit, Rule::BrokenLink),
        [
            "error d/a.md:5 2 links lead to d/gone.md, which is no section of the docs",
            "error d/a.md:5 a link leads to `#lost`, but no heading of b.md has that anchor",
            "error d/a.md:7 a link leads to `#lost2`, but no heading of b.md has that anchor",
            "error d/a.md:9 a link leads to `#own`, but no heading of this section has that anchor",
        ]
    );
    let gone = the(&audit, Rule::BrokenLink);
    assert_eq!(gone.related[0].line, 7);
    assert_eq!(gone.key, "broken-link | d/gone.md");
}

#[test]
fn links_into_one_missing_folder_or_to_one_heading_are_one_finding() {
    let files = [
        (
            "a.md",
            "# A\n\n[x](api/v1/x.md) [y](api/y.md#z)\n\n[one](new/one.md)\n\n[lost](d/c.md#lost)\n",
        ),
        (
            "d/b.md",
            "# B\n\n[y](../api/y.md) [lost](c.md#lost) [w](../api/w.md) [v](../api/v.md)\n",
        ),
        (
            "d/c.md",
            "# C\n\n[x](../d/e/x.md)\n\n[moved](../old/b.md)\n",
        ),
    ];
    let audit = audit_toy(&files);
    assert_eq!(
        told(&audit, Rule::BrokenLink),
        [
            "error a.md:3 5 links lead into api/, where the docs have no section: api/v.md, api/v1/x.md, api/w.md \
             and 1 more",
            "error a.md:7 2 links lead to `#lost`, but no heading of d/c.md has that anchor",
            "error a.md:5 a link leads to new/one.md, which is no section of the docs",
            "error d/c.md:3 a link leads to d/e/x.md, which is no section of the docs",
            "error d/c.md:5 a link leads to old/b.md, which is no section of the docs",
        ]
    );
    let links: Vec<&Finding> = audit
        .findings
        .iter()
        .filter(|f| f.rule == Rule::BrokenLink)
        .collect();
    let related: Vec<String> = links[0].related.iter().map(ToString::to_string).collect();
    assert_eq!(related, ["a.md:3", "d/b.md:3", "d/b.md:3", "d/b.md:3"]);
    let keys: Vec<&str> = links.iter().map(|finding| finding.key.as_str()).collect();
    assert_eq!(
        keys,
        [
            "broken-link | api/",
            "broken-link | d/c.md | lost",
            "broken-link | new/",
            "broken-link | d/e/",
            "broken-link | old/",
        ]
    );
    assert_eq!(links[4].remedy, "did it move to d/b.md? link to that");
}

#[test]
fn an_anchor_in_code_is_none_and_a_remedy_names_only_what_is_alike() {
    let files = [(
        "a.md",
        "# A\n\n[a](#setup-gcp-easy) [b](#using-the-bean-mill)\n\n## Setup guides\n\n## Using a bean mill\n\n\
         ```sh\n# Setup GCP easy\n```\n",
    )];
    let audit = audit_toy(&files);
    let remedies: Vec<&str> = audit
        .findings
        .iter()
        .map(|finding| finding.remedy.as_str())
        .collect();
    assert_eq!(
        remedies,
        [
            "link to a heading that is there, or to the section as a whole",
            "is \"Using a bean mill\" (line 7) meant? link to its anchor",
        ]
    );
}
