//! WebKitGTK with its WebDriver server, and the virtual display that it needs.

use anyhow::Result;

use super::{apt, on_path};

/// Installs WebKitWebDriver and `xvfb-run` if needed.
pub fn ensure() -> Result<()> {
    // `xvfb-run` calls xauth, but its package only recommends it.
    if ["WebKitWebDriver", "xvfb-run", "xauth"].iter().any(|program| on_path(program).is_none()) {
        apt::install("WebKit with a virtual display", &["webkit2gtk-driver", "xvfb", "xauth"])?;
    }
    Ok(())
}
