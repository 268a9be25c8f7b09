use proptest::prelude::*;

use super::*;

const TAR: &str = ".\\\" comment
.TH TAR 1 2024
.SH NAME
tar \\- an archiver
.SH SYNOPSIS
.B tar
[\\fIOPTION\\fR...] \\fIFILE\\fR
.SH OPTIONS
.TP
\\fB\\-f\\fR, \\fB\\-\\-file\\fR=\\fIARCHIVE\\fR
Use it.
.TP
.B \\-v
Talk.
.nf
  a *b*
.fi
.SS More
.IP \\(bu 2
one
.PP
See
.BR gzip (1).
";

const LS: &str = ".Dd 2024
.Dt LS 1
.Os
.Sh NAME
.Nm ls
.Nd list files
.Sh SYNOPSIS
.Nm
.Op Fl a Ns Ar x
.Op Ar file ...
.Sh DESCRIPTION
The
.Nm
utility, see
.Xr cat 1 .
.Bl -tag -width x
.It Fl a , Fl Fl all
Show
.Pa /etc .
.El
";

fn text(source: &str) -> String {
    render(source).unwrap().text.trim_end().to_owned()
}

#[test]
fn a_page_in_man() {
    let page = render(TAR).unwrap();
    let expected = [
        ("# tar(1)", 2),
        ("", 2),
        ("## NAME", 3),
        ("", 3),
        ("tar - an archiver", 4),
        ("", 4),
        ("## SYNOPSIS", 5),
        ("", 5),
        ("```", 6),
        ("tar [OPTION...] FILE", 6),
        ("```", 6),
        ("", 6),
        ("## OPTIONS", 8),
        ("", 8),
        ("- **-f**, **--file**=_ARCHIVE_  ", 10),
        ("  Use it.", 11),
        ("- **-v**  ", 13),
        ("  Talk.", 14),
        ("", 14),
        ("  ```", 16),
        ("    a *b*", 16),
        ("  ```", 16),
        ("", 16),
        ("### More", 18),
        ("", 18),
        ("- one", 20),
        ("", 20),
        ("See **gzip**(1).", 22),
    ];
    assert_eq!(page.numbered_lines(), expected);
    assert_eq!(page.title.as_deref(), Some("tar(1)"));
    assert_eq!(page.description.as_deref(), Some("an archiver"));
}

#[test]
fn a_page_in_mdoc() {
    let expected = "# ls(1)\n\n## NAME\n\n**ls** – list files\n\n## SYNOPSIS\n\n```\nls [-ax] [file ...]\n```\n\n\
        ## DESCRIPTION\n\nThe **ls** utility, see **cat**(1).\n\n- **-a**, **--all**  \n  Show `/etc`.";
    assert_eq!(text(LS), expected);
    assert_eq!(
        render(LS).unwrap().description.as_deref(),
        Some("list files")
    );
}

#[test]
fn definitions_and_conditions() {
    let source = ".de Vb\n.nf\n.ne \\\\$1\n..\n.de Ve\n.fi\n..\n.ds x y\\\" no\n.ig\nhidden\n..\n\
        .ie t hidden\n.el a \\*x \\*(lqb\\*(rq\n.if t \\{\\\nhidden\n.if n \\{ hidden\n.\\}\n.\\}\n\
        .if n \\{\\\nc\n.\\}\n.Vb 2\n d\n.Ve\n.if !'a'b' e\\c\nf\n.nr q 3\n.if \\nq>2 g\n";
    assert_eq!(text(source), "a y “b” c\n\n```\n d\n```\n\nef g");
}

#[test]
fn characters_and_styles() {
    for (line, expected) in [
        (
            "a\\(emb\\[u2014]\\e\\&\\|\\s-1c\\s0\\h'2n'd\\'",
            "a—b—\\c d'",
        ),
        ("\\fBa*\\fP\\fIb\\fP c\\f(CWd\\fR", "a\\*_b_ c`d`"),
        ("\\fBa\\fP\\fIb\\fP_c", "**a**_b_\\_c"),
        ("x\\fB\\-a\\fRy", "x-ay"),
        ("\\- a", "\\- a"),
        ("[x](y) <b>", "\\[x\\](y) \\<b>"),
    ] {
        assert_eq!(text(&format!(".P\n{line}")), expected, "{line}");
    }
}

#[test]
fn tables() {
    let source =
        ".TS\ntab(;) allbox;\nlb l.\nA;B\n_\na|b;T{\nc\n.B d\nT}\n.TE\n.TS\nl l.\n1\t2\n.TE\n";
    assert_eq!(
        text(source),
        "| A | B |\n| --- | --- |\n| a\\|b | c d |\n\n- 1 — 2"
    );
}

#[test]
fn what_is_no_page() {
    assert_eq!(
        render(".\\\" c\n.so man1/other.1\n"),
        Err(NoContent::Redirects)
    );
    assert_eq!(render(".TH A 1\n"), Err(NoContent::Empty));
    assert!(matches!(render("text\n"), Err(NoContent::Malformed(_))));
}

#[test]
fn hostile_pages() {
    let size = 4 << 20;
    let big = |line: &str| line.repeat(size / line.len());
    let sources = [
        big(".de\n"),
        big(".de x\n"),
        big(".TP\n"),
        big(".RS\n.IP x\n"),
        big(".Bl\n.It a\n"),
        big(".if n \\{\n"),
        big("a\\\n"),
        big("\\[a"),
        big("\\h"),
        big("a\\c\n"),
        big("\\fBa\\fI"),
        big(".TS\nl.\na\tb\n"),
        format!(".if n {}", big(".if n ")),
        format!(".BR {}", big("a ")),
        format!(".Op {}", big("Oo ")),
        format!(".ds a \\\\*a\\\\*a\n{}", big("\\*a")),
        format!(
            ".ds a {}\n{}",
            "b".repeat(size / 2),
            "\\*a".repeat(size / 6)
        ),
        format!(".de x\n.x\n.x\n..\n{}", big(".x\n")),
        format!(
            ".de x\n{}..\n{}",
            "\\\\$*\n".repeat(size / 10),
            ".x a b c\n".repeat(size / 20)
        ),
        format!(
            ".TS\nlb.\n{}\n{}",
            "a\t".repeat(size / 4),
            "b\n".repeat(size / 4)
        ),
        format!(".Nm {}\n{}", "a".repeat(size / 2), ".Nm\n".repeat(size / 8)),
    ];
    for source in sources {
        if let Ok(page) = render(&source) {
            assert!(page.text.len() < 16 * source.len() + (1 << 20));
        }
    }
}

proptest! {
    #[test]
    fn lines_never_descend(
        source in "((\\.(TH|SH|TP|IP|RS|RE|nf|fi|B|BR|de|if n|ie|el|TS|TE|Bl|It|El|Op|Fl|Xo|Fo|Nm|ds) ?|\\\\\\*|\
            \\\\f[BIP]|\\\\[\\[(h'{}c\\$]|T\\{|T\\}|\"|a|é|[.']| |\t)*\n){0,12}",
        cut in 0..TAR.len(),
    ) {
        for source in [format!("{}{source}{}", &TAR[..cut], &TAR[cut..]), format!("{LS}{source}"), source] {
            if let Ok(page) = render(&source) {
                prop_assert_eq!(page.text.lines().count(), page.file_lines.len());
                prop_assert!(page.file_lines.is_sorted());
                prop_assert!(page.text.ends_with('\n'));
            }
        }
    }
}
