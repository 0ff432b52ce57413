//! A slab: dense storage for things that come and go, addressed by small integers. Positions are reused and must
//! never reach the order of events, the wire, a random stream or a hash of state.

/// Dense storage with a free list.
#[derive(Clone, Debug)]
pub struct Slab<T> {
    entries: Vec<Entry<T>>,
    free: u32,
    len: u32,
}

#[derive(Clone, Debug)]
enum Entry<T> {
    Vacant(u32),
    Occupied(T),
}

const END: u32 = u32::MAX;

impl<T> Default for Slab<T> {
    fn default() -> Self {
        Slab { entries: Vec::new(), free: END, len: 0 }
    }
}

impl<T> Slab<T> {
    /// Number of things held.
    pub fn len(&self) -> usize {
        self.len as usize
    }

    /// Whether nothing is held.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Stores `value` and returns its position.
    pub fn insert(&mut self, value: T) -> u32 {
        self.len += 1;
        if self.free == END {
            let at = self.entries.len() as u32;
            self.entries.push(Entry::Occupied(value));
            return at;
        }
        let at = self.free;
        match std::mem::replace(&mut self.entries[at as usize], Entry::Occupied(value)) {
            Entry::Vacant(next) => self.free = next,
            Entry::Occupied(_) => unreachable!("the free list holds vacant entries only"),
        }
        at
    }

    /// Takes out what is at `at`, if anything.
    pub fn remove(&mut self, at: u32) -> Option<T> {
        let entry = self.entries.get_mut(at as usize)?;
        if matches!(entry, Entry::Vacant(_)) {
            return None;
        }
        let Entry::Occupied(value) = std::mem::replace(entry, Entry::Vacant(self.free)) else { return None };
        self.free = at;
        self.len -= 1;
        Some(value)
    }

    /// What is at `at`, if anything.
    pub fn get(&self, at: u32) -> Option<&T> {
        match self.entries.get(at as usize) {
            Some(Entry::Occupied(value)) => Some(value),
            Some(Entry::Vacant(_)) | None => None,
        }
    }

    /// What is at `at`, if anything, to be changed.
    pub fn get_mut(&mut self, at: u32) -> Option<&mut T> {
        match self.entries.get_mut(at as usize) {
            Some(Entry::Occupied(value)) => Some(value),
            Some(Entry::Vacant(_)) | None => None,
        }
    }

    /// All that is held, in order of position.
    pub fn iter(&self) -> impl Iterator<Item = (u32, &T)> {
        self.entries.iter().enumerate().filter_map(|(at, entry)| match entry {
            Entry::Occupied(value) => Some((at as u32, value)),
            Entry::Vacant(_) => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_are_reused_and_stale_ones_are_empty() {
        let mut slab = Slab::default();
        let (a, b) = (slab.insert("a"), slab.insert("b"));
        assert_eq!(slab.remove(a), Some("a"));
        assert_eq!(slab.remove(a), None);
        assert_eq!(slab.insert("c"), a);
        assert_eq!((slab.get(a), slab.get(b), slab.len()), (Some(&"c"), Some(&"b"), 2));
    }
}
