/**
 * The key of the weights and settings of an analysis: together with the hash of the audio it names a result.
 *
 * @module
 */

import { bytesSha256 } from "../core/hash.ts";
import { OVERLAP } from "../kernels/mod.ts";
import { sharedProvenance } from "./analyze_track.ts";
import { backendOf } from "./backends/backend.ts";
import type { FinishedSettings } from "./finished.ts";
import { STEMS_PADDING_SECONDS } from "./levels.ts";

/**
 * Returns the SHA-256, hexadecimal, of all that determines a result but the audio: program version, weights, and settings.
 * As in `whyUnfinished()`, the versions of the runtime are no part of it, nor whether a name of weights was given.
 *
 * @param settings weights and settings
 * @param hasEmbeddings whether embeddings are made
 */
export function settingsKey(settings: FinishedSettings, hasEmbeddings: boolean): string {
  const { automatic: _, versions: _versions, ...shared } = sharedProvenance(
    settings.model,
    settings,
  );
  const { demixer, shifts, overlap = OVERLAP, compute, audio = {}, guard } = settings;
  const separation = demixer && {
    ...{ name: demixer.name, sha256: demixer.sha256, backend: demixer.backend },
    precision: demixer.precision ?? "f32",
    ...(demixer.sha256 !== null && { shifts, overlap }),
  };
  const key = {
    ...{ shared, separation, backend: backendOf(compute), guard: guard ?? null, hasEmbeddings },
    gain: audio.gain ?? null,
    part: audio.part ?? null,
    stemsPadding: audio.stemsPaddingSeconds ?? STEMS_PADDING_SECONDS,
  };
  return bytesSha256(new TextEncoder().encode(JSON.stringify(key)));
}
