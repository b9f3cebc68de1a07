/** Tests devices: their errors, and WebGPU on SwiftShader. */

import { deepStrictEqual as equal, match, ok } from "node:assert/strict";
import { join } from "node:path";
import { listSupportedBackends } from "onnxruntime-node";
import { repository, tactus } from "./support/program.ts";
import { SOFTWARE_GPU, testOnSoftwareGpu } from "./support/software_gpu.ts";
import { deviceRun } from "./support/start_device_run.ts";
import { inTemporaryFolder } from "./support/temporary_folder.ts";

const STEMS = ["--stems-dir", join(repository, "fixtures", "audio", "four_four")] as const;

const hasWebGpu = listSupportedBackends().some(({ name, bundled }) => bundled && name === "webgpu");

Deno.test({
  name: "analyze names the driver that WebGPU lacks, without other lines, and ends with 2",
  ignore: Deno.build.os !== "linux" || !hasWebGpu,
  async fn(): Promise<void> {
    await inTemporaryFolder(async (folder) => {
      const env = { VK_DRIVER_FILES: "/none.json", VK_ICD_FILENAMES: "/none.json" };
      const { code, stdout, stderr } = await tactus(
        ["analyze", ...STEMS, "-m", "embedded", "-o", folder, "-d", "webgpu"],
        { env },
      );
      equal([code, stdout], [2, ""], stderr);
      match(
        stderr,
        /^ONNX Runtime could not be started on webgpu: (no Vulkan driver was found \(VK_DRIVER_FILES is \/none\.json\): install|the Vulkan loader cannot be loaded).*\n$/,
      );
      equal([...Deno.readDirSync(folder)], []);
    });
  },
});

testOnSoftwareGpu(
  "WebGPU computes the ELU of the network to half a unit of single precision",
  async () => {
    const { errors, stderr } = await deviceRun("elu", SOFTWARE_GPU);
    equal(stderr, "");
    ok(errors["elu"]! < 3.6e-8, `${errors["elu"]}`);
  },
);
