//! Numbers in JSON text.

use super::{decimal, error::JsonError};

/// A number as Rust holds it without loss, if it can.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Number {
    Unsigned(u64),
    /// A negative integer.
    Negative(i64),
    /// A number with a fraction or an exponent, an integer beyond 64 bits, or -0.
    Float(f64),
}

impl Number {
    /// The nearest float.
    pub(crate) fn to_float(self) -> f64 {
        match self {
            Self::Unsigned(integer) => integer as f64,
            Self::Negative(integer) => integer as f64,
            Self::Float(float) => float,
        }
    }
}

/// The offsets of a number's parts.
struct Parts {
    digits: usize,
    /// The end of the digits before the point.
    integer_end: usize,
    /// The end of the digits after the point.
    fraction_end: usize,
    end: usize,
}

/// Moves over digits, of which there must be one.
#[inline(always)]
fn digits(text: &str, start: usize) -> Result<usize, JsonError> {
    let count = text.as_bytes()[start..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    if count > 0 { Ok(start + count) } else { Err(JsonError::unexpected(text, start)) }
}

/// Finds the parts of the number at `start`.
#[inline(always)]
fn split(text: &str, start: usize) -> Result<Parts, JsonError> {
    let byte = |offset: usize| text.as_bytes().get(offset).copied();
    let first_digit = start + usize::from(byte(start) == Some(b'-'));
    let integer_end = digits(text, first_digit)?;
    if byte(first_digit) == Some(b'0') && integer_end > first_digit + 1 {
        return Err(JsonError::unexpected(text, first_digit + 1));
    }
    let mut fraction_end = integer_end;
    if byte(integer_end) == Some(b'.') {
        fraction_end = digits(text, integer_end + 1)?;
    }
    let mut end = fraction_end;
    if let Some(b'e' | b'E') = byte(end) {
        let has_sign = matches!(byte(end + 1), Some(b'+' | b'-'));
        end = digits(text, end + 1 + usize::from(has_sign))?;
    }
    Ok(Parts { digits: first_digit, integer_end, fraction_end, end })
}

/// The end of the number at `start`.
pub(super) fn find_end(text: &str, start: usize) -> Result<usize, JsonError> {
    split(text, start).map(|parts| parts.end)
}

/// Reads the number at `start`, and finds its end.
pub(super) fn read(text: &str, start: usize) -> Result<(Number, usize), JsonError> {
    let parts = split(text, start)?;
    let is_negative = parts.digits > start;
    let mantissa = mantissa(&text.as_bytes()[parts.digits..parts.fraction_end]);
    if parts.end == parts.integer_end {
        match mantissa {
            Some(integer) if !is_negative => return Ok((Number::Unsigned(integer), parts.end)),
            Some(integer @ 1..=0x8000_0000_0000_0000) => {
                return Ok((Number::Negative((integer as i64).wrapping_neg()), parts.end));
            }
            _ => {}
        }
    }
    let shift = parts.fraction_end.saturating_sub(parts.integer_end + 1) as i32;
    let exponent = exponent(&text.as_bytes()[parts.fraction_end..parts.end]).saturating_sub(shift);
    let float = match mantissa.and_then(|mantissa| decimal::nearest_float(mantissa, exponent)) {
        Some(float) => float,
        None => decimal::parse(&text[parts.digits..parts.end]),
    };
    if !float.is_finite() {
        return Err(JsonError::NumberTooLarge { offset: parts.end });
    }
    Ok((Number::Float(if is_negative { -float } else { float }), parts.end))
}

/// The digits as one integer, without the point. `None` if it does not fit into 64 bits.
fn mantissa(digits: &[u8]) -> Option<u64> {
    /// That many digits always fit. Without checks they take a fraction of the time.
    const SAFE_DIGITS: usize = 19;

    let mut digits = digits.iter().filter(|byte| **byte != b'.').map(|byte| u64::from(byte - b'0'));
    let first = digits.by_ref().take(SAFE_DIGITS).fold(0, |mantissa: u64, digit| mantissa * 10 + digit);
    digits.try_fold(first, |mantissa, digit| mantissa.checked_mul(10)?.checked_add(digit))
}

/// Reads an exponent such as `e-7`, which may be missing.
fn exponent(text: &[u8]) -> i32 {
    let digits = text.iter().filter(|byte| byte.is_ascii_digit());
    let exponent = digits
        .fold(0_i32, |exponent, digit| exponent.saturating_mul(10).saturating_add(i32::from(digit - b'0')));
    if text.get(1) == Some(&b'-') { -exponent } else { exponent }
}
