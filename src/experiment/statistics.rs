//! Statistics over replications: mean, standard deviation and the 95 % confidence interval of Student's t.
//!
//! Only `+ - * /`, square roots and `libm` are used, and values are added in the order of their replications, so that
//! the digits are the same on every machine.

/// Probability below the upper bound of a two-sided 95 % interval.
const UPPER_95: f64 = 0.975;

/// The 0.975 quantile of the standard normal distribution.
const NORMAL_975: f64 = 1.959_963_984_540_054;

/// Degrees of freedom from which the asymptotic series takes over: its error there is below 1e-11.
const ASYMPTOTIC_FROM: u32 = 1000;

/// What the replications of one measure say together.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// Mean of the values; `None` when no replication has one.
    pub mean: Option<f64>,
    /// Sample standard deviation; `None` below two values.
    pub deviation: Option<f64>,
    /// Half the width of the 95 % confidence interval; `None` below two values.
    pub half_width: Option<f64>,
    /// Replications that have a value.
    pub replications: u32,
}

impl Estimate {
    /// Estimates from the values of the replications in their order; undefined and non-finite ones are skipped.
    pub fn of(values: impl IntoIterator<Item = Option<f64>>) -> Estimate {
        let values: Vec<f64> = values.into_iter().flatten().filter(|value| value.is_finite()).collect();
        let replications = u32::try_from(values.len()).expect("replications are counted in 32 bits");
        let Some(&first) = values.first() else {
            return Estimate { mean: None, deviation: None, half_width: None, replications };
        };
        let n = f64::from(replications);
        // Sums are taken around the first value: equal values then give exactly that value and a width of exactly
        // zero.
        let mean = first + values.iter().map(|value| value - first).sum::<f64>() / n;
        if replications < 2 {
            return Estimate { mean: Some(mean), deviation: None, half_width: None, replications };
        }
        let squares: f64 = values.iter().map(|value| (value - mean) * (value - mean)).sum();
        let deviation = libm::sqrt(squares / (n - 1.0));
        let half_width = t_quantile_975(replications - 1) * deviation / libm::sqrt(n);
        Estimate { mean: Some(mean), deviation: Some(deviation), half_width: Some(half_width), replications }
    }

    /// Bounds of the 95 % confidence interval.
    pub fn interval(&self) -> Option<(f64, f64)> {
        let (mean, half_width) = (self.mean?, self.half_width?);
        Some((mean - half_width, mean + half_width))
    }
}

/// The 0.975 quantile of Student's t distribution.
///
/// # Panics
///
/// Without a degree of freedom.
pub fn t_quantile_975(degrees_of_freedom: u32) -> f64 {
    assert!(degrees_of_freedom > 0, "Student's t needs at least one degree of freedom");
    if degrees_of_freedom >= ASYMPTOTIC_FROM {
        return asymptotic_quantile(f64::from(degrees_of_freedom));
    }
    // 12.71 is the quantile of one degree of freedom, the largest there is; halving 60 times exhausts the mantissa.
    let (mut low, mut high) = (NORMAL_975 - 0.01, 13.0);
    for _ in 0..60 {
        let middle = (low + high) / 2.0;
        if t_cumulative(middle, degrees_of_freedom) < UPPER_95 { low = middle } else { high = middle }
    }
    (low + high) / 2.0
}

/// P(T ≤ t) for t ≥ 0 by the finite series that whole degrees of freedom have (Abramowitz and Stegun 26.7.3, 26.7.4).
fn t_cumulative(t: f64, degrees_of_freedom: u32) -> f64 {
    let nu = f64::from(degrees_of_freedom);
    let cos_squared = nu / (nu + t * t);
    let sin = t / libm::sqrt(nu + t * t);
    let odd = degrees_of_freedom % 2 == 1;
    let mut term = if odd { libm::sqrt(cos_squared) } else { 1.0 };
    let mut sum = if degrees_of_freedom == 1 { 0.0 } else { term };
    let mut k = if odd { 3 } else { 2 };
    while k + 2 <= degrees_of_freedom {
        term *= cos_squared * f64::from(k - 1) / f64::from(k);
        sum += term;
        k += 2;
    }
    let within =
        if odd { 2.0 / std::f64::consts::PI * (libm::atan(t / libm::sqrt(nu)) + sin * sum) } else { sin * sum };
    0.5 + within / 2.0
}

/// The quantile for many degrees of freedom, as a series around the normal one (Abramowitz and Stegun 26.7.5).
fn asymptotic_quantile(nu: f64) -> f64 {
    let z = NORMAL_975;
    let z2 = z * z;
    let g1 = z * (z2 + 1.0) / 4.0;
    let g2 = z * ((5.0 * z2 + 16.0) * z2 + 3.0) / 96.0;
    let g3 = z * (((3.0 * z2 + 19.0) * z2 + 17.0) * z2 - 15.0) / 384.0;
    z + (g1 + (g2 + g3 / nu) / nu) / nu
}

#[cfg(test)]
mod tests {
    use statrs::distribution::{ContinuousCDF, StudentsT};

    use super::*;

    #[test]
    fn quantiles_agree_with_an_independent_implementation() {
        for nu in (1..=60).chain([99, 100, 499, 998, 999, 1000, 1001, 5000, 100_000]) {
            let below = StudentsT::new(0.0, 1.0, f64::from(nu)).unwrap().cdf(t_quantile_975(nu));
            assert!((below - UPPER_95).abs() < 1e-9, "{nu} degrees of freedom: {below}");
        }
    }

    #[test]
    fn quantiles_agree_with_printed_tables() {
        for (nu, printed) in [(1, 12.706_205), (2, 4.302_653), (4, 2.776_445), (9, 2.262_157), (29, 2.045_230)] {
            assert!((t_quantile_975(nu) - printed).abs() < 1e-6, "{nu} degrees of freedom");
        }
    }

    #[test]
    fn undefined_values_are_skipped_and_not_counted() {
        let estimate = Estimate::of([Some(1.0), None, Some(3.0), Some(f64::NAN)]);
        assert_eq!(estimate.mean, Some(2.0));
        assert_eq!(estimate.replications, 2);
        let half_width = estimate.half_width.unwrap();
        assert!((half_width - 12.706_204_736).abs() < 1e-8, "{half_width}");
    }

    #[test]
    fn one_value_has_a_mean_and_no_interval() {
        let estimate = Estimate::of([Some(4.5)]);
        assert_eq!((estimate.mean, estimate.interval(), estimate.replications), (Some(4.5), None, 1));
    }

    #[test]
    fn no_value_has_neither() {
        let estimate = Estimate::of([None, None]);
        assert_eq!((estimate.mean, estimate.interval(), estimate.replications), (None, None, 0));
    }

    #[test]
    fn equal_values_give_exactly_that_value_and_no_width() {
        let estimate = Estimate::of([Some(0.1); 7]);
        assert_eq!(estimate.interval(), Some((0.1, 0.1)));
    }
}
