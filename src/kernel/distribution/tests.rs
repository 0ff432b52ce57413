//! Samples against theory, with fixed seeds.

use super::special::gamma_below;
use super::*;
use crate::kernel::streams::{Draw, Purpose, Streams};
use crate::kernel::time::Span;

const SAMPLES: u64 = 40_000;

fn draw(counter: u64) -> Draw {
    Streams::new(20_26, 1).draw(1, Purpose::Test, counter)
}

fn samples(distribution: &Distribution) -> Vec<f64> {
    (0..SAMPLES).map(|n| distribution.sample(&mut draw(n))).collect()
}

/// Mean and variance within four standard errors of theory; the error of the variance is estimated from the samples.
fn check_moments(distribution: Distribution, mean: f64, variance: f64) {
    let n = SAMPLES as f64;
    let values = samples(&distribution);
    assert!((distribution.mean() - mean).abs() <= 1e-12 * mean, "{distribution}: mean {}", distribution.mean());
    let deviations: Vec<f64> = values.iter().map(|x| x - mean).collect();
    let off = deviations.iter().sum::<f64>() / n;
    assert!(off.abs() < 4.0 * (variance / n).sqrt(), "{distribution}: mean off by {off}");
    let second = deviations.iter().map(|d| d * d).sum::<f64>() / n;
    let fourth = deviations.iter().map(|d| d * d * d * d).sum::<f64>() / n;
    let error = ((fourth - second * second) / n).sqrt();
    assert!((second - variance).abs() < 4.0 * error, "{distribution}: variance {second} against {variance}");
    assert!(values.iter().all(|&x| x >= distribution.lower_bound()));
}

/// The fraction of samples up to `value` within four standard errors of `p`.
fn check_quantile(distribution: Distribution, p: f64, value: f64) {
    let n = SAMPLES as f64;
    let below = samples(&distribution).iter().filter(|&&x| x <= value).count() as f64 / n;
    assert!((below - p).abs() < 4.0 * (p * (1.0 - p) / n).sqrt(), "{distribution}: {below} up to {value}, not {p}");
}

#[test]
fn moments_agree_with_theory() -> Result<(), DistributionError> {
    check_moments(Distribution::exponential(0.35)?, 0.35, 0.35 * 0.35);
    check_moments(Distribution::uniform(2.0, 5.0)?, 3.5, 0.75);
    check_moments(Distribution::erlang(4, 2.0)?, 2.0, 1.0);
    check_moments(Distribution::erlang(32, 8.0)?, 8.0, 2.0);
    let hyper = Distribution::hyper_exponential(vec![(0.9, 1.0), (0.1, 5.0)])?;
    check_moments(hyper, 1.4, 2.0 * (0.9 + 0.1 * 25.0) - 1.96);
    check_moments(Distribution::log_normal(3.0, 0.5)?, 3.0, 2.25);
    check_moments(Distribution::weibull(2.0, 1.0)?, 1.0, 4.0 / std::f64::consts::PI - 1.0);
    check_moments(Distribution::pareto(1.0, 6.0)?, 1.2, 6.0 / (25.0 * 4.0));
    check_moments(Distribution::empirical(&[(1.0, 1.0), (2.0, 2.0), (5.0, 1.0)])?, 2.5, 2.25);
    check_moments(Distribution::shifted(Distribution::exponential(2.0)?, 3.0, None)?, 5.0, 4.0);
    Ok(())
}

#[test]
fn quantiles_agree_with_theory() -> Result<(), DistributionError> {
    let ln2 = std::f64::consts::LN_2;
    check_quantile(Distribution::exponential(1.0)?, 0.5, ln2);
    check_quantile(Distribution::exponential(1.0)?, 0.99, 4.605_170_186);
    check_quantile(Distribution::uniform(0.0, 10.0)?, 0.1, 1.0);
    check_quantile(Distribution::log_normal_of_median(4.0, 1.5)?, 0.5, 4.0);
    check_quantile(Distribution::log_normal_of_median(4.0, 1.5)?, 0.975, 4.0 * libm::exp(1.5 * 1.959_963_985));
    check_quantile(Distribution::weibull(0.5, 2.0)?, 0.5, ln2 * ln2);
    check_quantile(Distribution::pareto(3.0, 0.7)?, 0.9, 3.0 * libm::pow(10.0, 1.0 / 0.7));
    check_quantile(Distribution::erlang(2, 2.0)?, 0.5, 1.678_346_99);
    Ok(())
}

