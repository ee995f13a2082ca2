//! The timeline of a panel: recorder, model and drawing.

mod chart;
mod frames;
mod model;
mod recorder;
mod step_text;
mod view;

pub use model::{DeviceState, Episode, Screen, SocketPhase, Step};
pub use recorder::{RecordedAuth, RecordedDial, Recorder, page_clock};
pub use view::TimelineFigure;
