/**
 * Findings of the guard as text, and as results record them.
 *
 * @module
 */

import { printable } from "../core/printable.ts";
import type { GuardFinding, GuardOptions } from "./guard.ts";
import type { GuardProvenance } from "./result_types.ts";
import type { Track } from "./separated.ts";

/**
 * Returns notes on what passed: the signal-to-noise ratio where products are in bfloat16, and a tolerance that the level of
 * the stems raised.
 *
 * @param track the track
 * @param findings findings of all stages
 * @param options length of the beginning that was compared
 */
export function guardNotes(
  { path }: Pick<Track, "path">,
  findings: readonly GuardFinding[],
  { seconds }: Pick<GuardOptions, "seconds">,
): string[] {
  return findings.filter(({ fellBack }) => !fellBack).flatMap((finding) => {
    const { stage, alternative, seam, needs, snrDecibels, raised } = finding;
    if (snrDecibels !== undefined) {
      return [
        `${printable(path)}: ${stage} in bf16 has a signal-to-noise ratio of ` +
        `${snrDecibels.toFixed(1)} dB in the first ${seconds} s, against ${alternative} in f32`,
      ];
    }
    if (raised === undefined) return [];
    const { allowed, peak } = raised;
    return [
      `${printable(path)}: ${stage} differs from ${alternative} in ${seam} by ${
        needs.toExponential(1)
      } in the first ${seconds} s: ${
        allowed.toExponential(1)
      } is allowed, since the ${seam} peak at ${peak.toFixed(2)} and ` +
      "single precision holds no 1e-6 there",
    ];
  });
}

/** Returns a finding as results record it. */
export function guardProvenance(finding: GuardFinding): GuardProvenance {
  const { stage, alternative, seam, needs, fellBack, raised } = finding;
  const { snrDecibels = raised?.snrDecibels } = finding;
  return {
    ...{ stage, judge: alternative, seam },
    needs: Number.isFinite(needs) ? needs : null,
    fell_back: fellBack,
    ...(snrDecibels !== undefined && {
      snr_db: Number.isFinite(snrDecibels) ? snrDecibels : null,
    }),
    ...(raised && { allowed: raised.allowed }),
  };
}

/** Returns the warning that the second implementation computed a stage. */
export function fallbackWarning({ path }: Pick<Track, "path">, finding: GuardFinding): string {
  const { stage, alternative, seam, needs, raised } = finding;
  const { snrDecibels = raised && needs <= raised.allowed ? raised.snrDecibels : undefined } =
    finding;
  const difference = !Number.isFinite(needs)
    ? "in kind"
    : snrDecibels === undefined
    ? `by ${needs.toExponential(1)}`
    : `with a signal-to-noise ratio of ${snrDecibels.toFixed(1)} dB`;
  return `${
    printable(path)
  }: ${stage} differs from ${alternative} in ${seam} ${difference}: ${alternative} computed it instead`;
}
