/** Tests both networks on WebGPU with SwiftShader, which takes about a minute of the processor. */

import { deepStrictEqual as equal, match, ok } from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { join } from "node:path";
import { deviceNodes, GRAPH_NAMES } from "../scripts/device_nodes.ts";
import { outcomeOf } from "./support/deadline.ts";
import { command, repository } from "./support/program.ts";
import { SOFTWARE_GPU, testOnSoftwareGpu } from "./support/software_gpu.ts";
import { deviceRun } from "./support/start_device_run.ts";
import { inTemporaryFolder } from "./support/temporary_folder.ts";

testOnSoftwareGpu("WebGPU computes all nodes of both networks", async () => {
  for (const graph of GRAPH_NAMES) {
    const nodes = await deviceNodes(graph, "webgpu", SOFTWARE_GPU);
    equal([...nodes.keys()], ["WebGpuExecutionProvider"], graph);
  }
});

testOnSoftwareGpu(
  "a small HTDemucs on WebGPU equals demucs at every seam, without a warning",
  async () => {
    const { errors, stderr } = await deviceRun("htdemucs", SOFTWARE_GPU);
    equal(stderr, "");
    equal(Object.keys(errors).length, 12);
    // The same bound as on the CPU.
    for (const [seam, error] of Object.entries(errors)) ok(error < 5e-6, `${seam}: ${error}`);
  },
);

testOnSoftwareGpu(
  "a fold on WebGPU agrees with upstream as well as upstream's own float32",
  async () => {
    const { errors, stderr } = await deviceRun("network", SOFTWARE_GPU);
    equal(stderr, "");
    ok(errors["network"]! < 1.5e-6, `${errors["network"]}`);
  },
);

testOnSoftwareGpu("an interruption ends a run on WebGPU at once, with 130", async () => {
  await inTemporaryFolder(async (folder) => {
    const stems = join(repository, "fixtures", "audio", "four_four");
    const child = command(
      ["analyze", "--stems-dir", stems, "-m", "seeded-fold0", "-o", folder, "-d", "webgpu"],
      { env: SOFTWARE_GPU },
    ).spawn();
    // The run itself takes minutes.
    await delay(20_000);
    const start = performance.now();
    child.kill("SIGINT");
    const { code, stderr } = await outcomeOf(child);
    equal(code, 130, stderr);
    match(stderr, /^Stopping; finished tracks are kept/m);
    // A second on a quiet machine; this one may be busy.
    ok(performance.now() - start < 5000, `${performance.now() - start} ms`);
  });
});
