/**
 * The report of a parity run as JUnit XML, for continuous integration.
 *
 * @module
 */

import type { InnerSeamResult, ParityReport, SeamResult, SuiteReport, Walk } from "../report.ts";
import { error, worstText } from "./figures.ts";

/**
 * Renders the report: a test suite for each suite and piece, a test case for each mode and seam. A suite that
 * did not run is one skipped case. The first seam of a stage has the time of the stage. Each walk is a test
 * suite as well, with a test case for each inner seam.
 *
 * @param report results of the run
 * @returns XML with a final newline
 */
export function parityJunit(report: ParityReport): string {
  const suites = report.suites.flatMap(testSuites);
  const results = report.suites.flatMap((suite) => suite.results);
  const skipped = report.suites.filter(({ notRun }) => notRun !== undefined).length;
  const walks = report.walks ?? [];
  const innerSeams = walks.flatMap((walk) => walk.steps);
  const counts = {
    tests: results.length + skipped + innerSeams.length,
    failures: failures(results) + failures(innerSeams),
    errors: 0,
    skipped,
  };
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites${attributes({ name: "parity", ...counts })}>`,
    ...suites,
    ...walks.flatMap(walkSuite),
    "</testsuites>",
    "",
  ].join("\n");
}

function testSuites({ suite, notRun, results }: SuiteReport): string[] {
  if (notRun !== undefined) {
    return [
      `  <testsuite${attributes({ name: suite, tests: 1, failures: 0, errors: 0, skipped: 1 })}>`,
      `    <testcase${attributes({ classname: suite, name: "not run" })}>`,
      `      <skipped${attributes({ message: notRun })}/>`,
      "    </testcase>",
      "  </testsuite>",
    ];
  }
  const pieces = [...new Set(results.map(({ piece }) => piece))];
  return pieces.flatMap((piece) => {
    const own = results.filter((result) => result.piece === piece);
    const name = `${suite}, ${piece}`;
    const counts = { tests: own.length, failures: failures(own), errors: 0, skipped: 0 };
    return [
      `  <testsuite${attributes({ name, ...counts })}>`,
      ...own.flatMap((result, at) => testCase(result, own[at - 1])),
      "  </testsuite>",
    ];
  });
}

function testCase(result: SeamResult, before: SeamResult | undefined): string[] {
  const { suite, piece, mode, stage, seam, verdict, comparison, durationSeconds } = result;
  const isFirst = before?.stage !== stage || before.mode !== mode;
  const time = isFirst && durationSeconds !== null ? { time: durationSeconds.toFixed(6) } : {};
  const of = attributes({
    classname: `${suite}.${piece}.${mode}`,
    name: `${stage}: ${seam}`,
    ...time,
  });
  const reason = comparison.reason ?? "";
  if (verdict === "pass") return [`    <testcase${of}/>`];
  const inner = verdict === "fail"
    ? `<failure${attributes({ type: "parity", message: reason })}>${details(result)}</failure>`
    : `<system-out>${xml(`Reported, not judged: ${reason}`)}</system-out>`;
  return [`    <testcase${of}>`, `      ${inner}`, "    </testcase>"];
}

function walkSuite({ stage, subject, steps: innerSeams, first }: Walk): string[] {
  const name = `walk, ${stage}, ${subject}`;
  const counts = {
    tests: innerSeams.length,
    failures: failures(innerSeams),
    errors: 0,
    skipped: 0,
  };
  return [
    `  <testsuite${attributes({ name, ...counts })}>`,
    ...innerSeams.flatMap((result) => {
      const of = attributes({ classname: `walk.${stage}`, name: result.seam });
      if (result.verdict === "pass") return [`    <testcase${of}/>`];
      const message = result.seam === first?.seam
        ? "the first wrong step: all that it is computed from is correct"
        : "wrong, after the first wrong step or one of its own inputs";
      const failure = attributes({ type: "walk", message });
      return [
        `    <testcase${of}>`,
        `      <failure${failure}>${innerDetails(result)}</failure>`,
        "    </testcase>",
      ];
    }),
    "  </testsuite>",
  ];
}

function innerDetails({ reason, worst, needs, allowed }: InnerSeamResult): string {
  if (worst === undefined || needs === null) return xml(reason ?? "");
  return xml(`${worstText(worst)}; passes at ${error(needs)}, allowed is ${error(allowed)}`);
}

/** Returns the worst element of a failed seam, both values, and the tolerance. */
function details({ comparison, tolerance }: SeamResult): string {
  const { worst, smallestTolerance } = comparison;
  if (worst === undefined || tolerance.leastSnrDecibels !== undefined) {
    return xml(comparison.reason ?? "");
  }
  const { absolute, relative } = tolerance;
  return xml(
    `${worstText(worst)}; passes at ${error(smallestTolerance)}, allowed are ${absolute} + ` +
      `${relative} of the expected value`,
  );
}

function failures(results: readonly Pick<SeamResult, "verdict">[]): number {
  return results.filter(({ verdict }) => verdict === "fail").length;
}

function attributes(values: Readonly<Record<string, string | number>>): string {
  return Object.entries(values)
    .map(([name, value]) => ` ${name}="${xml(String(value)).replace(/[\t\n\r]/g, " ")}"`)
    .join("");
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
};

/** Escapes text. Characters that XML 1.0 does not allow, escaped or not, are left out. */
function xml(text: string): string {
  return [...text].filter(isAllowed).join("").replace(
    /[&<>"]/g,
    (character) => ENTITIES[character]!,
  );
}

function isAllowed(character: string): boolean {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x20) return character === "\t" || character === "\n" || character === "\r";
  return !(code >= 0xd800 && code <= 0xdfff) && code !== 0xfffe && code !== 0xffff;
}
