/** Tests the models command: list, verify, path, and invalid calls. */

import { deepStrictEqual as equal, match, ok } from "node:assert/strict";
import { modelsListSchema } from "../cli/models_list_schema.ts";
import { content, pinnedContent } from "./support/download_server.ts";
import { CONTENT, withProgram } from "./support/models_program.ts";
import { tactus } from "./support/program.ts";
import { inTemporaryFolder } from "./support/temporary_folder.ts";

Deno.test("models list distinguishes missing, installed and damaged models", () =>
  withProgram(async (program) => {
    const states = async (): Promise<string[]> => {
      const { code, stdout, stderr } = await program.run(["list"]);
      equal([code, stderr], [0, ""]);
      return stdout.trimEnd().split("\n").map((line) => line.split(/ {2,}/).slice(2).join("|"));
    };
    const aSize = "251.0 kB";
    const both = "291.0 kB to 311.0 kB";
    const b = "40.0 kB to 60.0 kB|missing";
    equal(await states(), [
      "size|state|where",
      ...[`${both}|missing`, `${aSize}|missing`, b, "built in"],
    ]);
    await program.install("a.npz");
    equal((await states()).slice(1, 3), [
      `${both}|missing (2 of 3 files)|${program.folder}`,
      `${aSize}|missing (1 of 2 files)|${program.path("a.npz")}`,
    ]);
    await program.install("a.yaml", content(7));
    await program.install("b.th");
    equal((await states()).slice(1, 4), [
      `301.0 kB|damaged|${program.folder}`,
      `${aSize}|damaged|${program.path("a.npz")}`,
      `50.0 kB|installed|${program.path("b.th")}`,
    ]);
    equal(program.server.requests, []);
  }));

Deno.test("models list --json has each file with path, address, SHA-256 and state", () =>
  withProgram(async (program) => {
    await program.install("b.th");
    await program.install("a.pth", content(9));
    const { stdout } = await program.run(["list", "--json"]);
    const { folder, models } = modelsListSchema.parse(JSON.parse(stdout));
    equal(folder, program.folder);
    equal(models.map(({ state }) => state), [
      ...["installed", "installed", "installed", "built in"],
    ]);
    equal(models[2]?.files, [{
      path: program.path("b.th"),
      url: "https://weights.invalid/b.th",
      sha256: pinnedContent("b.th", CONTENT.get("b.th")!).sha256.slice(0, 8),
      minBytes: 40_000,
      maxBytes: 60_000,
      state: "installed",
      bytes: 50_000,
    }]);
    equal([models[1]?.files.length, models[1]?.files[0]?.sha256], [1, null]);
  }));

Deno.test("models verify reads installed files and ends with 1 on damage", () =>
  withProgram(async (program) => {
    const empty = await program.run(["verify"]);
    equal([empty.code, empty.stderr], [0, ""]);
    match(empty.stdout, /There are no weights in /);
    for (const name of ["a.npz", "a.yaml", "b.th"]) await program.install(name);
    const right = await program.run(["verify", "both", "none"]);
    equal([right.code, right.stderr], [0, ""]);
    equal(right.stdout.match(/ {2}correct, SHA-256 [0-9a-f]{64}\n/g)?.length, 3);

    await program.install("a.npz", content(250_000, 9));
    await program.install("b.th", content(3));
    equal((await program.run(["verify", "none"])).code, 0);
    const damaged = await program.run(["verify"]);
    equal(damaged.code, 1);
    match(damaged.stdout, /a\.npz {2}damaged: expected SHA-256 [0-9a-f]{64}, got [0-9a-f]{64}\n/);
    match(damaged.stdout, /a\.yaml {2}correct/);
    match(damaged.stdout, /b\.th {2}damaged: expected 40000 to 60000 bytes, got 3\n/);
    match(damaged.stderr, /a is not as published: get it by deno task models pull a\n/);

    await Deno.remove(program.path("a.npz"));
    const incomplete = await program.run(["verify", "--weights-dir", program.folder, "a"]);
    equal(incomplete.code, 1);
    match(incomplete.stdout, /a\.npz {2}missing/);
    match(incomplete.stderr, /models pull a --weights-dir /);
    await program.install("a.pth", content(9));
    const own = await program.run(["verify", "a"]);
    equal([own.code, own.stdout], [0, "a.pth  not checked: its SHA-256 is not published\n"]);
  }));

Deno.test("models path prints the folder and the paths of files", () =>
  withProgram(async (program) => {
    equal(await program.run(["path"]), { code: 0, stdout: `${program.folder}\n`, stderr: "" });
    await program.install("b.th");
    const { code, stdout, stderr } = await program.run(["path", "b", "a"]);
    equal(code, 0);
    equal(stdout.split("\n"), [...["b.th", "a.npz", "a.yaml"].map((n) => program.path(n)), ""]);
    equal(stderr, "a is missing\n");
    const cache = await program.run(["path"], {
      TACTUS_MODELS_DIR: "",
      ...{ HOME: program.folder, LOCALAPPDATA: program.folder, XDG_CACHE_HOME: "" },
    });
    ok(cache.stdout.startsWith(program.folder) && /tactus.models\n$/.test(cache.stdout));
  }));

