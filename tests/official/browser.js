// A minimal WebDriver client that runs scripts on a page. CHROMEDRIVER and CHROMIUM name the programs.

import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

import { ended } from "./dev_server.js";

const FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking"];

export class Browser {
  static async start() {
    const { CHROMEDRIVER, CHROMIUM } = process.env;
    if (!CHROMEDRIVER) throw new Error("CHROMEDRIVER is not set; `cargo xtask test official` sets it");
    const driver = spawn(CHROMEDRIVER, ["--port=0"], { stdio: ["ignore", "pipe", "inherit"] });
    const browser = new Browser(driver, `http://127.0.0.1:${await port(driver)}/session`);
    const options = { args: FLAGS, ...(CHROMIUM ? { binary: CHROMIUM } : {}) };
    const { sessionId } = await browser.command("POST", "", {
      capabilities: { alwaysMatch: { browserName: "chrome", "goog:chromeOptions": options } },
    });
    browser.session = `/${sessionId}`;
    await browser.command("POST", "/timeouts", { script: 60_000 });
    return browser;
  }

  constructor(driver, url) {
    this.driver = driver;
    this.url = url;
    this.session = "";
  }

  goto(url) {
    return this.command("POST", "/url", { url });
  }

  run(script) {
    return this.command("POST", "/execute/sync", { script, args: [] });
  }

  // Calls a global async function of the page and returns its result.
  call(name, ...args) {
    const script = "const done = arguments[2]; globalThis[arguments[0]](...arguments[1]).then(done)";
    return this.command("POST", "/execute/async", { script, args: [name, args] });
  }

  async stop() {
    await this.command("DELETE", "");
    await ended(this.driver);
  }

  async command(method, path, body) {
    const response = await fetch(`${this.url}${this.session}${path}`, { method, body: body && JSON.stringify(body) });
    const { value } = await response.json();
    if (!response.ok) throw new Error(`${method} ${path}: ${value.message}`);
    return value;
  }
}

async function port(driver) {
  for await (const line of createInterface({ input: driver.stdout })) {
    const match = line.match(/started successfully on port (\d+)/);
    if (match) return match[1];
  }
  throw new Error("chromedriver ended before it printed its port");
}
