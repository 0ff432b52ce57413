//! From a model file to a running world: parsing and validation, population, workload, and the `World` that joins
//! agents, network, measurement and kernel.

pub mod build;
pub mod carrier;
pub mod config;
pub mod event;
pub mod fault;
pub mod message_class;
pub mod model;
pub mod notes;
pub mod selection;
pub mod trace;
pub mod workload;
pub mod world;
pub mod show;

pub use model::Model;
pub use selection::Selection;
pub use trace::{record, trace};
pub use world::{World, run};
