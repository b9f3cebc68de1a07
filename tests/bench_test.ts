/** The bench command as a whole. */

import { deepStrictEqual as equal, match, ok } from "node:assert/strict";
import { join } from "node:path";
import { repository, tactus } from "./program.ts";
import { inTemporaryFolder } from "./temporary_folder.ts";

const SMALL = join(repository, "models", "testdata", "small_htdemucs.th");

Deno.test("bench times the separation and keeps every time", async () => {
  await inTemporaryFolder(async (folder) => {
    const file = join(folder, "bench.json");
    const { code, stdout, stderr } = await tactus([
      ...["bench", "--stage", "demix", "--demixer", SMALL, "--segments", "1", "--rounds", "3"],
      ...["--threads", "1", "--export-json", file],
    ], { env: { TACTUS_CACHE_DIR: folder } });
    equal(code, 0, stderr);
    match(stdout, /^5\.3 s of audio, 1 segments, 1 threads; [^]*\| tactus, \w+ \| \d/);
    const { seconds, segments, threads, machine } = JSON.parse(await Deno.readTextFile(file));
    equal([segments, threads], [1, 1]);
    ok(machine.cores >= 1);
    equal(Object.keys(seconds), ["tactus, native", "tactus, onnx"]);
    for (const times of Object.values<number[]>(seconds)) {
      equal(times.length, 3);
      ok(times.every((time) => time > 0));
    }
  });
});

Deno.test("bench refuses calls that it does not understand, and a peer that is not there", async () => {
  const demix = ["--stage", "demix", "--demixer", SMALL];
  const calls: [string[], RegExp][] = [
    [[], /--stage expects demix, but got nothing/],
    [["--stage", "nothing"], /--stage expects demix/],
    [[...demix, "--segments", "0"], /--segments expects a whole number from 1 to 7/],
    [[...demix, "--rounds", "x"], /--rounds expects/],
    [[...demix, "--threads", "0"], /--threads/],
    [[...demix, "--loud"], /--loud/],
    [[...demix, "--backend", "abacus"], /--backend expects one of native, onnx/],
    [[...demix, "--peers", "--peer-python", "/no/such/python"], /Could not start the peer/],
  ];
  await inTemporaryFolder(async (folder) => {
    for (const [args, message] of calls) {
      const env = { TACTUS_CACHE_DIR: folder };
      const { code, stdout, stderr } = await tactus(["bench", ...args], { env });
      equal([code, stdout], [2, ""], stderr);
      match(stderr, message);
    }
  });
});
