//! The validated model: what a model file says, resolved. Names are indices, quantities are numbers in base units,
//! every default is filled in. Parsing lives in `config`; nothing here reads a file.

pub use crate::agents::messaging::MessagingSettings;
use crate::agents::policies::{OutOfBandAddress, Policies, PushFallback};
use crate::agents::procedure::ProcedureSet;
use crate::agents::push_sender::{Media, MethodChoice, PushClass, Targets};
pub use crate::agents::session::SessionProfile;
pub use crate::agents::settings::{SipSettings, Transport};
pub use crate::agents::shared::{Role, Wish};
use crate::kernel::{Distribution, OrderRules, Span, Time};
use crate::network::{AccessSpec, LinkSpec, StationSpec};
use crate::wire::mailbox::MailboxEvent;

/// A model: network, population, policies, workload and script.
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    /// File name without folder and extension.
    pub name: String,
    /// One sentence on what the model is.
    pub description: String,
    /// Master seed where no experiment gives one. Default 1.
    pub seed: u64,
    /// The run ends here.
    pub horizon: Time,
    /// Measurements of means, latencies and measures start here; signalling is counted from here too.
    pub warm_up: Time,
    /// Rules of the event order (`[order]`).
    pub order: OrderRules,
    /// Home networks by name, sorted; their domain is `NAME.example`.
    pub networks: Vec<String>,
    /// Nodes sorted by name.
    pub nodes: Vec<NodeSpec>,
    /// Links in file order.
    pub links: Vec<LinkSpec>,
    /// Access types sorted by name.
    pub access: Vec<AccessSpec>,
    /// Device profiles sorted by name.
    pub devices: Vec<DeviceSpec>,
    /// User groups sorted by name; a user is (group, index).
    pub groups: Vec<GroupSpec>,
    /// Policies.
    pub policies: Policies,
    /// SIP transport and timers.
    pub sip: SipSettings,
    /// Mailbox notifications, multimedia and short messages (`[mem]`, `[mms]`, `[sms]`).
    pub messaging: MessagingSettings,
    /// Workloads in file order.
    pub workloads: Vec<WorkloadSpec>,
    /// Faults in file order; one that strikes each instance of a node by itself is one fault per instance.
    pub faults: Vec<FaultSpec>,
    /// Script in file order.
    pub script: Vec<ScriptStep>,
    /// `[trace] from`: a message counts if its procedure began at or after this.
    pub trace_from: Time,
    /// What to measure beyond the standard set.
    pub measure: MeasureSpec,
}

impl Model {
    /// Messages of procedures that began at or after this are counted and traced: the end of warm-up and set-up.
    pub fn counts_from(&self) -> Time {
        self.warm_up.max(self.trace_from)
    }
}

/// A node (`[nodes.NAME]`).
#[derive(Clone, Debug, PartialEq)]
pub struct NodeSpec {
    /// Name in the model file, also in results.
    pub name: String,
    /// Function.
    pub role: Role,
    /// Index of its home network in [`Model::networks`].
    pub network: usize,
    /// Instances; each is a node of its own with the same links.
    pub instances: u32,
    /// The station of each instance.
    pub station: StationSpec,
}

/// A device profile (`[devices.NAME]`).
#[derive(Clone, Debug, PartialEq)]
pub struct DeviceSpec {
    /// Name in the model file.
    pub name: String,
    /// Index of its access type in [`Model::access`].
    pub access: usize,
    /// CPM services it registers for, from `msg`, `largemsg`, `deferred`, `session`, `filetransfer`, `systemmsg`, and
    /// the older tag `oma_sip_im`. Default `msg`, `deferred`, `systemmsg`.
    pub features: Vec<String>,
    /// Largest pager content it takes, octets. Default unlimited.
    pub max_content: Option<u32>,
    /// Reaction from a notification to the management INVITE, in seconds; `None` never pulls (`think_time`, `"never"`).
    pub think_time: Option<Distribution>,
    /// What its pull asks for: everything without a list, or the notified entries by list (`pull = "all" | "listed"`).
    pub pull_listed: bool,
    /// What a listing pull wants done with each entry, by weight (`pull_actions`). Default delivery.
    pub pull_actions: Vec<(Wish, f64)>,
    /// The same for an entry that is too large for the device. Default delivery.
    pub pull_unsuitable: Wish,
    /// Time the terminal takes to answer a request, in seconds. Default 0.
    pub answer_delay: Distribution,
    /// Whether the CPMDeferredMsgMgmtURI is provisioned. Default true.
    pub provisioned: bool,
    /// Whether the device is in a visited network. Default false.
    pub roaming: bool,
    /// POL-OOB-ADDR. Default `msisdn`.
    pub oob_address: OutOfBandAddress,
    /// What it takes by sessions.
    pub sessions: SessionProfile,
}

