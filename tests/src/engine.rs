//! The browser engines that tests run in.

use std::{
    env,
    ffi::OsString,
    net::{Ipv4Addr, TcpListener},
};

use anyhow::{Result, bail};
use thirtyfour::{Capabilities, ChromeCapabilities, ChromiumLikeCapabilities, DesiredCapabilities};

/// A browser engine with its driver.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// Chromium with chromedriver.
    Chromium,
    /// Firefox with geckodriver.
    Firefox,
    /// WebKitGTK's MiniBrowser with WebKitWebDriver.
    WebKit,
}

impl Engine {
    /// The engine that the variable `E2E_BROWSER` names: `Chromium`, `Firefox` or `WebKit`. The
    /// default is Chromium.
    ///
    /// # Errors
    ///
    /// The variable names another browser.
    pub fn from_env() -> Result<Self> {
        match env::var("E2E_BROWSER").as_deref() {
            Ok("Chromium") | Err(_) => Ok(Self::Chromium),
            Ok("Firefox") => Ok(Self::Firefox),
            Ok("WebKit") => Ok(Self::WebKit),
            Ok(other) => bail!("E2E_BROWSER is {other}; set it to Chromium, Firefox or WebKit"),
        }
    }

    /// The driver's program: the one that `CHROMEDRIVER` names, or one on the PATH.
    pub(crate) fn driver(self) -> OsString {
        match self {
            Self::Chromium => env::var_os("CHROMEDRIVER").unwrap_or_else(|| "chromedriver".into()),
            Self::Firefox => "geckodriver".into(),
            Self::WebKit => "WebKitWebDriver".into(),
        }
    }

    /// The port for the driver's command line. Chromedriver and geckodriver choose one themselves
    /// and print it.
    pub(crate) fn port(self) -> Result<u16, std::io::Error> {
        match self {
            Self::Chromium | Self::Firefox => Ok(0),
            Self::WebKit => Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port()),
        }
    }

    /// The text that the driver prints before its port.
    pub(crate) fn announcement(self) -> Option<&'static str> {
        match self {
            Self::Chromium => Some("started successfully on port "),
            Self::Firefox => Some("Listening on 127.0.0.1:"),
            Self::WebKit => None,
        }
    }

    pub(crate) fn capabilities(self) -> Result<Capabilities> {
        Ok(match self {
            Self::Chromium => chromium()?.into(),
            Self::Firefox => {
                let mut firefox = DesiredCapabilities::firefox();
                firefox.add_arg("-headless")?;
                firefox.into()
            }
            // All capabilities in thirtyfour name another browser.
            Self::WebKit => Capabilities::new(),
        })
    }
}

fn chromium() -> Result<ChromeCapabilities> {
    let mut chrome = DesiredCapabilities::chrome();
    if let Ok(binary) = env::var("CHROMIUM") {
        chrome.set_binary(&binary)?;
    }
    // The sandbox does not work for root in a container, and the tests visit their own pages only.
    for switch in [
        "headless=new",
        "no-sandbox",
        "disable-dev-shm-usage",
        "disable-gpu",
        "disable-background-networking",
        "window-size=1280,900",
    ] {
        chrome.add_arg(&format!("--{switch}"))?;
    }
    Ok(chrome)
}
