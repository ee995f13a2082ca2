//! The demo's layout fits its screen. Pictures for visual review are saved in `target/e2e`.

use anyhow::Result;
use e2e::{Browser, DemoPanel, with_demo};
use serde_json::json;

const SIZES: [(&str, u32, u32); 3] = [("phone", 390, 844), ("tablet", 820, 1180), ("wide", 1440, 900)];

#[tokio::test(flavor = "multi_thread")]
async fn page_fits_a_phone_and_a_wide_screen_in_light_and_dark() -> Result<()> {
    with_demo(async |env| {
        let browser = env.signed_in("alice").await?;
        env.server.set_knobs(json!({ "latencyMs": 100 })).await?;
        browser.hard_refresh().await?;
        for panel in DemoPanel::BOTH {
            browser.wait_for_organization(panel, "Rabbit Hole Research").await?;
        }
        for (name, width, height) in SIZES {
            for scheme in ["light", "dark"] {
                browser.resize(width, height, scheme).await?;
                browser.picture(&format!("{name}-{scheme}")).await?;
                assert_eq!(overflowing(&browser).await?, Vec::<String>::new(), "on a {name} screen");
            }
        }
        Ok(())
    })
    .await
}

/// The elements that make the page scroll horizontally.
async fn overflowing(browser: &Browser) -> Result<Vec<String>> {
    let script = r#"
        const width = document.documentElement.clientWidth;
        if (document.documentElement.scrollWidth <= width) return [];
        const wide = [...document.body.querySelectorAll("*")].filter((e) => e.getBoundingClientRect().right > width + 1);
        return ["the page", ...wide.map((e) => `${e.tagName}.${e.className}`)];"#;
    browser.run(script, Vec::new()).await
}
