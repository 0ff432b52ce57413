//! Placeholder of the layer scenario.
