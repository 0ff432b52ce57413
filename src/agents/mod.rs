//! Placeholder of the layer agents.
