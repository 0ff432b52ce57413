//! The parameters of a distribution, by the names that model files use.

use super::Distribution;

/// A parameter of a distribution.
#[derive(Clone, PartialEq, Debug)]
pub enum Parameter {
    /// In the unit of whoever reads the distribution.
    Quantity(f64),
    /// Without a unit.
    Number(f64),
    /// A list in the unit of whoever reads the distribution.
    Quantities(Vec<f64>),
    /// A list without a unit.
    Numbers(Vec<f64>),
    /// Probabilities, and means in the unit of whoever reads the distribution.
    Branches(Vec<(f64, f64)>),
}

impl Distribution {
    /// The name of the family and its parameters. A log-normal has its median and sigma, however it was made.
    pub fn parameters(&self) -> (&'static str, Vec<(&'static str, Parameter)>) {
        use Parameter::{Branches, Number, Numbers, Quantities, Quantity};
        match self {
            Distribution::Constant(value) => ("constant", vec![("value", Quantity(*value))]),
            Distribution::Exponential(p) => ("exponential", vec![("mean", Quantity(p.mean))]),
            Distribution::Uniform(p) => ("uniform", vec![("low", Quantity(p.low)), ("high", Quantity(p.high))]),
            Distribution::Erlang(p) => {
                ("erlang", vec![("shape", Number(f64::from(p.shape))), ("mean", Quantity(p.mean))])
            }
            Distribution::HyperExponential(p) => ("hyperexponential", vec![("branches", Branches(p.branches.clone()))]),
            Distribution::LogNormal(p) => {
                ("lognormal", vec![("median", Quantity(libm::exp(p.mu))), ("sigma", Number(p.sigma))])
            }
            Distribution::Weibull(p) => ("weibull", vec![("shape", Number(p.shape)), ("mean", Quantity(self.mean()))]),
            Distribution::Pareto(p) => ("pareto", vec![("minimum", Quantity(p.minimum)), ("shape", Number(p.shape))]),
            Distribution::Empirical(p) => {
                let values = p.cumulative.iter().map(|(value, _)| *value).collect();
                let below = std::iter::once(0.0).chain(p.cumulative.iter().map(|(_, sum)| *sum));
                let weights = p.cumulative.iter().zip(below).map(|((_, sum), below)| sum - below).collect();
                ("empirical", vec![("values", Quantities(values)), ("weights", Numbers(weights))])
            }
            Distribution::Shifted(p) => {
                let (family, mut parameters) = p.inner.parameters();
                parameters.push(("shift", Quantity(p.shift)));
                if p.cap.is_finite() {
                    parameters.push(("cap", Quantity(p.cap)));
                }
                (family, parameters)
            }
        }
    }
}
