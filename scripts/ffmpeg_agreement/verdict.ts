/**
 * Judgement of one file: what the built-in decoder gave against what ffmpeg gave.
 *
 * @module
 */

import type { Agreement, Pcm } from "./compare_pcm.ts";

/** A decoding, or the reason why there is none. */
export type Side = Decoding | { readonly refusal: string };

/** A successful decoding. */
export interface Decoding {
  readonly pcm: Pcm;
  readonly codec: string;
  /** Name of the decoder; absent for ffmpeg's own side. */
  readonly decoder?: string;
  /** Warnings of the built-in decoder, or messages of ffmpeg. */
  readonly warnings: readonly string[];
}

/** Verdicts in the order of the tables. */
export const VERDICTS = [
  "equal",
  "within tolerance",
  "as the reference",
  "through ffmpeg",
  "other length",
  "warned",
  "shifted",
  "differs",
  "refused by name",
  "not audio",
  "refused as damaged",
  "refused by both",
  "only ours",
  "crashed",
  "no answer",
] as const;

/** Verdict on one file. */
export type Verdict = typeof VERDICTS[number];

/** Verdicts that fail a run: wrong audio without a word, or no end. */
export const FAILURES: ReadonlySet<Verdict> = new Set([
  "shifted",
  "differs",
  "crashed",
  "no answer",
]);

/** Tolerance of a codec. */
interface Tolerance {
  /** Largest absolute difference. */
  readonly largest: number;
  /** Rms of the difference divided by the rms of the signal, up to which a larger difference passes. */
  readonly relativeRms: number;
}

const LOSSLESS: Tolerance = { largest: 0, relativeRms: 0 };
/** Decoders of transform codecs compute in floating point, in an order of their own. */
const LOSSY: Tolerance = { largest: 1e-4, relativeRms: 1e-4 };
const TOLERANCES: Readonly<Record<string, Tolerance>> = {
  opus: { largest: 1e-3, relativeRms: 1e-3 },
};
const LOSSLESS_CODECS = /^(pcm|adpcm|flac|alac|wavpack|tta|tak|ape|mlp|truehd|dsd|gsm|g72)/;

/** Samples by which lengths may differ: two frames of the longest lossy codec, for padding that one side cuts. */
const MOST_EXTRA_SAMPLES = 2 * 2304;

/** Verdict with its figures. */
export interface Judgement {
  readonly verdict: Verdict;
  /** Absent where one side has no audio, or another sample rate. */
  readonly agreement?: Agreement;
}

/** ffmpeg has a band of MPEG-2 layer 3 at 24 kHz start at line 330, LAME at 332. */
const MP3_24_KHZ: Tolerance = { largest: 1e-3, relativeRms: 2e-3 };

/** Returns the tolerance of a codec by ffmpeg's name of it, at a sample rate in Hz. */
export function toleranceOf(codec: string, sampleRateHz: number): Tolerance {
  if (codec === "mp3" && sampleRateHz === 24_000) return MP3_24_KHZ;
  return TOLERANCES[codec] ?? (LOSSLESS_CODECS.test(codec) ? LOSSLESS : LOSSY);
}

const AGREEMENTS: ReadonlySet<Verdict> = new Set(
  VERDICTS.slice(0, VERDICTS.indexOf("through ffmpeg") + 1),
);

/** Returns whether a verdict is one of equal audio. */
export function isAgreement(verdict: Verdict): boolean {
  return AGREEMENTS.has(verdict);
}

/**
 * Judges two decodings of the same file.
 *
 * @param ours decoding of the project
 * @param theirs decoding of ffmpeg
 * @param compare compares the samples, given the largest difference that needs no search for an offset
 */
export function judge(
  ours: Side,
  theirs: Side,
  compare: (ours: Pcm, theirs: Pcm, tolerance: number) => Agreement,
): Judgement {
  if ("refusal" in ours) {
    return { verdict: "refusal" in theirs ? "refused by both" : refusalVerdict(ours.refusal) };
  }
  if ("refusal" in theirs) return { verdict: ours.warnings.length > 0 ? "warned" : "only ours" };
  const tolerance = toleranceOf(theirs.codec, theirs.pcm.sampleRateHz);
  if (ours.pcm.sampleRateHz !== theirs.pcm.sampleRateHz) {
    return { verdict: ours.warnings.length > 0 ? "warned" : "differs" };
  }
  const agreement = compare(ours.pcm, theirs.pcm, tolerance.largest);
  const found = agreementVerdict(agreement, tolerance);
  const isForeign = ours.decoder?.startsWith("ffmpeg") ?? false;
  const verdict = isForeign && isAgreement(found) ? "through ffmpeg" : found;
  return {
    verdict: !isAgreement(verdict) && ours.warnings.length > 0 ? "warned" : verdict,
    agreement,
  };
}

function agreementVerdict(agreement: Agreement, tolerance: Tolerance): Verdict {
  const { offsetSamples, extraSamples, largestDifference, relativeRms } = agreement;
  if (offsetSamples !== 0) return "shifted";
  const isWithin = largestDifference <= tolerance.largest || relativeRms <= tolerance.relativeRms;
  if (!isWithin || Math.abs(extraSamples) > MOST_EXTRA_SAMPLES) return "differs";
  if (extraSamples !== 0) return "other length";
  return largestDifference === 0 ? "equal" : "within tolerance";
}

function refusalVerdict(refusal: string): Verdict {
  if (/which is not audio|expected an audio track/.test(refusal)) return "not audio";
  return /which is not read|found (?:encrypted|protected) sound/.test(refusal)
    ? "refused by name"
    : "refused as damaged";
}
