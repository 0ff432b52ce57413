//! Nodes and links.

use super::text::{Page, bit_rate, list, name_in, quote, span, time_distribution};
use crate::network::{Overflow, StationSpec};
use crate::scenario::config::nodes::DISCIPLINES;
use crate::scenario::config::role_name;
use crate::scenario::model::{Model, NodeSpec};

/// Writes all nodes, then all links.
pub fn write(page: &mut Page, model: &Model) {
    for node in &model.nodes {
        write_node(page, model, node);
    }
    if model.links.is_empty() {
        return;
    }
    for link in &model.links {
        page.element("links");
        page.key("from", quote(&model.nodes[link.from].name));
        page.key("to", quote(&model.nodes[link.to].name));
        page.key("duplex", link.duplex);
        page.key("latency", time_distribution(&link.latency));
        page.key("loss", link.loss);
        page.key("rate", link.rate.map_or(quote("unlimited"), bit_rate));
    }
}

fn write_node(page: &mut Page, model: &Model, node: &NodeSpec) {
    let infinite = |count: Option<u32>| count.map_or(quote("infinite"), |count| count.to_string());
    page.table(&format!("nodes.{}", node.name));
    page.key("role", quote(role_name(node.role)));
    page.key("network", quote(&model.networks[node.network]));
    page.key("instances", node.instances);
    page.key("servers", infinite(node.station.servers));
    page.key("queue", infinite(node.station.queue));
    page.key("discipline", name_in(&DISCIPLINES, &node.station.discipline));
    match node.station.overflow {
        Overflow::Drop => page.key("overflow", quote("drop")),
        Overflow::Reject { retry_after } => {
            page.key("overflow", quote("503"));
            page.key("retry_after", retry_after.map_or(quote("none"), span));
        }
    }
    page.key("service", service(&node.station));
    let priorities = node.station.priority.iter().map(|(class, priority)| format!("{class} = {priority}"));
    page.key("priority", braces(&list(priorities)));
}

fn service(station: &StationSpec) -> String {
    let default = time_distribution(&station.default_service);
    if station.service.is_empty() {
        return default;
    }
    let own = station.service.iter().map(|(class, service)| format!("{class} = {}", time_distribution(service)));
    braces(&list(std::iter::once(format!("default = {default}")).chain(own)))
}

/// A list in brackets as an inline table.
fn braces(list: &str) -> String {
    let inner = list.strip_prefix('[').and_then(|list| list.strip_suffix(']')).unwrap_or(list);
    if inner.is_empty() { "{}".to_owned() } else { format!("{{ {inner} }}") }
}
