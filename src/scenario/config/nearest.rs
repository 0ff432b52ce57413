//! The nearest known name to a mistyped one.

/// The candidate closest to `word`, when it is close enough to be what was meant.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<String> {
    // Names longer than any key are not typing errors, and the distance is quadratic.
    if word.len() > 80 {
        return None;
    }
    let limit = (word.chars().count() / 3).max(1) + 1;
    candidates
        .into_iter()
        .filter(|candidate| candidate.len() <= 80 && *candidate != word)
        .map(|candidate| (distance(&word.to_lowercase(), &candidate.to_lowercase()), candidate))
        // Something of the one must be left in the other.
        .filter(|(distance, other)| *distance <= limit && *distance < other.chars().count().max(word.chars().count()))
        .min()
        .map(|(_, candidate)| candidate.to_owned())
}

/// Optimal string alignment: insertions, deletions, substitutions and swaps of neighbours.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows = vec![vec![0; b.len() + 1]; a.len() + 1];
    for (i, row) in rows.iter_mut().enumerate() {
        row[0] = i;
    }
    for (j, cell) in rows[0].iter_mut().enumerate() {
        *cell = j;
    }
    for i in 1..=a.len() {
        for j in 1..=b.len() {
            let substitution = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut best = substitution.min(rows[i - 1][j] + 1).min(rows[i][j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            rows[i][j] = best;
        }
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_found_and_a_far_one_is_not() {
        let keys = ["service", "servers", "queue"];
        assert_eq!(nearest("sevice", keys).as_deref(), Some("service"));
        assert_eq!(nearest("SERVERS", keys).as_deref(), Some("servers"));
        assert_eq!(nearest("quuee", keys).as_deref(), Some("queue"));
        assert_eq!(nearest("qq", ["q", "x"]).as_deref(), Some("q"));
        assert_eq!(nearest("latency", keys), None);
        assert_eq!(nearest("x", ["q"]), None);
        assert_eq!(nearest("", keys), None);
    }
}
