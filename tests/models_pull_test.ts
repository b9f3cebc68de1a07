/** Tests downloads of models from correct and faulty servers. */

import { deepStrictEqual as equal, match, notEqual, ok } from "node:assert/strict";
import { join } from "node:path";
import { HARMONIX_FILES, loadModel } from "../models/mod.ts";
import { outcomeOf, until } from "./support/deadline.ts";
import {
  content,
  fileAnswer,
  rawAnswer,
  withRawServer,
  withServer,
} from "./support/download_server.ts";
import { CONTENT, Program, serve, withProgram } from "./support/models_program.ts";
import { publishedWeights, repository } from "./support/program.ts";
import { inTemporaryFolder } from "./support/temporary_folder.ts";

Deno.test("models pull downloads missing files, and reports those that are installed", () =>
  withProgram(async (program) => {
    await program.install("a.yaml");
    const first = await program.run(["pull", "both", "a", "none"]);
    equal([first.code, first.stderr], [0, ""]);
    match(
      first.stdout,
      /^none {2}built in.*\na\.npz {2}downloaded, 250\.0 kB, .*\na\.yaml {2}already installed/,
    );
    equal(await program.files(), ["a.npz", "a.yaml", "b.th"]);
    const second = await program.run(["pull", "both"]);
    equal(second.code, 0);
    equal(second.stdout.match(/already installed/g)?.length, 3);
    equal(program.server.requests.length, 2);
    const verified = await program.run(["verify"]);
    equal(verified.code, 0);
    equal(verified.stdout.match(/ {2}correct, SHA-256 [0-9a-f]{64}\n/g)?.length, 3);
  }));

Deno.test("models pull prefers --base-url and --weights-dir to the variables of the environment", () =>
  withProgram(async (program) => {
    const other = join(program.folder, "..", "other");
    const mirror = ["--base-url", `${program.server.baseUrl}/mirror/`, "--weights-dir", other];
    const env = { TACTUS_MODELS_BASE_URL: "https://weights.invalid" };
    const { code, stdout, stderr } = await program.run(["pull", "b", ...mirror], env);
    equal([code, stderr], [0, ""]);
    match(stdout, /All in .*other\n$/);
    equal(program.server.requests.map(({ path }) => path), ["/mirror/b.th"]);
    equal((await Deno.readFile(join(other, "b.th"))).length, 50_000);
  }));

Deno.test("models pull --offline sends no request and reports missing files", () =>
  withProgram(async (program) => {
    await program.install("a.npz");
    await program.install("a.yaml", content(1000, 9));
    const { code, stdout, stderr } = await program.run(["pull", "both", "--offline"]);
    equal([code, stdout], [1, "a.npz  already installed\n"]);
    match(stderr, /Missing or damaged in .* because of --offline: a\.yaml, b\.th\n/);
    await program.install("b.th");
    const b = await program.run(["pull", "b", "none", "--offline"]);
    equal([b.code, b.stderr], [0, ""]);
    equal(program.server.requests, []);
  }));

Deno.test("models pull continues after a file that fails, and ends with 1", () =>
  withProgram(async (program) => {
    const { code, stdout, stderr } = await program.run(["pull", "a", "b"]);
    equal(code, 1);
    match(stderr, /^a\.npz: .*\/a\.npz returned status 404/);
    match(stderr, /^a\.yaml: .* is not the published file: expected SHA-256/m);
    match(stdout, /^b\.th {2}downloaded, 50\.0 kB, SHA-256 correct\n$/);
    equal(await program.files(), ["b.th"]);
  }, (request, count) => {
    if (request.url.endsWith("a.npz")) return new Response(null, { status: 404 });
    if (request.url.endsWith("a.yaml")) return fileAnswer(content(1000, 9))(request, count);
    return serve(request, count);
  }));

Deno.test("models pull ends with 2 where the folder cannot be written to", () =>
  withProgram(async (program) => {
    await program.install("file", content(1));
    const folder = program.path("file");
    const { code, stderr } = await program.run(["pull", "both", "--weights-dir", folder]);
    equal(code, 2);
    match(stderr, /^Cannot write .*; name another folder with --weights-dir/);
    equal(program.server.requests, []);
  }));

