/** Checks the files of deploy/ with the linters of their kinds, and runs what can be run on one machine. */

import { deepStrictEqual as equal, ok } from "node:assert/strict";
import { existsSync } from "node:fs";
import { chmod } from "node:fs/promises";
import { join } from "node:path";
import { parse, parseAllDocuments } from "yaml";
import { CatalogueQueue } from "../catalogue/mod.ts";
import { repository } from "./support/program.ts";
import { CATALOGUE_FLAGS, withRedis } from "./support/services.ts";
import { inTemporaryFolder } from "./support/temporary_folder.ts";

const deploy = join(repository, "deploy");

const read = (name: string): Promise<string> => Deno.readTextFile(join(deploy, name));

/** Runs a linter, which must find nothing. */
async function lint(program: string, ...args: string[]): Promise<void> {
  const path = join(repository, "tests", ".services", "bin", program);
  if (!existsSync(path)) {
    throw new Error(`${program} was not found: run tests/support/install_services.sh`);
  }
  const { code, stdout, stderr } = await new Deno.Command(path, { args, cwd: deploy }).output();
  const decoder = new TextDecoder();
  equal(
    code,
    0,
    `${program} ${args.join(" ")}: ${decoder.decode(stdout)}${decoder.decode(stderr)}`,
  );
}

Deno.test("the Containerfile, Compose, Kubernetes and Slurm files pass the linters of their kinds", async () => {
  await lint("hadolint", "Containerfile");
  await lint("check-jsonschema", "--builtin-schema", "vendor.compose-spec", "compose.yaml");
  await lint("kubernetes-validate", "--strict", "kubernetes.yaml", "kubernetes_job.yaml");
  await lint("shellcheck", "slurm_array.sh");
});

Deno.test("KEDA scales the Deployment by the list of BullMQ in which tracks wait", () =>
  withRedis(async (redis) => {
    const { spec } = parse(await read("keda.yaml"));
    const [, deployment] = parseAllDocuments(await read("kubernetes.yaml")).map((one) =>
      one.toJS()
    );
    equal(spec.scaleTargetRef.name, deployment.metadata.name);
    await using queue = await CatalogueQueue.open({ redis, name: "tactus" });
    equal(spec.triggers[0].metadata.listName, queue.engine.toKey("wait"));
  }));

Deno.test("the calls in the files are calls of the program, with a time to stop that is longer than --grace", async () => {
  const [, { spec: deployment }] = parseAllDocuments(await read("kubernetes.yaml")).map((one) =>
    one.toJS()
  );
  const job = parse(await read("kubernetes_job.yaml")).spec;
  const { catalogue } = await import("../cli/catalogue.ts");
  const worker = await catalogue.commands["worker"]!.load();
  const known = worker.parser.options.map(({ long }) => long);
  for (const { template: { spec } } of [deployment, job]) {
    const args: string[] = spec.containers[0].args;
    equal(args.slice(0, 2), ["catalogue", "worker"]);
    for (const option of args.filter((arg) => arg.startsWith("--"))) {
      ok(known.includes(option), option);
    }
    ok(spec.terminationGracePeriodSeconds > Number(args[args.indexOf("--grace") + 1]));
  }
});

/** A worker that Slurm starts, with srun or without. */
function slurmTest(name: string, withSrun: boolean): void {
  Deno.test(name, () =>
    withRedis((redis) =>
      inTemporaryFolder(async (folder) => {
        const script = async (name: string, text: string): Promise<void> => {
          await Deno.writeTextFile(join(folder, name), `#!/bin/sh\n${text}\n`);
          await chmod(join(folder, name), 0o755);
        };
        await script(
          "tactus",
          `exec "${Deno.execPath()}" run --quiet --config "${repository}/deno.json" ${
            CATALOGUE_FLAGS.map((flag) => `"${flag}"`).join(" ")
          } --allow-read --allow-write --allow-env --allow-sys --allow-ffi "${repository}/main.ts" "$@"`,
        );
        // As srun does it, which starts the program on a node of the allocation.
        await script("srun", `echo "$1 $2" > "${folder}/srun.txt"; shift; exec "$@"`);
        const { code, stdout, stderr } = await new Deno.Command("bash", {
          args: [join(deploy, "slurm_array.sh")],
          env: {
            PATH: `${folder}:${Deno.env.get("PATH")}`,
            ...{ TACTUS_REDIS: redis, TACTUS_STORE: join(folder, "store"), TMPDIR: folder },
            ...{ SLURM_ARRAY_JOB_ID: "7", SLURM_ARRAY_TASK_ID: "3", DENO_NO_UPDATE_CHECK: "1" },
            ...(withSrun && { SLURM_JOB_ID: "9", SLURM_CPUS_PER_TASK: "1" }),
          },
        }).output();
        const decoder = new TextDecoder();
        equal(code, 0, decoder.decode(stderr));
        const events = decoder.decode(stdout).trim().split("\n").map((line) => JSON.parse(line));
        equal(events.map(({ event }) => event), [
          ...["worker started", "worker stops", "worker stopped"],
        ]);
        equal(events[0].worker, "7-3");
        const called = await Deno.readTextFile(join(folder, "srun.txt")).catch(() => "");
        equal(called, withSrun ? "--ntasks=1 tactus\n" : "");
      })
    ));
}

slurmTest("the Slurm script runs a worker until the queue is empty", false);
slurmTest("the Slurm script starts the worker through srun where Slurm has a job", true);

Deno.test("Slurm asks a worker to stop longer before its end than --grace", async () => {
  const text = await read("slurm_array.sh");
  const [signal, grace] = [/--signal=TERM@(\d+)/, /--grace (\d+)/].map((pattern) =>
    Number(pattern.exec(text)?.[1])
  );
  ok(signal! > grace!, `${signal} ${grace}`);
});
