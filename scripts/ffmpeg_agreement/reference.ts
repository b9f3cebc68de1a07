/**
 * Decoding by the reference decoder of a codec, where ffmpeg is not the judge: it keeps samples of Vorbis that libvorbis
 * drops, has an Opus decoder of its own, bounds of bands at 24 kHz that differ from LAME's, and cannot read FLAC of 32 bits
 * and the byte order of RIFX.
 *
 * @module
 */

import { comparePcm, type Pcm } from "./compare_pcm.ts";
import { decodeBytes } from "./ffmpeg.ts";
import { type Decoding, isAgreement, judge, type Judgement } from "./verdict.ts";

/** Reference decoder of a codec: it writes WAV to standard output. */
interface Reference {
  readonly program: string;
  readonly args: (path: string) => string[];
  /** Largest difference: programs that write 16 bits round and clip. */
  readonly tolerance: number;
}

const SOX: Reference = {
  program: "sox",
  args: (path) => ["-D", path, "-t", "wav", "-e", "floating-point", "-b", "32", "-"],
  tolerance: 0,
};

const REFERENCES: Readonly<Record<string, Reference>> = {
  vorbis: {
    program: "oggdec",
    args: (path) => ["--quiet", "--output", "-", path],
    tolerance: 1.6e-5,
  },
  opus: {
    program: "opusdec",
    args: (path) => ["--quiet", "--float", "--no-dither", "--rate", "48000", path, "-"],
    tolerance: 1e-3,
  },
  mp3: {
    program: "lame",
    args: (path) => ["--quiet", "--decode", path, "-"],
    tolerance: 1.8e-5,
  },
  flac: {
    program: "flac",
    args: (path) => ["--decode", "--silent", "--stdout", path],
    tolerance: 2 ** -24,
  },
  pcm_s16be: SOX,
  pcm_s24be: SOX,
  pcm_s32be: SOX,
};

/**
 * Compares a decoding with that of the codec's reference decoder.
 *
 * @returns null if the codec has no reference decoder, it is not installed, or it disagrees
 */
export async function judgeByReference(path: string, ours: Decoding): Promise<Judgement | null> {
  const reference = REFERENCES[ours.codec];
  if (reference === undefined) return null;
  const command = new Deno.Command(reference.program, {
    args: reference.args(path),
    ...{ stdin: "null", stdout: "piped", stderr: "null" },
  });
  let output: Deno.CommandOutput;
  try {
    output = await command.output();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
  if (output.stdout.length === 0) return null;
  const theirs = await decodeBytes(output.stdout);
  if ("refusal" in theirs) return null;
  const { tolerance } = reference;
  const clipped = { ...ours, warnings: [], pcm: tolerance > 0 ? clip(ours.pcm) : ours.pcm };
  const compare = (a: Pcm, b: Pcm): ReturnType<typeof comparePcm> => comparePcm(a, b, tolerance);
  const { verdict, agreement } = judge(clipped, theirs, compare);
  const isWithin = agreement?.offsetSamples === 0 && agreement.extraSamples === 0 &&
    agreement.largestDifference <= tolerance;
  if (!isWithin && !isAgreement(verdict)) return null;
  return { verdict: "as the reference", ...agreement !== undefined && { agreement } };
}

/** Returns samples clipped to the range of 16 bits. */
function clip(pcm: Pcm): Pcm {
  const limited = (sample: number): number => Math.max(-1, Math.min(32_767 / 32_768, sample));
  return { ...pcm, channels: pcm.channels.map((channel) => channel.map(limited)) };
}
