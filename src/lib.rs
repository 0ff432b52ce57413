//! `pushsim` is a deterministic discrete-event simulator of IMS messaging.
//!
//! It runs the push, deferred-delivery and notification logic of five OMA documents against a virtual clock. The
//! folders are layers: each may use the ones above it in this list and none below it.
//!
//! | module | what lives there | knows nothing of |
//! |---|---|---|
//! | [`kernel`] | virtual time, event order, event queue, random streams, distributions | SIP, users |
//! | [`wire`] | the messages as types, and their real octets | time, state |
//! | [`protocol`] | one sans-IO state machine per file: transactions, dialogs, subscriptions | the network |
//! | [`agents`] | one network function per file or folder, composed from protocol machines | links, queues, files |
//! | [`network`] | topology, links, stations, access types | experiments |
//! | [`measure`] | counters, histograms, race and invariant checkers, fingerprint, traces | files |
//! | [`scenario`] | model files to a validated model, and the world that runs it | experiments |
//! | [`experiment`] | sweeps, replications, statistics, results | the command line |
//! | [`report`] | plots, ladders, the HTML report | the simulator |
//! | [`cli`] | one file per subcommand; the only place that prints | |

pub mod kernel;
pub mod wire;
pub mod protocol;
pub mod agents;
pub mod network;
pub mod measure;
pub mod scenario;
pub mod experiment;
pub mod report;
pub mod cli;
