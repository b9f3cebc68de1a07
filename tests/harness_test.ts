/** Tests the harness command on the examples, with stored references and without Python. */

import { deepStrictEqual as equal, match, ok } from "node:assert/strict";
import { join } from "node:path";
import { z } from "zod";
import schema from "../parity/render/parity_report.schema.json" with { type: "json" };
import { outcomeOf, until } from "./support/deadline.ts";
import { command, repository, tactus } from "./support/program.ts";
import { inTemporaryFolder } from "./support/temporary_folder.ts";

const LOG_MEL = join(repository, "examples", "log_mel", "parity.toml");

Deno.test("an off-by-one in a log-mel spectrogram is named by its stage, in every report", async () => {
  await inTemporaryFolder(async (folder) => {
    const at = (name: string): string => join(folder, name);
    const { code, stdout, stderr } = await tactus([
      ...["harness", "run", LOG_MEL, "--implementation", "planted", "--mode", "isolated"],
      ...["--export-json", at("r.json"), "--export-markdown", at("r.md")],
      ...["--export-junit", at("r.xml"), "--export-html", at("r.html"), "--seed", "3"],
    ]);
    equal([code, stderr], [1, ""]);
    match(stdout, /^first wrong stage of planted, audio-sweep, isolated: filterbank \(mel\)$/m);
    match(stdout, /^walk: filterbank: planted, audio-sweep, isolated$/m);
    match(stdout, /^first wrong: weights \[40, 257\], while edges is correct$/m);
    match(stdout, /^2 seams passed, 1 failed, 0 reported$/m);
    match(stdout, /^planted +audio-sweep +isolated +filterbank +[\d.]+/m);
    const json = JSON.parse(await Deno.readTextFile(at("r.json")));
    const fromFile = z.fromJSONSchema(schema as Parameters<typeof z.fromJSONSchema>[0]);
    equal(fromFile.safeParse(json).error?.issues, undefined);
    equal([json.pipeline, json.timings.seed, json.upstream.librosa], [
      ...["log-mel spectrogram", 3, "0.11.0"],
    ]);
    for (
      const [name, words] of [["r.md", "filterbank"], ["r.xml", "failure"], [
        "r.html",
        "filterbank",
      ]]
    ) {
      ok((await Deno.readTextFile(at(name!))).includes(words!), name);
    }
    const again = await tactus(["harness", "report", at("r.json")]);
    equal([again.code, again.stdout], [1, stdout]);
  });
});

Deno.test("harness ends with 2 where a file is wrong or nothing can be compared", async () => {
  await inTemporaryFolder(async (folder) => {
    const text = await Deno.readTextFile(LOG_MEL);
    const file = join(folder, "parity.toml");
    const calls: readonly [string, RegExp][] = [
      [
        text.replace("atol = ", "atoll = "),
        /parity\.toml:\d+:1: seams\.decibels\.atoll: this key is not known/,
      ],
      [text, /inputs: audio\/\*\.wav finds no file/],
    ];
    for (const [content, message] of calls) {
      await Deno.writeTextFile(file, content);
      const { code, stderr } = await tactus(["harness", "run", file]);
      equal(code, 2);
      match(stderr, message);
    }
  });
});

Deno.test({
  name: "an interrupted recording or run leaves the old references and nothing half-written",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    await inTemporaryFolder(async (folder) => {
      const program = `const [out, slow] = Deno.args;
        Deno.writeTextFileSync(out + "/x.bin", "12345678");
        Deno.writeTextFileSync(out + "/x.json", '{"dtype": "f64", "shape": [1]}');
        if (slow) { console.log("waits"); Deno.writeTextFileSync("waits", ""); await new Promise((r) => setTimeout(r, 60e3)); }`;
      await Deno.writeTextFile(join(folder, "program.ts"), program);
      await Deno.writeTextFile(join(folder, "a.txt"), "");
      const call = (slow: string): string =>
        `command = ["{deno}", "run", "--quiet", "--no-config", "-A", "program.ts", "{out}"${slow}]`;
      const file = join(folder, "parity.toml");
      await Deno.writeTextFile(
        file,
        `format = 1
        name = "trial"
        seams.x = { dtype = "f64" }
        stages = [{ name = "x", outputs = ["x"] }]
        inputs = [{ files = ["*.txt"] }]
        reference = { folder = "stored", implementation = "fast" }
        [implementations.fast]
        ${call("")}
        [implementations.slow]
        ${call(', "slow"')}
        `,
      );
      const first = await tactus(["harness", "record", file]);
      equal([first.code, first.stderr], [0, ""]);
      const list = join(folder, "stored", "references.json");
      const before = await Deno.readTextFile(list);
      const env = { TMPDIR: join(folder, "tmp") };
      await Deno.mkdir(env.TMPDIR);
      const slow = ["harness", "record", file, "--implementation", "slow"];
      const child = command(slow, { env }).spawn();
      await until(
        "the program to wait",
        () => Deno.stat(join(folder, "waits")).then(() => true, () => false),
      );
      child.kill("SIGINT");
      equal((await outcomeOf(child)).code, 130);
      equal(await Deno.readTextFile(list), before);
      const names = [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
      equal(names, ["a.txt", "parity.toml", "program.ts", "stored", "tmp", "waits"]);
      equal([...Deno.readDirSync(env.TMPDIR)], []);
      await Deno.remove(join(folder, "waits"));
      const kept = join(folder, "kept");
      const run = command(["harness", "run", file, "--keep-dir", kept], { env }).spawn();
      await until(
        "the program to wait",
        () => Deno.stat(join(folder, "waits")).then(() => true, () => false),
      );
      run.kill("SIGINT");
      equal((await outcomeOf(run)).code, 130);
      equal([...Deno.readDirSync(env.TMPDIR)], []);
    });
  },
});
