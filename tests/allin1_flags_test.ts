/** Tests that allin1's command lines work, and that docs/allin1.md lists every flag of allin1 and its ports. */

import { deepStrictEqual as equal, match, ok } from "node:assert/strict";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { analyze } from "../cli/analyze.ts";
import { models } from "../cli/models.ts";
import { outcomeOf } from "./support/deadline.ts";
import { repository } from "./support/program.ts";
import { inTemporaryFolder } from "./support/temporary_folder.ts";
import { noise, wavFile } from "./support/wav.ts";

/** Flags by the `cli.py` of each program. */
const FLAGS: Readonly<Record<string, readonly string[]>> = {
  "allin1 1.1.0": [
    ...["paths", "-o", "--out-dir", "-v", "--visualize", "--viz-dir", "-s", "--sonify"],
    ...["--sonif-dir", "-a", "--activ", "-e", "--embed", "-m", "--model", "-d", "--device"],
    ...["-k", "--keep-byproducts", "--demix-dir", "--spec-dir", "--overwrite"],
    "--no-multiprocess",
  ],
  "all-in-one-mlx 1.0.14": [
    ...["--array-dir", "--mlx-weights-dir", "--mlx-weights-path", "--mlx-config-path"],
    ...["--mlx-batch-size", "--mlx-compile", "--no-mlx-compile", "--mlx-in-memory"],
    ...["--no-mlx-in-memory", "--ensemble-parallel", "--no-ensemble-parallel", "--timings-path"],
    ...["--timings-viz-path", "--timings-embed", "--demix-seed", "--stems-dir", "--spec-backend"],
    ...["--spec-check", "--spec-fast-guard", "--no-spec-fast-guard", "--spec-fast-guard-max-abs"],
    ...["--spec-fast-guard-mean-abs", "--overwrite"],
  ],
  "all-in-one-infer 3.1.0": [
    ...["--compile-model", "--demucs-overlap", "--demucs-fp16", "--stems-dict", "--stems-dir"],
    ...["--skip-separation", "--no-demucs", "--stems-bass", "--stems-drums", "--stems-other"],
    ...["--stems-vocals", "--stems-from-dir", "--stems-pattern", "--stems-id", "--cache-info"],
    ...["--clear-cache", "--clear-cache-dry-run"],
  ],
};

/** Rows of the table below a heading: theirs, ours, and the difference. */
function rowsOf(document: string, heading: string): string[][] {
  const [, section = ""] = document.split(`\n## ${heading}\n`);
  return section.split("\n## ")[0]!.split("\n").filter((line) => line.startsWith("|")).slice(2)
    .map((line) => line.split("|").slice(1, -1).map((cell) => cell.trim()));
}

/** Names in code quotes of a cell. */
function namesIn(cell = ""): string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, name]) => name!);
}

Deno.test("docs/allin1.md lists every flag of allin1 and its ports, each with ours or the reason", async () => {
  const document = await readFile(join(repository, "docs", "allin1.md"), "utf8");
  const own = new Set(analyze.parser.options.flatMap(({ short, long }) => [short, long]));
  for (const [program, flags] of Object.entries(FLAGS)) {
    const rows = rowsOf(document, program);
    equal(rows.flatMap(([theirs]) => namesIn(theirs)).sort(), flags.toSorted(), program);
    for (const [theirs, ours, reason] of rows) {
      ok(ours || reason, `${theirs} has neither a flag of ours nor a reason`);
      for (const name of namesIn(ours)) {
        const [command, word] = name.split(" ");
        const isKnown = command === "models"
          ? Object.hasOwn(models.commands, word ?? "")
          : own.has(name) || name === "[audio...]";
        ok(isKnown, `${theirs}: there is no ${name}`);
      }
    }
  }
});

Deno.test("scripts that call allin1 work after replacing the name", async () => {
  await inTemporaryFolder(async (folder) => {
    for (const seed of [1, 2]) {
      const samples = noise(44_100, seed);
      const file = wavFile({ sampleRateHz: 22_050, channels: 1, bits: 16, samples });
      await writeFile(join(folder, `song ${seed}.wav`), file);
    }
    const main = join(repository, "main.ts");
    const config = `--config '${join(repository, "deno.json")}'`;
    const script = `
      shopt -s expand_aliases
      alias allin1="'${Deno.execPath()}' run ${config} --allow-all '${main}' analyze --demixer hpss"
      set -e
      allin1 'song 1.wav' 'song 2.wav' -m seeded-fold0
      allin1 -o ./out -a -e --model seeded-fold0 -d cpu --no-multiprocess 'song *.wav'
      allin1 --out-dir ./out --activ --embed -m seeded-fold0 --overwrite 'song 1.wav'
      allin1 -k --demix-dir ./stems --spec-dir ./specs -m seeded-fold0 -o kept --device cpu 'song 1.wav'
      allin1 -v -s --viz-dir ./plots --sonif-dir ./clicks -m seeded-fold0 -o seen 'song 2.wav'
      allin1 --visualize --sonify --keep-byproducts -m seeded-fold0 -o all 'song 2.wav'
      echo done`;
    const child = new Deno.Command("bash", {
      args: ["-c", script],
      cwd: folder,
      env: { TACTUS_MODELS_DIR: join(repository, "tests", "no_weights") },
      ...{ stdin: "null", stdout: "piped", stderr: "piped" },
    }).spawn();
    const { code, stdout, stderr } = await outcomeOf(child);
    equal(code, 0, stderr);
    match(stdout, /done\n$/);
    const names = async (...path: string[]): Promise<string[]> =>
      (await readdir(join(folder, ...path))).sort();
    equal(await names("struct"), ["song 1.json", "song 2.json"]);
    const files = [1, 2].flatMap((
      at,
    ) => [`song ${at}.activ.npz`, `song ${at}.embed.npy`, `song ${at}.json`]);
    equal(await names("out"), files);
    const stems = ["bass.wav", "drums.wav", "other.wav", "tactus.json", "vocals.wav"];
    equal(await names("stems", "hpss", "song 1"), stems);
    equal((await names("specs")).filter((name) => name.endsWith(".npy")), ["song 1.npy"]);
    equal(await names("plots"), ["song 2.pdf"]);
    equal(await names("clicks"), ["song 2.sonif.wav"]);
    // Without the options of folders, those of allin1.
    equal(await names("viz"), ["song 2.pdf"]);
    equal(await names("sonif"), ["song 2.sonif.wav"]);
    equal(await names("demix", "hpss", "song 2"), stems);
    equal((await names("spec")).filter((name) => name.endsWith(".npy")), ["song 2.npy"]);
    equal(await names("seen"), ["song 2.json"]);
  });
});
