//! A sequence diagram as SVG, to stand in a document: black on white, text as text, no fonts and no scripts inside.

use super::{Diagram, Row, duration, instant, name_in_specs, remark};
use crate::measure::recording::{Group, Recording};
use crate::measure::results::HopRow;
use std::fmt::Write as _;

/// Height of a row, pixels.
const ROW: f64 = 26.0;
/// Height of the boxes with the names of the lanes.
const HEAD: f64 = 40.0;
/// Room above the boxes for the name of the network.
const GROUP: f64 = 22.0;
/// Room between boxes and rows.
const MARGIN: f64 = 12.0;
/// Most rows under one header, so that the lanes have their names on every page.
const ROWS_PER_HEADER: usize = 45;
/// Where the first lane may begin: behind the column of times.
const LEFT: f64 = 92.0;
/// How far from its receiver a lost message ends.
const LOST_BEFORE: f64 = 24.0;
/// Width of a character of a label.
const CHARACTER: f64 = 6.3;
/// Width of a character of the title.
const TITLE_CHARACTER: f64 = 9.0;
/// Least width of a diagram.
const LEAST_WIDTH: f64 = 480.0;
/// Width of a character of a small text.
const SMALL_CHARACTER: f64 = 5.6;

/// Colours of the procedures in the column on the right, in the order of their appearance.
const COLOURS: [&str; 8] = ["#1f4e8c", "#8a3b00", "#2c6e2f", "#6a2c8a", "#00666b", "#8c1d40", "#5c5c00", "#444444"];

/// Draws a recording. A dashed arrow is a retransmission; a red one that ends in a cross is lost.
pub fn draw(recording: &Recording) -> String {
    let diagram = Diagram::new(recording);
    let centres = centres(&diagram);
    let mut procedures: Vec<&str> = Vec::new();
    for hop in &recording.hops {
        if !procedures.contains(&hop.procedure) {
            procedures.push(hop.procedure);
        }
    }
    let right = centres.last().copied().unwrap_or(LEFT) + half_width(&diagram, diagram.lanes.len().saturating_sub(1));
    let remarks_at = right + 16.0;
    let remark = recording.hops.iter().map(|hop| details(hop).chars().count()).max().unwrap_or(0);
    let width = (remarks_at + remark as f64 * SMALL_CHARACTER + 12.0).max(LEAST_WIDTH).ceil();
    let mut page = Page {
        diagram: &diagram,
        centres,
        procedures,
        remarks_at,
        y: 6.0,
        lines_from: 0.0,
        lines: String::new(),
        body: String::new(),
    };
    page.title(width);
    page.rows();
    page.finish(width)
}

/// What stands on the right of a message.
fn details(hop: &HopRow) -> String {
    format!("{}, {}", hop.reference_point, hop.procedure)
}

fn box_width(diagram: &Diagram<'_>, lane: usize) -> f64 {
    let Some(row) = diagram.lanes.get(lane) else { return 0.0 };
    (row.name.chars().count() as f64 * 7.0).max(row.function.len() as f64 * SMALL_CHARACTER) + 18.0
}

fn label(number: usize, hop: &HopRow) -> String {
    match remark(hop) {
        Some(remark) => format!("{number}. {} [{remark}]", name_in_specs(hop)),
        None => format!("{number}. {}", name_in_specs(hop)),
    }
}

/// The middle of each lane: as close as boxes, labels and notes allow.
fn centres(diagram: &Diagram<'_>) -> Vec<f64> {
    let lanes = diagram.lanes.len();
    let mut gaps: Vec<f64> = (1..lanes)
        .map(|lane| {
            let new_group = diagram.groups.iter().any(|group| group.first == lane);
            let boxes = (box_width(diagram, lane - 1) + box_width(diagram, lane)) / 2.0;
            boxes + if new_group { 30.0 } else { 10.0 }
        })
        .collect();
    let mut needs: Vec<(usize, usize, f64)> = Vec::new();
    let mut need = |a: usize, b: usize, width: f64| match needs.iter_mut().find(|(from, to, _)| (*from, *to) == (a, b))
    {
        Some((.., known)) => *known = known.max(width),
        None => needs.push((a, b, width)),
    };
    for row in &diagram.rows {
        match row {
            Row::Message { number, hop, from, to } => {
                let width = label(*number, hop).chars().count() as f64 * CHARACTER + 22.0;
                need(*from.min(to), *from.max(to), width);
            }
            Row::Note { lane, text, .. } => {
                let half = note_width(text) / 2.0 + 4.0;
                if *lane + 1 < lanes {
                    need(*lane, *lane + 1, half + 4.0);
                }
                if *lane > 0 {
                    need(*lane - 1, *lane, half + 4.0);
                }
            }
            Row::Silence(_) => {}
        }
    }
    needs.sort_by_key(|(from, to, _)| (to - from, *from));
    for (from, to, width) in needs {
        let room: f64 = gaps[from..to].iter().sum();
        for gap in &mut gaps[from..to] {
            *gap += (width - room).max(0.0) / (to - from) as f64;
        }
    }
    let first = LEFT + half_width(diagram, 0);
    let mut centres = Vec::with_capacity(lanes);
    let mut x = first;
    for lane in 0..lanes {
        centres.push(x);
        x += gaps.get(lane).copied().unwrap_or(0.0);
    }
    centres
}