#[test]
fn a_cap_gathers_what_is_above_it_and_the_mean_follows() -> Result<(), DistributionError> {
    let inners = [
        Distribution::exponential(2.0)?,
        Distribution::uniform(0.5, 6.0)?,
        Distribution::erlang(3, 2.0)?,
        Distribution::hyper_exponential(vec![(0.5, 0.5), (0.5, 4.0)])?,
        Distribution::log_normal(2.0, 1.0)?,
        Distribution::weibull(0.7, 2.0)?,
        Distribution::pareto(1.0, 1.0)?,
        Distribution::pareto(1.0, 0.8)?,
        Distribution::empirical(&[(9.0, 1.0), (0.5, 1.0)])?,
        Distribution::shifted(Distribution::exponential(2.0)?, 0.5, Some(2.5))?,
    ];
    for inner in inners {
        let capped = Distribution::shifted(inner, 1.0, Some(4.0))?;
        let values = samples(&capped);
        assert!(values.iter().all(|&x| (capped.lower_bound()..=4.0).contains(&x)));
        let mean = values.iter().sum::<f64>() / SAMPLES as f64;
        let variance = values.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / SAMPLES as f64;
        let slack = 4.0 * (variance / SAMPLES as f64).sqrt();
        assert!((mean - capped.mean()).abs() < slack, "{capped}: {mean} against {}", capped.mean());
    }
    Ok(())
}

#[test]
fn samples_are_known_answers() -> Result<(), DistributionError> {
    let nanos = |distribution: Distribution| distribution.span(|| draw(7)).as_nanos();
    assert_eq!(nanos(Distribution::exponential(1.0)?), 285_994_667);
    assert_eq!(nanos(Distribution::uniform(1.0, 2.0)?), 1_751_266_623);
    assert_eq!(nanos(Distribution::erlang(20, 1.0)?), 984_619_875);
    assert_eq!(nanos(Distribution::hyper_exponential(vec![(0.5, 1.0), (0.5, 3.0)])?), 2_684_028_632);
    assert_eq!(nanos(Distribution::log_normal(1.0, 2.0)?), 1_057_625_873);
    assert_eq!(nanos(Distribution::weibull(0.5, 1.0)?), 40_896_475);
    assert_eq!(nanos(Distribution::pareto(1.0, 1.5)?), 1_210_051_730);
    assert_eq!(nanos(Distribution::empirical(&[(1.0, 1.0), (2.0, 3.0)])?), 2_000_000_000);
    assert_eq!(Distribution::log_normal(900.0, 1.0)?.count(|| draw(8)), 597);
    Ok(())
}

#[test]
fn a_constant_draws_nothing() -> Result<(), DistributionError> {
    let none = || -> Draw { unreachable!("a constant asked for a draw") };
    let constants = [
        Distribution::constant(2.5)?,
        Distribution::uniform(2.5, 2.5)?,
        Distribution::log_normal(2.5, 0.0)?,
        Distribution::empirical(&[(2.5, 9.0)])?,
        Distribution::shifted(Distribution::constant(2.0)?, 0.5, None)?,
    ];
    for constant in constants {
        assert!(constant.is_constant());
        assert_eq!((constant.span(none), constant.count(none)), (Span::from_millis(2500), 3));
        assert_eq!((constant.mean(), constant.lower_bound()), (2.5, 2.5));
    }
    Ok(())
}

#[test]
fn parameters_without_meaning_are_refused() {
    let refused = [
        Distribution::constant(-1.0),
        Distribution::constant(f64::NAN),
        Distribution::exponential(0.0),
        Distribution::exponential(f64::INFINITY),
        Distribution::uniform(2.0, 1.0),
        Distribution::erlang(0, 1.0),
        Distribution::erlang(33, 1.0),
        Distribution::hyper_exponential(vec![(0.5, 1.0), (0.4, 1.0)]),
        Distribution::hyper_exponential(vec![]),
        Distribution::hyper_exponential(vec![(1.5, 1.0), (-0.5, 1.0)]),
        Distribution::log_normal(1.0, -1.0),
        Distribution::weibull(0.0, 1.0),
        Distribution::pareto(0.0, 1.0),
        Distribution::empirical(&[]),
        Distribution::empirical(&[(1.0, 0.0)]),
        Distribution::shifted(Distribution::Constant(1.0), 5.0, Some(4.0)),
    ];
    for result in refused {
        assert!(result.is_err(), "{result:?}");
    }
    let message = Distribution::exponential(-2.0).map_err(|error| error.to_string());
    assert_eq!(message, Err("mean is -2: give a number above zero".to_owned()));
}

#[test]
fn special_functions_agree_with_tables() {
    for (p, quantile) in [
        (0.5, 0.0),
        (0.75, 0.674_489_750_196_081_7),
        (0.975, 1.959_963_984_540_054),
        (1e-6, -4.753_424_308_822_899),
        (1e-20, -9.262_340_089_798_409),
    ] {
        assert!((inverse_normal(p) - quantile).abs() < 1e-14 * 10.0, "{p}: {}", inverse_normal(p));
    }
    assert!((normal_below(1.959_963_984_540_054) - 0.975).abs() < 1e-15);
    assert!((gamma_below(1.0, 2.0) - (1.0 - libm::exp(-2.0))).abs() < 1e-14);
    assert!((gamma_below(3.0, 2.0) - (1.0 - 5.0 * libm::exp(-2.0))).abs() < 1e-14);
    assert!((gamma_below(33.0, 200.0) - 1.0).abs() < 1e-12);
}
