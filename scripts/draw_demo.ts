/**
 * Draws `docs/demo.svg`: the plot of the demo piece.
 *
 *     deno run -A scripts/draw_demo.ts WEIGHTS_DIR
 *
 * @module
 */

import { join } from "node:path";
import { loadModel } from "../models/mod.ts";
import { FIXTURES_FOLDER } from "../core/program.ts";
import { plot } from "../outputs/pictures/plot.ts";
import { readTrackAudio } from "../outputs/track_audio.ts";
import { analyzeTrack, networkModel } from "../pipeline/mod.ts";

if (import.meta.main) {
  const [weightsDir] = Deno.args;
  if (weightsDir === undefined) {
    throw new Error("Usage: deno run -A scripts/draw_demo.ts WEIGHTS_DIR");
  }
  const stems = join(FIXTURES_FOLDER, "audio", "four_four");
  const name = "harmonix-all";
  const analyzed = await analyzeTrack(
    { path: join(stems, "mix.flac"), name: "demo", stemsDirectory: stems },
    {
      model: loadModel(name, { weightsDir }).then((folds) => networkModel(name, folds)),
      embeddings: false,
    },
  );
  const svg = await plot(analyzed, await readTrackAudio(analyzed.track, {}), "svg");
  await Deno.writeFile(
    join(import.meta.dirname ?? ".", "..", "docs", "demo.svg"),
    typeof svg === "string" ? new TextEncoder().encode(svg) : svg,
  );
}
