import { deepStrictEqual as equal, match, ok } from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { UsageError } from "../../core/usage_error.ts";
import { proveCommand } from "./prove_command.ts";
import { proofSchema } from "./prove.ts";
import { type Examination, Trial, TRIAL_FAULTS } from "./trial.ts";

/** Runs the command on the trial program; returns its exit code, its output and the program. */
async function proven(
  args: readonly string[],
  examine?: Examination,
): Promise<{ code: number; out: string; trial: Trial }> {
  const trial = new Trial(examine);
  const lines: string[] = [];
  const { log, error } = console;
  console.log = console.error = (line: string): void => void lines.push(line);
  try {
    const copy = (): Promise<Trial> => Promise.resolve(trial);
    const code = await proveCommand(args, TRIAL_FAULTS, copy);
    return { code, out: lines.join("\n"), trial };
  } finally {
    Object.assign(console, { log, error });
  }
}

Deno.test("parity:prove ends with 0 when every fault was caught at its stage", async () => {
  const { code, out, trial } = await proven([]);
  equal(code, 0);
  match(out, /2 of them at the expected stage/);
  ok(trial.isRemoved);
});

Deno.test("parity:prove ends with 1 when a fault is not caught, or at another stage", async () => {
  for (const failing of [[], ["activations"]]) {
    const { code } = await proven(
      ["--fault", "wrong hop"],
      (text) => text.includes("440") ? failing : [],
    );
    equal(code, 1);
  }
});

Deno.test("parity:prove ends with 2 when the copy cannot be made or does not pass undamaged", async () => {
  const { code, out, trial } = await proven([], () => ["spectrogram"]);
  equal(code, 2);
  match(out, /The undamaged copy does not pass/);
  ok(trial.isRemoved);
  const refuse = (): Promise<Trial> => Promise.reject(new UsageError("no room"));
  const { error } = console;
  console.error = (): void => {};
  try {
    equal(await proveCommand([], TRIAL_FAULTS, refuse), 2);
  } finally {
    console.error = error;
  }
});

Deno.test("parity:prove rejects an unknown fault, and tries only named faults", async () => {
  const { code, out } = await proven(["--fault", "no such"]);
  equal(code, 2);
  match(out, /No fault has no such in its name; see deno task parity:prove --list/);
  const { trial } = await proven(["--fault", "Wrong"]);
  equal(trial.compared.length, 2);
});

Deno.test("parity:prove --list and --help compare nothing", async () => {
  for (const [option, text] of [["--list", /wrong hop/], ["--help", /Usage: deno task/]] as const) {
    const { code, out, trial } = await proven([option]);
    equal([code, trial.compared.length], [0, 0]);
    match(out, text);
  }
});

Deno.test("parity:prove --keep leaves the copy and names its folder", async () => {
  const { out, trial } = await proven(["--keep"]);
  ok(!trial.isRemoved);
  match(out, /The copy is in trial/);
});

Deno.test("parity:prove writes its results as JSON and as Markdown", async () => {
  const folder = await mkdtemp(join(tmpdir(), "tactus_prove_test_"));
  try {
    const [json, markdown] = [join(folder, "proof.json"), join(folder, "proof.md")];
    await proven(["--export-json", json, "--export-markdown", markdown]);
    const proof = proofSchema.parse(JSON.parse(await readFile(json, "utf8")));
    equal([proof.format, proof.results.length, proof.suites], [1, 2, ["seeded"]]);
    const { code, trial } = await proven(["--resume", json]);
    equal([code, trial.compared.length], [0, 1]);
    equal((await proven(["--resume", markdown])).code, 2);
    match(await readFile(markdown, "utf8"), /^\| wrong hop \| spectrogram \| spectrogram \|/m);
  } finally {
    await rm(folder, { recursive: true });
  }
});

Deno.test("parity:prove removes the copy and ends with 130 when it is interrupted", async () => {
  const trial = new Trial();
  const interruption = new AbortController();
  trial.compare = (): ReturnType<Trial["compare"]> => {
    interruption.abort();
    return Promise.reject(interruption.signal.reason);
  };
  const copy = (): Promise<Trial> => Promise.resolve(trial);
  equal(await proveCommand([], TRIAL_FAULTS, copy, interruption.signal), 130);
  ok(trial.isRemoved);
});
