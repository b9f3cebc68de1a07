/**
 * Types of a result, made from its schema.
 *
 * @module
 */

import type { JsonOf } from "../core/schema.ts";
import type { ResultSchemas } from "./result_schema.ts";

/** A part of the track that has one function. */
export type Segment = JsonOf<ResultSchemas["segment"]>;

/** Tempo fitted to the beats. */
export type FittedTempo = JsonOf<ResultSchemas["fittedTempo"]>;

/** Length of the bars. */
export type Metre = JsonOf<ResultSchemas["metre"]>;

/** A decoded audio file. */
export type AudioFile = JsonOf<ResultSchemas["audioFile"]>;

/** Finding of the guard for one stage on the first seconds. */
export type GuardProvenance = JsonOf<ResultSchemas["guardFinding"]>;

/** Provenance of a result: what is needed to make it again. */
export type Provenance = JsonOf<ResultSchemas["provenance"]>;

/** Analysis of one track: upstream's keys and what is added to them; `result.schema.json` describes each field. */
export type AnalysisResult = JsonOf<ResultSchemas["result"]>;
