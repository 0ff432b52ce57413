//! Why a distribution was refused.

/// Parameters without meaning; the text ends with what to write instead.
#[derive(Clone, Copy, PartialEq, Debug, thiserror::Error)]
pub enum DistributionError {
    /// A parameter is negative, infinite or not a number.
    #[error("{parameter} is {value}: give a number that is zero or more")]
    Negative {
        /// Its name.
        parameter: &'static str,
        /// What was given.
        value: f64,
    },
    /// A parameter is zero, negative, infinite or not a number.
    #[error("{parameter} is {value}: give a number above zero")]
    NotPositive {
        /// Its name.
        parameter: &'static str,
        /// What was given.
        value: f64,
    },
    /// A lower end is above its upper end.
    #[error("the range from {low} to {high} is empty: give the lower end first")]
    Order {
        /// The end that should be the lower one.
        low: f64,
        /// The end that should be the upper one.
        high: f64,
    },
    /// Probabilities that are not a whole.
    #[error("the probabilities sum to {sum}: make them sum to 1")]
    Sum {
        /// Their sum.
        sum: f64,
    },
    /// The shape of an Erlang distribution is out of range.
    #[error("the shape of an Erlang distribution is {shape}: give a whole number from 1 to 32")]
    ErlangShape {
        /// What was given.
        shape: u32,
    },
    /// The shape of a Weibull distribution is out of range.
    #[error("the shape of a Weibull distribution is {shape}: give a number from 0.1 to 100")]
    WeibullShape {
        /// What was given.
        shape: f64,
    },
}

pub(super) fn not_negative(parameter: &'static str, value: f64) -> Result<f64, DistributionError> {
    if value >= 0.0 && value.is_finite() { Ok(value) } else { Err(DistributionError::Negative { parameter, value }) }
}

pub(super) fn above_zero(parameter: &'static str, value: f64) -> Result<f64, DistributionError> {
    if value > 0.0 && value.is_finite() { Ok(value) } else { Err(DistributionError::NotPositive { parameter, value }) }
}
