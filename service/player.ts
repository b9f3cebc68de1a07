/**
 * The player page of an analysis, made from its result and its audio when it is asked for first.
 *
 * @module
 */

import { release } from "../core/tensor.ts";
import type { AnalysisResult } from "../pipeline/mod.ts";
import { dirname } from "node:path";

/** Bytes of audio that are embedded; larger audio is linked, and requested in ranges. */
const EMBEDDED_BYTES = 32e6;

/** Bytes of decoded audio that a page holds: 38 min. */
const DECODED_BYTES = 800e6;

/**
 * Returns the page as HTML.
 *
 * @param result the result
 * @param path path of the audio
 * @throws if the audio cannot be read
 */
export async function playerHtml(result: AnalysisResult, path: string): Promise<string> {
  const [{ envelope }, { pageAudio }, { playerPage }, { readTrackAudio }] = await Promise.all([
    import("../outputs/pictures/envelope.ts"),
    import("../outputs/player/page_audio.ts"),
    import("../outputs/player/page.tsx"),
    import("../outputs/track_audio.ts"),
  ]);
  const track = { path, name: result.path };
  const mixture = await readTrackAudio(track, { ffmpeg: false });
  try {
    const limits = { embeddedBytes: EMBEDDED_BYTES, decodedBytes: DECODED_BYTES };
    const audio = await pageAudio({ track, result, seams: {} }, mixture, dirname(path), limits);
    const view = {
      ...{ title: result.path, result, startSeconds: 0 },
      durationSeconds: (mixture.shape[1] ?? 0) / 44_100,
      waves: [{ name: "mix", envelope: envelope(mixture.data, 2) }],
    };
    return playerPage(view, audio.link === null ? audio : { ...audio, link: "audio", note: null });
  } finally {
    release(mixture);
  }
}
