/** Tests the pages of `serve` in a browser: the one to try it, and the player, whose audio is embedded or requested in ranges. */

import { deepStrictEqual as equal, match, ok } from "node:assert/strict";
import { join } from "node:path";
import { type Browser, browserTest } from "./support/browser.ts";
import { until } from "./support/deadline.ts";
import { problems } from "./support/report_page.ts";
import { lastState, ServiceProcess } from "./support/service.ts";
import { inTemporaryFolder } from "./support/temporary_folder.ts";
import { noise, wavFile } from "./support/wav.ts";

const WIDTHS = [1400, 700, 380] as const;

/** Ensures that a page has no errors, loads nothing from elsewhere, and is not wider than the window. */
async function ensureFits(browser: Browser, url: string): Promise<void> {
  equal(problemsOf(browser, url), []);
  ok(await browser.evaluate<boolean>("document.documentElement.scrollWidth <= innerWidth"));
}

/** Returns the problems of a page but for requests to its service. */
function problemsOf(browser: Browser, url: string): string[] {
  return problems(browser).filter((one) => !one.startsWith(`It requests ${url}/`));
}

/** Runs a test with a service and a browser. */
function serviceTest(
  name: string,
  test: (browser: Browser, service: ServiceProcess) => Promise<void>,
): void {
  browserTest(name, () => "", (browser) =>
    inTemporaryFolder(async (folder) => {
      const service = await ServiceProcess.start("--data-dir", join(folder, "data"));
      try {
        await test(browser, service);
      } finally {
        equal(await service.end(), 143);
      }
    }));
}

/** Uploads noise; returns the address of its analysis. */
async function analyzed(url: string, seconds: number, channels: number): Promise<string> {
  const samples = noise(44_100 * channels * seconds);
  const body = new Uint8Array(wavFile({ sampleRateHz: 44_100, channels, bits: 16, samples }));
  const headers = { "Content-Type": "audio/wav" };
  const response = await fetch(`${url}/analyses?name=noise.wav`, { method: "POST", headers, body });
  const address = url + (await response.json()).links.self;
  equal(await lastState(address), "done");
  return address;
}

serviceTest(
  "the page to try the service sends requests, at every width, without another host",
  async (browser, { url }) => {
    for (const width of WIDTHS) {
      await browser.open(`${url}/docs`, width);
      await until(
        "the page to list the requests",
        () => browser.evaluate<boolean>("document.querySelectorAll('.opblock').length === 9"),
      );
      await ensureFits(browser, url);
    }
    await browser.evaluate(
      "document.querySelector('.opblock-summary-path[data-path=\"/health\"]').click()",
    );
    await until(
      "the request to open",
      () => browser.evaluate<boolean>("document.querySelector('.opblock .execute') !== null"),
    );
    await browser.evaluate("document.querySelector('.opblock .execute').click()");
    await until("the response", () =>
      browser.evaluate<boolean>(
        "document.querySelector('.live-responses-table .response-col_status') !== null",
      ));
    const shown = await browser.evaluate<string>(
      "document.querySelector('.live-responses-table').innerText",
    );
    match(shown, /200[^]*"status": "ok"/);
    equal(problemsOf(browser, url), []);
  },
);

serviceTest(
  "a form of a page of this service uploads, and events arrive in a browser",
  async (browser, { url }) => {
    await browser.open(`${url}/docs`, 700);
    const samples = noise(44_100 * 3);
    const wav = wavFile({ sampleRateHz: 44_100, channels: 1, bits: 16, samples });
    const states = await browser.evaluate<string[]>(`(async () => {
    const bytes = Uint8Array.from(atob("${
      btoa(Array.from(wav, (byte) => String.fromCharCode(byte)).join(""))
    }"), (c) => c.charCodeAt(0));
    const form = new FormData();
    form.set("audio", new File([bytes], "a.wav"));
    const { links } = await (await fetch("/analyses", { method: "POST", body: form })).json();
    const states = [];
    const source = new EventSource(links.events);
    await new Promise((done) => {
      source.addEventListener("state", ({ data }) => {
        states.push(JSON.parse(data).state);
        if (states.at(-1) === "done") done();
      });
    });
    // The browser connects again, and is told to stay away.
    await new Promise((done) => {
      source.addEventListener("error", () => source.readyState === EventSource.CLOSED && done());
    });
    return states;
  })()`);
    equal(states.at(-1), "done");
  },
);

serviceTest(
  "the player plays short audio that is embedded, and long audio that it requests in ranges",
  async (browser, { url }) => {
    for (const [seconds, channels, isLinked] of [[5, 1, false], [200, 2, true]] as const) {
      const address = await analyzed(url, seconds, channels);
      for (const width of WIDTHS) {
        await browser.open(`${address}/player`, width);
        await until(
          "the player to load",
          () => browser.evaluate<boolean>("!document.getElementById('play').disabled"),
        );
        await ensureFits(browser, url);
      }
      equal(await browser.evaluate("document.title"), "noise.wav");
      const audio = browser.events.filter(({ method, params }) =>
        method === "Network.responseReceived" &&
        (params["response"] as { url: string }).url === `${address}/audio`
      ).map(({ params }) => (params["response"] as { status: number }).status);
      if (!isLinked) equal(audio, []);
      else ok(audio.length > 0 && audio.every((status) => status === 206), audio.join());
      await browser.evaluate(`player.seek(${seconds / 2})`);
      ok(Math.abs(await browser.evaluate<number>("player.position()") - seconds / 2) < 0.5);
    }
  },
);
