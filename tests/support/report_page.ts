/**
 * What must hold in a browser for a page of figures.
 *
 * @module
 */

import type { Browser } from "./browser.ts";

/** Figures of a table that are not those of the embedded data, in words. */
export async function wrongFigures(browser: Browser): Promise<string[]> {
  return await browser.evaluate(`(() => {
    const view = JSON.parse(document.getElementById("view").textContent);
    const scales = { peakBytes: 1 / 2 ** 20, bytesRead: 1 / 2 ** 20, margin: 100 };
    return [...document.querySelectorAll("[data-of]")].flatMap((cell) => {
      const path = cell.dataset.of.split(".");
      const value = path.reduce((object, key) => object?.[key] ?? null, view);
      const text = cell.textContent;
      if (value === null) return text === "" ? [] : [cell.dataset.of + " should be blank: " + text];
      const digits = /^-?\\d+(?:\\.(\\d+))?(?:e([+-]\\d+))?$/.exec(text);
      if (digits === null) return [cell.dataset.of + " is no number: " + text];
      const unit = 10 ** (Number(digits[2] ?? 0) - (digits[1]?.length ?? 0));
      const expected = value * (scales[path.at(-1)] ?? 1);
      // Factors have three significant digits, without zeros at the end.
      const allowed = Math.max(0.5001 * unit, 0);
      return Math.abs(Number(text) - expected) <= allowed
        ? [] : [cell.dataset.of + " is " + text + ", not " + expected];
    });
  })()`);
}

/** Canvases on which nothing is drawn, by their id. */
export async function blankCanvases(browser: Browser): Promise<string[]> {
  return await browser.evaluate(`[...document.querySelectorAll("canvas")].filter((canvas) => {
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    let drawn = 0;
    for (let alpha = 3; alpha < data.length; alpha += 4) drawn += data[alpha] > 0;
    return drawn < 500;
  }).map(({ id }) => id)`);
}

/** Errors and warnings of the console, exceptions, and requests that leave the file system. */
export function complaints({ events }: Browser): string[] {
  return events.flatMap(({ method, params }) => {
    const text = JSON.stringify(params).slice(0, 300);
    if (method === "Runtime.exceptionThrown" || method === "Log.entryAdded") return [text];
    if (method === "Runtime.consoleAPICalled") {
      return ["error", "warning", "assert"].includes(params.type as string) ? [text] : [];
    }
    if (method !== "Network.requestWillBeSent") return [];
    const { url } = params.request as { readonly url: string };
    return /^(file|data|blob):/.test(url) ? [] : [`It asks for ${url}`];
  });
}

/** Serious and critical findings of axe-core, in words. */
export async function accessibilityFindings(browser: Browser, axe: string): Promise<string[]> {
  await browser.evaluate(`${axe}\n;0`);
  return await browser.evaluate(`axe.run(document).then(({ violations }) =>
    violations.filter(({ impact }) => impact === "serious" || impact === "critical")
      .map(({ id, nodes }) => id + ": " + nodes.map(({ html }) => html.slice(0, 120)).join("; ")))`);
}

/** How far things moved after they were first drawn: 0 is not at all. */
export async function layoutShift(browser: Browser): Promise<number> {
  return await browser.evaluate(`new Promise((done) => {
    let sum = 0;
    new PerformanceObserver((list) => {
      for (const { value } of list.getEntries()) sum += value;
    }).observe({ type: "layout-shift", buffered: true });
    setTimeout(() => done(sum), 200);
  })`);
}

/** How many pixels the page is wider than its window. */
export async function overflow(browser: Browser): Promise<number> {
  return await browser.evaluate(
    "document.documentElement.scrollWidth - document.documentElement.clientWidth",
  );
}
