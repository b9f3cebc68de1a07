/**
 * Renders the shell of every page: document, head, style, and embedded scripts and data.
 *
 * Pages are JSX, which escapes text and attributes. Only this module inserts markup as it is, and checks it first.
 *
 * @module
 */

import { readFileSync } from "node:fs";
import type { ComponentChildren, JSX } from "preact";
import { renderToString } from "preact-render-to-string";

/** Content security policy: the page is one file and loads no other. */
const POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:";

/** What a page has besides the style of all pages. */
export interface PageOptions {
  /** Further directives of the content security policy. */
  readonly policy?: string;
  /** Further rules of the style sheet. */
  readonly style?: string;
}

/**
 * Renders a whole document.
 *
 * @param title title of the window
 * @param body content of the body
 * @param options further rules of policy and style
 * @returns HTML with a final newline
 */
export function renderPage(
  title: string,
  body: ComponentChildren,
  options: PageOptions = {},
): string {
  const shared = readFileSync(new URL("./style.css", import.meta.url), "utf8");
  const style = shared + (options.style ?? "");
  const policy = options.policy === undefined ? POLICY : `${POLICY}; ${options.policy}`;
  const document = (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta http-equiv="Content-Security-Policy" content={policy} />
        <title>{title}</title>
        <link rel="icon" href="data:," />
        <style dangerouslySetInnerHTML={{ __html: style }} />
      </head>
      <body>{body}</body>
    </html>
  );
  return `<!doctype html>\n${renderToString(document)}\n`;
}

/**
 * Embeds data for the page's own scripts. No browser runs it.
 *
 * @param props `id`, by which a script finds the data, and `data`, which must be JSON
 */
export function PageData({ id, data }: { id: string; data: unknown }): JSX.Element {
  const json = JSON.stringify(data).replaceAll("<", "\\u003c");
  return <script type="application/json" id={id} dangerouslySetInnerHTML={{ __html: json }} />;
}

/**
 * Embeds a script.
 *
 * @param props `source`, JavaScript
 * @throws {Error} if the source would end its own element
 */
export function InlineScript({ source }: { source: string }): JSX.Element {
  if (/<(\/script|!--)/i.test(source)) {
    throw new Error(
      "Inlining a script: expected a source without </script> and <!--, but it has one; " +
        "write < as \\x3c there",
    );
  }
  return <script dangerouslySetInnerHTML={{ __html: source }} />;
}

/**
 * Embeds Chart.js, the colours of the style sheet for it, and the scripts that draw.
 *
 * @param props `scripts`, files that run in this order, and read `globalThis.report`
 * @throws {Error} if Chart.js is not installed
 */
export function ChartScripts({ scripts }: { scripts: readonly URL[] }): JSX.Element {
  const theme = new URL("./client/chart_theme.js", import.meta.url);
  return (
    <>
      <InlineScript source={chartScript()} />
      {[theme, ...scripts].map((url) => (
        <InlineScript key={url.href} source={readFileSync(url, "utf8")} />
      ))}
    </>
  );
}

/**
 * Returns the source of Chart.js, which sets `Chart` in the page.
 *
 * @throws {Error} if it is not installed
 */
function chartScript(): string {
  const file = new URL("./chart.umd.min.js", import.meta.resolve("chart.js"));
  try {
    // The page has no source map, and a browser would request it.
    return readFileSync(file, "utf8").replace(/\n\/\/# sourceMappingURL=.*\s*$/, "\n");
  } catch (cause) {
    throw new Error(
      `Reading Chart.js: expected ${file.pathname}; run a task of this project once, ` +
        "which installs it",
      { cause },
    );
  }
}
