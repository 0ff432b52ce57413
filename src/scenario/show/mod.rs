//! The fully resolved model as a model file: every default written out, names in place of indices. What it writes can
//! be loaded again, except for trace files, of which it writes the rows as comments.

mod messaging;
mod deferral;
mod nodes;
mod policies;
mod sessions;
mod text;
mod work;

use super::config::population::{INITIAL, OFF_ACTIONS, OOB_ADDRESS, WISH_NAMES};
use super::model::{Availability, Capability, DeviceSpec, DoNotDisturb, GroupSpec, Model};
use crate::network::AccessSpec;
use text::{Page, bit_rate, name_in, octets, quote, time, time_distribution};

/// `model` as text.
pub fn show_model(model: &Model) -> String {
    let mut page = Page::default();
    page.comment(&format!("model {}", model.name));
    page.key("description", quote(&model.description));
    page.key("seed", model.seed);
    page.key("horizon", time(model.horizon));
    page.key("warm_up", time(model.warm_up));
    page.table("order");
    page.key("network_input_before_timer", model.order.network_input_before_timer);
    page.key("tie_shuffle", model.order.tie_shuffle.map_or(quote("none"), |seed| seed.to_string()));
    nodes::write(&mut page, model);
    model.access.iter().for_each(|access| write_access(&mut page, access));
    model.devices.iter().for_each(|device| write_device(&mut page, model, device));
    model.groups.iter().for_each(|group| write_group(&mut page, model, group));
    policies::write(&mut page, model);
    messaging::write(&mut page, model);
    work::write(&mut page, model);
    work::write_faults(&mut page, model);
    page.table("trace");
    page.key("from", time(model.trace_from));
    write_measure(&mut page, model);
    page.finish()
}

fn write_access(page: &mut Page, access: &AccessSpec) {
    page.table(&format!("access.{}", access.name));
    page.key("latency", time_distribution(&access.latency));
    page.key("loss", access.loss);
    page.key("rate", access.rate.map_or(quote("unlimited"), bit_rate));
    page.key("idle_after", access.idle_after.map_or(quote("never"), text::span));
    page.key("promotion", time_distribution(&access.promotion));
    page.key("paging", time_distribution(&access.paging));
}

fn write_device(page: &mut Page, model: &Model, device: &DeviceSpec) {
    page.table(&format!("devices.{}", device.name));
    page.key("access", quote(&model.access[device.access].name));
    page.key("features", text::list(device.features.iter().map(|feature| quote(feature))));
    page.key("max_content", device.max_content.map_or(quote("unlimited"), |size| octets(f64::from(size))));
    page.key("think_time", device.think_time.as_ref().map_or(quote("never"), time_distribution));
    page.key("pull", quote(if device.pull_listed { "listed" } else { "all" }));
    let weights = device.pull_actions.iter().map(|(wish, weight)| {
        let name = WISH_NAMES.iter().find(|(_, known)| known == wish).map_or("", |(name, _)| name);
        format!("{name} = {weight}")
    });
    page.key("pull_actions", format!("{{ {} }}", weights.collect::<Vec<_>>().join(", ")));
    page.key("pull_unsuitable", name_in(&WISH_NAMES, &device.pull_unsuitable));
    page.key("answer_delay", time_distribution(&device.answer_delay));
    page.key("provisioned", device.provisioned);
    page.key("roaming", device.roaming);
    page.key("oob_address", name_in(&OOB_ADDRESS, &device.oob_address));
    sessions::write_profile(page, &device.sessions);
}

fn write_group(page: &mut Page, model: &Model, group: &GroupSpec) {
    page.table(&format!("population.{}", group.name));
    page.key("users", group.users);
    page.key("network", quote(&model.networks[group.network]));
    page.key("devices", text::list(group.devices.iter().map(|&device| quote(&model.devices[device].name))));
    page.key("initial", name_in(&INITIAL, &group.initial));
    page.key("registration_spread", text::span(group.registration_spread));
    page.key("expires", text::span(group.expires));
    page.key("availability", group.availability.as_ref().map_or(quote("always"), availability));
    page.key("do_not_disturb", group.do_not_disturb.as_ref().map_or(quote("never"), do_not_disturb));
    let subscribe_to = group.subscribe_to.map_or(quote("none"), |node| quote(&model.nodes[node].name));
    page.key("subscribe_to", subscribe_to);
    page.key("capability", group.capability.as_ref().map_or(quote("constant"), capability));
    page.key("interests", text::list(group.interests.iter().map(|name| quote(name))));
}

