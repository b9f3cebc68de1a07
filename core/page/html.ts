/**
 * HTML in which text cannot become markup.
 *
 * @module
 */

/** Markup; text of any other kind is escaped where it is put in. */
export class Html {
  /** The markup itself. */
  readonly markup: string;

  /**
   * Takes markup as it is.
   *
   * @param markup what is known to be markup
   */
  constructor(markup: string) {
    this.markup = markup;
  }
}

/** What can be put into markup; null is nothing. */
export type Content = Html | string | number | null | readonly Content[];

/**
 * A template whose values are escaped, unless they are markup themselves.
 *
 * @example
 * ```ts
 * import { ok } from "node:assert/strict";
 * import { html } from "./html.ts";
 * ok(html`<b>${"a < b"}</b>`.markup === "<b>a &lt; b</b>");
 * ```
 */
export function html(parts: TemplateStringsArray, ...contents: readonly Content[]): Html {
  return new Html(String.raw({ raw: parts as readonly string[] }, ...contents.map(markupOf)));
}

function markupOf(content: Content): string {
  if (content === null) return "";
  if (content instanceof Html) return content.markup;
  if (typeof content === "object") return content.map(markupOf).join("");
  return String(content)
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}

/**
 * Data for the page's own scripts, which no browser runs.
 *
 * @param id by which a script finds it
 * @param data anything that JSON can write
 */
export function embeddedData(id: string, data: unknown): Html {
  const json = JSON.stringify(data).replaceAll("<", "\\u003c");
  return html`<script type="application/json" id="${id}">${new Html(json)}</script>`;
}

/**
 * A script in the page itself.
 *
 * @param source JavaScript
 * @throws {Error} if the source would end its own element
 */
export function inlineScript(source: string): Html {
  if (/<(\/script|!--)/i.test(source)) {
    throw new Error(
      "Inlining a script: expected a source without </script> and <!--, but it has one; " +
        "write < as \\x3c there",
    );
  }
  return new Html(`<script>${source}</script>`);
}
