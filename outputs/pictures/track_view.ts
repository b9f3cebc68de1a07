/**
 * The parts of an analysis that plots and the player page show.
 *
 * @module
 */

import { basename } from "node:path";
import type { Tensor } from "../../core/tensor.ts";
import type { AnalyzedTrack } from "../../pipeline/analyze_track.ts";
import type { AnalysisResult } from "../../pipeline/result.ts";
import type { Activations } from "../../pipeline/seams.ts";
import { STEMS } from "../../pipeline/stems.ts";
import { type Envelope, envelope, isSameEnvelope, spectralEnvelope } from "./envelope.ts";

/** An outline with a name. */
export interface NamedEnvelope {
  /** `mix`, or the name of a stem. */
  readonly name: string;
  /** The outline. */
  readonly envelope: Envelope;
}

/** An analysis as it is drawn. */
export interface TrackView {
  /** Name of the file. */
  readonly title: string;
  /** The result. */
  readonly result: AnalysisResult;
  /** Time in the track at which the drawing begins; times of the result are those of the whole track. */
  readonly startSeconds: number;
  /** Length of what is drawn. */
  readonly durationSeconds: number;
  /** Outlines: the mix, then the stems that are sources of their own. */
  readonly waves: readonly NamedEnvelope[];
  /** Probabilities, 100 frames a second. */
  readonly activations: Activations;
}

/**
 * Collects what is drawn of a track.
 *
 * @param analyzed the analysis
 * @param mixture `[2, samples]` f32, full scale 1.0, 44.1 kHz
 */
export function trackView(analyzed: AnalyzedTrack, mixture: Tensor<"f32">): TrackView {
  const { track, result, seams, startSeconds, durationSeconds } = analyzed;
  return {
    title: basename(track.path),
    result,
    startSeconds,
    durationSeconds,
    waves: [
      { name: "mix", envelope: envelope(mixture.data, mixture.shape[0] ?? 1) },
      ...stemEnvelopes(seams),
    ],
    activations: seams,
  };
}

/** Returns the outlines of stems, without those that are equal: they are the mix itself. */
function stemEnvelopes(seams: AnalyzedTrack["seams"]): NamedEnvelope[] {
  const { stems16, spectrogram } = seams;
  const all = STEMS.map((name, stem): NamedEnvelope => {
    // Of long stems only the spectrogram is kept.
    if (stems16 === undefined) return { name, envelope: spectralEnvelope(spectrogram, stem) };
    const [, channels = 1, samples = 0] = stems16.shape;
    const size = channels * samples;
    const data = stems16.data.subarray(stem * size, (stem + 1) * size);
    return { name, envelope: envelope(data, channels) };
  });
  return all.filter((one) =>
    !all.some((other) => other !== one && isSameEnvelope(one.envelope, other.envelope))
  );
}

/** The tempo around a beat. */
export interface LocalTempo {
  /** Time of the beat, seconds. */
  readonly time: number;
  /** Beats a minute. */
  readonly bpm: number;
}

/** Beat intervals of which the local tempo is the mean: times have steps of 10 ms, 2 % of a beat. */
const TEMPO_INTERVALS = 8;

/**
 * Returns the tempo at each beat, the mean of eight intervals around it.
 *
 * @param beats times in seconds
 * @returns one tempo for each beat; none for fewer than two beats
 */
export function localTempi(beats: readonly number[]): LocalTempo[] {
  const last = beats.length - 1;
  if (last < 1) return [];
  const width = Math.min(TEMPO_INTERVALS, last);
  return beats.map((time, beat) => {
    const first = Math.max(0, Math.min(last - width, beat - Math.floor(width / 2)));
    return { time, bpm: 60 * width / (beats[first + width]! - beats[first]!) };
  });
}

/** Returns the facts of a result in a few words each: tempo, metre, number of beats, length. */
export function factsOf(
  { result, durationSeconds }: Pick<TrackView, "result" | "durationSeconds">,
): string[] {
  const { bpm, beats, beat_positions, downbeats } = result;
  const beatsPerBar = beat_positions.reduce((most, position) => Math.max(most, position), 0);
  return [
    bpm === null ? "no tempo" : `${bpm} bpm`,
    ...(beats.length === 0 ? ["no beats"] : [`${beats.length} beats`]),
    ...(downbeats.length > 1 ? [`bars of ${beatsPerBar}`] : []),
    clock(durationSeconds),
  ];
}

/** Formats seconds as `1:02:03` or `2:03`; with tenths where `decimals` is 1. */
export function clock(seconds: number, decimals: 0 | 1 = 0): string {
  const unit = 10 ** decimals;
  const all = Math.round(Math.max(0, seconds) * unit);
  const whole = Math.floor(all / unit);
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  const pad = (value: number): string => String(value).padStart(2, "0");
  const tail = `${pad(whole % 60)}${decimals === 0 ? "" : `.${all % unit}`}`;
  return hours > 0 ? `${hours}:${pad(minutes)}:${tail}` : `${minutes}:${tail}`;
}