fn capability(capability: &Capability) -> String {
    let features = text::list(capability.features.iter().map(|feature| quote(feature)));
    let (with, without) = (time_distribution(&capability.with), time_distribution(&capability.without));
    format!("{{ features = {features}, with = {with}, without = {without} }}")
}

fn availability(availability: &Availability) -> String {
    let (on, off) = (time_distribution(&availability.on), time_distribution(&availability.off));
    format!("{{ on = {on}, off = {off}, off_action = {} }}", name_in(&OFF_ACTIONS, &availability.off_action))
}

fn do_not_disturb(periods: &DoNotDisturb) -> String {
    match periods {
        DoNotDisturb::Schedule { start, length, every, spread } => format!(
            "{{ start = {}, length = {}, every = {}, spread = {} }}",
            text::span(*start),
            text::span(*length),
            text::span(*every),
            text::span(*spread)
        ),
        DoNotDisturb::Toggle { on, off } => {
            format!("{{ on = {}, off = {} }}", time_distribution(on), time_distribution(off))
        }
    }
}

fn write_measure(page: &mut Page, model: &Model) {
    page.table("measure");
    page.key("thresholds", text::list(model.measure.thresholds.iter().map(|&span| text::span(span))));
    page.key("states", model.measure.states);
    page.key("staleness", model.measure.staleness);
    page.key("timeline", model.measure.timeline.map_or(quote("none"), text::span));
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::scenario::config::{load, load_text};

    fn again(model: &Model) {
        let shown = show_model(model);
        let read = load_text(Path::new(&format!("{}.toml", model.name)), &shown, &[]);
        let read = read.unwrap_or_else(|error| panic!("{error}\n{shown}"));
        assert_eq!(show_model(&read), shown);
    }

    #[test]
    fn what_is_shown_is_the_same_model_again() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("models");
        for name in
            ["networks/two_networks", "validation/mm1", "validation/priority_nonpreemptive", "validation/datagram_loss"]
        {
            let model = load(&root.join(format!("{name}.toml")), &[]).expect("a good model");
            again(&model);
            let shown = load_text(Path::new(&format!("{}.toml", model.name)), &show_model(&model), &[]);
            assert_eq!(shown.expect("good"), model);
        }
    }

    #[test]
    fn every_distribution_and_setting_is_shown_as_it_can_be_written() {
        let text = r#"
horizon = "90min"
[nodes]
p = { role = "p_cscf" }
i = { role = "i_cscf", overflow = "503", retry_after = "1.5s", queue = 3 }
s = { role = "s_cscf", service = { dist = "lognormal", mean = "10ms", cv = 2 } }
hss = { role = "hss", servers = "infinite", service = { dist = "weibull", shape = 0.5, mean = "3ms", cap = "1s" } }
pf = { role = "pf", service = { default = "1ms", MESSAGE = { dist = "pareto", minimum = "1ms", shape = 1.5 } } }
src = { role = "source" }
dst = { role = "sink" }
[[links]]
from = "*"
to = "*"
latency = { dist = "erlang", shape = 3, mean = "7.5ms", shift = "1us" }
rate = "2.5Mbit/s"
[access.lte]
latency = { dist = "empirical", values = ["1ms", "2ms"], weights = [1, 3] }
idle_after = "10s"
[devices.phone]
access = "lte"
think_time = { dist = "hyperexponential", branches = [{ p = 0.3, mean = "5s" }, { p = "70%", mean = "20s" }] }
[population.u]
users = 3
device = "phone"
availability = { on = "1h", off = { dist = "uniform", low = "1s", high = "2min" } }
[policies]
reg_event = ["pf"]
decline_retry_after = "5s"
[[workload]]
name = "w"
kind = "transaction"
method = "INVITE"
answer_delay = "2s"
interarrival = { dist = "exponential", mean = "0.3s" }
[[workload]]
name = "c"
kind = "pager"
from = "u"
to = "u"
rate = "7/h"
[[faults]]
node = "pf"
kind = "restart"
keeps_data = false
at = ["1min", "2min"]
duration = "10s"
[[faults]]
link = ["s", "pf"]
time_to_failure = { dist = "exponential", mean = "1h" }
time_to_repair = "5s"
[[faults]]
group = "u"
at = "3min"
duration = { dist = "uniform", low = "1s", high = "2min" }
[[faults]]
node = "pf"
kind = "loss"
procedures = ["report", "deferred-delivery"]
messages = "final_responses"
loss = "30%"
at = "3min"
duration = "1min"
[[faults]]
link = ["s", "pf"]
kind = "loss"
at = "3min"
duration = "1min"
[[script]]
at = "1s"
user = "u[2]"
do = "pull"
listed = true
"#;
        again(&load_text(Path::new("m.toml"), text, &[]).expect("a good model"));
    }
}
