/**
 * Carries out the Containerfile and the commands of the Compose file without a container engine: this machine is the base
 * image, and Redis stands for Valkey.
 */

import { deepStrictEqual as equal, match, ok } from "node:assert/strict";
import { chown, copyFile, mkdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { parse } from "yaml";
import { libraryPath } from "../kernels/library_path.ts";
import { packageProgram, thisPlatform } from "../packages/package_program.ts";
import { outcomeOf, until } from "./support/deadline.ts";
import { buildImage, type Image } from "./support/image_build.ts";
import { repository } from "./support/program.ts";
import { freePort, makeBucket, startRedis, startStore } from "./support/services.ts";
import { inTemporaryFolder } from "./support/temporary_folder.ts";
import { noise, wavFile } from "./support/wav.ts";

const read = (name: string): Promise<string> => Deno.readTextFile(join(repository, "deploy", name));

/** Returns what a short command prints. */
async function outputOf(command: string, ...args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(command, { args }).output();
  const decoder = new TextDecoder();
  ok(success, decoder.decode(stderr));
  return decoder.decode(stdout).trim();
}

/** Builds the image of the Containerfile from packed files of this working tree. */
async function built(folder: string): Promise<Image> {
  const [context, out] = [join(folder, "context"), join(folder, "images")];
  for (const one of [context, join(context, "catalogue"), out]) await mkdir(one);
  // Packages have no symbols of a debugger.
  const library = join(folder, basename(libraryPath()));
  const what = Deno.build.os === "darwin" ? "-x" : "-s";
  await outputOf("strip", what, "-o", library, libraryPath());
  await packageProgram({
    ...{ platforms: new Map([[thisPlatform()!, library]]), anyGlibc: true, fixtures: false },
    out: join(context, "dist"),
  });
  const libraries = join("catalogue", "libraries.json");
  await copyFile(join(repository, libraries), join(context, libraries));
  const node = await outputOf("sh", "-c", "command -v node");
  const cache = await outputOf("npm", "config", "get", "cache");
  return await buildImage(await read("Containerfile"), context, out, {
    ...{ PATH: `${dirname(node)}:/usr/bin:/bin`, HOME: folder },
    ...{ npm_config_cache: cache, npm_config_prefer_offline: "true" },
  });
}

/** Starts the program of an image, as its user and without any privilege where this user is root. */
function start(
  { folder, env, user, entrypoint }: Image,
  args: readonly string[],
  variables: Readonly<Record<string, string>>,
): Deno.ChildProcess {
  const restricted = Deno.uid() === 0
    ? [
      ...["setpriv", `--reuid=${user}`, `--regid=${user}`, "--clear-groups", "--no-new-privs"],
      ...["--inh-caps=-all", "--bounding-set=-all"],
    ]
    : [];
  const [command, ...rest] = ["/usr/bin/env", ...restricted, ...entrypoint, ...args];
  return new Deno.Command(command!, {
    ...{ args: rest, cwd: folder, clearEnv: true, env: { ...env, HOME: folder, ...variables } },
    ...{ stdin: "null", stdout: "piped", stderr: "piped" },
  }).spawn();
}

Deno.test({
  name:
    "the image of the Containerfile does what the Compose file lets it do, as a user that is not root",
  ignore: thisPlatform() === undefined || Deno.build.os === "windows",
  fn: () =>
    inTemporaryFolder(async (folder) => {
      await Deno.chmod(folder, 0o755);
      const image = await built(folder);
      ok(image.user! > 0);
      if (Deno.uid() === 0) await chown(image.folder, image.user!, image.user!);

      const compose = await read("compose.yaml");
      const { queue, bucket, worker, dashboard } = parse(compose, { merge: true }).services;
      const data = join(folder, "data");
      await mkdir(data);
      await using redis = await startRedis({ folder: data, args: queue.command.slice(1) });
      await using store = await startStore();
      const made = new URL(bucket.command.at(-1));
      equal(made.origin, worker.environment.AWS_ENDPOINT_URL);
      await makeBucket(store.url, made.pathname.slice(1));
      const variables = {
        ...{ ...worker.environment, TACTUS_REDIS: redis.url, AWS_ENDPOINT_URL: store.url },
        TMPDIR: image.folder,
      };

      const music = join(folder, "music");
      await mkdir(music);
      for (const seed of [1, 2]) {
        const samples = noise(3 * 8000, seed);
        const file = wavFile({ sampleRateHz: 8000, channels: 1, bits: 16, samples });
        await Deno.writeFile(join(music, `${seed}.wav`), file);
      }
      // The calls in the head of the file.
      const calls = [...compose.matchAll(/ run --rm worker (.*)$/gm)].map(([, call]) =>
        call!.replace("/music", music).split(" ")
      );
      const call = async (args: readonly string[]): Promise<string> => {
        const { code, stdout, stderr } = await outcomeOf(start(image, args, variables));
        equal(code, 0, stderr);
        return stdout;
      };
      const [add, status] = calls as [string[], string[]];
      equal([calls.length, add[1], status[1]], [2, "add", "status"]);
      match(await call(add), /^2 added, /);

      /** Runs a command that listens until its page has a text, and then stops it. */
      const listen = async (
        args: readonly string[],
        path: string,
        text: string,
      ): Promise<void> => {
        const port = freePort();
        const changed = args.map((arg) => arg.replace(/^0\.0\.0\.0:\d+$/, `127.0.0.1:${port}`));
        equal(changed.filter((arg, at) => arg !== args[at]).length, 1);
        const child = start(image, changed, variables);
        const ended = outcomeOf(child);
        const page = async (): Promise<boolean> =>
          await fetch(`http://127.0.0.1:${port}${path}`)
            .then(async (got) => (await got.text()).includes(text), () => false);
        let late: unknown;
        await until(`${text} at ${path}`, page).catch((error) => late = error);
        child.kill("SIGTERM");
        const { code, stdout, stderr } = await ended;
        ok(late === undefined, `${late}: ${stdout}${stderr}`);
        equal(code, 143, stderr);
      };
      await listen(image.cmd, "/metrics", 'tactus_tracks_total{outcome="done"} 2');
      await listen(dashboard.command, "/queues", "<html");
      match(await call(status), /^tracks .* 2 done, 0 dead letters$/m);
    }),
});
