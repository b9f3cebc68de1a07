/**
 * Checks a page of figures in a browser.
 *
 * @module
 */

import type { Browser } from "./browser.ts";

/** Describes figures of a table that differ from the embedded data. */
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

/** Returns the ids of canvases on which nothing is drawn. */
export async function blankCanvases(browser: Browser): Promise<string[]> {
  return await browser.evaluate(`[...document.querySelectorAll("canvas")].filter((canvas) => {
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    let drawn = 0;
    for (let alpha = 3; alpha < data.length; alpha += 4) drawn += data[alpha] > 0;
    return drawn < 500;
  }).map(({ id }) => id)`);
}

/** Returns errors and warnings of the console, exceptions, and requests outside of the file system. */
export function problems({ events }: Browser): string[] {
  return events.flatMap(({ method, params }) => {
    const text = JSON.stringify(params).slice(0, 300);
    if (method === "Runtime.exceptionThrown" || method === "Log.entryAdded") return [text];
    if (method === "Runtime.consoleAPICalled") {
      return ["error", "warning", "assert"].includes(params.type as string) ? [text] : [];
    }
    if (method !== "Network.requestWillBeSent") return [];
    const { url } = params.request as { readonly url: string };
    return /^(file|data|blob):/.test(url) ? [] : [`It requests ${url}`];
  });
}

/** Describes the serious and critical findings of axe-core. */
export async function accessibilityFindings(browser: Browser, axe: string): Promise<string[]> {
  await browser.evaluate(`${axe}\n;0`);
  return await browser.evaluate(`axe.run(document).then(({ violations }) =>
    violations.filter(({ impact }) => impact === "serious" || impact === "critical")
      .map(({ id, nodes }) => id + ": " + nodes.map(({ html }) => html.slice(0, 120)).join("; ")))`);
}

/** Returns the layout shift after the first drawing; 0 is none. */
export async function layoutShift(browser: Browser): Promise<number> {
  return await browser.evaluate(`new Promise((done) => {
    let sum = 0;
    new PerformanceObserver((list) => {
      for (const { value } of list.getEntries()) sum += value;
    }).observe({ type: "layout-shift", buffered: true });
    setTimeout(() => done(sum), 200);
  })`);
}

/** Returns the number of pixels by which the page is wider than its window. */
export async function overflow(browser: Browser): Promise<number> {
  return await browser.evaluate(
    // The reserved place of a scrollbar makes a short page narrower than its window.
    "Math.max(document.documentElement.scrollWidth - document.documentElement.clientWidth, 0)",
  );
}

/** Returns the texts of the axes above bars that overlap the one before them. */
export async function overlappingLabels(browser: Browser): Promise<string[]> {
  return await browser.evaluate(`[...document.querySelectorAll(".axis svg")].flatMap((axis) => {
    const boxes = [...axis.querySelectorAll("text")].map((text) => [text.textContent, text.getBoundingClientRect()])
      .filter(([, { width }]) => width > 0);
    return boxes.filter(([, { left }], at) => at > 0 && boxes[at - 1][1].right > left).map(([text]) => text);
  })`);
}
