/**
 * Tests the packages as a user gets them: installed with npm into an empty folder, without Rust, with an empty home
 * folder, and used by another user who cannot write to the installation.
 */

import { deepStrictEqual as equal, match, ok } from "node:assert/strict";
import {
  chmod,
  chown,
  cp,
  mkdir,
  readFile,
  rename,
  rm,
  symlink,
  writeFile,
} from "node:fs/promises";
import { basename, join } from "node:path";
import { kernelsPackage, PROGRAM_PACKAGE } from "../core/package_names.ts";
import { FIXTURES_FOLDER, ONNX_RUNTIME_VERSION, VERSION } from "../core/program.ts";
import { libraryPath } from "../kernels/library_path.ts";
import type { Outcome } from "../tests/support/deadline.ts";
import { Installation, NOBODY } from "../tests/support/installation.ts";
import { startRegistry } from "../tests/support/package_registry.ts";
import { repository } from "../tests/support/program.ts";
import { inTemporaryFolder } from "../tests/support/temporary_folder.ts";
import { packageProgram, type Packed, thisPlatform } from "./package_program.ts";

/** Attempts of {@linkcode ATTEMPTS} that fail. */
const NOTHING = {
  ...{ net: false, listen: false, socket: false, import: false, npm: false, run: false },
  ...{ spawn: false, ffmpeg: false, preload: false, write: false, ffi: false, ask: false },
};

/** Attempts that succeed with the network. */
const NETWORK = { net: true, listen: true, socket: true, ask: true } as const;

/** What each call may do of {@linkcode ATTEMPTS}. */
const ALLOWED: readonly (readonly [args: readonly string[], allowed: typeof NOTHING])[] = [
  [["analyze"], { ...NOTHING, write: true, ffmpeg: true }],
  [["models", "list"], { ...NOTHING, write: true }],
  [["models", "pull"], { ...NOTHING, ...NETWORK, write: true }],
  [["report"], { ...NOTHING, write: true }],
  [["doctor"], { ...NOTHING, ffmpeg: true }],
  [["--help"], NOTHING],
  [["bench"], { ...NOTHING, run: true, spawn: true, ffmpeg: true, preload: true, write: true }],
  [["serve"], { ...NOTHING, ...NETWORK, write: true, ffmpeg: true }],
  [["catalogue"], { ...NOTHING, ...NETWORK, write: true, ffmpeg: true }],
];

/** A main module that tries what a command may not do, and prints what was allowed. */
const ATTEMPTS = `import { spawn } from "node:child_process";
const tries = {
  net: () => Deno.connect({ hostname: "127.0.0.1", port: 9 }),
  listen: () => Deno.listen({ hostname: "127.0.0.1", port: 0 }),
  socket: () => Deno.connect({ transport: "unix", path: "/no/such/socket" }),
  import: () => import("https://" + "deno.land/std/version.ts"),
  npm: () => import("npm:" + "left-pad@1.3.0"),
  run: () => new Deno.Command("sh", { args: ["-c", "true"] }).output(),
  spawn: () => new Promise((done, failed) => spawn("sh", ["-c", "true"]).on("exit", done).on("error", failed)),
  ffmpeg: () => new Deno.Command("ffmpeg").output(),
  preload: () => new Deno.Command("ffmpeg", { env: { LD_PRELOAD: "/no/such/library" } }).output(),
  write: () => Deno.writeTextFile("probe.txt", "probe"),
  ffi: () => Deno.dlopen("/lib/x86_64-linux-gnu/libc.so.6", {}),
  ask: async () => {
    const { state } = await Deno.permissions.request({ name: "net" });
    if (state !== "granted") throw new Deno.errors.NotCapable();
  },
};
const denied = /^(?:\\[ERR_UNSUPPORTED_ESM_URL_SCHEME\\]|Requires \\w+ access to )/;
const allowed = {};
for (const [name, attempt] of Object.entries(tries)) {
  // Whatever else fails: the permission was there.
  allowed[name] = await Promise.resolve().then(attempt).then(
    () => true,
    (error) => !(error instanceof Deno.errors.NotCapable) && !denied.test(error.message),
  );
}
console.log(JSON.stringify(allowed));
Deno.exit(0);
`;

