//! From a model file to a running world: parsing and validation, population, workload, and the `World` that joins
//! agents, network, measurement and kernel.

pub mod config;
pub mod model;
pub mod show;

pub use model::Model;