/// How the terminals of a group start.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum InitialState {
    /// Switched off (`off`).
    Off,
    /// Switched on and not registered: reachable for short messages alone (`attached`).
    Attached,
    /// Switched on at a time drawn uniformly from `registration_spread` (`on`).
    #[default]
    On,
    /// Registered without signalling before the run, refresh phases spread uniformly (`registered`).
    Registered,
    /// On or off by the stationary probability of `availability`; those on are registered (`stationary`).
    Stationary,
}

/// What a terminal does when its availability ends.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum OffAction {
    /// It de-registers first (`de_register`).
    #[default]
    DeRegister,
    /// It vanishes: its binding stays until it expires (`vanish`).
    Vanish,
}

/// Alternating on and off times of each terminal (`availability`).
#[derive(Clone, Debug, PartialEq)]
pub struct Availability {
    /// Length of an on period, seconds.
    pub on: Distribution,
    /// Length of an off period, seconds.
    pub off: Distribution,
    /// What the terminal does at its end.
    pub off_action: OffAction,
}

/// Features that a terminal has at times only (`capability`).
#[derive(Clone, Debug, PartialEq)]
pub struct Capability {
    /// The features.
    pub features: Vec<String>,
    /// How long a terminal has them, seconds.
    pub with: Distribution,
    /// How long it lacks them, seconds.
    pub without: Distribution,
}

/// When each user of a group wants no disturbance (`do_not_disturb`). The user's first terminal tells the XDMS.
#[derive(Clone, Debug, PartialEq)]
pub enum DoNotDisturb {
    /// At set times, again and again.
    Schedule {
        /// The first time (`start`).
        start: Span,
        /// For how long (`length`).
        length: Span,
        /// From one start to the next (`every`). Default 24 h.
        every: Span,
        /// Each user is later than this by a constant, drawn uniformly up to `spread`. Default 0.
        spread: Span,
    },
    /// Alternating periods at random, with the rule absent at first.
    Toggle {
        /// Length of a period with the rule, seconds (`on`).
        on: Distribution,
        /// Length of a period without, seconds (`off`).
        off: Distribution,
    },
}

/// A group of users alike (`[population.NAME]`). With one user the group's name is the user's name; with more, users
/// are `NAME[0]`, `NAME[1]`, ….
#[derive(Clone, Debug, PartialEq)]
pub struct GroupSpec {
    /// Name in the model file.
    pub name: String,
    /// Number of users.
    pub users: u32,
    /// Index of the home network in [`Model::networks`].
    pub network: usize,
    /// Device of each terminal of a user, indices in [`Model::devices`]; 1 to 8.
    pub devices: Vec<usize>,
    /// Initial state of the terminals.
    pub initial: InitialState,
    /// Terminals that start `on` switch on within this span. Default 0 (all at once).
    pub registration_spread: Span,
    /// Expires that a terminal asks for. Default 600000 s.
    pub expires: Span,
    /// On and off periods; `None` is always on.
    pub availability: Option<Availability>,
    /// Index of the push sender that the terminals subscribe to once they are registered (`subscribe_to`); `None` is
    /// none.
    pub subscribe_to: Option<usize>,
    /// Features that the terminals lose and regain; `None` never (`capability`).
    pub capability: Option<Capability>,
    /// What the users are interested in, as push senders know it. Default nothing.
    pub interests: Vec<String>,
    /// Periods of do-not-disturb; `None` is never.
    pub do_not_disturb: Option<DoNotDisturb>,
}

