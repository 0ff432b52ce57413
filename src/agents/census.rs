//! What is open at an instant, counted over agents. A world that has drained counts zero but for what waits for its
//! user: messages in the deferred queue and messages of terminals that are not registered.

use std::ops::AddAssign;

/// Things that come and go, counted.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Census {
    /// Client and server transactions, but for those that only absorb copies.
    pub transactions: u64,
    /// Response contexts of proxies.
    pub contexts: u64,
    /// Diameter queries without an answer.
    pub queries: u64,
    /// Management sessions at PFs, pulls of clients that are neither idle nor waiting for their user, and sessions that
    /// carry files, at each of their ends.
    pub sessions: u64,
    /// User planes of sessions, at each of their ends.
    pub user_planes: u64,
    /// SENDs that MSRP relays have passed on and that are not answered.
    pub relayed: u64,
    /// Paths over MSRP relays: at the relay that gave them, and at terminals that have one or ask for one.
    pub use_paths: u64,
    /// Dialog ends.
    pub dialogs: u64,
    /// Requests at an application server, or on their way to clients on its behalf.
    pub at_application_server: u64,
    /// MESSAGEs that PFs have pending or waiting behind pending ones.
    pub outboxes: u64,
    /// Answers that wait for the time that their sender takes.
    pub delayed_answers: u64,
    /// Messages that terminals have sent and that are not answered.
    pub unanswered: u64,
    /// Broadcasts, pushes and deliveries of push senders under way.
    pub pushes: u64,
    /// Fetches of content under way.
    pub fetches: u64,
    /// Deliveries of push senders that wait for a subscriber.
    pub waiting_for_subscriber: u64,
    /// Messages on links and in stations.
    pub packets: u64,
    /// Messages of users that are neither settled nor in a queue, nor wait for the registration of their sender.
    pub in_flight: u64,
    /// Pager messages that wait for the registration of their sender.
    pub waiting_for_registration: u64,
    /// Messages in deferred queues.
    pub queued: u64,
    /// Mails that are not settled.
    pub mails: u64,
    /// MMs at MMS servers.
    pub mms: u64,
    /// Short messages in service centres.
    pub short_messages: u64,
    /// Segments of short messages under way between an MSC or IP-SM-GW and a terminal.
    pub short_deliveries: u64,
    /// Sessions with mailboxes, and MMs to fetch, at terminals.
    pub handsets: u64,
}

impl AddAssign for Census {
    fn add_assign(&mut self, other: Census) {
        self.transactions += other.transactions;
        self.contexts += other.contexts;
        self.queries += other.queries;
        self.sessions += other.sessions;
        self.user_planes += other.user_planes;
        self.relayed += other.relayed;
        self.use_paths += other.use_paths;
        self.dialogs += other.dialogs;
        self.at_application_server += other.at_application_server;
        self.outboxes += other.outboxes;
        self.delayed_answers += other.delayed_answers;
        self.unanswered += other.unanswered;
        self.pushes += other.pushes;
        self.fetches += other.fetches;
        self.waiting_for_subscriber += other.waiting_for_subscriber;
        self.packets += other.packets;
        self.in_flight += other.in_flight;
        self.waiting_for_registration += other.waiting_for_registration;
        self.queued += other.queued;
        self.mails += other.mails;
        self.mms += other.mms;
        self.short_messages += other.short_messages;
        self.short_deliveries += other.short_deliveries;
        self.handsets += other.handsets;
    }
}
