//! Exponential, sigmoid and GELU of single numbers, in operations that a compiler turns into vectors.
//!
//! The polynomials are weighted least-squares fits to the exact functions, reweighted until their
//! errors were level. `FUSED` is whether the machine multiplies and adds in one instruction;
//! where it does not, asking for that would call a library for every number.

/// 1.5 · 2²³: adding it rounds a small number to a whole one, in the lowest bits.
pub(crate) const ROUNDER: f32 = 12_582_912.0;

/// Coefficients of 2^x for x from −½ to ½.
pub(crate) const POWER_OF_TWO: [f32; 7] = [
    1.0,
    std::f32::consts::LN_2,
    0.240_226_48,
    0.055_503_324,
    0.009_618_437,
    0.001_339_887_5,
    0.000_153_533_6,
];

/// 2^x of a whole number from −126 to 127 that [`ROUNDER`] has been added to.
#[inline(always)]
pub(crate) fn power_of_shifted(shifted: f32) -> f32 {
    f32::from_bits((shifted.to_bits() << 23).wrapping_add(0x3f80_0000))
}

/// `a * b + c`.
#[inline(always)]
pub(crate) fn multiply_add<const FUSED: bool>(a: f32, b: f32, c: f32) -> f32 {
    if FUSED { a.mul_add(b, c) } else { a * b + c }
}

#[inline(always)]
fn polynomial<const FUSED: bool, const N: usize>(x: f32, coefficients: [f32; N]) -> f32 {
    // With an iterator the compiler would not turn the loop around this into vectors.
    let mut sum = coefficients[N - 1];
    let mut at = N - 1;
    while at > 0 {
        at -= 1;
        sum = multiply_add::<FUSED>(sum, x, coefficients[at]);
    }
    sum
}

/// 2^x for x from −126 to 127; below, as for −126. Relative error below 1.2e-7.
#[inline(always)]
pub(crate) fn power_of_two<const FUSED: bool>(x: f32) -> f32 {
    let x = if x > -126.0 { x } else { -126.0 };
    let shifted = x + ROUNDER;
    let whole = shifted - ROUNDER;
    power_of_shifted(shifted) * polynomial::<FUSED, 7>(x - whole, POWER_OF_TWO)
}

/// e^x for x from −87 to 88; beyond, as for these. Relative error below 1.5e-7.
#[inline(always)]
pub(crate) fn exponential<const FUSED: bool>(x: f32) -> f32 {
    /// The first digits of ln 2, so few that whole multiples are exact, and the rest.
    const LN_2: [f32; 2] = [0.693_359_4, -2.121_944_4e-4];
    let x = if x > -87.0 { x } else { -87.0 };
    let x = if x < 88.0 { x } else { 88.0 };
    let shifted = multiply_add::<FUSED>(x, std::f32::consts::LOG2_E, ROUNDER);
    let whole = shifted - ROUNDER;
    let rest = multiply_add::<FUSED>(whole, -LN_2[0], x);
    let rest = multiply_add::<FUSED>(whole, -LN_2[1], rest);
    power_of_shifted(shifted)
        * polynomial::<FUSED, 7>(
            rest,
            [1.0, 1.0, 0.499_999_94, 0.166_665_21, 0.041_668_39, 0.008_368_716, 0.001_381_460_1],
        )
}

/// 1 / (1 + e^−x).
#[inline(always)]
pub(crate) fn sigmoid<const FUSED: bool>(x: f32) -> f32 {
    1.0 / (1.0 + exponential::<FUSED>(-x))
}

/// The normal distribution function of x as `(a, b)` whose sum it is: a is 0, ½ or 1, and b is good to
/// 1e-7 of itself, so that a wider type than f32 can make use of it.
///
/// Up to 1.5 it is ½ plus an odd polynomial, beyond that its tail is the exponential of a polynomial.
#[inline(always)]
pub(crate) fn normal_distribution<const FUSED: bool>(x: f32) -> (f32, f32) {
    let t = if x.abs() < 12.8 { x.abs() } else { 12.8 };
    let middle = x * polynomial::<FUSED, 8>(
        x * x,
        [
            0.398_942_3,
            -0.066_490_38,
            0.009_973_542,
            -0.001_187_273_3,
            0.000_115_336_62,
            -9.348_792e-6,
            6.131_143e-7,
            -2.535_844_8e-8,
        ],
    );
    let tail = exponential::<FUSED>(-polynomial::<FUSED, 8>(
        t,
        [
            0.693_280_1,
            0.797_730_4,
            0.317_927_72,
            0.037_386_566,
            -0.005_902_944,
            0.000_644_109_85,
            -4.175_345e-5,
            1.155_044_7e-6,
        ],
    ));
    if t < 1.5 {
        (0.5, middle)
    } else if x > 0.0 {
        (1.0, -tail)
    } else {
        (0.0, tail)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The normal distribution function by Simpson's rule from 0.
    fn distribution(x: f64) -> f64 {
        let density = |t: f64| (-t * t / 2.0).exp() / (2.0 * std::f64::consts::PI).sqrt();
        let steps = 400;
        let width = x / f64::from(steps);
        let sum: f64 = (0..=steps)
            .map(|i| {
                let weight = if i == 0 || i == steps { 1.0 } else { f64::from(2 + 2 * (i % 2)) };
                weight * density(f64::from(i) * width)
            })
            .sum();
        0.5 + sum * width / 3.0
    }

    fn grid(from: f32, to: f32) -> impl Iterator<Item = f32> {
        (0..=20_000).map(move |i| from + (to - from) * i as f32 / 20_000.0)
    }

    fn check<const FUSED: bool>() {
        for x in grid(-125.0, 20.0) {
            let expected = f64::from(x).exp2();
            let error = f64::from(power_of_two::<FUSED>(x)) / expected - 1.0;
            assert!(error.abs() < 2e-7, "2^{x}: {error}");
        }
        for x in grid(-86.0, 87.0) {
            let expected = f64::from(x).exp();
            let error = f64::from(exponential::<FUSED>(x)) / expected - 1.0;
            assert!(error.abs() < 2e-7, "e^{x}: {error}");
        }
        for x in grid(-6.0, 6.0) {
            let (a, b) = normal_distribution::<FUSED>(x);
            let error = f64::from(a) + f64::from(b) - distribution(x.into());
            assert!(error.abs() < 8e-8, "{x}: {error}");
            let expected = 1.0 / (1.0 + (-f64::from(x)).exp());
            let error = f64::from(sigmoid::<FUSED>(x)) - expected;
            assert!(error.abs() < 1.5e-7, "sigmoid {x}: {error}");
        }
        assert_eq!(
            normal_distribution::<FUSED>(40.0),
            (1.0, -normal_distribution::<FUSED>(-40.0).1)
        );
        assert!(normal_distribution::<FUSED>(-40.0).1 < 1e-30);
        assert_eq!(exponential::<FUSED>(-1e9), exponential::<FUSED>(-87.0));
        assert_eq!(power_of_two::<FUSED>(f32::NEG_INFINITY), power_of_two::<FUSED>(-126.0));
    }

    #[test]
    fn are_exact_to_single_precision_with_and_without_fused_instructions() {
        check::<true>();
        check::<false>();
    }
}
