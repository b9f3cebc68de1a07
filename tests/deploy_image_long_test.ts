/**
 * Runs the commands of the Containerfile in an empty folder and those of the Compose file as another user, without the images:
 * the packed files, and Redis in place of Valkey.
 */

import { deepStrictEqual as equal, ok } from "node:assert/strict";
import { chmod, chown, copyFile, mkdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { parse } from "yaml";
import { libraryPath } from "../kernels/library_path.ts";
import { packageProgram, thisPlatform } from "../packages/package_program.ts";
import { type Outcome, outcomeOf, until } from "./support/deadline.ts";
import { repository } from "./support/program.ts";
import { freePort, makeBucket, startRedis, startStore } from "./support/services.ts";
import { inTemporaryFolder } from "./support/temporary_folder.ts";
import { noise, wavFile } from "./support/wav.ts";

const read = (name: string): Promise<string> => Deno.readTextFile(join(repository, "deploy", name));

/** Returns the arguments of each instruction of the Containerfile, in their order. */
async function instructions(): Promise<(name: string) => string[]> {
  const text = (await read("Containerfile")).replace(/^#.*\n/gm, "").replace(/\\\n\s*/g, "");
  const all = [...text.matchAll(/^([A-Z]+) (.*)$/gm)];
  return (name) => all.filter(([, found]) => found === name).map(([, , rest]) => rest!);
}

async function run(command: string, args: string[], options: Deno.CommandOptions): Promise<string> {
  const { code, stdout, stderr } = await outcomeOf(
    new Deno.Command(command, { args, stdin: "null", stdout: "piped", stderr: "piped", ...options })
      .spawn(),
  );
  equal(code, 0, `${command} ${args.join(" ")}: ${stdout}${stderr}`);
  return stdout;
}

Deno.test({
  name:
    "the commands of the Containerfile and of the Compose file analyse tracks as a user that is not root",
  ignore: thisPlatform() === undefined || Deno.build.os === "windows",
  fn: () =>
    inTemporaryFolder(async (root) => {
      const of = await instructions();
      const [program, home, music, tmp] = ["program", "home", "music", "tmp"].map((name) =>
        join(root, name)
      ) as [string, string, string, string];
      for (const folder of [program, home, music, tmp]) await mkdir(folder);
      await chmod(root, 0o755);
      const node = (await run("sh", ["-c", "command -v node"], {})).trim();
      const path = `${dirname(node)}:/usr/bin:/bin`;

      // The files that COPY takes from the folder of the build, and the command in the first image.
      equal(of("COPY").slice(0, 2), ["dist/*.tgz dist/", "catalogue/libraries.json ./"]);
      const library = join(root, basename(libraryPath()));
      // Packages leave the symbols of a debugger out.
      await run(
        "strip",
        [Deno.build.os === "darwin" ? "-x" : "-s", "-o", library, libraryPath()],
        {},
      );
      await packageProgram({
        ...{ platforms: new Map([[thisPlatform()!, library]]), anyGlibc: true },
        out: join(program, "dist"),
      });
      await copyFile(
        join(repository, "catalogue", "libraries.json"),
        join(program, "libraries.json"),
      );
      const [install] = of("RUN");
      await run("sh", ["-euc", install!], {
        ...{ cwd: program, clearEnv: true, env: { PATH: path, HOME: root } },
      });
      equal([...Deno.readDirSync(program)].map(({ name }) => name), ["node_modules"]);

      const { services } = parse(await read("compose.yaml"), { merge: true });
      const [, ...redisArgs] = services.queue.command;
      await using redis = await startRedis({ folder: tmp, args: redisArgs });
      await using store = await startStore();
      const variables: Record<string, string> = services.worker.environment;
      const bucket = /^s3:\/\/([^/]+)$/.exec(variables["TACTUS_STORE"]!)![1]!;
      ok(services.bucket.command.at(-1).endsWith(`/${bucket}`));
      await makeBucket(store.url, bucket);

      // A user that is not root, as USER says; this one where it is none, as in containers.
      const [user] = of("USER");
      const isRoot = Deno.uid() === 0;
      for (const folder of [home, tmp]) {
        if (isRoot) await chown(folder, Number(user), Number(user));
      }
      equal(of("ENTRYPOINT"), ['["tactus"]']);
      const command = join(program, "node_modules", ".bin", "tactus");
      const start = (args: readonly string[]): Deno.ChildProcess => {
        const [first, ...rest] = [
          ...(isRoot ? ["setpriv", `--reuid=${user}`, `--regid=${user}`, "--clear-groups"] : []),
          ...[command, ...args],
        ];
        return new Deno.Command(first!, {
          ...{ args: rest, cwd: home, clearEnv: true },
          env: {
            ...{ PATH: path, HOME: home, TMPDIR: tmp },
            ...variables,
            TACTUS_REDIS: redis.url,
            AWS_ENDPOINT_URL: store.url,
          },
          ...{ stdin: "null", stdout: "piped", stderr: "piped" },
        }).spawn();
      };
      const call = async (...args: string[]): Promise<Outcome> => await outcomeOf(start(args));

      for (const seed of [1, 2]) {
        const samples = noise(3 * 8000, seed);
        const file = wavFile({ sampleRateHz: 8000, channels: 1, bits: 16, samples });
        await Deno.writeFile(join(music, `${seed}.wav`), file);
      }
      const added = await call("catalogue", "add", music);
      ok(added.stdout.startsWith("2 added"), `${added.stdout}${added.stderr}`);

      const listening = (args: readonly string[]): { args: string[]; url: string } => {
        const port = freePort();
        const changed = args.map((arg) => arg.replace(/^0\.0\.0\.0:\d+$/, `127.0.0.1:${port}`));
        ok(changed.join() !== args.join());
        return { args: changed, url: `http://127.0.0.1:${port}` };
      };
      const served = async (url: string, text: string): Promise<boolean> =>
        await fetch(url).then(async (got) => (await got.text()).includes(text), () => false);
      const { args, url } = listening(JSON.parse(of("CMD")[0]!));
      const worker = start(args);
      const worked = outcomeOf(worker);
      await until("the worker to be done", () =>
        served(`${url}/metrics`, 'tactus_tracks_total{outcome="done"} 2'));
      const dashboard = listening(services.dashboard.command);
      const shown = start(dashboard.args);
      const seen = outcomeOf(shown);
      await until("the dashboard to answer", () =>
        served(`${dashboard.url}/queues`, "<html"));
      for (const child of [worker, shown]) child.kill("SIGTERM");
      equal([(await worked).code, (await seen).code], [143, 143]);
      const { done, dead } = JSON.parse((await call("catalogue", "status", "--json")).stdout);
      equal([done, dead], [2, 0]);
    }),
});