/** Exit codes by the signal that the launcher receives. */
const ENDINGS: Readonly<Partial<Record<Deno.Signal, number>>> = {
  ...{ SIGINT: 130, SIGTERM: 143, SIGHUP: 129, SIGQUIT: 131 },
};

/** A module that uses the library. */
const USE = `import { Analyzer } from "${PROGRAM_PACKAGE}";
import { compare } from "${PROGRAM_PACKAGE}/parity";
await using analyzer = await Analyzer.load({ model: "embedded", demixer: "hpss-mix" });
const path = ${JSON.stringify(join(FIXTURES_FOLDER, "audio/four_four/mix.flac"))};
const bpm: number | null = (await analyzer.analyze(path)).bpm;
// @ts-expect-error The types are there: this option does not exist.
const wrong = () => Analyzer.load({ noSuchOption: 1 });
console.log(bpm, typeof compare, typeof wrong);
`;

/** Ends with the outcome if a program failed. */
function succeeded(outcome: Outcome): Outcome {
  equal(outcome.code, 0, `${outcome.stdout}\n${outcome.stderr}`);
  return outcome;
}

async function sh(script: string, ...args: string[]): Promise<string> {
  const { stdout, stderr, success } = await new Deno.Command("bash", {
    args: ["-euo", "pipefail", "-c", script, "bash", ...args],
    cwd: repository,
  }).output();
  ok(success, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout).trim();
}