/// What a lane at the edge needs beside its middle: half of its box, or of its widest note.
fn half_width(diagram: &Diagram<'_>, at: usize) -> f64 {
    let widest = diagram.rows.iter().map(|row| match row {
        Row::Note { lane, text, .. } if *lane == at => note_width(text),
        Row::Note { .. } | Row::Message { .. } | Row::Silence(_) => 0.0,
    });
    widest.fold(box_width(diagram, at), f64::max) / 2.0
}

fn note_width(text: &str) -> f64 {
    text.chars().count() as f64 * SMALL_CHARACTER + 14.0
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// A diagram while it is drawn, from top to bottom.
struct Page<'a> {
    diagram: &'a Diagram<'a>,
    centres: Vec<f64>,
    procedures: Vec<&'a str>,
    /// Where the column on the right begins.
    remarks_at: f64,
    /// Where the next thing goes.
    y: f64,
    /// Down to where the lines of the lanes are drawn.
    lines_from: f64,
    /// The lines of the lanes, behind everything else.
    lines: String,
    body: String,
}

impl Page<'_> {
    /// The title, in as many lines as it needs.
    fn title(&mut self, width: f64) {
        let room = ((width - 20.0) / TITLE_CHARACTER) as usize;
        let mut lines = vec![String::new()];
        for word in self.diagram.title.split_whitespace() {
            let fits = lines.last().is_some_and(|line| line.chars().count() + word.chars().count() < room);
            match lines.last_mut() {
                Some(line) if fits && !line.is_empty() => *line += &format!(" {word}"),
                Some(line) if line.is_empty() => line.push_str(word),
                Some(_) | None => lines.push(word.to_owned()),
            }
        }
        for line in &lines {
            self.y += 17.0;
            self.text(10.0, self.y, "start", "title", line);
        }
        self.y += 12.0;
    }

    fn rows(&mut self) {
        let diagram = self.diagram;
        if diagram.rows.is_empty() {
            self.text(LEFT, self.y + ROW, "start", "label", "no messages");
            self.y += 2.0 * ROW;
        }
        let headers = diagram.rows.len().div_ceil(ROWS_PER_HEADER).max(1);
        for page in diagram.rows.chunks(diagram.rows.len().div_ceil(headers).max(1)) {
            self.header();
            for row in page {
                self.row(row);
            }
            self.y += MARGIN;
            self.lifelines("life");
        }
    }

    fn header(&mut self) {
        for group in &self.diagram.groups {
            let (first, last) = (group.first, group.first + group.lanes - 1);
            let left = self.centres[first] - box_width(self.diagram, first) / 2.0 - 5.0;
            let right = self.centres[last] + box_width(self.diagram, last) / 2.0 + 5.0;
            let class = match group.group {
                Group::Network(_) => "network",
                Group::User { .. } => "user",
            };
            let _ = writeln!(
                self.body,
                r#"<rect class="{class}" x="{left:.1}" y="{:.1}" width="{:.1}" height="{:.1}" rx="4"/>"#,
                self.y,
                right - left,
                GROUP + HEAD + 5.0
            );
            self.text(f64::midpoint(left, right), self.y + 15.0, "middle", "small", &group.label());
        }
        self.y += GROUP;
        for (lane, row) in self.diagram.lanes.iter().enumerate() {
            let (centre, width) = (self.centres[lane], box_width(self.diagram, lane));
            let _ = writeln!(
                self.body,
                r#"<rect class="lane" x="{:.1}" y="{:.1}" width="{width:.1}" height="{HEAD}" rx="2"/>"#,
                centre - width / 2.0,
                self.y
            );
            self.text(centre, self.y + 17.0, "middle", "name", &row.name);
            self.text(centre, self.y + 32.0, "middle", "small", row.function);
        }
        self.y += HEAD;
        self.lines_from = self.y;
        self.y += MARGIN;
    }

    /// Draws the lines of the lanes down to here.
    fn lifelines(&mut self, class: &str) {
        let (top, bottom) = (self.lines_from, self.y);
        if bottom > top {
            let lines: String =
                self.centres.iter().map(|centre| format!("M{centre:.1} {top:.1}V{bottom:.1}")).collect();
            let _ = writeln!(self.lines, r#"<path class="{class}" d="{lines}"/>"#);
        }
        self.lines_from = bottom;
    }

    fn row(&mut self, row: &Row<'_>) {
        let top = self.y;
        self.y += ROW;
        match row {
            Row::Silence(ns) => {
                self.y = top;
                self.lifelines("life");
                self.y += ROW;
                self.lifelines("silence");
                self.text(10.0, top + 17.0, "start", "small", &format!("+ {}", duration(*ns)));
            }
            Row::Message { number, hop, from, to } => {
                let line = top + ROW - 7.0;
                self.text(10.0, line + 3.0, "start", "time", &instant(hop.sent_ns));
                self.arrow(line, *from, *to, hop.transmission > 0, hop.lost);
                let middle = f64::midpoint(self.centres[*from], self.centres[*to]);
                let class = if hop.lost { "label lost" } else { "label" };
                self.text(middle, line - 4.0, "middle", class, &label(*number, hop));
                let colour = self.procedures.iter().position(|name| *name == hop.procedure).unwrap_or(0);
                let _ = writeln!(
                    self.body,
                    r#"<text class="small" x="{:.1}" y="{:.1}" fill="{}">{}</text>"#,
                    self.remarks_at,
                    line + 3.0,
                    COLOURS[colour % COLOURS.len()],
                    escaped(&details(hop))
                );
            }
            Row::Note { at_ns, lane, text } => {
                self.text(10.0, top + 17.0, "start", "time", &instant(*at_ns));
                let (centre, width) = (self.centres[*lane], note_width(text));
                let _ = writeln!(
                    self.body,
                    r#"<rect class="note" x="{:.1}" y="{:.1}" width="{width:.1}" height="18" rx="8"/>"#,
                    centre - width / 2.0,
                    top + 4.0
                );
                self.text(centre, top + 17.0, "middle", "small", text);
            }
        }
    }

    fn arrow(&mut self, y: f64, from: usize, to: usize, again: bool, lost: bool) {
        let (from, to) = (self.centres[from], self.centres[to]);
        let way = if to > from { 1.0 } else { -1.0 };
        let mut class = String::from("arrow");
        for (is, name) in [(again, " again"), (lost, " lost")] {
            class += if is { name } else { "" };
        }
        if lost {
            let end = to - way * LOST_BEFORE;
            let _ = writeln!(self.body, r#"<path class="{class}" d="M{from:.1} {y:.1}H{end:.1}"/>"#);
            let (left, right, top, bottom) = (end - 5.0, end + 5.0, y - 5.0, y + 5.0);
            let cross = format!("M{left:.1} {top:.1}L{right:.1} {bottom:.1}M{left:.1} {bottom:.1}L{right:.1} {top:.1}");
            let _ = writeln!(self.body, r#"<path class="cross" d="{cross}"/>"#);
            return;
        }
        let back = to - way * 8.0;
        let _ = writeln!(self.body, r#"<path class="{class}" d="M{from:.1} {y:.1}H{back:.1}"/>"#);
        let (top, bottom) = (y - 3.5, y + 3.5);
        let _ = writeln!(
            self.body,
            r#"<path class="head" d="M{to:.1} {y:.1}L{back:.1} {top:.1}L{back:.1} {bottom:.1}Z"/>"#
        );
    }

    fn text(&mut self, x: f64, y: f64, anchor: &str, class: &str, text: &str) {
        let text = escaped(text);
        let _ =
            writeln!(self.body, r#"<text class="{class}" x="{x:.1}" y="{y:.1}" text-anchor="{anchor}">{text}</text>"#);
    }

    fn finish(mut self, width: f64) -> String {
        let again = self.diagram.rows.iter().any(|row| matches!(row, Row::Message { hop, .. } if hop.transmission > 0));
        let lost = self.diagram.rows.iter().any(|row| matches!(row, Row::Message { hop, .. } if hop.lost));
        let legend = match (again, lost) {
            (true, true) => "Dashed: retransmission. Red, with a cross: lost. Times in seconds of virtual time.",
            (true, false) => "Dashed: retransmission. Times in seconds of virtual time.",
            (false, true) => "Red, with a cross: lost. Times in seconds of virtual time.",
            (false, false) => "Times in seconds of virtual time.",
        };
        self.y += 16.0;
        self.text(10.0, self.y, "start", "small", legend);
        let height = (self.y + 12.0).ceil();
        let title = escaped(self.diagram.title);
        format!(
            r#"<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}">
<title>{title}</title>
<style>{STYLE}</style>
<rect width="{width}" height="{height}" fill="white"/>
{}{}</svg>
"#,
            self.lines, self.body
        )
    }
}

const STYLE: &str = "
text{font-family:Arial,Helvetica,'Liberation Sans','DejaVu Sans',sans-serif;font-size:11.5px}
.title{font-size:14px;font-weight:bold}
.name{font-size:12px;font-weight:bold}
.small{font-size:10.5px}
.label{paint-order:stroke;stroke:white;stroke-width:3px}
.time{font-size:10.5px;fill:#555}
.lost{fill:#b00020}
.network{fill:#eef2f7;stroke:#9aa7b8}
.user{fill:#f7f3ea;stroke:#b8ab90}
.lane{fill:white;stroke:black}
.note{fill:#fff6cc;stroke:#a08a30}
.life{stroke:#888;fill:none}
.silence{stroke:#888;fill:none;stroke-dasharray:2 4}
.arrow{stroke:black;fill:none;stroke-width:1.2}
.arrow.again{stroke-dasharray:6 3}
.arrow.lost,.cross{stroke:#b00020;fill:none;stroke-width:1.4}
.head{fill:black}
";
