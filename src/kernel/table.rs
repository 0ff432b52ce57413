//! A table: dense storage by small integers that come in runs, such as the users of one node. Memory comes in pages
//! when their first element is asked for, so gaps cost nothing and growth copies nothing.

/// Elements of a page.
const PAGE: usize = 256;

/// Dense storage in pages.
#[derive(Clone, Debug)]
pub struct Table<T> {
    pages: Vec<Option<Box<[T]>>>,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Table { pages: Vec::new() }
    }
}

impl<T: Clone + Default> Table<T> {
    /// The element at `at`, which is made if it was never asked for.
    pub fn entry(&mut self, at: usize) -> &mut T {
        let page = at / PAGE;
        if page >= self.pages.len() {
            self.pages.resize(page + 1, None);
        }
        let elements = self.pages[page].get_or_insert_with(|| vec![T::default(); PAGE].into_boxed_slice());
        &mut elements[at % PAGE]
    }

    /// The element at `at`, unless nothing of its page was ever asked for.
    pub fn get(&self, at: usize) -> Option<&T> {
        self.pages.get(at / PAGE)?.as_ref().map(|elements| &elements[at % PAGE])
    }

    /// All elements of the pages in use, in order, to be changed.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.pages.iter_mut().flatten().flatten()
    }

    /// The same, each with its place.
    pub fn iter_mut_placed(&mut self) -> impl Iterator<Item = (usize, &mut T)> {
        let pages = self.pages.iter_mut().enumerate();
        pages.flat_map(|(page, elements)| {
            elements.iter_mut().flatten().enumerate().map(move |(at, element)| (page * PAGE + at, element))
        })
    }

    /// All elements of the pages in use, in order.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.pages.iter().flatten().flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_keep_their_places_and_gaps_cost_nothing() {
        let mut table: Table<u32> = Table::default();
        for at in [0, 255, 256, 1_000_000] {
            *table.entry(at) = at as u32 + 1;
        }
        assert_eq!((table.get(255), table.get(256), table.get(1)), (Some(&256), Some(&257), Some(&0)));
        assert_eq!((table.get(600), table.get(2_000_000)), (None, None));
        assert_eq!(table.iter().filter(|value| **value > 0).count(), 4);
        assert_eq!(table.pages.iter().flatten().count(), 3);
        assert!(table.iter_mut_placed().any(|(at, value)| (at, *value) == (1_000_000, 1_000_001)));
    }
}
