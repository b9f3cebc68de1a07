/** Tests the parity command, on correct and on damaged references. */

import { deepStrictEqual as equal, match, ok } from "node:assert/strict";
import { createHash } from "node:crypto";
import { dirname, join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { z } from "zod";
import { innerEntries, type Manifest, type ReferenceEntry } from "../parity/manifest.ts";
import { readNpy, writeNpy } from "../core/npy.ts";
import schema from "../parity/render/parity_report.schema.json" with { type: "json" };
import type { Tensor } from "../core/tensor.ts";
import { type Outcome, repository, tactus, tactusEach } from "./support/program.ts";
import { inTemporaryFolder } from "./support/temporary_folder.ts";

const FIXTURES = join(repository, "fixtures");
const PIECE = "three_four";

type Writable<Type> = { -readonly [Key in keyof Type]: Type[Key] };
type Entry = Writable<ReferenceEntry>;

/** A copy of the seeded suite with one piece, for tests that damage it. */
class Copy {
  readonly folder: string;
  readonly entries: Entry[];
  readonly #manifest: Manifest;

  private constructor(folder: string, manifest: Manifest, entries: Entry[]) {
    this.folder = folder;
    this.#manifest = manifest;
    this.entries = entries;
  }

  static async make(folder: string): Promise<Copy> {
    const manifest: Manifest = JSON.parse(
      await Deno.readTextFile(join(FIXTURES, "manifest.json")),
    );
    const inner = innerEntries(manifest);
    const entries = manifest.suites["seeded"]?.pieces?.[PIECE] ?? [];
    const audio = Object.values(manifest.pieces[PIECE]?.audio ?? {});
    for (const { path } of [...entries, ...audio, ...inner]) {
      await Deno.mkdir(dirname(join(folder, path)), { recursive: true });
      await Deno.copyFile(join(FIXTURES, path), join(folder, path));
    }
    return new Copy(folder, manifest, entries.map((entry) => ({ ...entry })));
  }

  entry(seam: string): Entry {
    const entry = this.entries.find((one) => one.seam === seam);
    ok(entry !== undefined);
    return entry;
  }

  /** Rewrites a reference, and its hash, type and shape in the manifest. */
  async rewrite(seam: string, change: (tensor: Tensor) => Tensor): Promise<void> {
    const entry = this.entry(seam);
    const path = join(this.folder, entry.path);
    const changed = change(readNpy(await Deno.readFile(path)));
    const bytes = writeNpy(changed);
    await Deno.writeFile(path, bytes);
    entry.sha256 = createHash("sha256").update(bytes).digest("hex");
    entry.shape = changed.shape;
    entry.dtype = changed.dtype;
  }

  /** Rewrites the reference of an inner seam, which is compressed, and its hash. */
  async rewriteInner(seam: string, change: (tensor: Tensor) => Tensor): Promise<void> {
    const entry = innerEntries(this.#manifest).find((one) => one.seam === seam)!;
    const path = join(this.folder, entry.path);
    const bytes = gzipSync(writeNpy(change(readNpy(gunzipSync(await Deno.readFile(path))))));
    await Deno.writeFile(path, bytes);
    (entry as Writable<typeof entry>).sha256 = createHash("sha256").update(bytes).digest("hex");
  }

  async run(...args: readonly string[]): Promise<Outcome> {
    const suites = { seeded: { model: "seeded-all", pieces: { [PIECE]: this.entries } } };
    const pieces = { [PIECE]: this.#manifest.pieces[PIECE] };
    const text = JSON.stringify({ ...this.#manifest, pieces, suites });
    await Deno.writeTextFile(join(this.folder, "manifest.json"), text);
    return await tactus([
      "parity",
      ...["--fixtures-dir", this.folder, "--suite", "seeded", "--mode", "isolated"],
      ...args,
    ]);
  }
}

/** Damages a copy and runs a fast stage. */
async function damaged(
  damage: (copy: Copy) => Promise<void> | void,
  check: (outcome: Outcome) => void,
  stage = "activations",
): Promise<void> {
  await inTemporaryFolder(async (folder) => {
    const copy = await Copy.make(folder);
    await damage(copy);
    check(await copy.run("--stage", stage));
  });
}

function withValue(tensor: Tensor, index: number, value: number): Tensor {
  tensor.data[index] = value;
  return tensor;
}

Deno.test("parity passes on an undamaged copy", async () => {
  await damaged(() => {}, ({ code, stdout, stderr }) => {
    equal(code, 0, stderr);
    match(stdout, /4 seams passed, 0 failed, 0 reported/);
  });
});

Deno.test("parity fails on a changed reference and names the seam and the element", async () => {
  await damaged(
    (copy) => copy.rewrite("activations.beat", (tensor) => withValue(tensor, 700, 0.25)),
    ({ code, stdout }) => {
      equal(code, 1);
      match(stdout, /fail: seeded, three_four, isolated, activations\.beat: 1 of .* \[700\]/);
    },
  );
});

Deno.test("parity fails on a changed input of a stage", async () => {
  await damaged(
    (copy) => copy.rewrite("logits.beat", (tensor) => withValue(tensor, 3, 5)),
    ({ code, stdout }) => {
      equal(code, 1);
      match(stdout, /activations\.beat: 1 of .* \[3\]/);
    },
  );
});

Deno.test("parity fails on a moved beat", async () => {
  await damaged(
    (copy) =>
      copy.rewrite("beats", (tensor) => withValue(tensor, 2, Number(tensor.data[2]) + 0.01)),
    ({ code, stdout }) => {
      equal(code, 1);
      match(stdout, /fail: .* beats: 1 of/);
    },
    "metrical",
  );
});

Deno.test("parity fails where only an inner seam of a stage with discrete outputs is wrong", async () => {
  await inTemporaryFolder(async (folder) => {
    const copy = await Copy.make(folder);
    await copy.rewriteInner("past_mean", (tensor) => {
      const peak = tensor.data.findIndex((value: number | bigint) => value !== 0);
      return withValue(tensor, peak, Number(tensor.data[peak]) * 1.001);
    });
    const { code, stdout } = await copy.run("--stage", "functional", "--walk");
    equal(code, 1);
    match(stdout, /fail: seeded, three_four, isolated, past_mean: 1 of 1914 .* \[\d+\]/);
    match(stdout, / isolated +functional +boundaries .* pass$/m);
    match(stdout, /^first wrong: past_mean \[1914\], while local_maxima and peaks are correct$/m);
  });
});

Deno.test("parity fails on NaN in a reference", async () => {
  await damaged(
    (copy) => copy.rewrite("activations.section", (tensor) => withValue(tensor, 0, NaN)),
    ({ code, stdout }) => {
      equal(code, 1);
      match(stdout, /the reference has NaN at \[0\]/);
    },
  );
});

Deno.test("parity fails on a reshaped reference", async () => {
  await damaged(
    (copy) =>
      copy.rewrite("activations.section", (tensor) => ({ ...tensor, shape: [1, ...tensor.shape] })),
    ({ code, stdout }) => {
      equal(code, 1);
      match(stdout, /the shape is \[1914\], expected \[1, 1914\]/);
    },
  );
});

Deno.test("parity fails on a seam that is missing in the manifest", async () => {
  await damaged(
    (copy) => {
      copy.entries.splice(copy.entries.indexOf(copy.entry("activations.beat")), 1);
    },
    ({ code, stdout }) => {
      equal(code, 1);
      match(stdout, /fail: .* activations\.beat: the reference is missing/);
    },
  );
});

Deno.test("parity fails on a piece that is missing in a suite", async () => {
  await inTemporaryFolder(async (folder) => {
    const manifest = JSON.parse(await Deno.readTextFile(join(FIXTURES, "manifest.json")));
    manifest.suites.seeded.pieces = {};
    await Deno.writeTextFile(join(folder, "manifest.json"), JSON.stringify(manifest));
    const args = ["--suite", "seeded", "--stage", "metrical", "--mode", "isolated"];
    const { code, stdout } = await tactus(["parity", "--fixtures-dir", folder, ...args]);
    equal(code, 1);
    match(stdout, /0 seams passed, 6 failed/);
  });
});

Deno.test("parity cannot run without one of its suites", async () => {
  await inTemporaryFolder(async (folder) => {
    const manifest = JSON.parse(await Deno.readTextFile(join(FIXTURES, "manifest.json")));
    delete manifest.suites.harmonix;
    await Deno.writeTextFile(join(folder, "manifest.json"), JSON.stringify(manifest));
    const { code, stderr } = await tactus(["parity", "--fixtures-dir", folder]);
    equal(code, 2);
    match(stderr, /no suite harmonix/);
  });
});

Deno.test("parity cannot run with a reference that does not have the hash of the manifest", async () => {
  await damaged(
    async (copy) => {
      const path = join(copy.folder, copy.entry("activations.beat").path);
      const bytes = await Deno.readFile(path);
      bytes[bytes.length - 1]! ^= 1;
      await Deno.writeFile(path, bytes);
    },
    ({ code, stderr }) => {
      equal(code, 2);
      match(stderr, /activations\.beat\.npy was changed/);
    },
  );
});

Deno.test("parity cannot run without a file of the manifest", async () => {
  await damaged(
    (copy) => Deno.remove(join(copy.folder, copy.entry("activations.beat").path)),
    ({ code, stderr }) => {
      equal(code, 2);
      match(stderr, /activations\.beat\.npy is missing/);
    },
  );
});

Deno.test("parity cannot run with a shape other than the manifest's", async () => {
  await damaged(
    (copy) => {
      copy.entry("activations.beat").shape = [7];
    },
    ({ code, stderr }) => {
      equal(code, 2);
      match(stderr, /the manifest says f32 \[7\]/);
    },
  );
});

Deno.test("parity without weights skips the published suite, names the folder of the weights, and passes", async () => {
  await inTemporaryFolder(async (folder) => {
    const args = ["parity", "--stage", "spectrogram", "--weights-dir", folder];
    const { code, stdout, stderr } = await tactus(args);
    equal(code, 0, stderr);
    ok(stdout.includes("harmonix: not run:") && stdout.includes(folder), stdout);
  });
});

Deno.test("parity ends with 2 when a named suite has no weights", async () => {
  await inTemporaryFolder(async (folder) => {
    const { code, stderr } = await tactus(
      ["parity", "--suite", "harmonix", "--weights-dir", folder],
    );
    equal(code, 2);
    ok(stderr.includes(folder), stderr);
  });
});

Deno.test("parity ends with 2 when a named suite has no references of the named stages", async () => {
  const { code, stderr } = await tactus(["parity", "--suite", "harmonix", "--stage", "demix"]);
  equal(code, 2);
  match(stderr, /--suite harmonix: it has no references of demix/);
});

Deno.test("parity cannot run with references of an unknown separation network", async () => {
  await inTemporaryFolder(async (folder) => {
    const manifest = JSON.parse(await Deno.readTextFile(join(FIXTURES, "manifest.json")));
    manifest.suites.seeded.separation.model = "other";
    await Deno.writeTextFile(join(folder, "manifest.json"), JSON.stringify(manifest));
    const args = ["--fixtures-dir", folder, "--suite", "seeded", "--stage", "demix"];
    const { code, stderr } = await tactus(["parity", ...args]);
    equal(code, 2);
    match(stderr, /Unknown demixer "other"/);
  });
});

Deno.test("parity rejects unknown suites, stages, modes and options", async () => {
  const calls = [
    ["--suite", "other"],
    ["--stage", "other"],
    ["--mode", "other"],
    ["--threads", "0"],
    ["--other", "x"],
  ] as const;
  const outcomes = await tactusEach(calls.map((call) => ["parity", ...call]));
  for (const [at, { code, stderr }] of outcomes.entries()) {
    equal(code, 2);
    match(stderr, new RegExp(calls[at]![0]));
  }
});

Deno.test("parity exports what it prints", async () => {
  await inTemporaryFolder(async (folder) => {
    const file = join(folder, "report.json");
    const copy = await Copy.make(folder);
    await copy.rewrite("beats", (tensor) => withValue(tensor, 0, 0));
    const [markdown, junit] = [join(folder, "report.md"), join(folder, "report.xml")];
    const more = ["--export-markdown", markdown, "--export-junit", junit];
    const { code } = await copy.run("--stage", "metrical", "--export-json", file, ...more);
    equal(code, 1);
    match(await Deno.readTextFile(markdown), /^## Parity: 1 failed\n\n9 seams passed, 1 failed/);
    match(await Deno.readTextFile(junit), /^<testsuites name="parity" tests="10" failures="1"/m);
    const text = await Deno.readTextFile(file);
    const fromFile = z.fromJSONSchema(schema as Parameters<typeof z.fromJSONSchema>[0]);
    equal(fromFile.safeParse(JSON.parse(text)).error?.issues, undefined);
    const { format, suites } = JSON.parse(text);
    equal(format, 2);
    equal(suites[0].results.map((one: { verdict: string }) => one.verdict), [
      "fail",
      ...Array(9).fill("pass"),
    ]);
  });
});

Deno.test("parity --walk names the first wrong inner seam, in the terminal and in every export", async () => {
  await inTemporaryFolder(async (folder) => {
    const copy = await Copy.make(folder);
    await copy.rewrite("activations.downbeat", (tensor) => {
      for (let frame = 1000; frame < 1100; frame++) tensor.data[frame] = 0.9;
      return tensor;
    });
    const [file, markdown] = [join(folder, "report.json"), join(folder, "report.md")];
    const exports = ["--export-json", file, "--export-markdown", markdown];
    const { code, stdout } = await copy.run("--stage", "metrical", "--walk", ...exports);
    equal(code, 1);
    match(stdout, /^first wrong: decoder_input \[1914, 2\], computed from the stage's input$/m);
    match(stdout, /^worst at \[10\d\d, \d\]: \S+, expected \S+$/m);
    match(await Deno.readTextFile(markdown), /^first wrong: decoder_input/m);
    const report = await Deno.readTextFile(file);
    const fromFile = z.fromJSONSchema(schema as Parameters<typeof z.fromJSONSchema>[0]);
    equal(fromFile.safeParse(JSON.parse(report)).error?.issues, undefined);
    const [{ stage, first }] = JSON.parse(report).walks;
    equal([stage, first.seam, first.picture.columnAxis], ["metrical", "decoder_input", "frames"]);
  });
});

Deno.test("parity --walk reports correct kernels where only a reference is damaged", async () => {
  await inTemporaryFolder(async (folder) => {
    const copy = await Copy.make(folder);
    await copy.rewrite("beats", (tensor) => withValue(tensor, 0, 0));
    const { code, stdout } = await copy.run("--stage", "metrical", "--walk");
    equal(code, 1);
    match(stdout, /^metrical: all 7 steps are correct/m);
    const correct = await (await Copy.make(join(folder, "correct"))).run(
      "--stage",
      "metrical",
      "--walk",
    );
    equal([correct.code, /walk/.test(correct.stdout)], [0, false]);
  });
});

Deno.test("parity --statistics prints the figures of each seam, and the growth of errors", async () => {
  await inTemporaryFolder(async (folder) => {
    const file = join(folder, "report.json");
    const args = ["--suite", "seeded", "--mode", "chained", "--stage", "network", "--stage"];
    const { code, stdout } = await tactus([
      ...["parity", ...args, "activations", "--statistics", "--export-json", file],
    ]);
    equal(code, 0);
    match(stdout, /^suite .* 99\.9 % +max relative +margin +0 ulp/m);
    match(stdout, /^seeded +three_four +logits\.\w+ +activations\.beat +[\d.]+e-7 .* 0\.\d+$/m);
    const { results, growth } = JSON.parse(await Deno.readTextFile(file)).suites[0];
    const { comparison } = results.find((one: { seam: string }) => one.seam === "logits.beat");
    ok(comparison.quantile999 <= comparison.maxAbsolute && comparison.margin > 1);
    const counted = comparison.ulps.counts.reduce((a: number, b: number) => a + b, 0);
    equal(counted, comparison.elements);
    // The spectrogram is not compared, so that the growth of its error in the network is not known.
    equal(new Set(growth.map((one: { stage: string }) => one.stage)), new Set(["activations"]));
  });
});

Deno.test("parity passes on every seam of the embedded suite", async () => {
  const { code, stdout, stderr } = await tactus(["parity", "--suite", "embedded"]);
  equal(code, 0, stdout + stderr);
  match(stdout, / 0 failed/);
});

Deno.test("parity --walk reports failures also where a walk cannot be made or does not exist", async () => {
  await inTemporaryFolder(async (folder) => {
    const copy = await Copy.make(folder);
    await copy.rewrite("beats", (tensor) => withValue(tensor, 0, 0));
    await copy.rewrite("boundaries", (tensor) => withValue(tensor, 0, 7));
    await copy.rewrite("activations.beat", (tensor) => withValue(tensor, 0, 0.5));
    await Deno.remove(join(copy.folder, "references", "inner", "activations", "sum.npy.gz"));
    const stages = ["--stage", "activations", "--stage", "functional"];
    const { code, stdout, stderr } = await copy.run(...stages, "--walk");
    equal(code, 1, stderr);
    match(stdout, /^walk: activations: the walk failed: .*sum\.npy\.gz/m);
    match(stdout, /^first wrong: boundaries \[4\], while starts is correct$/m);
    match(stdout, /2 failed/);
  });
});
