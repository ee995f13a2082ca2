//! What went over the wire since the page was loaded: recorded, modelled, drawn.

mod chart;
mod frames;
mod model;
mod recorder;
mod view;
mod words;

pub use model::{Episode, Machine, Screen, Socket, Step};
pub use recorder::{RecordedAuth, RecordedDial, Recorder, page_clock};
pub use view::TimelineFigure;
