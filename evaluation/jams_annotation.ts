/**
 * Annotations in JAMS, the JSON Annotated Music Specification.
 *
 * @module
 */

import { type Annotation, AnnotationError } from "./annotation.ts";
import {
  checkedArray,
  checkedLabel,
  checkedSegments,
  checkedTempo,
  checkedTime,
  checkedTimes,
  type Fields,
  isFields,
} from "./checked_values.ts";

/** One observation of an annotation. */
interface Observation {
  readonly time: unknown;
  readonly duration: unknown;
  readonly value: unknown;
  readonly confidence: unknown;
}

/**
 * Reads the annotations of the namespaces `beat` or `beat_position`, `segment_…` and `tempo`; all others are ignored.
 *
 * A beat whose value is 1 is a downbeat; where no beat has a value, the downbeats are unknown. Of several tempi the
 * one with the highest confidence counts.
 *
 * @param value what was in the JSON
 * @throws {AnnotationError} if it is no JAMS, has no beats, or has two annotations of one kind
 *
 * Source: Humphrey and others, "JAMS: A JSON Annotated Music Specification for Reproducible MIR Research", 2014.
 */
export function jamsAnnotation(value: unknown): Annotation {
  if (!isFields(value)) throw new AnnotationError("expected an object with annotations");
  const annotations = checkedArray(value["annotations"], "annotations").map((annotation, at) => {
    if (isFields(annotation) && typeof annotation["namespace"] === "string") return annotation;
    throw new AnnotationError(`annotations[${at}] should be an object with a namespace`);
  });
  const beats = onlyOne(annotations, "beats", /^beat(_position)?$/);
  if (beats === undefined) {
    const found = annotations.map(({ namespace }) => namespace).join(", ");
    throw new AnnotationError(`no annotation of beats (found ${found || "no annotation at all"})`);
  }
  const segments = onlyOne(annotations, "segments", /^segment_/);
  const tempo = onlyOne(annotations, "the tempo", /^tempo$/);
  return {
    ...beatsOf(observations(beats)),
    segments: segments === undefined ? null : segmentsOf(observations(segments)),
    bpm: tempo === undefined ? null : tempoOf(observations(tempo)),
  };
}

function onlyOne(
  annotations: readonly Fields[],
  what: string,
  namespace: RegExp,
): Fields | undefined {
  const found = annotations.filter((annotation) => namespace.test(String(annotation["namespace"])));
  if (found.length < 2) return found[0];
  const names = found.map((annotation) => annotation["namespace"]).join(", ");
  throw new AnnotationError(
    `${found.length} annotations of ${what} (${names}): keep the one that is to count`,
  );
}

/** Observations one by one, also where a file has them by columns. */
function observations(annotation: Fields): Observation[] {
  const what = `data of ${annotation["namespace"]}`;
  const { data } = annotation;
  if (!isFields(data)) {
    return checkedArray(data, what).map((one, at) => {
      if (!isFields(one)) throw new AnnotationError(`${what}[${at}] should have a time`);
      return {
        time: one["time"],
        duration: one["duration"],
        value: one["value"],
        confidence: one["confidence"],
      };
    });
  }
  const column = (name: string): readonly unknown[] => checkedArray(data[name], `${what}: ${name}`);
  const [time, duration, value] = [column("time"), column("duration"), column("value")];
  const confidence = Array.isArray(data["confidence"]) ? data["confidence"] : [];
  if (duration.length !== time.length || value.length !== time.length) {
    throw new AnnotationError(`${what}: the columns are of different lengths`);
  }
  return time.map((one, at) => ({
    time: one,
    duration: duration[at],
    value: value[at],
    confidence: confidence[at],
  }));
}

function beatsOf(found: readonly Observation[]): Pick<Annotation, "beats" | "downbeats"> {
  const beats = checkedTimes(found.map(({ time }) => time), "beats");
  const positions = found.map(({ value }) => isFields(value) ? value["position"] : value);
  const isKnown = positions.some((position) => typeof position === "number");
  return { beats, downbeats: isKnown ? beats.filter((_, at) => positions[at] === 1) : null };
}

function segmentsOf(found: readonly Observation[]): Annotation["segments"] {
  const segments = found.map(({ time, duration, value }, at) => {
    const start = checkedTime(time, `segments[${at}].time`);
    return {
      start,
      end: start + checkedTime(duration, `segments[${at}].duration`),
      label: checkedLabel(value, `segments[${at}].value`),
    };
  });
  return checkedSegments(segments, "segments");
}

function tempoOf(found: readonly Observation[]): number | null {
  const tempi = found.map(({ value, confidence }, at) => ({
    bpm: checkedTempo(value, `tempo[${at}]`),
    confidence: typeof confidence === "number" ? confidence : 0,
  }));
  const [best] = tempi.sort((a, b) => b.confidence - a.confidence);
  return best?.bpm ?? null;
}
