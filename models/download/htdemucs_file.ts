/**
 * Where the published HTDemucs comes from, and what its file must be.
 *
 * @module
 */

import type { PinnedFile } from "./pinned_file.ts";

/**
 * The weights of HTDemucs. Its authors publish the first eight hexadecimal digits of the SHA-256, as the part of the name
 * after the dash, and no more; the size is about 84 MB.
 */
export const HTDEMUCS_FILE: PinnedFile = {
  fileName: "955717e8-8726e21a.th",
  url: "https://dl.fbaipublicfiles.com/demucs/hybrid_transformer/955717e8-8726e21a.th",
  sha256: "8726e21a",
  minBytes: 80_000_001,
  maxBytes: 99_999_999,
};
