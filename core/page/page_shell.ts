/**
 * What every page has: head, style, and the language.
 *
 * @module
 */

import { readFileSync } from "node:fs";
import { Html, html } from "./html.ts";

/**
 * A whole document.
 *
 * @param title of the window
 * @param body what is in it
 * @returns HTML with a final newline
 */
export function pageShell(title: string, body: Html): string {
  const style = readFileSync(new URL("./style.css", import.meta.url), "utf8");
  return html`
    <!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <meta http-equiv="Content-Security-Policy"
          content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:">
        <title>${title}</title>
        <link rel="icon" href="data:,">
        <style>
    ${new Html(style)}</style>
      </head>
      <body>
    ${body}
      </body>
    </html>
  `.markup.trim() + "\n";
}
