//! Message ladders for a terminal: one lane per node in order of first appearance, one line per message.

use crate::measure::results::HopRow;
use std::fmt::Write as _;

/// Draws the messages as a ladder. Time is in milliseconds from the first message; `xN` marks the N-th retransmission,
/// an arrow that ends in `?` a lost message.
pub fn ladder(rows: &[HopRow]) -> String {
    let lanes = lanes(rows);
    let Some(first) = rows.first() else { return "no messages\n".to_string() };
    let width = lane_width(rows, &lanes);
    let mut text = String::new();
    let _ = write!(text, "{:>5} {:>14} ", "", "ms");
    for lane in &lanes {
        let _ = write!(text, "{lane:^width$}");
    }
    text.truncate(text.trim_end().len());
    text.push('\n');
    for (number, row) in rows.iter().enumerate() {
        let at = row.sent_ns - first.sent_ns;
        let _ = write!(text, "{:>5} {:>14} ", number + 1, format!("{}.{:06}", at / 1_000_000, at % 1_000_000));
        let line = arrow(row, &lanes, width);
        let _ = writeln!(text, "{}  {} {} o, {}", line, row.reference_point, row.octets, row.procedure);
    }
    text
}

fn lanes(rows: &[HopRow]) -> Vec<&str> {
    let mut lanes: Vec<&str> = Vec::new();
    for row in rows {
        for name in [row.from.as_str(), row.to.as_str()] {
            if !lanes.contains(&name) {
                lanes.push(name);
            }
        }
    }
    lanes
}

fn label(row: &HopRow) -> String {
    match row.transmission {
        0 => row.message.clone(),
        number => format!("{} x{number}", row.message),
    }
}

fn lane_width(rows: &[HopRow], lanes: &[&str]) -> usize {
    let labels = rows.iter().map(|row| label(row).len() + 3).max().unwrap_or(0);
    let names = lanes.iter().map(|name| name.len() + 2).max().unwrap_or(0);
    labels.max(names)
}

fn arrow(row: &HopRow, lanes: &[&str], width: usize) -> String {
    let column = |name: &str| lanes.iter().position(|lane| *lane == name).unwrap_or(0) * width + width / 2;
    let (from, to) = (column(&row.from), column(&row.to));
    let (left, right) = (from.min(to), from.max(to));
    let mut line: Vec<char> = vec![' '; lanes.len() * width];
    for lane in 0..lanes.len() {
        line[lane * width + width / 2] = '|';
    }
    for cell in &mut line[left + 1..right] {
        *cell = '-';
    }
    let text: Vec<char> = label(row).chars().collect();
    let start = left + 1 + (right - left - 1).saturating_sub(text.len()) / 2;
    for (offset, character) in text.iter().enumerate() {
        if start + offset < right {
            line[start + offset] = *character;
        }
    }
    let head = match (row.lost, to > from) {
        (true, _) => '?',
        (false, true) => '>',
        (false, false) => '<',
    };
    line[if to > from { right - 1 } else { left + 1 }] = head;
    let text: String = line.into_iter().collect();
    text.trim_end().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrows_point_at_the_receiver_and_losses_show() {
        let row = |from: &str, to: &str, message: &str, transmission, arrives_ns: Option<u64>| HopRow {
            arrives_ns,
            lost: arrives_ns.is_none(),
            transmission,
            ..HopRow::example(from, to, message, 5_000_000)
        };
        let rows = [
            row("bob/1", "p", "MESSAGE", 0, None),
            row("bob/1", "p", "MESSAGE", 1, Some(6)),
            row("p", "bob/1", "200 MESSAGE", 0, Some(7)),
        ];
        let text = ladder(&rows);
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines[1].contains("MESSAGE--?|"), "{text}");
        assert!(lines[2].contains("MESSAGE x1-->|") || lines[2].contains("MESSAGE x1->|"), "{text}");
        assert!(lines[3].contains("|<"), "{text}");
    }
}