/// How things arrive.
#[derive(Clone, Debug, PartialEq)]
pub enum Arrivals {
    /// Poisson with this rate per second (`rate`, or `rate_per_user` times the users).
    Poisson(f64),
    /// Independent gaps of this distribution, in seconds (`interarrival`).
    Renewal(Distribution),
    /// At these instants (`at`, one or a list).
    At(Vec<Time>),
    /// A fixed population in a closed loop: each member comes back after a think time, in seconds, once served
    /// (`population`, `think_time`). Datagrams only.
    Closed {
        /// Members.
        population: u32,
        /// Time from the end of one cycle to the next arrival, seconds.
        think_time: Distribution,
    },
    /// From a CSV file (`trace_file`), rows sorted by time.
    Trace(Vec<TraceRow>),
}

/// One row of a trace file with the header `time_s,from,to,size,report`; `from` and `to` are users and may be empty for
/// datagrams and transactions.
#[derive(Clone, Debug, PartialEq)]
pub struct TraceRow {
    /// When.
    pub at: Time,
    /// Sending user.
    pub from: Option<UserRef>,
    /// Receiving user.
    pub to: Option<UserRef>,
    /// Octets of content.
    pub size: Option<u32>,
    /// Whether a delivery report is asked.
    pub report: bool,
}

/// A user by group and index.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct UserRef {
    /// Index in [`Model::groups`].
    pub group: usize,
    /// Index in the group.
    pub index: u32,
}

/// A stream of work (`[[workload]]`).
#[derive(Clone, Debug, PartialEq)]
pub struct WorkloadSpec {
    /// Name, also the `class` of its latencies.
    pub name: String,
    /// What each arrival does.
    pub kind: WorkloadKind,
    /// When arrivals happen.
    pub arrivals: Arrivals,
    /// Things per arrival (`batch`). Default 1.
    pub batch: Distribution,
    /// No arrival before this. Default 0.
    pub start: Time,
    /// No arrival from here on. Default the horizon.
    pub stop: Time,
}

/// What an arrival of a workload does (`kind`).
#[derive(Clone, Debug, PartialEq)]
pub enum WorkloadKind {
    /// A user of one group sends a pager message to a user of another (`pager`).
    Pager {
        /// Index of the senders' group (`from`).
        from: usize,
        /// Index of the receivers' group (`to`).
        to: usize,
        /// Octets of content. Default 60.
        size: Distribution,
        /// Whether a delivery report is asked. Default false.
        report: bool,
        /// Expires of the messages. Default none.
        expires: Option<Span>,
    },
    /// A push sender delivers content to a user of a group, or to all of them (`push`).
    Push {
        /// Index of the push sender (`from`).
        from: usize,
        /// Index of the recipients' group (`to`).
        to: usize,
        /// Octets of content. Default 500.
        size: Distribution,
        /// What is pushed how.
        push: PushSpec,
        /// Of a push to the whole group, the time from one user to the next (`audience = "group"`, `pace`); `None` is
        /// one user.
        pace: Option<Span>,
    },
    /// A user of one group sends a large message to a user of another, by a session (`large`).
    Large {
        /// Index of the senders' group (`from`).
        from: usize,
        /// Index of the receivers' group (`to`).
        to: usize,
        /// Octets of content. Default 100 kB.
        size: Distribution,
        /// Whether a delivery report is asked. Default false.
        report: bool,
        /// The invitation is given up when it is not answered by then. Default never.
        cancel_after: Option<Span>,
    },
    /// Something happens to the mailbox of a user (`mailbox`).
    Mailbox {
        /// Index of the users' group (`to`).
        to: usize,
        /// What happens (`event`). Default `MessageNew`.
        event: MailboxEvent,
    },
    /// A source sends a datagram over a path of nodes to a sink (`datagram`).
    Datagram {
        /// Index of the source node.
        from: usize,
        /// Indices of the relays in order.
        via: Vec<usize>,
        /// Index of the sink node.
        to: usize,
        /// Octets. Default 500.
        size: Distribution,
    },
    /// A source runs a SIP transaction with a sink, over proxies if any (`transaction`).
    Transaction {
        /// Index of the source node.
        from: usize,
        /// Indices of the proxies in order.
        via: Vec<usize>,
        /// Index of the sink node.
        to: usize,
        /// INVITE or MESSAGE (`method`). Default MESSAGE.
        invite: bool,
        /// Final status of the sink. Default 200.
        status: u16,
        /// Time from the request to the final response, in seconds (`answer_delay`). Default 0.
        answer_delay: Distribution,
        /// Whether the sink answers an INVITE with a provisional response on arrival. Default 100 when the answer is
        /// delayed.
        provisional: bool,
    },
}

