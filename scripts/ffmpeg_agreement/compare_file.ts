/**
 * Comparison of one file, as a worker process runs it.
 *
 * @module
 */

import { type DecodedAudio, openAudio } from "../../kernels/mod.ts";
import { openWithFallback } from "../../pipeline/audio_files.ts";
import { type Agreement, comparePcm } from "./compare_pcm.ts";
import { decodeWithFfmpeg } from "./ffmpeg.ts";
import { judgeByReference } from "./reference.ts";
import { judge, type Side, type Verdict } from "./verdict.ts";

/** Outcome of one file. */
export interface FileResult {
  readonly path: string;
  readonly container: string;
  readonly codec: string;
  readonly verdict: Verdict;
  readonly agreement?: Agreement;
  /** Decoding by the project, or its message. */
  readonly ours: string;
  /** Warnings of the project. */
  readonly warnings: readonly string[];
  /** Decoding by ffmpeg, and its messages. */
  readonly theirs: string;
}

/** Verdicts against ffmpeg that a reference decoder can overrule. */
const DOUBTFUL: ReadonlySet<Verdict> = new Set([
  "other length",
  "shifted",
  "differs",
  "only ours",
  "warned",
]);

/** Decodes a file as `analyze` does, but at the file's own rate. */
async function decodeWithTactus(path: string, sampleRateHz: number): Promise<Side> {
  const openAt = (rate: number): Promise<DecodedAudio> =>
    openWithFallback(path, (opened) => openAudio(opened, rate));
  let file: DecodedAudio;
  try {
    file = await openAt(sampleRateHz);
    const native = file.sourceSampleRateHz;
    if (native !== sampleRateHz) {
      file.close();
      file = await openAt(native);
    }
  } catch (error) {
    return { refusal: error instanceof Error ? error.message : String(error) };
  }
  try {
    const { data, shape: [channelCount, samples] } = await file.read();
    const channels = Array.from(
      { length: Math.min(2, channelCount!) },
      (_, i) => data.subarray(i * samples!, (i + 1) * samples!),
    );
    const pcm = { sampleRateHz: file.sourceSampleRateHz, channelCount: channelCount!, channels };
    return { pcm, codec: file.codec, decoder: file.decoder, warnings: file.warnings };
  } finally {
    file.close();
  }
}

/** Decodes a file by both decoders and judges the result. */
export async function compareFile(path: string): Promise<FileResult> {
  const { log, side: theirs } = await decodeWithFfmpeg(path);
  const rate = "pcm" in theirs ? theirs.pcm.sampleRateHz : log.sampleRateHz;
  const ours = await decodeWithTactus(path, rate || 44_100);
  let judged = judge(ours, theirs, comparePcm);
  if ("pcm" in ours && DOUBTFUL.has(judged.verdict)) {
    judged = await judgeByReference(path, ours) ?? judged;
  }
  return {
    path,
    container: log.container || `.${path.split(".").at(-1)}`,
    codec: log.codec || ("codec" in ours ? ours.codec : "none"),
    ...judged,
    ours: described(ours),
    warnings: "warnings" in ours ? ours.warnings : [],
    theirs: ["pcm" in theirs ? described(theirs) : "no audio", ...log.errors].join("; "),
  };
}

function described(side: Side): string {
  if ("refusal" in side) return side.refusal;
  const { channels, channelCount, sampleRateHz } = side.pcm;
  return `${side.codec}, ${channels[0]!.length} × ${channelCount}, ${sampleRateHz} Hz`;
}
