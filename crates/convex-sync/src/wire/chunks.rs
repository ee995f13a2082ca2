//! Transitions that the server sends in chunks.

use super::server::{ServerFrame, Transition};

/// Joins the chunks of a transition (docs/protocol.md §5).
#[derive(Debug, Default)]
pub struct ChunkBuffer(Option<PartialTransition>);

/// The longest transition that is accepted, in bytes. A page can still hold that much, and no
/// server has a reason to send more.
const MAX_LENGTH: usize = 256 << 20;

#[derive(Debug)]
struct PartialTransition {
    text: String,
    next_part: u32,
    total: u32,
    transition: String,
}

impl ChunkBuffer {
    /// Adds the next chunk. Returns `Ok(Some)` after the last one.
    ///
    /// # Errors
    ///
    /// The chunk does not follow the previous one, or the transition cannot be parsed. The buffer
    /// is then empty.
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
        let mut partial = self.0.take().unwrap_or_else(|| PartialTransition {
            text: String::new(),
            next_part: 0,
            total,
            transition: transition.to_owned(),
        });
        if partial.total != total || partial.transition != transition {
            return Err("a chunk of another transition before the last one was complete".into());
        }
        if partial.next_part != part {
            return Err(format!("chunk {part} of a transition instead of chunk {}", partial.next_part));
        }
        if partial.text.len() + chunk.len() > MAX_LENGTH {
            return Err(format!("a transition of more than {MAX_LENGTH} bytes"));
        }
        partial.text.push_str(chunk);
        partial.next_part += 1;
        if partial.next_part < total {
            self.0 = Some(partial);
            return Ok(None);
        }
        match ServerFrame::parse(&partial.text)? {
            ServerFrame::Transition(transition) => Ok(Some(transition)),
            _ => Err("chunks that do not form a `Transition`".into()),
        }
    }

    /// Discards a partial transition. Any frame between its chunks, except a ping, requires that.
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
    fn chunks_in_order_form_a_transition() {
        let (first, second, third) = parts();
        let mut buffer = ChunkBuffer::default();
        assert!(buffer.push(first, 0, 3, "id").unwrap().is_none());
        assert!(buffer.push(second, 1, 3, "id").unwrap().is_none());
        let transition = buffer.push(third, 2, 3, "id").unwrap().expect("complete");
        assert_eq!(transition.end.query_set, 1);
        assert_eq!(transition.modifications.len(), 1);

        let again = buffer.push(TRANSITION, 0, 1, "id").unwrap();
        assert!(again.is_some(), "the buffer is empty, and a transition may have one chunk");
    }

    #[test]
    fn unexpected_chunks_are_errors_and_empty_the_buffer() {
        let (first, second, _) = parts();
        let unexpected: [(u32, u32, &str); 5] =
            [(2, 3, "id"), (0, 3, "id"), (1, 4, "id"), (1, 3, "other"), (3, 3, "id")];
        for (part, total, id) in unexpected {
            let mut buffer = ChunkBuffer::default();
            assert!(buffer.push(first, 0, 3, "id").unwrap().is_none());
            assert!(buffer.push(second, part, total, id).is_err(), "{part} of {total} of {id}");
            assert!(buffer.push(second, 1, 3, "id").is_err(), "the first chunk is discarded");
            assert!(buffer.push(first, 0, 3, "id").unwrap().is_none());
        }
    }

    #[test]
    fn a_transition_must_start_with_its_first_chunk() {
        assert!(ChunkBuffer::default().push("x", 1, 3, "id").is_err());
        assert!(ChunkBuffer::default().push("x", 0, 0, "id").is_err());
    }

    #[test]
    fn chunks_of_other_frames_are_errors() {
        for text in [r#"{"type":"Ping"}"#, "", "{", r#"{"type":"New"}"#] {
            assert!(ChunkBuffer::default().push(text, 0, 1, "id").is_err(), "{text}");
        }
    }

    #[test]
    fn an_endless_transition_is_discarded() {
        let mut buffer = ChunkBuffer::default();
        assert!(buffer.push(&" ".repeat(MAX_LENGTH), 0, u32::MAX, "id").unwrap().is_none());
        assert!(buffer.push(" ", 1, u32::MAX, "id").is_err());
        assert!(buffer.push(" ", 2, u32::MAX, "id").is_err(), "the chunks before are discarded");
    }

    #[test]
    fn clear_discards_the_chunks() {
        let (first, second, _) = parts();
        let mut buffer = ChunkBuffer::default();
        assert!(buffer.push(first, 0, 3, "id").unwrap().is_none());
        buffer.clear();
        assert!(buffer.push(second, 1, 3, "id").is_err());
    }
}