/// What is pushed how: the keys that a workload of kind `push` and a step that pushes share.
#[derive(Clone, Debug, PartialEq)]
pub struct PushSpec {
    /// Kind of push (`class`). Default `generic`.
    pub class: PushClass,
    /// How the delivery method is chosen (`method`). Default `message`.
    pub method: MethodChoice,
    /// Which terminals of a user (`targets`, `k`). Default `all`.
    pub targets: Targets,
    /// Features that a terminal must have (`require`). Default none.
    pub require: Vec<String>,
    /// Interests that a user must have (`interests`). Default none.
    pub interests: Vec<String>,
    /// What it carries where it goes by session (`files`, `content_type`, `disposition`, `cancel_after`).
    pub media: Media,
}

/// Who takes a step of the script.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Actor {
    /// A user at a terminal, 0 for the first (`user`, `terminal = 1` in the file).
    Terminal(UserRef, u8),
    /// A node (`node`), by its index.
    Node(usize),
}

/// Something that fails (`[[faults]]`).
#[derive(Clone, Debug, PartialEq)]
pub struct FaultSpec {
    /// What fails.
    pub target: FaultTarget,
    /// What the failure does.
    pub kind: FaultKind,
    /// When it fails, and for how long.
    pub times: FaultTimes,
}

/// What fails.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum FaultTarget {
    /// A node (`node`).
    Node {
        /// Index in [`Model::nodes`].
        node: usize,
        /// Which instance, 0 the first (`instance = 1` in the file); `None` is all at once.
        instance: Option<u32>,
    },
    /// The links between two nodes (`link = ["a", "b"]`), as indices in [`Model::links`].
    Link(Vec<usize>),
    /// The coverage of all terminals of a group (`group`), by index in [`Model::groups`].
    Group(usize),
}

/// What a failure does.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub enum FaultKind {
    /// Nothing goes in or out; memory and timers stay (`outage`).
    #[default]
    Outage,
    /// The memory is lost too, and the node starts anew (`restart`).
    Restart {
        /// What is on disk is kept (`keeps_data`).
        keeps_data: bool,
    },
    /// Some of the messages are lost on their way, each copy for itself (`loss`).
    Loss {
        /// Of these procedures (`procedures`).
        procedures: ProcedureSet,
        /// Which of their messages (`messages`).
        messages: LostMessages,
        /// Share of them that is lost, 0 to 1 (`loss`).
        share: f64,
    },
}

/// Which messages a failure loses.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum LostMessages {
    /// All (`all`).
    #[default]
    All,
    /// SIP requests (`requests`).
    Requests,
    /// SIP responses from 200 on (`final_responses`).
    FinalResponses,
}

/// When something fails.
#[derive(Clone, PartialEq, Debug)]
pub enum FaultTimes {
    /// At these instants (`at`, one or a list).
    At {
        /// When.
        instants: Vec<Time>,
        /// For how long, seconds (`duration`).
        duration: Distribution,
    },
    /// Again and again, at random.
    Renewal {
        /// Time from the start or the last repair to the failure, seconds.
        time_to_failure: Distribution,
        /// Time until it works again, seconds.
        time_to_repair: Distribution,
    },
}

/// A step of the script (`[[script]]`).
#[derive(Clone, Debug, PartialEq)]
pub struct ScriptStep {
    /// When.
    pub at: Time,
    /// Who.
    pub actor: Actor,
    /// What (`do`).
    pub action: Action,
}

