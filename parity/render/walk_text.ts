/**
 * Walks through failing stages as text.
 *
 * @module
 */

import { textTable } from "../../core/table.ts";
import { pictureText } from "../picture.ts";
import { error } from "./report.ts";
import type { Walk, WalkFinding } from "../walk.ts";

/** Returns a walk as text: a table of all inner seams, then the first wrong one and where its errors lie. */
export function walkText({ stage, subject, steps, first }: Walk): string {
  const rows = steps.map(({ seam, shape, elements, failing, needs, allowed, verdict }) => [
    ...[seam, `[${shape.join(", ")}]`, String(elements), String(failing)],
    ...[needs === null ? "" : error(needs), error(allowed), verdict],
  ]);
  const head = ["inner seam", "shape", "elements", "failing", "needs", "allowed", "verdict"];
  return [
    `walk: ${stage}: ${subject}`,
    ...textTable([head, ...rows], (column) => column >= 2 && column <= 5),
    ...(first === null
      ? [
        `${stage}: all ${steps.length} inner seams are right; what failed lies in what the walk does ` +
        "not go through: the input, the reference, or the work before the first and behind the last",
      ]
      : [findingText(first)]),
  ].join("\n");
}

/** Returns the first wrong inner seam, its worst element, and where its errors lie, without a final newline. */
export function findingText(finding: WalkFinding): string {
  const { seam, inputs, shape, worst, reason, picture } = finding;
  const before = inputs.length === 0
    ? "which is made of the stage's input"
    : `while ${inputs.join(" and ")} ${inputs.length > 1 ? "are" : "is"} right where sampled`;
  return [
    `first wrong: ${seam} [${shape.join(", ")}], ${before}`,
    ...(reason === undefined ? [] : [reason]),
    ...(worst === undefined ? [] : [
      `worst at [${worst.index.join(", ")}]: ${worst.actual}, expected ${worst.expected}`,
    ]),
    ...(picture === undefined ? [] : [pictureText(picture)]),
  ].join("\n");
}
