//! Distributions: a bare quantity is a constant, an inline table with `dist` names a family and its parameters.

use super::decode::{Cursor, Fields};
use super::error::Result;
use crate::kernel::{Distribution, DistributionError};

/// The unit that a place gives to its values.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Place {
    /// Durations; the distribution is in seconds.
    Time,
    /// Sizes; the distribution is in octets.
    Octets,
    /// Numbers without a unit.
    Plain,
}

const FAMILIES: [(&str, &[&str]); 9] = [
    ("constant", &["value"]),
    ("exponential", &["mean"]),
    ("uniform", &["low", "high"]),
    ("erlang", &["shape", "mean"]),
    ("hyperexponential", &["branches"]),
    ("lognormal", &["mean", "cv", "median", "sigma"]),
    ("weibull", &["shape", "mean"]),
    ("pareto", &["minimum", "shape"]),
    ("empirical", &["values", "weights"]),
];

/// The distribution that `cursor` holds.
pub fn distribution(cursor: &Cursor<'_>, place: Place) -> Result<Distribution> {
    let Some(table) = cursor.node.value.as_table() else {
        return checked(cursor, Distribution::constant(value(cursor, place)?));
    };
    let families = FAMILIES.map(|(name, _)| (name, name));
    let Some(dist) = table.get("dist") else {
        return Err(
            cursor.found("a table without `dist`", "a quantity, or a table such as { dist = \"exponential\", … }")
        );
    };
    let family = cursor.below("dist", dist).choice(&families)?;
    let parameters = FAMILIES.iter().find(|(name, _)| *name == family).map_or(&[] as &[&str], |(_, keys)| keys);
    let keys: Vec<&'static str> = ["dist", "shift", "cap"].into_iter().chain(parameters.iter().copied()).collect();
    let fields = cursor.fields(&keys)?;
    let inner = checked(cursor, family_of(family, &fields, place)?)?;
    bounded(&fields, inner, place)
}

fn bounded(fields: &Fields<'_>, inner: Distribution, place: Place) -> Result<Distribution> {
    let shift = fields.opt("shift", |cursor| value(cursor, place))?;
    let cap = fields.opt("cap", |cursor| value(cursor, place))?;
    if shift.is_none() && cap.is_none() {
        return Ok(inner);
    }
    checked(&fields.cursor, Distribution::shifted(inner, shift.unwrap_or(0.0), cap))
}

type Checked = std::result::Result<Distribution, DistributionError>;

fn family_of(family: &str, fields: &Fields<'_>, place: Place) -> Result<Checked> {
    let quantity = |key: &str| value(&fields.need(key, "a parameter of this distribution")?, place);
    let number = |key: &str| fields.need(key, "a parameter of this distribution")?.number(0.0);
    Ok(match family {
        "exponential" => Distribution::exponential(quantity("mean")?),
        "uniform" => Distribution::uniform(quantity("low")?, quantity("high")?),
        "erlang" => {
            let shape = fields.need("shape", "a whole number from 1 to 32")?.integer(1..=32)?;
            Distribution::erlang(shape as u32, quantity("mean")?)
        }
        "hyperexponential" => Distribution::hyper_exponential(branches(fields, place)?),
        "lognormal" if fields.get("median").is_some() || fields.get("sigma").is_some() => {
            if let Some(extra) = fields.get("mean").or_else(|| fields.get("cv")) {
                return Err(
                    extra.found("a key beside `median` and `sigma`", "`mean` and `cv`, or `median` and `sigma`")
                );
            }
            Distribution::log_normal_of_median(quantity("median")?, number("sigma")?)
        }
        "lognormal" => Distribution::log_normal(quantity("mean")?, number("cv")?),
        "weibull" => Distribution::weibull(number("shape")?, quantity("mean")?),
        "pareto" => Distribution::pareto(quantity("minimum")?, number("shape")?),
        "empirical" => Distribution::empirical(&weighted(fields, place)?),
        _ => Distribution::constant(quantity("value")?),
    })
}

fn branches(fields: &Fields<'_>, place: Place) -> Result<Vec<(f64, f64)>> {
    let branches = fields.need("branches", "a list such as [{ p = 0.3, mean = \"5ms\" }, …]")?;
    let branch = |cursor: &Cursor<'_>| {
        let fields = cursor.fields(&["p", "mean"])?;
        let probability = fields.need("p", "the probability of this branch")?.ratio()?;
        Ok((probability, value(&fields.need("mean", "the mean of this branch")?, place)?))
    };
    branches.list()?.iter().map(branch).collect()
}

fn weighted(fields: &Fields<'_>, place: Place) -> Result<Vec<(f64, f64)>> {
    let values = fields.need("values", "a list of values")?.list()?;
    let values = values.iter().map(|cursor| value(cursor, place)).collect::<Result<Vec<_>>>()?;
    let Some(cursor) = fields.get("weights") else { return Ok(values.into_iter().map(|value| (value, 1.0)).collect()) };
    let weights = cursor.list()?.iter().map(|cursor| cursor.number(0.0)).collect::<Result<Vec<_>>>()?;
    if weights.len() != values.len() {
        let found = format!("{} weights for {} values", weights.len(), values.len());
        return Err(cursor.found(found, "as many weights as values"));
    }
    Ok(values.into_iter().zip(weights).collect())
}

/// A parameter in the unit of the place.
fn value(cursor: &Cursor<'_>, place: Place) -> Result<f64> {
    match place {
        Place::Time => cursor.seconds(),
        Place::Octets => cursor.octets_value(),
        Place::Plain => cursor.number(0.0),
    }
}

fn checked(cursor: &Cursor<'_>, distribution: Checked) -> Result<Distribution> {
    distribution.map_err(|error| cursor.found(format!("parameters without meaning ({error})"), "a distribution"))
}