Deno.test({
  name: "models pull continues an interrupted download",
  ignore: Deno.build.os === "windows",
  fn: () =>
    withProgram(async (program) => {
      const first = program.command(["pull", "a"]).spawn();
      const part = program.path(".a.npz.part");
      await until(
        "100 000 bytes to come",
        async () => (await Deno.stat(part).catch(() => undefined))?.size === 100_000,
      );
      first.kill("SIGINT");
      notEqual((await outcomeOf(first)).code, 0);
      ok((await program.files()).includes(".a.npz.part"));
      const { code, stdout } = await program.run(["pull", "a"]);
      equal(code, 0, stdout);
      equal(program.server.requests[1], {
        path: "/a.npz",
        range: "bytes=100000-",
        ifRange: '"one"',
      });
      equal(await program.files(), ["a.npz", "a.yaml"]);
      equal((await program.run(["verify", "a"])).code, 0);
    }, (request, count) => {
      if (count > 0) return serve(request, count);
      const start = CONTENT.get("a.npz")!.slice(0, 100_000);
      const body = new ReadableStream({ start: (stream) => stream.enqueue(start) });
      return new Response(body, { headers: { etag: '"one"' } });
    }),
});

Deno.test("models pull of several processes at once downloads each file once", () =>
  withProgram(async (program) => {
    const outcomes = await Promise.all([1, 2, 3].map(() => program.run(["pull", "both"])));
    equal(outcomes.map(({ code }) => code), [0, 0, 0]);
    equal(program.server.requests.length, 3);
    equal(await program.files(), ["a.npz", "a.yaml", "b.th"]);
    equal((await program.run(["verify"])).code, 0);
  }, async (request, count) => {
    await new Promise((resolve) => setTimeout(resolve, 300));
    return await serve(request, count);
  }));

Deno.test("models pull uses the proxies of the environment", async () => {
  const refusal = rawAnswer("403 Forbidden", ["content-length: 0"], new Uint8Array());
  for (const name of ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"]) {
    await withRawServer(() => refusal, (proxy) =>
      inTemporaryFolder(async (folder) => {
        const env = { [name]: proxy.baseUrl, TACTUS_MODELS_BASE_URL: "", NO_PROXY: "" };
        const program = new Program(folder, proxy);
        const running = program.command(["pull", "b"], env).spawn();
        await until(`a request through ${name}`, () => proxy.requests.length > 0);
        running.kill("SIGKILL");
        await outcomeOf(running);
        equal(proxy.requests[0]?.path, "weights.invalid:443");
      }));
  }
});

Deno.test({
  name: "tactus models pull downloads published weights, and loadModel() loads them",
  ignore: publishedWeights() === undefined,
  fn: () =>
    inTemporaryFolder((folder) =>
      withServer(async ({ url }, count) => {
        const name = new URL(url).pathname.slice(1);
        if (count === 0) return new Response("later", { status: 503 });
        return new Response(await Deno.readFile(join(publishedWeights()!, name)) as BodyInit);
      }, async ({ baseUrl }) => {
        const program = new Deno.Command(Deno.execPath(), {
          args: [
            ...["run", "--quiet", "--config", join(repository, "deno.json")],
            ...["--allow-read", "--allow-write", "--allow-env", "--allow-net=127.0.0.1"],
            ...[join(repository, "main.ts"), "models", "pull", "harmonix-fold3"],
          ],
          env: {
            DENO_NO_UPDATE_CHECK: "1",
            TACTUS_MODELS_BASE_URL: baseUrl,
            TACTUS_MODELS_DIR: folder,
          },
          ...{ stdin: "null", stdout: "piped", stderr: "piped" },
        });
        const { code, stderr } = await outcomeOf(program.spawn());
        equal(code, 0);
        match(stderr, /503 .*; trying again in 1 s\n$/);
        const [fold] = await loadModel("harmonix-fold3", { weightsDir: folder });
        equal(fold?.sha256, HARMONIX_FILES[3]?.npz.sha256);
      })
    ),
});
