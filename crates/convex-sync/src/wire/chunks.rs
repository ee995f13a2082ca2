//! Transitions that come in parts.

use super::{ServerFrame, Transition};

/// The parts received so far of a transition that comes in several (protocol §5).
#[derive(Debug, Default)]
pub struct ChunkBuffer(Option<Unfinished>);

/// The longest transition that is put together, in bytes: what a page may still bear, and no server
/// has reason to send.
const MAX_LENGTH: usize = 256 << 20;

#[derive(Debug)]
struct Unfinished {
    text: String,
    next_part: u32,
    total: u32,
    transition: String,
}

impl ChunkBuffer {
    /// Takes the next part. `Ok(Some)` with the last one; `Err` says why it does not fit what came
    /// before, which is forgotten.
    pub fn push(
        &mut self,
        chunk: &str,
        part: u32,
        total: u32,
        transition: &str,
    ) -> Result<Option<Transition>, String> {
        if part >= total {
            self.clear();
            return Err(format!("chunk {part} of a transition of {total} chunks"));
        }
        let mut unfinished = self.0.take().unwrap_or_else(|| Unfinished {
            text: String::new(),
            next_part: 0,
            total,
            transition: transition.to_owned(),
        });
        if unfinished.total != total || unfinished.transition != transition {
            return Err("a chunk of another transition in the middle of one".into());
        }
        if unfinished.next_part != part {
            return Err(format!("chunk {part} of a transition instead of chunk {}", unfinished.next_part));
        }
        if unfinished.text.len() + chunk.len() > MAX_LENGTH {
            return Err(format!("a transition of more than {MAX_LENGTH} bytes"));
        }
        unfinished.text.push_str(chunk);
        unfinished.next_part += 1;
        if unfinished.next_part < total {
            self.0 = Some(unfinished);
            return Ok(None);
        }
        match ServerFrame::parse(&unfinished.text)? {
            ServerFrame::Transition(transition) => Ok(Some(transition)),
            _ => Err("chunks of something else than a `Transition`".into()),
        }
    }

    /// Forgets an unfinished transition, as any frame but a ping between its parts demands.
    pub fn clear(&mut self) {
        self.0 = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRANSITION: &str = r#"{"type":"Transition","startVersion":{"querySet":0,"identity":0,"ts":"AAAAAAAAAAA="},
        "endVersion":{"querySet":1,"identity":0,"ts":"AQAAAAAAAAA="},
        "modifications":[{"type":"QueryUpdated","queryId":0,"value":"ü","logLines":[],"journal":null}]}"#;

    fn parts() -> (&'static str, &'static str, &'static str) {
        let (first, rest) = TRANSITION.split_at(10);
        let (second, third) = rest.split_at(100);
        (first, second, third)
    }

    #[test]
    fn parts_in_order_make_a_transition() {
        let (first, second, third) = parts();
        let mut buffer = ChunkBuffer::default();
        assert!(buffer.push(first, 0, 3, "id").unwrap().is_none());
        assert!(buffer.push(second, 1, 3, "id").unwrap().is_none());
        let transition = buffer.push(third, 2, 3, "id").unwrap().expect("it is complete");
        assert_eq!(transition.end.query_set, 1);
        assert_eq!(transition.modifications.len(), 1);

        let again = buffer.push(TRANSITION, 0, 1, "id").unwrap();
        assert!(again.is_some(), "the buffer is empty again, and one part is enough");
    }

    #[test]
    fn parts_that_do_not_fit_are_errors_and_empty_the_buffer() {
        let (first, second, _) = parts();
        let misfits: [(u32, u32, &str); 5] =
            [(2, 3, "id"), (0, 3, "id"), (1, 4, "id"), (1, 3, "other"), (3, 3, "id")];
        for (part, total, id) in misfits {
            let mut buffer = ChunkBuffer::default();
            assert!(buffer.push(first, 0, 3, "id").unwrap().is_none());
            assert!(buffer.push(second, part, total, id).is_err(), "{part} of {total} of {id}");
            assert!(buffer.push(second, 1, 3, "id").is_err(), "the first part is forgotten");
            assert!(buffer.push(first, 0, 3, "id").unwrap().is_none());
        }
    }

    #[test]
    fn a_transition_starts_with_its_first_part() {
        assert!(ChunkBuffer::default().push("x", 1, 3, "id").is_err());
        assert!(ChunkBuffer::default().push("x", 0, 0, "id").is_err());
    }

    #[test]
    fn only_transitions_come_in_parts() {
        for text in [r#"{"type":"Ping"}"#, "", "{", r#"{"type":"New"}"#] {
            assert!(ChunkBuffer::default().push(text, 0, 1, "id").is_err(), "{text}");
        }
    }

    #[test]
    fn a_transition_without_an_end_is_given_up() {
        let mut buffer = ChunkBuffer::default();
        assert!(buffer.push(&" ".repeat(MAX_LENGTH), 0, u32::MAX, "id").unwrap().is_none());
        assert!(buffer.push(" ", 1, u32::MAX, "id").is_err());
        assert!(buffer.push(" ", 2, u32::MAX, "id").is_err(), "what came is forgotten");
    }

    #[test]
    fn clear_forgets() {
        let (first, second, _) = parts();
        let mut buffer = ChunkBuffer::default();
        assert!(buffer.push(first, 0, 3, "id").unwrap().is_none());
        buffer.clear();
        assert!(buffer.push(second, 1, 3, "id").is_err());
    }
}
