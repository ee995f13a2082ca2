//! Converting between decimal digits and floats.
//!
//! The usual algorithms need tables of 10 kB, which an app would download. So the common numbers
//! are converted here by integer arithmetic, exactly, and the rest by the platform: JavaScript in
//! the browser, which is there anyway, and the standard library elsewhere.

/// The float that is nearest to `mantissa` × 10^`exponent`, for common numbers.
///
/// ```text
/// 1716230400123.4567 = 17162304001234567 × 10^-4, the creation time of a document
/// ```
pub(super) fn nearest_float(mantissa: u64, exponent: i32) -> Option<f64> {
    // Both are floats without rounding, so that their product or quotient is rounded once.
    const MAX_EXACT: u64 = 1 << f64::MANTISSA_DIGITS;
    const MAX_EXACT_POWER: u32 = 22;
    // The largest power of five in a `u64`.
    const MAX_POWER_OF_FIVE: u32 = 27;

    if mantissa == 0 {
        return Some(0.0);
    }
    let power = exponent.unsigned_abs();
    if mantissa <= MAX_EXACT && power <= MAX_EXACT_POWER {
        let power = (0..power).fold(1.0, |product, _| product * 10.0);
        let mantissa = mantissa as f64;
        return Some(if exponent < 0 { mantissa / power } else { mantissa * power });
    }
    (exponent < 0 && power <= MAX_POWER_OF_FIVE).then(|| divide_by_power_of_ten(mantissa, power))
}

/// The float nearest to `mantissa` / 10^`power`. `mantissa` is not 0, and `power` is at most 27.
///
/// Since 10^n = 5^n × 2^n, it divides by 5^n in binary, one bit at a time, until there are two bits
/// more than a float holds. All further bits together decide only between "exactly half" and
/// "more", so they are combined into the last bit. Rounding is left to the conversion from `u64`.
fn divide_by_power_of_ten(mantissa: u64, power: u32) -> f64 {
    let divisor = 5_u64.pow(power);
    let (mut quotient, mut remainder) = (mantissa / divisor, mantissa % divisor);
    let mut binary_exponent = -(power as i32);
    while quotient < 1 << (f64::MANTISSA_DIGITS + 1) {
        quotient <<= 1;
        remainder <<= 1;
        binary_exponent -= 1;
        if remainder >= divisor {
            remainder -= divisor;
            quotient |= 1;
        }
    }
    quotient |= u64::from(remainder != 0);
    // The power of two, by its bits: the result is far from the smallest float.
    let scale = f64::from_bits(((1023 + binary_exponent) as u64) << (f64::MANTISSA_DIGITS - 1));
    quotient as f64 * scale
}

#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
mod platform {
    use wasm_bindgen::prelude::wasm_bindgen;

    #[wasm_bindgen]
    extern "C" {
        /// Parses a JSON number that is not negative; infinity if it is too large.
        #[wasm_bindgen(js_name = Number)]
        pub(crate) fn parse(number: &str) -> f64;

        /// The shortest text that is read as this float.
        #[wasm_bindgen(js_name = String)]
        pub(crate) fn print(float: f64) -> String;
    }
}

#[cfg(not(all(target_arch = "wasm32", target_os = "unknown")))]
mod platform {
    /// Parses a JSON number that is not negative; infinity if it is too large.
    pub(crate) fn parse(number: &str) -> f64 {
        number.parse().expect("the standard library reads every JSON number")
    }

    /// The shortest text that is read as this float, in JavaScript's notation (ECMA-262,
    /// `Number::toString`).
    pub(crate) fn print(float: f64) -> String {
        if !float.is_finite() {
            return float.to_string();
        }
        // Such as `-1.25e-7`: the shortest digits, which JavaScript only arranges in another way.
        let scientific = format!("{float:e}");
        let (number, exponent) = scientific.split_once('e').expect("the format has an exponent");
        let (sign, number) = number.strip_prefix('-').map_or(("", number), |number| ("-", number));
        let digits = number.replace('.', "");
        let exponent: i32 = exponent.parse().expect("the exponent is an integer");
        let zeros = |count: i32| "0".repeat(count as usize);
        let count = digits.len() as i32;
        match exponent {
            // An integer without a fraction.
            0..=20 if exponent >= count - 1 => format!("{sign}{digits}{}", zeros(exponent + 1 - count)),
            0..=20 => {
                let (integer, fraction) = digits.split_at(exponent as usize + 1);
                format!("{sign}{integer}.{fraction}")
            }
            -6..=-1 => format!("{sign}0.{}{digits}", zeros(-exponent - 1)),
            _ => format!("{sign}{number}e{exponent:+}"),
        }
    }
}

pub(super) use platform::{parse, print};
