//! Printing to standard output, and tables for a person.

use std::io::{ErrorKind, Write};

/// Prints a text to standard output. A reader that closes its end early is no failure.
pub fn print(text: &str) {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Ok(()) => {}
        Err(error) if error.kind() == ErrorKind::BrokenPipe => {}
        Err(error) => eprintln!("cannot write to standard output: {error}"),
    }
}

/// Lays out rows under a heading: the first `left` columns to the left, the others to the right.
pub fn table(heading: &[String], rows: &[Vec<String>], left: usize) -> String {
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column)).chain(heading.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..heading.len()).map(width).collect();
    let mut text = String::new();
    for row in std::iter::once(heading).chain(rows.iter().map(Vec::as_slice)) {
        let mut line = String::new();
        for (column, cell) in row.iter().enumerate() {
            let width = widths[column];
            let padded = if column < left { format!("{cell:<width$}") } else { format!("{cell:>width$}") };
            line.push_str(&padded);
            line.push_str("  ");
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up() {
        let own = |cells: &[&str]| cells.iter().map(|cell| (*cell).to_owned()).collect::<Vec<String>>();
        let text = table(&own(&["load", "delay"]), &[own(&["10/s", "2 ± 1"]), own(&["5/s", "12"])], 1);
        assert_eq!(text, "load  delay\n10/s  2 ± 1\n5/s      12\n");
    }
}
