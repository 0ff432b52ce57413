//! Placeholder of the layer network.
