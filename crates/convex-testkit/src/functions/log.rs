//! The log lines of a call, within the backend's limits (`docs/protocol.md`, §12.3).

use std::mem;

const MAX_LINES: usize = 256;
const MAX_LINE_BYTES: usize = 32 << 10;
const TRUNCATED: &str = " (truncated due to length)";

/// The log of a function.
#[derive(Debug, Default)]
pub(crate) struct Log(Vec<String>);

impl Log {
    /// Adds a line of the level `LOG`. It is truncated at 32 KiB; the 256th line says that later
    /// ones are omitted.
    pub(crate) fn push(&mut self, text: &str) {
        match self.0.len() {
            ..=254 => self.0.push(line(text)),
            255 => {
                let overflow =
                    format!("[ERROR] Log overflow (maximum {MAX_LINES}). Remaining log lines omitted.");
                self.0.push(overflow);
            }
            _ => {}
        }
    }

    pub(crate) fn take(&mut self) -> Vec<String> {
        mem::take(&mut self.0)
    }
}

fn line(text: &str) -> String {
    match text.len() > MAX_LINE_BYTES {
        true => format!("[LOG] {}{TRUNCATED}", cut(text)),
        false => format!("[LOG] {text}"),
    }
}

fn cut(text: &str) -> &str {
    let end = (0..=MAX_LINE_BYTES).rev().find(|at| text.is_char_boundary(*at));
    &text[..end.unwrap_or(0)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_256th_line_replaces_all_later_ones() {
        let mut log = Log::default();
        (0..300).for_each(|number| log.push(&number.to_string()));
        let lines = log.take();
        assert_eq!((lines.len(), lines[254].as_str()), (256, "[LOG] 254"));
        assert_eq!(lines[255], "[ERROR] Log overflow (maximum 256). Remaining log lines omitted.");
    }

    #[test]
    fn a_line_is_truncated_at_32_kib_between_characters() {
        let mut log = Log::default();
        log.push(&"x".repeat(32 << 10));
        log.push(&format!("x{}", "é".repeat(16 << 10)));
        let lines = log.take();
        assert_eq!(lines[0].len(), "[LOG] ".len() + (32 << 10));
        assert_eq!(lines[1].len(), "[LOG] ".len() + (32 << 10) - 1 + TRUNCATED.len());
        assert!(lines[1].ends_with("é (truncated due to length)"));
    }
}
