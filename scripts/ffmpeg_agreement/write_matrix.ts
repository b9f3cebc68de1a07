/**
 * Writes the matrix of formats with ffmpeg, from four seconds of the demo piece. A combination that ffmpeg cannot write is
 * listed and left out.
 *
 *     deno run -A scripts/ffmpeg_agreement/write_matrix.ts FOLDER
 *
 * @module
 */

import { join } from "node:path";
import { formatMatrix } from "./format_matrix.ts";

const SECONDS = 4;
const PIECE = join(import.meta.dirname!, "../../fixtures/audio/four_four/mix.flac");

if (import.meta.main) {
  const folder = Deno.args[0];
  if (folder === undefined) {
    console.error("Expected the folder to write to");
    Deno.exit(2);
  }
  await Deno.mkdir(folder, { recursive: true });
  for (const { name, args } of formatMatrix()) {
    const path = join(folder, name);
    const input = ["-nostdin", "-v", "error", "-y", "-t", String(SECONDS), "-i", PIECE];
    const command = new Deno.Command("ffmpeg", { args: [...input, ...args, path] });
    const { success, stderr } = await command.output();
    if (success) continue;
    await Deno.remove(path).catch(() => {});
    console.log(`${name}: ${new TextDecoder().decode(stderr).trim().split("\n")[0]}`);
  }
}
