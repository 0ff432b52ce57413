//! A sequence diagram as Mermaid text, for documents that render it.

use super::{Diagram, Row, duration, instant, name_in_specs, remark};
use crate::measure::recording::Recording;
use std::fmt::Write as _;

/// Writes a recording as a Mermaid sequence diagram: a dotted arrow is a retransmission, one that ends in a cross is
/// lost.
pub fn draw(recording: &Recording) -> String {
    let diagram = Diagram::new(recording);
    let mut text = String::new();
    let _ = writeln!(text, "---\ntitle: {}\n---\nsequenceDiagram", quoted(diagram.title));
    for group in &diagram.groups {
        let _ = writeln!(text, "    box transparent {}", escaped(&group.label()));
        for lane in group.first..group.first + group.lanes {
            let row = diagram.lanes[lane];
            let _ = writeln!(text, "        participant L{lane} as {}<br/>{}", escaped(&row.name), row.function);
        }
        text += "    end\n";
    }
    for row in &diagram.rows {
        let _ = match row {
            Row::Silence(ns) => {
                let last = diagram.lanes.len() - 1;
                writeln!(text, "    Note over L0,L{last}: {} later", duration(*ns))
            }
            Row::Message { number, hop, from, to } => {
                let arrow = match (hop.lost, hop.transmission > 0) {
                    (true, false) => "-x",
                    (true, true) => "--x",
                    (false, true) => "-->>",
                    (false, false) => "->>",
                };
                let remark = remark(hop).map(|remark| format!(" [{remark}]")).unwrap_or_default();
                let name = escaped(&format!("{}{remark}", name_in_specs(hop)));
                writeln!(text, "    L{from}{arrow}L{to}: {number}. {name}<br/>{} s", instant(hop.sent_ns))
            }
            Row::Note { lane, text: note, .. } => writeln!(text, "    Note over L{lane}: {}", escaped(note)),
        };
    }
    text
}

/// A text without the characters that end a statement or begin an entity.
fn escaped(text: &str) -> String {
    text.replace('#', "#35;").replace(';', "#59;").replace('<', "#lt;").replace('>', "#gt;")
}

/// A text as a YAML string.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}
