/**
 * Verdicts as a sign and a word, so that no colour is needed to read them.
 *
 * @module
 */

import type { StageView } from "../report_view.ts";
import { type Html, html } from "../../core/page/html.ts";

/** Signs by word; the class of the same name gives the colour. */
const SIGNS: Readonly<Record<string, string>> = {
  slower: "▲",
  suspect: "△",
  unknown: "?",
  faster: "▼",
  same: "=",
  new: "+",
  pass: "✓",
  fail: "✗",
  reported: "○",
};

/** The verdict of a stage; blank where nobody decided. */
export function stageVerdict(verdict: StageView["verdict"]): Html {
  return verdict === null ? html`` : verdictMark(verdict);
}

/**
 * A sign and a word.
 *
 * @param verdict of a stage or a seam
 */
export function verdictMark(verdict: string): Html {
  const sign = SIGNS[verdict] ?? "·";
  return html`
    <span
      class="mark mark-${verdict}"><span class="sign" aria-hidden="true">${sign}</span> ${verdict}</span>
  `;
}
