/**
 * Tests the packages as a user gets them: installed with npm into an empty folder, without Rust, with an empty home
 * folder, and used by another user who cannot write to the installation.
 */

import { deepStrictEqual as equal, match, ok } from "node:assert/strict";
import { chmod, chown, cp, mkdir, readFile, rename, symlink, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { kernelsPackage, PROGRAM_PACKAGE } from "../core/package_names.ts";
import { FIXTURES_FOLDER, ONNX_RUNTIME_VERSION, VERSION } from "../core/program.ts";
import { libraryPath } from "../kernels/library_path.ts";
import { type Outcome, outcomeOf } from "../tests/support/deadline.ts";
import { repository } from "../tests/support/program.ts";
import { inTemporaryFolder } from "../tests/support/temporary_folder.ts";
import { packageProgram, type Packed, thisPlatform } from "./package_program.ts";

/** Users other than root that exist everywhere. */
const NOBODY = 65534;

/** Programs that npm and the launcher need; Rust, Deno and ffmpeg are not among them. */
const PROGRAMS = ["node", "npm", "npx", "sh"] as const;

async function pathOf(program: string): Promise<string> {
  const { stdout } = await new Deno.Command("sh", { args: ["-c", `command -v ${program}`] })
    .output();
  return new TextDecoder().decode(stdout).trim();
}

async function outputOf(program: string, ...args: string[]): Promise<string> {
  const { stdout } = await new Deno.Command(program, { args }).output();
  return new TextDecoder().decode(stdout).trim();
}

/** An installation in a folder of its own. */
class Installation {
  readonly folder: string;
  readonly #home: string;
  readonly #bin: string;

  constructor(readonly root: string, readonly cache: string) {
    this.folder = join(root, "installed");
    this.#home = join(root, "home");
    this.#bin = join(root, "bin");
  }

  async make(packed: readonly Packed[]): Promise<void> {
    for (const folder of [this.folder, this.#home, this.#bin]) await mkdir(folder);
    for (const name of PROGRAMS) await symlink(await pathOf(name), join(this.#bin, name));
    const { code, stderr } = await this.run(this.folder, "npm", [
      ...["install", "--no-audit", "--no-fund", "--prefer-offline"],
      ...packed.map(({ path }) => path),
    ]);
    if (code !== 0) throw new Error(`npm install ended with ${code}: ${stderr}`);
  }

  async run(
    cwd: string,
    program: string,
    args: readonly string[],
    env: Record<string, string> = {},
  ): Promise<Outcome> {
    return await outcomeOf(this.#command(cwd, program, args, env).spawn());
  }

  /** Runs the installed command. */
  async tactus(
    cwd: string,
    args: readonly string[],
    env: Record<string, string> = {},
  ): Promise<Outcome> {
    return await this.run(cwd, join(this.folder, "node_modules", ".bin", "tactus"), args, env);
  }

  start(cwd: string, args: readonly string[]): Deno.ChildProcess {
    return this.#command(cwd, join(this.folder, "node_modules", ".bin", "tactus"), args, {})
      .spawn();
  }

  /** Runs the installed command as another user; as root does for tests in containers. */
  async tactusOfAnotherUser(cwd: string, args: readonly string[]): Promise<Outcome> {
    const program = join(this.folder, "node_modules", ".bin", "tactus");
    if (Deno.uid() !== 0) return await this.run(cwd, program, args);
    const home = join(cwd, "home_of_another");
    await mkdir(home, { recursive: true });
    await chown(home, NOBODY, NOBODY);
    return await this.run(cwd, await pathOf("setpriv"), [
      ...[`--reuid=${NOBODY}`, `--regid=${NOBODY}`, "--clear-groups", program, ...args],
    ], { HOME: home });
  }

  #command(
    cwd: string,
    program: string,
    args: readonly string[],
    env: Record<string, string>,
  ): Deno.Command {
    return new Deno.Command(program, {
      args: [...args],
      clearEnv: true,
      env: {
        ...{ HOME: this.#home, PATH: this.#bin, npm_config_cache: this.cache },
        ...env,
      },
      ...{ cwd, stdin: "null", stdout: "piped", stderr: "piped" },
    });
  }
}

/** Replaces the main module by one that tries what a command may not do, and runs the command. */
async function attempts(
  installation: Installation,
  args: readonly string[],
): Promise<Record<string, boolean>> {
  const main = join(installation.folder, "node_modules", PROGRAM_PACKAGE, "main.js");
  const kept = await readFile(main, "utf8");
  await writeFile(
    main,
    `const tries = {
  net: () => Deno.connect({ hostname: "127.0.0.1", port: 9 }),
  import: () => import("https://" + "deno.land/std/version.ts"),
  run: () => new Deno.Command("sh", { args: ["-c", "true"] }).output(),
  write: () => Deno.writeTextFile("probe.txt", "probe"),
  ffi: () => Deno.dlopen("/lib/x86_64-linux-gnu/libc.so.6", {}),
};
const allowed = {};
for (const [name, attempt] of Object.entries(tries)) {
  // Whatever else fails: the permission was there.
  allowed[name] = await Promise.resolve().then(attempt).then(
    () => true,
    (error) => !(error instanceof Deno.errors.NotCapable) && !/^\\[ERR_UNSUPPORTED_ESM_URL_SCHEME\\]/.test(error.message),
  );
}
console.log(JSON.stringify(allowed));
`,
  );
  try {
    const { stdout, stderr } = await installation.tactus(installation.root, args);
    equal(stderr, "");
    return JSON.parse(stdout);
  } finally {
    await writeFile(main, kept);
  }
}

const NOTHING = { net: false, import: false, run: false, write: false, ffi: false };

Deno.test({
  name: "the packages install without Rust and work, also for a user who cannot write to them",
  ignore: thisPlatform() === undefined || Deno.build.os === "windows",
  async fn(test): Promise<void> {
    await inTemporaryFolder(async (root) => {
      const platform = thisPlatform()!;
      // The library of the tests has the symbols of a debugger, which packages leave out.
      const library = join(root, basename(libraryPath()));
      await new Deno.Command("strip", {
        args: [...(platform.startsWith("darwin") ? ["-x"] : []), "-o", library, libraryPath()],
      }).output();
      const options = { platforms: new Map([[platform, library]]), anyGlibc: true } as const;
      const packed = await packageProgram({ ...options, out: join(root, "dist"), fixtures: true });
      const installation = new Installation(root, await outputOf("npm", "config", "get", "cache"));
      const work = join(root, "work");
      await mkdir(work);
      await cp(join(FIXTURES_FOLDER, "audio", "formats", "mp3_cbr.mp3"), join(work, "song.mp3"));

      await test.step("a build in another folder has the same bytes", async () => {
        const other = join(root, "another", "folder", "of the sources");
        await mkdir(other, { recursive: true });
        await new Deno.Command("bash", {
          args: [
            "-c",
            'git ls-files --cached --others --exclude-standard -z | xargs -0 cp --parents -t "$0"',
            other,
          ],
          cwd: repository,
        }).output();
        await symlink(join(repository, "node_modules"), join(other, "node_modules"));
        const out = join(root, "dist2");
        const again = await packageProgram({ ...options, root: other, out, fixtures: true });
        const sums = (all: readonly Packed[]): string[][] =>
          all.map((one) => [one.name, one.sha256]);
        equal(sums(again), sums(packed));
        for (const name of ["SHA256SUMS", `tactus-${VERSION}.cdx.json`]) {
          equal(
            await readFile(join(out, name), "utf8"),
            await readFile(join(root, "dist", name), "utf8"),
          );
        }
      });

      await installation.make(packed);

      await test.step("analyze, parity and doctor work without Rust", async () => {
        const analyzed = await installation.run(installation.folder, "npx", [
          ...["tactus", "analyze", join(work, "song.mp3"), "-o", join(work, "struct")],
        ]);
        equal(analyzed.code, 0, analyzed.stderr);
        const result = JSON.parse(await readFile(join(work, "struct", "song.json"), "utf8"));
        equal(result.path, join(work, "song.mp3"));
        equal(result.provenance.versions, { deno: Deno.version.deno });
        const demo = await installation.tactus(work, ["analyze"]);
        match(demo.stdout, /tempo {5}125 bpm[^]*written {3}struct\/demo\.json/);
        const parity = await installation.run(installation.folder, "npx", [
          ...["tactus", "parity", "--suite", "seeded"],
        ]);
        equal(parity.code, 0, parity.stderr);
        match(parity.stdout, /^\d+ seams passed, 0 failed/m);
        const doctor = await installation.run(installation.folder, "npx", [
          "tactus",
          "doctor",
          "--json",
        ]);
        equal(doctor.code, 0, doctor.stdout);
        const report = JSON.parse(doctor.stdout);
        equal([report.program.isPackaged, report.references, report.versions.onnxRuntime], [
          true,
          true,
          null,
        ]);
        const version = await installation.tactus(work, ["--version"]);
        match(
          version.stdout,
          new RegExp(`^tactus ${VERSION}\nkernels: interface \\d+\nDeno .*\nONNX Runtime: none\n$`),
        );
      });

      await test.step("pages, pictures and tables of the reports find their files", async () => {
        const args = [
          "analyze",
          "-v",
          "--viz-format",
          "pdf",
          "--viz-format",
          "png",
          "--viz-format",
          "svg",
          "--html",
        ];
        const { code, stderr } = await installation.tactus(work, [...args, "-o", "s2"]);
        equal(code, 0, stderr);
        for (const ending of ["pdf", "png", "svg", "html"]) {
          ok((await readFile(join(work, "viz", `demo.${ending}`))).length > 10_000, ending);
        }
      });

      await test.step("ONNX Runtime is missing with the command that installs it", async () => {
        for (const option of [["--backend", "onnx"], ["--device", "webgpu"]]) {
          const { code, stderr } = await installation.tactus(work, [
            "analyze",
            "song.mp3",
            "-o",
            "s3",
            ...option,
          ]);
          ok(code !== 0);
          match(
            stderr,
            new RegExp(
              `ONNXRUNTIME_NODE_INSTALL=skip npm install --prefix ${installation.folder} onnxruntime-node@${ONNX_RUNTIME_VERSION}`,
            ),
          );
        }
      });

      await test.step("exit codes and signals pass through the launcher", async () => {
        equal((await installation.tactus(work, [])).code, 2);
        equal((await installation.tactus(work, ["analyze", "--no-such-option"])).code, 2);
        equal((await installation.tactus(work, ["analyze", "no_such_file.mp3"])).code, 1);
        for (const [signal, expected] of [["SIGINT", 130], ["SIGTERM", 143]] as const) {
          const child = installation.start(work, [
            ...[
              "analyze",
              "--demixer",
              "seeded-htdemucs",
              "--model",
              "seeded-all",
              "-o",
              `s-${signal}`,
            ],
          ]);
          const started = child.stderr.getReader();
          await new Promise((resolve) => setTimeout(resolve, 3000));
          child.kill(signal);
          const [{ code }] = await Promise.all([
            child.status,
            drained(started),
            drained(child.stdout.getReader()),
          ]);
          equal(code, expected);
        }
      });

      await test.step("no command can exceed its permissions", async () => {
        equal(await attempts(installation, ["analyze"]), { ...NOTHING, write: true });
        equal(await attempts(installation, ["models", "list"]), { ...NOTHING, write: true });
        equal(await attempts(installation, ["models", "pull"]), {
          ...NOTHING,
          net: true,
          write: true,
        });
        equal(await attempts(installation, ["report"]), { ...NOTHING, write: true });
        equal(await attempts(installation, ["doctor"]), NOTHING);
        equal(await attempts(installation, ["--help"]), NOTHING);
        equal((await attempts(installation, ["bench"])).run, true);
      });

      await test.step("Deno imports the library with its types, Node says why it cannot", async () => {
        const file = join(installation.folder, "use.ts");
        await writeFile(
          file,
          `import { Analyzer } from "${PROGRAM_PACKAGE}";
import { compare } from "${PROGRAM_PACKAGE}/parity";
await using analyzer = await Analyzer.load({ model: "embedded", demixer: "hpss-mix" });
const bpm: number | null = (await analyzer.analyze(${
            JSON.stringify(join(FIXTURES_FOLDER, "audio/four_four/mix.flac"))
          })).bpm;
// @ts-expect-error The types are there: this option does not exist.
const wrong = () => Analyzer.load({ noSuchOption: 1 });
console.log(bpm, typeof compare, typeof wrong);
`,
        );
        const deno = await installation.run(installation.folder, Deno.execPath(), [
          ...["run", "--check", "-A", "--node-modules-dir=manual", "use.ts"],
        ]);
        equal([deno.code, deno.stdout.trim()], [0, "125 function function"], deno.stderr);
        const node = await installation.run(installation.folder, "node", [
          ...["--input-type=module", "-e", `import "${PROGRAM_PACKAGE}"`],
        ]);
        ok(node.code !== 0);
        match(
          node.stderr,
          /is a library for Deno: Node cannot load its kernels\. From Node, start/,
        );
      });

      await test.step("a user who cannot write to the installation has the same", async () => {
        await makeReadOnly(installation);
        await chmod(root, 0o755);
        if (Deno.uid() === 0) await chown(work, NOBODY, NOBODY);
        const analyzed = await installation.tactusOfAnotherUser(work, [
          "analyze",
          "song.mp3",
          "-o",
          "s4",
        ]);
        equal(analyzed.code, 0, analyzed.stderr);
        const parity = await installation.tactusOfAnotherUser(work, [
          "parity",
          "--suite",
          "seeded",
        ]);
        match(parity.stdout, /^\d+ seams passed, 0 failed/m);
        const doctor = await installation.tactusOfAnotherUser(work, ["doctor"]);
        match(doctor.stdout, /^Everything works$/m);
        await new Deno.Command("chmod", { args: ["-R", "u+w", installation.folder] }).output();
      });

      await test.step("without compiled kernels the crate is built once, or the user is told", async () => {
        const modules = join(installation.folder, "node_modules");
        await rename(join(modules, kernelsPackage(platform)), join(root, "kernels_package"));
        const none = await installation.tactus(work, ["analyze", "song.mp3", "-o", "s5"]);
        equal(none.code, 2);
        match(
          none.stderr,
          /cargo was not found \(stable Rust [\d.]+ or newer is needed\): install it from/,
        );
        equal((await installation.tactus(work, ["models", "list"])).code, 0);
        // A stand-in, which finds the sources and puts the library where cargo would.
        const bin = join(root, "rust");
        await mkdir(bin);
        await writeFile(
          join(bin, "cargo"),
          `#!/bin/sh
set -e
[ -f Cargo.toml ] && [ -f Cargo.lock ] && [ -f src/lib.rs ]
echo "$@" > ${root}/cargo_arguments
/bin/mkdir -p "$CARGO_TARGET_DIR/release"
/bin/cp ${library} "$CARGO_TARGET_DIR/release/"
`,
          { mode: 0o755 },
        );
        const env = { PATH: `${bin}:${join(root, "bin")}` };
        const built = await installation.tactus(work, ["analyze", "song.mp3", "-o", "s5"], env);
        equal(built.code, 0, built.stderr);
        match(built.stderr, /building them once with Rust/);
        equal(
          await readFile(join(root, "cargo_arguments"), "utf8"),
          "build --release --locked --lib\n",
        );
        const again = await installation.tactus(work, ["analyze", "song.mp3", "-o", "s6"]);
        equal(again.code, 0, again.stderr);
        ok(!again.stderr.includes("building"));
        await rename(join(modules, "@deno"), join(root, "deno_package"));
        const without = await installation.tactus(work, ["models", "list"]);
        equal(without.code, 2);
        match(without.stderr, /^Deno was not found: [^]* none for musl/);
      });
    });
  },
});

async function makeReadOnly({ folder }: Installation): Promise<void> {
  await new Deno.Command("chmod", { args: ["-R", "a+rX,a-w", folder] }).output();
}

async function drained(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<void> {
  while (!(await reader.read()).done);
}
