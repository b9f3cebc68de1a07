/**
 * Annotations in the JSON Annotated Music Specification.
 *
 * @module
 */

import type { FormatResult } from "./format_result.ts";
import { durationOf, titleOf } from "./track_facts.ts";

/** An observation of an annotation. */
interface Observation {
  readonly time: number;
  readonly duration: number;
  readonly value: unknown;
  readonly confidence: number | null;
}

/** Program of results without provenance. */
const ALLIN1 = "allin1";

/** Labels of the SALAMI vocabulary for those labels that are not part of it. */
const SALAMI_LABELS: Readonly<Record<string, string>> = {
  start: "no_function",
  inst: "instrumental",
};

/**
 * Encodes beats, segments and tempo as JAMS: `beat` with the position in the bar, `segment_open` with allin1's labels,
 * `segment_salami_function` with labels of the SALAMI vocabulary, and `tempo`.
 *
 * @param result the analysis
 *
 * Source: jams 0.3.5, `schemata/`.
 */
export function encodeJams(result: FormatResult): string {
  const duration = durationOf(result);
  const start = result.provenance?.part?.start ?? 0;
  const segments = (named: (label: string) => string): Observation[] =>
    result.segments.map(({ start, end, label }) => ({
      ...{ time: start, duration: end - start, value: named(label), confidence: null },
    }));
  const annotation = (namespace: string, data: readonly Observation[]): object => ({
    namespace,
    annotation_metadata: {
      annotation_tools: result.provenance?.program ?? ALLIN1,
      data_source: "program",
      annotator: annotatorOf(result),
    },
    ...{ data, time: start, duration: Math.max(0, duration - start), sandbox: {} },
  });
  const document = {
    file_metadata: {
      ...{ title: titleOf(result), artist: "", release: "", duration },
      ...{ jams_version: "0.3.5", identifiers: {} },
    },
    annotations: [
      annotation(
        "beat",
        result.beats.map((time, beat) => ({
          ...{ time, duration: 0, value: result.beat_positions[beat] ?? null, confidence: null },
        })),
      ),
      annotation("segment_open", segments((label) => label)),
      annotation("segment_salami_function", segments((label) => SALAMI_LABELS[label] ?? label)),
      annotation("tempo", tempi(result, start, duration)),
    ],
    sandbox: { path: result.path },
  };
  return JSON.stringify(document, null, 2) + "\n";
}

function annotatorOf({ provenance }: FormatResult): object {
  return provenance === undefined ? {} : { model: provenance.model, demixer: provenance.demixer };
}

/** Returns the tempo curve; its first piece begins with the annotation, the last ends with it. */
function tempi({ tempo }: FormatResult, start: number, end: number): Observation[] {
  if (tempo === null) return [];
  return tempo.curve.map(({ start: begun, bpm }, piece) => {
    const time = piece === 0 ? start : Math.max(start, begun);
    const next = tempo.curve[piece + 1]?.start ?? end;
    return { time, duration: Math.max(0, next - time), value: bpm, confidence: tempo.confidence };
  });
}
