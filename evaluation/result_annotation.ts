/**
 * Annotations in the form of our results and of `truth.json`.
 *
 * @module
 */

import type { Segment } from "../pipeline/result.ts";
import { type Annotation, AnnotationError } from "./annotation.ts";
import {
  checkedArray,
  checkedLabel,
  checkedSegments,
  checkedTempo,
  checkedTime,
  checkedTimes,
  isFields,
} from "./checked_values.ts";

/**
 * Reads the keys `beats`, `downbeats`, `segments` (`start`, `end`, `label`) and `bpm`, as `analyze` and allin1 write
 * them; all but `beats` may be absent or null.
 *
 * @param value what was in the JSON
 * @throws {AnnotationError} if it is something else
 */
export function resultAnnotation(value: unknown): Annotation {
  if (!isFields(value)) throw new AnnotationError("expected an object with beats");
  const { beats, downbeats = null, segments = null, bpm = null } = value;
  return {
    beats: checkedTimes(beats, "beats"),
    downbeats: downbeats === null ? null : checkedTimes(downbeats, "downbeats"),
    segments: segments === null ? null : checkedSegments(segmentsOf(segments), "segments"),
    bpm: bpm === null ? null : checkedTempo(bpm, "bpm"),
  };
}

function segmentsOf(value: unknown): Segment[] {
  return checkedArray(value, "segments").map((segment, at) => {
    const what = `segments[${at}]`;
    if (!isFields(segment)) throw new AnnotationError(`${what} should have start, end and label`);
    return {
      start: checkedTime(segment["start"], `${what}.start`),
      end: checkedTime(segment["end"], `${what}.end`),
      label: checkedLabel(segment["label"], `${what}.label`),
    };
  });
}
