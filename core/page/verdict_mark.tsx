/**
 * Renders verdicts as a sign and a word, which are readable without colour.
 *
 * @module
 */

import type { JSX } from "preact";

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

/**
 * Renders a sign and a word.
 *
 * @param props verdict of a stage or a seam
 */
export function VerdictMark({ verdict }: { verdict: string }): JSX.Element {
  return (
    <span class={`mark mark-${verdict}`}>
      <span class="sign" aria-hidden="true">{SIGNS[verdict] ?? "·"}</span> {verdict}
    </span>
  );
}
