//! WebKitGTK with its WebDriver, and a virtual display, which it needs.

use anyhow::Result;

use super::{apt, on_path};

/// Makes sure that WebKitWebDriver and `xvfb-run` are there.
pub fn ensure() -> Result<()> {
    // `xvfb-run` calls xauth, which its package only recommends.
    if ["WebKitWebDriver", "xvfb-run", "xauth"].iter().any(|program| on_path(program).is_none()) {
        apt::install("WebKit with a virtual display", &["webkit2gtk-driver", "xvfb", "xauth"])?;
    }
    Ok(())
}
