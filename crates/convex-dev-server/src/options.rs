//! The options of the server.

use std::{
    net::{IpAddr, Ipv4Addr},
    path::PathBuf,
};

use crate::knobs::{KeySet, Knobs, NetworkState, RejectTokens, TokenEndpoint};

const HOST: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const PORT: u16 = 3210;
const TOKEN_LIFETIME_SECS: u64 = 300;

/// A Convex deployment for development: the sync protocol, the HTTP API and an identity service,
/// all in memory.
///
/// Sign in as alice@example.com (password alice-demo) or bob@example.com (password bob-demo).
#[derive(Debug, Clone, clap::Parser)]
#[command(name = "convex-dev-server", version)]
pub struct Options {
    /// Address to listen on
    #[arg(long, default_value_t = HOST)]
    pub host: IpAddr,
    /// Port to listen on; 0 takes a free one
    #[arg(long, default_value_t = PORT)]
    pub port: u16,
    /// How many seconds a token lives
    #[arg(long, value_name = "SECONDS", default_value_t = TOKEN_LIFETIME_SECS)]
    pub token_lifetime: u64,
    /// How many milliseconds everything takes, one way
    #[arg(long, value_name = "MILLISECONDS", default_value_t = 0)]
    pub latency: u64,
    /// Folder of a built page, to serve it from the deployment's own origin
    #[arg(long, value_name = "FOLDER")]
    pub page: Option<PathBuf>,
    /// Isolate the page from other origins: it gets precise clocks and shared memory
    #[arg(long, requires = "page")]
    pub isolated: bool,
    /// Send the `.br` files beside the page's own to browsers that accept them. Only in Rust.
    #[arg(skip)]
    pub compressed: bool,
    /// Script to run in every document of the page before the page's own
    #[arg(long, value_name = "FILE", requires = "page")]
    pub observe: Option<PathBuf>,
    /// Content-Security-Policy of the page
    #[arg(long, value_name = "POLICY", requires = "page")]
    pub csp: Option<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            host: HOST,
            port: PORT,
            token_lifetime: TOKEN_LIFETIME_SECS,
            latency: 0,
            page: None,
            isolated: false,
            compressed: false,
            observe: None,
            csp: None,
        }
    }
}

impl Options {
    /// The defaults on a free port, for tests that run in parallel.
    pub fn on_a_free_port() -> Self {
        Self { port: 0, ..Self::default() }
    }

    pub(crate) fn knobs(&self) -> Knobs {
        Knobs {
            latency_ms: self.latency,
            token_delay_ms: 0,
            token_lifetime_secs: i64::try_from(self.token_lifetime).unwrap_or(i64::MAX),
            token_endpoint: TokenEndpoint::Ok,
            reject_tokens: RejectTokens::None,
            key_set: KeySet::Reachable,
            redact: false,
            network: NetworkState::Up,
            answer_singly: false,
        }
    }
}