/// An action of a user at a terminal, or of a node.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Switch on and register (`register`).
    Register,
    /// Refresh the registration at once (`re_register`).
    ReRegister,
    /// De-register and stay on (`de_register`).
    DeRegister,
    /// Lose power: no signalling, no answer (`power_off`).
    PowerOff,
    /// Send a pager message (`send_pager` with `to`, `size`, `report`).
    SendPager {
        /// Receiver.
        to: UserRef,
        /// Octets of content. Default 60.
        size: u32,
        /// Whether a delivery report is asked. Default false.
        report: bool,
        /// Expires of the message. Default none.
        expires: Option<Span>,
    },
    /// Switch on without registering (`switch_on`).
    SwitchOn,
    /// Something happens to the user's mailbox (`mailbox_event` with `event`).
    MailboxEvent {
        /// What. Default `MessageNew`.
        event: MailboxEvent,
    },
    /// Send a large message by a session (`send_large` with `to`, `size`, `report`, `cancel_after`).
    SendLarge {
        /// Receiver.
        to: UserRef,
        /// Octets of content. Default 100 kB.
        size: u32,
        /// Whether a delivery report is asked. Default false.
        report: bool,
        /// The invitation is given up when it is not answered by then. Default never.
        cancel_after: Option<Span>,
    },
    /// Pull deferred messages at once: everything, or what was notified, by list (`pull` with `listed`, `actions`).
    Pull {
        /// Whether the request lists the notified entries.
        listed: bool,
        /// What it wants done with them, in the order of their notification, over again when there are more. Default
        /// what the device wants.
        actions: Vec<Wish>,
    },
    /// Set (`set_dnd`) or clear (`clear_dnd`) do-not-disturb.
    SetDoNotDisturb(bool),
    /// Subscribe to content (`subscribe`).
    Subscribe,
    /// End that subscription (`unsubscribe`).
    Unsubscribe,
    /// Lose, or regain, the features that the group's terminals can lose (`lose_features`, `regain_features`).
    ChangeCapability {
        /// Whether they are there.
        present: bool,
    },
    /// A push sender ends the subscriptions of a user's terminals (`end_subscriptions` with `to`).
    EndSubscriptions {
        /// The user.
        to: UserRef,
    },
    /// A push sender pushes content to a user (`push` with `to`, `size` and the keys of a push).
    Push {
        /// The user.
        to: UserRef,
        /// Octets of content. Default 500.
        size: u32,
        /// What is pushed how.
        push: PushSpec,
    },
}

impl WorkloadKind {
    /// Whether sources and sinks run it.
    pub fn is_plain(&self) -> bool {
        matches!(self, WorkloadKind::Datagram { .. } | WorkloadKind::Transaction { .. })
    }
}

impl Model {
    /// Everything that is pushed.
    pub fn pushes(&self) -> impl Iterator<Item = &PushSpec> {
        let of_workloads = self.workloads.iter().filter_map(|workload| match &workload.kind {
            WorkloadKind::Push { push, .. } => Some(push),
            WorkloadKind::Pager { .. }
            | WorkloadKind::Mailbox { .. }
            | WorkloadKind::Large { .. }
            | WorkloadKind::Datagram { .. }
            | WorkloadKind::Transaction { .. } => None,
        });
        let of_steps = self
            .script
            .iter()
            .filter_map(|step| if let Action::Push { push, .. } = &step.action { Some(push) } else { None });
        of_workloads.chain(of_steps)
    }

    /// Whether a push may say where its content is, so that terminals fetch it.
    pub fn may_push_by_reference(&self) -> bool {
        let by_method =
            |push: &PushSpec| matches!(push.method, MethodChoice::Reference | MethodChoice::BySizeReference);
        self.policies.push.fallback == PushFallback::Indirection || self.pushes().any(by_method)
    }

    /// The push classes that occur.
    pub fn push_classes(&self) -> Vec<PushClass> {
        let mut classes: Vec<PushClass> = self.pushes().map(|push| push.class).collect();
        classes.sort();
        classes.dedup();
        classes
    }

    /// The names of all interests, sorted.
    pub fn interests(&self) -> Vec<String> {
        let of_groups = self.groups.iter().flat_map(|group| &group.interests);
        let mut names: Vec<String> = of_groups.chain(self.pushes().flat_map(|push| &push.interests)).cloned().collect();
        names.sort();
        names.dedup();
        names
    }
}

/// What to measure beyond the standard set (`[measure]`).
#[derive(Clone, Debug, PartialEq, Default)]
pub struct MeasureSpec {
    /// P(wait ≤ t) and P(sojourn ≤ t) of every station and latency class for these t (`thresholds`).
    pub thresholds: Vec<Span>,
    /// P(N = 0) … P(N = states) of every station, and the tail (`states`). Default 0.
    pub states: u32,
    /// Whether to measure how long the PF's view of terminals and users differs from the S-CSCF's (`staleness`).
    /// Default false.
    pub staleness: bool,
    /// Interval of the timeline; `None` writes none (`timeline`).
    pub timeline: Option<Span>,
}
