/** Tests the steps of the release workflow, run one after the other with stand-ins for what publishes. */

import { deepStrictEqual as equal, match, ok } from "node:assert/strict";
import { mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { parse } from "yaml";
import { PLATFORMS } from "../core/package_names.ts";
import { VERSION } from "../core/program.ts";
import { libraryName, libraryPath } from "../kernels/library_path.ts";
import { outcomeOf } from "../tests/support/deadline.ts";
import { repository } from "../tests/support/program.ts";
import { inTemporaryFolder } from "../tests/support/temporary_folder.ts";
import { thisPlatform } from "./package_program.ts";

interface Step {
  readonly name?: string;
  readonly run?: string;
  readonly env?: Readonly<Record<string, string>>;
}

interface Workflow {
  readonly env: Readonly<Record<string, string>>;
  readonly jobs: {
    readonly kernels: {
      readonly strategy: {
        readonly matrix: { readonly include: readonly Record<string, string>[] };
      };
      readonly steps: readonly Step[];
    };
    readonly publish: { readonly steps: readonly Step[] };
  };
}

/** Steps of the first job that need the network or take minutes: the tests, and packages of Python. */
const NOT_HERE: readonly string[] = ["Tests", "Linker for an old glibc"];

async function sh(cwd: string, script: string, env: Record<string, string> = {}): Promise<string> {
  const { code, stdout, stderr } = await outcomeOf(
    new Deno.Command("bash", {
      args: ["-eo", "pipefail", "-c", script],
      ...{ cwd, env, stdout: "piped", stderr: "piped" },
    }).spawn(),
  );
  if (code !== 0) throw new Error(`${script}\nended with ${code}:\n${stdout}\n${stderr}`);
  return stdout;
}

async function standIn(path: string, script: string): Promise<void> {
  await writeFile(path, `#!/bin/bash\n${script}`, { mode: 0o755 });
}

/** Runs the steps in a folder; returns the first that fails. */
async function runSteps(
  steps: readonly Step[],
  cwd: string,
  env: Record<string, string>,
  values: Readonly<Record<string, string>>,
): Promise<string | undefined> {
  for (const { name = "", run, env: own = {} } of steps) {
    if (run === undefined || NOT_HERE.includes(name)) continue;
    const filled = Object.entries(own).map(([key, text]) => [
      key,
      text.replaceAll(/\$\{\{ (.*?) \}\}/g, (_, expression: string) => {
        const value = values[expression];
        if (value === undefined) {
          throw new Error(`The workflow uses ${expression}, which is not known`);
        }
        return value;
      }),
    ]);
    try {
      await sh(cwd, run, { ...env, ...Object.fromEntries(filled) });
    } catch (error) {
      return `${name}: ${(error as Error).message}`;
    }
  }
  return undefined;
}

Deno.test({
  name: "the steps of the release workflow compile, pack, audit, try, publish and release",
  ignore: thisPlatform() === undefined || Deno.build.os !== "linux",
  fn: async () => {
    await inTemporaryFolder(async (folder) => {
      const file = join(repository, ".github", "workflows", "release.yml");
      const workflow: Workflow = parse(await readFile(file, "utf8"));
      const { kernels, publish } = workflow.jobs;
      equal(
        kernels.strategy.matrix.include.map(({ platform }) => platform).sort(),
        [...PLATFORMS].sort(),
      );

      const clone = join(folder, "clone");
      const bin = join(folder, "bin");
      for (const path of [clone, bin]) await mkdir(path);
      await sh(
        repository,
        `git ls-files --cached --others --exclude-standard -z | xargs -0 cp --preserve=timestamps --parents -t ${clone}`,
      );
      await symlink(join(repository, "node_modules"), join(clone, "node_modules"));
      const changelog = join(clone, "CHANGELOG.md");
      await writeFile(
        changelog,
        (await readFile(changelog, "utf8"))
          .replace("## [Unreleased]", `## [Unreleased]\n\n## [${VERSION}] - 2026-01-01`),
      );
      const library = join(folder, basename(libraryPath()));
      await sh(folder, `strip -o ${library} ${libraryPath()}`);
      // cargo zigbuild, the last argument of which is the target and its glibc, is a copy.
      await standIn(
        join(bin, "cargo"),
        `case "$1" in
  deny) echo "cargo $*" >> "$LOG" ;;
  zigbuild) echo "cargo $*" >> "$LOG"; target="\${@: -1}"
    mkdir -p "$CARGO_TARGET_DIR/\${target%.2.28}/release" && cp ${library} "$CARGO_TARGET_DIR/\${target%.2.28}/release/" ;;
  *) exec ${(await sh(folder, "command -v cargo")).trim()} "$@" ;;
esac
`,
      );
      const npm = (await sh(folder, "command -v npm")).trim();
      await standIn(
        join(bin, "npm"),
        `case "$1" in
  audit) echo "npm $*" >> "$LOG" ;;
  # npm reads the package, but sends nothing.
  publish) echo "npm $*" >> "$LOG"; exec ${npm} publish "$2" --dry-run --access public --tag latest ;;
  *) exec ${npm} "$@" ;;
esac
`,
      );
      await standIn(join(bin, "gh"), 'echo "gh $*" >> "$LOG"\n');
      const log = join(folder, "log");
      const temp = join(folder, "temp");
      await mkdir(temp);
      const env = {
        ...workflow.env,
        ...{
          PATH: `${bin}:${Deno.env.get("PATH")}`,
          LOG: log,
          PACKAGE_OPTIONS: "--any-glibc",
          GITHUB_SERVER_URL: "https://github.com",
          GITHUB_REPOSITORY: "owner/name",
          RUNNER_TEMP: temp,
        },
      };

      const here = kernels.strategy.matrix.include.find(({ platform }) =>
        platform === thisPlatform()
      )!;
      const matrix = Object.fromEntries(
        Object.entries(here).map(([key, value]) => [`matrix.${key}`, value]),
      );
      equal(await runSteps(kernels.steps, clone, env, matrix), undefined);
      match(
        await readFile(log, "utf8"),
        /^cargo zigbuild --release --locked --lib --target \S+\.2\.28$/m,
      );
      const compiled = join(clone, "kernels", "target", "package", here["target"]!, "release");
      equal(await readdir(compiled), [here["library"]]);

      // The artifacts of all platforms; the test runs that of this machine only.
      for (const { platform = "", library: name } of kernels.strategy.matrix.include) {
        equal(name, libraryName(platform.split("-")[0]));
        await mkdir(join(clone, "libraries", platform), { recursive: true });
        const path = join(clone, "libraries", platform, name!);
        if (platform === thisPlatform()) await sh(clone, `cp ${compiled}/* ${path}`);
        else await writeFile(path, `the library of ${platform}`);
      }
      await writeFile(log, "");
      const tag = `v${VERSION}`;
      const values = {
        "github.ref_name": tag,
        "github.token": "token",
        "secrets.NPM_TOKEN": "token",
      };
      equal(await runSteps(publish.steps, clone, env, values), undefined);

      const calls = (await readFile(log, "utf8")).trim().split("\n");
      equal(calls.slice(0, 2), ["cargo deny check", "npm audit"]);
      const published = calls.filter((line) => line.startsWith("npm publish "));
      equal(published.length, PLATFORMS.length + 2);
      ok(published.every((line) => line.endsWith(" --provenance --access public")));
      match(published.at(-1) ?? "", /dist\/tactus-audio-tactus-\d/);
      for (const line of published) {
        const [, , file = ""] = line.split(" ");
        const manifest = JSON.parse(
          await sh(join(clone), `tar -xzOf ${file} package/package.json`),
        );
        equal(manifest.repository.url, "git+https://github.com/owner/name.git");
      }
      match(
        calls.at(-1) ?? "",
        new RegExp(
          `^gh release create ${tag} .*SHA256SUMS.*\\.cdx\\.json.*--notes-file notes\\.md$`,
        ),
      );
      match(await readFile(join(clone, "notes.md"), "utf8"), /^### Added\n/);
      await sh(join(clone, "dist"), "sha256sum --check --strict SHA256SUMS");

      equal(
        (await runSteps(publish.steps, clone, env, { ...values, "github.ref_name": "v99.0.0" }))
          ?.split("\n", 1)[0],
        `Version and notes: ${publish.steps.find(({ name }) => name === "Version and notes")!.run}`,
      );
    });
  },
});
