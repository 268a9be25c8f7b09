//! What readers see of each directive of docutils and Sphinx.

/// What readers see of a directive.
pub(super) enum Kind {
    Nothing,
    /// Lines as they are; the argument names the language.
    Code,
    /// The content alone.
    Content,
    /// The content behind a word, such as `Note`.
    Labelled(&'static str),
    /// Names that are described, a line each, and their descriptions.
    Object,
    /// The caption, and what stands for the picture.
    Figure,
    /// The `caption` alone of what stands in another file.
    Caption,
    Contents,
    ListTable,
    CsvTable,
    Meta,
    Title,
    /// The argument and the content.
    Other,
}

/// What readers see of directives called `name`. Those with the name of a domain describe an object.
pub(super) fn kind(name: &str) -> Kind {
    if let Some((_, described)) = name.split_once(':') {
        return match described {
            "module" | "currentmodule" | "namespace" | "namespace-push" | "namespace-pop" => {
                Kind::Nothing
            }
            _ => Kind::Object,
        };
    }
    match name {
        "index"
        | "contents"
        | "raw"
        | "include"
        | "highlight"
        | "default-role"
        | "role"
        | "module"
        | "currentmodule"
        | "program"
        | "tabularcolumns"
        | "default-domain"
        | "target-notes"
        | "sectnum"
        | "section-numbering"
        | "sectionauthor"
        | "moduleauthor"
        | "codeauthor"
        | "header"
        | "footer"
        | "testsetup"
        | "testcleanup"
        | "graphviz"
        | "digraph"
        | "graph"
        | "inheritance-diagram"
        | "mermaid"
        | "uml"
        | "bibliography"
        | "date" => Kind::Nothing,
        "code-block" | "code" | "sourcecode" | "prompt" | "ipython" | "parsed-literal"
        | "doctest" | "testcode" | "testoutput" | "math" | "productionlist" | "console"
        | "jupyter-execute" => Kind::Code,
        "only" | "ifconfig" | "container" | "compound" | "rst-class" | "cssclass" | "glossary"
        | "hlist" | "epigraph" | "highlights" | "pull-quote" | "centered" | "tab-set" | "grid" => {
            Kind::Content
        }
        "note" => Kind::Labelled("Note"),
        "warning" => Kind::Labelled("Warning"),
        "tip" => Kind::Labelled("Tip"),
        "hint" => Kind::Labelled("Hint"),
        "important" => Kind::Labelled("Important"),
        "attention" => Kind::Labelled("Attention"),
        "caution" => Kind::Labelled("Caution"),
        "danger" => Kind::Labelled("Danger"),
        "error" => Kind::Labelled("Error"),
        "seealso" => Kind::Labelled("See also"),
        "todo" => Kind::Labelled("Todo"),
        "versionadded" => Kind::Labelled("Added in version"),
        "versionchanged" => Kind::Labelled("Changed in version"),
        "deprecated" => Kind::Labelled("Deprecated since version"),
        "versionremoved" => Kind::Labelled("Removed in version"),
        "deprecated-removed" => Kind::Labelled("Deprecated since version, removed in version"),
        "function"
        | "class"
        | "method"
        | "attribute"
        | "data"
        | "exception"
        | "decorator"
        | "decoratormethod"
        | "staticmethod"
        | "classmethod"
        | "property"
        | "option"
        | "envvar"
        | "describe"
        | "object"
        | "confval"
        | "cmdoption"
        | "type"
        | "var"
        | "member"
        | "macro"
        | "struct"
        | "union"
        | "enum"
        | "enumerator"
        | "opcode"
        | "pdbcommand"
        | "setting"
        | "template"
        | "fieldlookup"
        | "directive"
        | "abstractmethod"
        | "coroutinefunction"
        | "coroutinemethod"
        | "awaitablefunction"
        | "awaitablemethod"
        | "audit-event"
        | "2to3fixer"
        | "templatetag"
        | "templatefilter"
        | "django-admin"
        | "django-admin-option"
        | "event"
        | "autofunction"
        | "autoclass"
        | "automodule"
        | "autoexception"
        | "autodata"
        | "autoattribute"
        | "automethod" => Kind::Object,
        "image" | "figure" => Kind::Figure,
        "literalinclude" => Kind::Caption,
        "toctree" => Kind::Contents,
        "list-table" => Kind::ListTable,
        "csv-table" => Kind::CsvTable,
        "meta" => Kind::Meta,
        "title" => Kind::Title,
        _ => Kind::Other,
    }
}
