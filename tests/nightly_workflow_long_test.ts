/** Tests the steps of the nightly workflow, run one after the other. */

import { deepStrictEqual as equal, match, ok } from "node:assert/strict";
import { join } from "node:path";
import { parse } from "yaml";
import { outcomeOf } from "./support/deadline.ts";
import { repository } from "./support/program.ts";
import { inTemporaryFolder } from "./support/temporary_folder.ts";

/** Options of a short nightly run: one suite without weights, one demo piece, two rounds. */
const SHORT = [
  ...["--suite", "embedded", "--rounds", "2", "--demixer", "hpss", "--model", "embedded"],
  join(repository, "fixtures", "audio", "four_four"),
].join(" ");

interface Step {
  readonly name?: string;
  readonly id?: string;
  readonly run?: string;
  readonly uses?: string;
  readonly env?: Readonly<Record<string, string>>;
}

async function stepsOfWorkflow(): Promise<readonly Step[]> {
  const file = join(repository, ".github", "workflows", "nightly.yml");
  return parse(await Deno.readTextFile(file)).jobs.nightly.steps;
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

/** A clone of this repository with an origin of its own, and a `gh` that records its arguments. */
class Place {
  readonly origin: string;
  readonly clone: string;
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
    this.origin = join(folder, "origin.git");
    this.clone = join(folder, "clone");
  }

  async make(): Promise<void> {
    await sh(this.#folder, `git init --quiet --bare ${this.origin} && mkdir bin clone`);
    const gh = '#!/bin/bash\necho "$*" >> "$GH_LOG"\n[ "$2" = list ] && cat "$GH_OPEN"\nexit 0\n';
    await Deno.writeTextFile(join(this.#folder, "bin", "gh"), gh, { mode: 0o755 });
    await Deno.writeTextFile(join(this.#folder, "open"), "");
    // With their times: the built library stays newer than the sources, and nothing is built again.
    const files = "git ls-files --cached --others --exclude-standard -z";
    await sh(repository, `${files} | xargs -0 cp --preserve=timestamps --parents -t ${this.clone}`);
    const git = "git -c user.name=a -c user.email=a@localhost";
    await sh(
      this.clone,
      `git init --quiet && git add --all && ${git} commit --quiet -m all && git remote add origin ${this.origin}`,
    );
    // The built library and the packages are not in git.
    await sh(this.clone, `ln -s ${repository}/kernels/target kernels/target`);
    await sh(this.clone, `ln -s ${repository}/node_modules node_modules`);
  }

  /** Runs the steps up to the first that fails; returns their summary and the calls of `gh`. */
  async night(
    steps: readonly Step[],
    open: string,
    options = SHORT,
  ): Promise<{ summary: string; gh: string[]; failed: string | null }> {
    const at = (name: string): string => join(this.#folder, name);
    for (const name of ["output", "summary", "gh.log"]) await Deno.writeTextFile(at(name), "");
    await Deno.writeTextFile(at("open"), open);
    const env: Record<string, string> = {
      PATH: `${at("bin")}:${Deno.env.get("PATH")}`,
      ...{ GITHUB_OUTPUT: at("output"), GITHUB_STEP_SUMMARY: at("summary") },
      ...{ GH_LOG: at("gh.log"), GH_OPEN: at("open"), NIGHTLY_OPTIONS: options },
    };
    let failed: string | null = null;
    for (const { name, run, env: own = {} } of steps) {
      if (run === undefined) continue;
      const outputs = await Deno.readTextFile(at("output"));
      const filled = Object.entries(own).map(([key, value]) => [key, filledIn(value, outputs)]);
      try {
        await sh(this.clone, run, { ...env, ...Object.fromEntries(filled) });
      } catch (error) {
        failed = `${name}: ${(error as Error).message}`;
        break;
      }
    }
    return {
      failed,
      summary: await Deno.readTextFile(at("summary")),
      gh: (await Deno.readTextFile(at("gh.log"))).trim().split("\n"),
    };
  }
}

/** Evaluates the expressions of the workflow that these steps use. */
function filledIn(value: string, outputs: string): string {
  return value.replaceAll(/\$\{\{ (.*?) \}\}/g, (_, expression: string) => {
    if (expression === "github.token") return "token";
    const [, name] = /^steps\.night\.outputs\.(\w+)$/.exec(expression) ?? [];
    const [, found] = new RegExp(`^${name}=(.*)$`, "m").exec(outputs) ?? [];
    if (found === undefined) throw new Error(`The workflow uses ${expression}, which is not known`);
    return found;
  });
}

Deno.test({
  name:
    "the steps of the nightly workflow keep the history in a branch, write a summary, and update the issue",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    await inTemporaryFolder(async (folder) => {
      const steps = await stepsOfWorkflow();
      ok(steps.filter(({ run }) => run !== undefined).length >= 5);
      const place = new Place(folder);
      await place.make();
      const first = await place.night(steps, "");
      equal(first.failed, null);
      match(first.summary, /network/);
      equal(first.gh.map((line) => line.split(" ").slice(0, 2).join(" ")), [
        "label create",
        "issue list",
      ]);
      await sh(place.clone, "git worktree remove --force .nightly-history && rm -rf nightly");
      const second = await place.night(steps, "7\n");
      equal(second.failed, null);
      match(second.gh.at(-1) ?? "", /^issue close 7 /);
      const kept = await sh(place.origin, "git show nightly-history:history.jsonl");
      equal(kept.trim().split("\n").length >= 2, true);
      const page = await sh(place.origin, "git show nightly-history:index.html");
      match(page, /^<!doctype html>/i);
      await sh(place.clone, "git worktree remove --force .nightly-history && rm -rf nightly");
      const broken = await place.night(steps, "", "--evaluate no/such/folder");
      match(broken.failed ?? "", /^Fail where something became worse or could not run: [^]* 2:/);
      match(broken.summary, /could not run/);
      match(broken.gh.at(-1) ?? "", /^issue create .* --body-file nightly\/report\.md$/);
      equal(await sh(place.origin, "git show nightly-history:history.jsonl"), kept);
    });
  },
});
