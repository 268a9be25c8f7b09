//! What holds for every document that a reader makes of a text, for the tests of readers.

use crate::corpus::document::{Document, Node};

pub(super) fn outline(document: &Document) -> Vec<String> {
    let describe = |node: &Node| match node {
        Node::Heading(heading) => format!("h{} {}", heading.level, heading.text),
        Node::Unit(unit) => {
            let context = unit
                .context
                .map(|context| document.contexts[context].as_str());
            let context = match (context, unit.is_context) {
                (None, _) => String::new(),
                (Some(_), true) => " [=]".to_owned(),
                (Some(context), false) => format!(" [{context}]"),
            };
            format!("{:?}{context} {}", unit.border, unit.text)
        }
    };
    document.nodes.iter().map(describe).collect()
}

/// Nodes ascend, each begins in the source, and units are lines with runs that ascend.
pub(super) fn assert_sound(document: &Document, source: &str) {
    let mut behind = 0;
    for node in &document.nodes {
        let start = match node {
            Node::Heading(heading) => {
                assert!((1..=6).contains(&heading.level));
                assert!(!heading.text.contains('\n'));
                heading.start
            }
            Node::Unit(unit) => {
                assert!(!unit.text.trim().is_empty(), "{unit:?}");
                assert!(!unit.text.contains('\n'), "{unit:?}");
                assert_eq!(unit.runs.first().map(|run| run.0), Some(0), "{unit:?}");
                assert!(unit.runs.is_sorted(), "{unit:?}");
                assert!(
                    unit.runs.iter().all(|run| run.0 < unit.text.len()),
                    "{unit:?}"
                );
                assert!(unit.runs.iter().all(|run| run.1 < source.len()), "{unit:?}");
                assert!(
                    unit.context
                        .is_none_or(|context| context < document.contexts.len())
                );
                unit.start
            }
        };
        assert!(start >= behind, "{node:?} begins before {behind}");
        assert!(start < source.len(), "{node:?}");
        behind = start + 1;
    }
}