Deno.test({
  name: "the packages install without Rust and work, also for a user who cannot write to them",
  ignore: thisPlatform() === undefined || Deno.build.os === "windows",
  async fn(test): Promise<void> {
    await inTemporaryFolder(async (root) => {
      const platform = thisPlatform()!;
      // The library of the tests has the symbols of a debugger, which packages leave out.
      const library = join(root, basename(libraryPath()));
      const what = platform.startsWith("darwin") ? "-x" : "-s";
      await sh('strip "$1" -o "$2" "$3"', what, library, libraryPath());
      const options = {
        ...{ platforms: new Map([[platform, library]]), anyGlibc: true, fixtures: true },
      } as const;
      const packed = await packageProgram({ ...options, out: join(root, "dist") });
      const installation = new Installation(root, await sh("npm config get cache"));
      const modules = join(installation.folder, "node_modules");
      const work = join(root, "work of Zoë");
      await mkdir(work);
      await cp(join(FIXTURES_FOLDER, "audio", "formats", "mp3_cbr.mp3"), join(work, "song.mp3"));
      const tactus = (...args: string[]): Promise<Outcome> => installation.tactus(work, args);
      const npx = (...args: string[]): Promise<Outcome> =>
        installation.run(installation.folder, "npx", ["tactus", ...args]);

      await test.step("a build in another folder has the same bytes", async () => {
        const other = join(root, "another", "folder", "of the sources");
        await mkdir(other, { recursive: true });
        await sh(
          'git ls-files --cached --others --exclude-standard -z | xargs -0 cp --parents -t "$1"',
          other,
        );
        await symlink(join(repository, "node_modules"), join(other, "node_modules"));
        const out = join(root, "dist2");
        const again = await packageProgram({ ...options, root: other, out });
        const sums = (all: readonly Packed[]): string[][] =>
          all.map((one) => [one.name, one.sha256]);
        equal(sums(again), sums(packed));
        for (const name of ["SHA256SUMS", `tactus-${VERSION}.cdx.json`]) {
          const [first, second] = await Promise.all(
            [join(root, "dist", name), join(out, name)].map((path) => readFile(path, "utf8")),
          );
          equal(second, first);
        }
      });

      await installation.make(packed.map(({ path }) => path));

      await test.step("analyze, parity and doctor work without Rust", async () => {
        const [song, struct] = [join(work, "song.mp3"), join(work, "struct")];
        succeeded(await npx("analyze", song, "-o", struct));
        const result = JSON.parse(await readFile(join(struct, "song.json"), "utf8"));
        equal([result.path, result.provenance.versions], [song, { deno: Deno.version.deno }]);
        const demo = await tactus("analyze");
        match(demo.stdout, /tempo {5}125 bpm[^]*written {3}struct\/demo\.json/);
        const parity = succeeded(await npx("parity", "--suite", "seeded"));
        match(parity.stdout, /^\d+ seams passed, 0 failed/m);
        const report = JSON.parse(succeeded(await npx("doctor", "--json")).stdout);
        const { program, references, versions } = report;
        equal([program.isPackaged, references, versions.onnxRuntime], [true, true, null]);
        match(
          (await tactus("--version")).stdout,
          new RegExp(`^tactus ${VERSION}\nkernels: interface \\d+\nDeno .*\nONNX Runtime: none\n$`),
        );
      });

      await test.step("pages, pictures and tables of the reports find their files", async () => {
        const formats = ["pdf", "png", "svg"].flatMap((format) => ["--viz-format", format]);
        succeeded(await tactus("analyze", "-v", ...formats, "--html", "-o", "s2"));
        for (const ending of ["pdf", "png", "svg", "html"]) {
          ok((await readFile(join(work, "viz", `demo.${ending}`))).length > 10_000, ending);
        }
      });

      await test.step("ONNX Runtime is missing with the command that installs it", async () => {
        for (const option of [["--backend", "onnx"], ["--device", "webgpu"]]) {
          const { code, stderr } = await tactus("analyze", "song.mp3", "-o", "s3", ...option);
          ok(code !== 0);
          const command = `npm install --prefix ${installation.folder}`;
          ok(
            stderr.includes(
              `ONNXRUNTIME_NODE_INSTALL=skip ${command} onnxruntime-node@${ONNX_RUNTIME_VERSION}`,
            ),
            stderr,
          );
        }
      });

      await test.step("exit codes and signals pass through the launcher", async () => {
        equal((await tactus()).code, 2);
        equal((await tactus("analyze", "--no-such-option")).code, 2);
        equal((await tactus("analyze", "no_such_file.mp3")).code, 1);
        const networks = ["--demixer", "seeded-htdemucs", "--model", "seeded-all"];
        for (const [signal, code] of Object.entries(ENDINGS) as [Deno.Signal, number][]) {
          const args = ["analyze", ...networks, "-o", `s-${signal}`];
          const ended = await installation.interrupted(work, args, signal, "are untrained");
          equal(ended.code, code, `${signal}: ${ended.stderr}`);
        }
        const fault = await installation.withMain('Deno.kill(Deno.pid, "SIGABRT")', ["bench"]);
        ok(fault.code > 128);
        match(fault.stderr, /^tactus was ended by SIGABRT: its installation is damaged, or /);
      });

      await test.step("a folder that was removed is named", async () => {
        const gone = `mkdir "$1" && cd "$1" && rmdir "$1" && exec "$2" --version`;
        const args = ["-c", gone, "sh", join(work, "gone"), installation.command];
        const env = { PATH: `${installation.bin}:/usr/bin:/bin` };
        const { code, stderr } = await installation.run(work, "sh", args, env);
        equal(code, 2);
        match(stderr, /The current folder does not exist any more/);
      });

      await test.step("no command can exceed its permissions", async () => {
        const ffmpeg = join(installation.bin, "ffmpeg");
        await writeFile(ffmpeg, "#!/bin/sh\n", { mode: 0o755 });
        for (const [args, allowed] of ALLOWED) {
          const { stdout, stderr } = await installation.withMain(ATTEMPTS, args);
          equal(stderr, "");
          equal([args, JSON.parse(stdout)], [args, allowed]);
        }
        await rm(ffmpeg);
      });

      await test.step("Deno imports the library with its types, Node says why it cannot", async () => {
        await writeFile(join(installation.folder, "use.ts"), USE);
        const deno = succeeded(
          await installation.run(installation.folder, Deno.execPath(), [
            ...["run", "--check", "-A", "--node-modules-dir=manual", "use.ts"],
          ]),
        );
        equal(deno.stdout.trim(), "125 function function");
        const node = await installation.run(installation.folder, "node", [
          ...["--input-type=module", "-e", `import "${PROGRAM_PACKAGE}"`],
        ]);
        ok(node.code !== 0);
        match(
          node.stderr,
          /is a library for Deno: Node cannot load its kernels\. From Node, start/,
        );
      });

      await test.step("Deno runs the package from its own cache, also in processes of its own", async () => {
        await using registry = await startRegistry(modules, "@deno/");
        const deno = async (...args: string[]): Promise<Outcome> =>
          succeeded(
            await installation.run(work, Deno.execPath(), [
              ...["run", "--quiet", "-A", `npm:${PROGRAM_PACKAGE}`, ...args],
            ], { NPM_CONFIG_REGISTRY: registry.address }),
          );
        match((await deno("analyze", "-o", "s7")).stdout, /tempo {5}125 bpm/);
        await deno("bench", "song.mp3", "--rounds", "2");
      });

      await test.step("a user who cannot write to the installation has the same", async () => {
        await sh('chmod -R a+rX,a-w "$1"', installation.folder);
        await chmod(root, 0o755);
        if (Deno.uid() === 0) await chown(work, NOBODY, NOBODY);
        const another = async (...args: string[]): Promise<Outcome> =>
          succeeded(await installation.tactusOfAnotherUser(work, args));
        await another("analyze", "song.mp3", "-o", "s4");
        match(
          (await another("parity", "--suite", "seeded")).stdout,
          /^\d+ seams passed, 0 failed/m,
        );
        match((await another("doctor")).stdout, /^Everything works$/m);
        await sh('chmod -R u+w "$1"', installation.folder);
      });

      await test.step("a comma in the folder of the installation is allowed", async () => {
        const moved = join(root, "a, b");
        await mkdir(moved);
        await rename(modules, join(moved, "node_modules"));
        const command = join(moved, "node_modules", ".bin", "tactus");
        const { stdout } = succeeded(await installation.run(work, command, ["doctor"]));
        match(stdout, /^Everything works$/m);
        await rename(join(moved, "node_modules"), modules);
      });

      await test.step("without compiled kernels the crate is built once, or the user is told", async () => {
        await rename(join(modules, kernelsPackage(platform)), join(root, "kernels_package"));
        const none = await tactus("analyze", "song.mp3", "-o", "s5");
        equal(none.code, 2);
        match(
          none.stderr,
          /cargo was not found \(stable Rust [\d.]+ or newer is needed\): install it from/,
        );
        for (const args of [["models", "list"], ["analyze", "-h"], ["--version"]]) {
          ok(!succeeded(await tactus(...args)).stderr.includes("building"), args.join(" "));
        }
        const doctor = await tactus("doctor");
        equal(doctor.code, 1);
        match(doctor.stdout, /^The kernels, .* are missing: install .*$(?![^]*^The stage )/m);
        const rust = await standInForCargo(root, library);
        const env = { PATH: `${rust.bin}:${installation.bin}` };
        const built = await installation.tactus(work, ["analyze", "song.mp3", "-o", "s5"], env);
        match(succeeded(built).stderr, /building them once with Rust/);
        equal(await readFile(rust.log, "utf8"), "build --release --locked --lib\n");
        const again = succeeded(await tactus("analyze", "song.mp3", "-o", "s6"));
        ok(!again.stderr.includes("building"));
        await rename(join(modules, "@deno"), join(root, "deno_package"));
        const without = await tactus("models", "list");
        equal(without.code, 2);
        match(
          without.stderr,
          /^Deno 2\.9 or newer was not found: [^]* or did not install it; install the package again/,
        );
        await writeFile(join(rust.bin, "deno"), "#!/bin/sh\necho deno 2.3.1\n", { mode: 0o755 });
        const old = await installation.tactus(work, ["models", "list"], env);
        equal(old.code, 2);
        match(old.stderr, /^Deno 2\.9 or newer was not found: \S+deno is 2\.3\.1; /);
      });
    });
  },
});

/** Makes a program that finds the sources, and puts the library where cargo would. */
async function standInForCargo(
  root: string,
  library: string,
): Promise<{ readonly bin: string; readonly log: string }> {
  const [bin, log] = [join(root, "rust"), join(root, "cargo_arguments")];
  await mkdir(bin);
  await writeFile(
    join(bin, "cargo"),
    `#!/bin/sh
set -e
[ -f Cargo.toml ] && [ -f Cargo.lock ] && [ -f src/lib.rs ]
echo "$@" > ${log}
/bin/mkdir -p "$CARGO_TARGET_DIR/release"
/bin/cp ${library} "$CARGO_TARGET_DIR/release/"
`,
    { mode: 0o755 },
  );
  return { bin, log };
}
