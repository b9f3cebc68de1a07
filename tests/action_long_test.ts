/** Tests the steps of the composite action, run one after the other in a repository of their own. */

import { deepStrictEqual as equal, match, ok } from "node:assert/strict";
import { cp } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "yaml";
import { outcomeOf } from "./support/deadline.ts";
import { repository } from "./support/program.ts";
import { inTemporaryFolder } from "./support/temporary_folder.ts";

interface Step {
  readonly name?: string;
  readonly run?: string;
  readonly env?: Readonly<Record<string, string>>;
}

async function sh(cwd: string, script: string, env: Record<string, string> = {}): Promise<string> {
  const command = new Deno.Command("bash", {
    args: ["-eo", "pipefail", "-c", script],
    env: { DENO_NO_UPDATE_CHECK: "1", ...env },
    ...{ cwd, stdout: "piped", stderr: "piped" },
  });
  const { code, stdout, stderr } = await outcomeOf(command.spawn());
  if (code !== 0) throw new Error(`${script}\nended with ${code}:\n${stdout}\n${stderr}`);
  return stdout;
}

/** A repository with a pipeline, and an origin. */
class Place {
  readonly clone: string;
  readonly origin: string;
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
    this.clone = join(folder, "clone");
    this.origin = join(folder, "origin.git");
  }

  async make(): Promise<void> {
    await Deno.mkdir(this.clone);
    for (const name of ["npy.ts", "log_mel"]) {
      await cp(join(repository, "examples", name), join(this.clone, name), { recursive: true });
    }
    const file = join(this.clone, "log_mel", "parity.toml");
    const text = await Deno.readTextFile(file);
    await Deno.writeTextFile(file, text.slice(0, text.indexOf("# The same with")));
    await sh(this.#folder, `git init --quiet --bare ${this.origin}`);
    const git = "git -c user.name=a -c user.email=a@localhost";
    await sh(
      this.clone,
      `git init --quiet && git add --all && ${git} commit --quiet -m all && git remote add origin ${this.origin}`,
    );
  }

  /** Runs all steps up to the first that fails, as a new job. */
  async job(store: boolean): Promise<{ readonly summary: string; readonly failed: string | null }> {
    const { inputs, runs } = parse(await Deno.readTextFile(join(repository, "action.yml")));
    const values: Record<string, string> = {
      "inputs.file": "log_mel/parity.toml",
      "inputs.rounds": "2",
      "inputs.store": String(store),
      "inputs.history-branch": inputs["history-branch"].default,
      "github.action_path": repository,
    };
    await sh(
      this.clone,
      "git worktree remove --force .parity-history || true; rm -rf parity-report",
    );
    const at = (name: string): string => join(this.#folder, name);
    for (const name of ["output", "summary"]) await Deno.writeTextFile(at(name), "");
    let failed: string | null = null;
    for (const { name, run, env = {} } of runs.steps as readonly Step[]) {
      if (run === undefined) continue;
      const outputs = await Deno.readTextFile(at("output"));
      const filled = Object.entries(env).map(([key, value]) => [
        key,
        value.replaceAll(/\$\{\{ (.*?) \}\}/g, (_, expression: string) => {
          const found = values[expression] ??
            new RegExp(`^${expression.replace("steps.measure.outputs.", "")}=(.*)$`, "m")
              .exec(outputs)?.[1];
          if (found === undefined) throw new Error(`${expression} is not known`);
          return found;
        }),
      ]);
      try {
        const places = { GITHUB_OUTPUT: at("output"), GITHUB_STEP_SUMMARY: at("summary") };
        await sh(this.clone, run, { ...places, ...Object.fromEntries(filled) });
      } catch (error) {
        failed = `${name}: ${(error as Error).message}`;
        break;
      }
    }
    return { failed, summary: await Deno.readTextFile(at("summary")) };
  }
}

Deno.test({
  name:
    "the steps of the action compare with the runs of the base branch, and fail where a seam became wrong",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    await inTemporaryFolder(async (folder) => {
      const place = new Place(folder);
      await place.make();
      const base = await place.job(true);
      equal(base.failed, null);
      match(base.summary, /## Parity: nothing failed/);
      const kept = await sh(place.origin, "git show parity-history:history.jsonl");
      equal(kept.trim().split("\n").length, 1);
      const program = join(place.clone, "log_mel", "log_mel.ts");
      const damaged = (await Deno.readTextFile(program)).replace("(bin + offByOne)", "(bin + 1)");
      await Deno.writeTextFile(program, damaged);
      const request = await place.job(false);
      match(request.failed ?? "", /^Fail where something became worse or could not run: [^]* 1:/);
      match(
        request.summary,
        /first wrong stage of typescript, audio-sweep, isolated: filterbank \(mel\)/,
      );
      ok(/regression/i.test(request.summary), request.summary);
      equal(await sh(place.origin, "git show parity-history:history.jsonl"), kept);
      await Deno.remove(join(place.clone, "log_mel", "audio"), { recursive: true });
      const broken = await place.job(true);
      match(broken.failed ?? "", /^Fail where something became worse or could not run: [^]* 2:/);
      match(broken.summary, /could not run/);
      equal(await sh(place.origin, "git show parity-history:history.jsonl"), kept);
    });
  },
});
