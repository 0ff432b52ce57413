//! From a model file to a running world: parsing and validation, population, workload, and the `World` that joins
//! agents, network, measurement and kernel.

pub mod config;
pub mod model;

pub use model::Model;
