/** Tests the messages of the bench command. */

import { deepStrictEqual as equal, match, ok } from "node:assert/strict";
import { join } from "node:path";
import { repository, tactus, tactusEach } from "./support/program.ts";
import { inTemporaryFolder } from "./support/temporary_folder.ts";

const SMALL = join(repository, "models", "testdata", "small_htdemucs.th");

Deno.test("bench rejects invalid calls and a peer that is missing", async () => {
  const demix = ["--stage", "demix", "--demixer", SMALL];
  const missing = ["--peers", "--peer-python", "/no/such/python"];
  const calls: [string[], RegExp][] = [
    [["--stage", "nothing"], /--stage expects one of demix, .*, start, but got nothing/],
    [[...demix, "--segments", "0"], /--segments expects a whole number from 1 to 7/],
    [["--peers", "--seconds", "0"], /--seconds expects/],
    [["--peers", "-m", "harmonix-fold0"], /--model expects one of seeded-all, harmonix-all/],
    [[...demix, "--rounds", "x"], /--rounds expects/],
    [[...demix, "--threads", "0"], /--threads/],
    [[...demix, "--loud"], /--loud/],
    [[...demix, "--backend", "abacus"], /--backend expects one of native, onnx/],
    [["--backend", "native", "-d", "webgpu"], /native computes on the cpu only, not on webgpu/],
    [[...demix, "-d", "abacus"], /--device expects one of cpu, cuda/],
    [["--rounds", "0"], /--rounds expects a whole number from 1 to 1000/],
    [["--seconds", "9"], /--seconds needs --stage or --peers/],
    [[...demix, "--seed", "1"], /--seed cannot be combined with --stage or --peers/],
    [[...demix, "track.wav"], /TRACK cannot be combined with --stage or --peers/],
    [["/no/such/track.wav"], /Cannot read \/no\/such\/track\.wav/],
    [[...demix, ...missing], /Could not start the peer/],
    [["--stage", "spectrogram", ...missing], /Could not start the peer/],
    [["--stage", "spectrogram", "--stems-dir", "/no/such/folder"], /Could not read the stems/],
  ];
  await inTemporaryFolder(async (folder) => {
    const env = { TACTUS_CACHE_DIR: folder };
    const outcomes = await tactusEach(calls.map(([args]) => ["bench", ...args]), { env });
    for (const [at, { code, stdout, stderr }] of outcomes.entries()) {
      equal([code, stdout], [2, ""], stderr);
      match(stderr, calls[at]![1]);
    }
  });
});

Deno.test("bench names a track that is not audio in one line, and ends with 2", async () => {
  await inTemporaryFolder(async (folder) => {
    const path = join(folder, "text.wav");
    await Deno.writeTextFile(path, "no audio");
    const { code, stderr } = await tactus(["bench", path, "--rounds", "1"]);
    equal(code, 2);
    match(stderr, /text\.wav could not be analysed: Decoding .*, found text.*$/m);
    ok(!/^\s+at /m.test(stderr), stderr);
  });
});