Deno.test("models rejects invalid calls", () =>
  withProgram(async (program) => {
    const calls = [
      [[], /Expected one of list, pull, verify, path, remove, cache, but got nothing/],
      [["toString"], /Unknown command 'toString'/],
      [["list", "--offline"], /--offline/],
      [["verify", "c"], /Unknown model "c": expected one of both, a, b, none/],
      [["pull", "a", "c"], /Unknown model "c"/],
      [["path", "c"], /Unknown model "c"/],
      [["pull"], /Expected the name of a model/],
      [["pull", "a", "--timeout", "soon"], /--timeout expects a number of seconds.* got soon/],
      [["pull", "a", "--timeout", "0"], /--timeout/],
      [["pull", "a", "--base-url", "http://weights.invalid"], /refused: expected https/],
      [["pull", "a", "--base-url", "weights"], /"weights" is not an address/],
    ] as const;
    for (const [args, message] of calls) {
      const { code, stdout, stderr } = await program.run(args);
      equal([code, stdout], [2, ""]);
      match(stderr, message);
    }
    equal(program.server.requests, []);
    for (const args of [["--help"], ["pull", "-h"]]) {
      const { code, stdout, stderr } = await program.run(args);
      equal([code, stderr], [0, ""]);
      match(stdout, /pull/);
    }
  }));

Deno.test("tactus models list names the published models, and needs no network", () =>
  inTemporaryFolder(async (folder) => {
    const { code, stdout, stderr } = await tactus(["models", "list", "--weights-dir", folder]);
    equal([code, stderr], [0, ""]);
    match(stdout, /^harmonix-all .* 10\.1 MB +missing$/m);
    match(stdout, /^harmonix-fold7 .* 1\.3 MB +missing$/m);
    match(stdout, /^htdemucs .* 80\.0 MB to 100\.0 MB +missing$/m);
    match(stdout, /^seeded-all .* built in$/m);
  }));

Deno.test("tactus models pull names the task to call where it is not allowed to use the network", () =>
  inTemporaryFolder(async (folder) => {
    const args = ["models", "pull", "harmonix-fold0", "--weights-dir", folder];
    const { code, stderr } = await tactus(args);
    equal(code, 1);
    match(
      stderr,
      /Access to raw\.githubusercontent\.com is not permitted: run deno task models/,
    );
  }));

Deno.test("models remove deletes the files of models and of interrupted downloads, and no others", () =>
  withProgram(async (program) => {
    const files = ["a.npz", "a.yaml", "b.th"];
    for (const name of files) await program.install(name);
    for (const name of ["a.pth", ".b.th.part", ".b.th.part.version", "mine.th"]) {
      await program.install(name, content(7));
    }
    const all = await program.files();
    const planned = await program.run(["remove", "a", "b", "--dry-run"]);
    equal([planned.code, planned.stderr], [0, ""]);
    match(planned.stdout, /a\.npz {2}would be removed, 250\.0 kB\n/);
    equal(await program.files(), all);

    const first = await program.run(["remove", "a", "none"]);
    equal([first.code, first.stderr], [0, ""]);
    match(
      first.stdout,
      /a\.npz {2}removed, 250\.0 kB\na\.yaml {2}removed, 1\.0 kB\na\.pth {2}removed/,
    );
    match(first.stdout, /none {2}built in: there is nothing to remove\n251\.0 kB freed\n$/);
    equal(await program.files(), [".b.th.part", ".b.th.part.version", "b.th", "mine.th"]);

    // A file of two models is removed once.
    const second = await program.run(["remove", "both", "b", "a"]);
    equal(second.stdout.match(/b\.th {2}removed/g)?.length, 1);
    match(second.stdout, /a {2}not installed in /);
    equal(await program.files(), ["mine.th"]);
    equal(program.server.requests, []);
  }));

Deno.test("models remove refuses unknown names and no name, and ends with 1 where it cannot remove", () =>
  withProgram(async (program) => {
    for (
      const [args, message] of [[[], /Expected the name/], [["c"], /Unknown model "c"/]] as const
    ) {
      const { code, stderr } = await program.run(["remove", ...args]);
      equal(code, 2);
      match(stderr, message);
    }
    await Deno.mkdir(program.path("b.th"), { recursive: true });
    await Deno.writeTextFile(`${program.path("b.th")}/inside`, "");
    const { code, stderr } = await program.run(["remove", "b"]);
    equal(code, 1);
    match(stderr, /b\.th could not be removed: /);
  }));

Deno.test("models cache lists built graphs and removes them, and no other files", () =>
  withProgram(async (program) => {
    await inTemporaryFolder(async (cache) => {
      const env = { TACTUS_CACHE_DIR: cache };
      const empty = await program.run(["cache"], env);
      equal([empty.code, empty.stdout], [0, `0 graphs, 0 B, in ${cache}/graphs\n`]);
      await Deno.mkdir(`${cache}/graphs`);
      const write = (name: string): Promise<void> =>
        Deno.writeFile(`${cache}/graphs/${name}`, content(2000));
      await write("x-v1-a.onnx");
      match((await program.run(["cache"], env)).stdout, /\n1 graph, 2\.0 kB, in /);
      for (const name of ["y-v1-b.onnx", "notes.txt"]) await write(name);
      const listed = await program.run(["cache"], env);
      match(
        listed.stdout,
        /^x-v1-a\.onnx {2}2\.0 kB\ny-v1-b\.onnx {2}2\.0 kB\n2 graphs, 4\.0 kB, in /,
      );
      const names = async (): Promise<string[]> =>
        (await Array.fromAsync(Deno.readDir(`${cache}/graphs`))).map(({ name }) => name).sort();
      await program.run(["cache", "--dry-run"], env);
      equal((await names()).length, 3);
      const cleared = await program.run(["cache", "--clear"], env);
      match(cleared.stdout, /4\.0 kB freed\n$/);
      equal(await names(), ["notes.txt"]);
    });
  }));
