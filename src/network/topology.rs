//! The topology: nodes and links as a graph, and the shortest paths between nodes by mean latency.

use super::link::LinkSpec;
use petgraph::graph::{NodeIndex, UnGraph};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// One link of a path, with the direction in which it is crossed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Crossing {
    /// Link by index.
    pub link: usize,
    /// Whether it is crossed from its `from` end.
    pub forward: bool,
    /// Node at the far end.
    pub to: usize,
}

/// The paths between all pairs of nodes.
#[derive(Clone, Debug, Default)]
pub struct Topology {
    nodes: usize,
    paths: Vec<Option<Box<[Crossing]>>>,
}

impl Topology {
    /// Finds the paths over `nodes` nodes. Among paths of equal mean latency the one with fewer links wins, then the
    /// one over nodes with lower numbers.
    pub fn new(nodes: usize, links: &[LinkSpec]) -> Topology {
        let mut graph = UnGraph::<(), usize>::with_capacity(nodes, links.len());
        for _ in 0..nodes {
            graph.add_node(());
        }
        for (at, link) in links.iter().enumerate() {
            graph.add_edge(NodeIndex::new(link.from), NodeIndex::new(link.to), at);
        }
        let mut paths = Vec::with_capacity(nodes * nodes);
        for from in 0..nodes {
            let previous = shortest_tree(&graph, links, from, nodes);
            paths.extend((0..nodes).map(|to| walk_back(&previous, from, to)));
        }
        Topology { nodes, paths }
    }

    /// The links from one node to another in order; `None` when there is no route, empty for a node to itself.
    pub fn path(&self, from: usize, to: usize) -> Option<&[Crossing]> {
        self.paths.get(from * self.nodes + to)?.as_deref()
    }
}

type Tree = Vec<Option<(usize, Crossing)>>;

/// Dijkstra's algorithm with a total order of its own, so that ties never depend on the graph's internals.
fn shortest_tree(graph: &UnGraph<(), usize>, links: &[LinkSpec], from: usize, nodes: usize) -> Tree {
    let cost = |link: usize| crate::kernel::Span::from_secs_f64(links[link].latency.mean()).as_nanos().max(1);
    let mut best: Vec<Option<(u64, u32)>> = vec![None; nodes];
    let mut tree: Tree = vec![None; nodes];
    let mut open = BinaryHeap::from([Reverse((0u64, 0u32, from, from, usize::MAX))]);
    while let Some(Reverse((distance, hops, node, via, link))) = open.pop() {
        if best[node].is_some() {
            continue;
        }
        best[node] = Some((distance, hops));
        if link != usize::MAX {
            tree[node] = Some((via, Crossing { link, forward: links[link].from == via, to: node }));
        }
        for edge in graph.edges(NodeIndex::new(node)) {
            let at = *edge.weight();
            let spec = &links[at];
            let other = if spec.from == node { spec.to } else { spec.from };
            let usable = spec.duplex || spec.from == node;
            if usable && best[other].is_none() {
                open.push(Reverse((distance.saturating_add(cost(at)), hops + 1, other, node, at)));
            }
        }
    }
    tree
}

fn walk_back(tree: &Tree, from: usize, to: usize) -> Option<Box<[Crossing]>> {
    let mut path = Vec::new();
    let mut at = to;
    while at != from {
        let (previous, crossing) = tree[at]?;
        path.push(crossing);
        at = previous;
    }
    path.reverse();
    Some(path.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::Distribution;

    fn link(from: usize, to: usize, latency: f64, duplex: bool) -> LinkSpec {
        LinkSpec { from, to, duplex, latency: Distribution::Constant(latency), loss: 0.0, rate: None }
    }

    #[test]
    fn the_shortest_path_by_latency_wins_over_fewer_links() {
        let topology = Topology::new(3, &[link(0, 2, 0.1, true), link(0, 1, 0.01, true), link(1, 2, 0.01, true)]);
        let path: Vec<usize> = topology.path(0, 2).expect("connected").iter().map(|hop| hop.to).collect();
        assert_eq!(path, [1, 2]);
        let back: Vec<bool> = topology.path(2, 0).expect("connected").iter().map(|hop| hop.forward).collect();
        assert_eq!(back, [false, false]);
    }

    #[test]
    fn a_simplex_link_carries_one_direction() {
        let topology = Topology::new(2, &[link(0, 1, 0.01, false)]);
        assert!(topology.path(0, 1).is_some());
        assert!(topology.path(1, 0).is_none());
    }
}
