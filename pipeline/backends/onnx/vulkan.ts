/**
 * What WebGPU needs on Linux: the Vulkan loader and a driver.
 *
 * Without them ONNX Runtime says only that there is no adapter, after warnings of its own on the terminal. Asking first
 * gives an error that names what is missing.
 *
 * Source: Vulkan 1.3, "Instances"; structure and codes as there.
 *
 * @module
 */

import { reasonOf } from "../../../core/reason.ts";

const LOADER = "libvulkan.so.1";

/** `VK_ERROR_INCOMPATIBLE_DRIVER`, which the loader returns where it finds no driver. */
const NO_DRIVER = -9;

/** Bytes of `VkInstanceCreateInfo` on 64-bit systems, and its structure type. */
const [CREATE_INFO_BYTES, CREATE_INFO_TYPE] = [64, 1];

/** Variables that name the files of drivers, the one that wins first. */
const DRIVER_VARIABLES = ["VK_DRIVER_FILES", "VK_ICD_FILENAMES"];

/**
 * Returns what is missing for Vulkan, with the remedy; undefined where an instance can be made, and on systems on which
 * WebGPU does not use Vulkan.
 *
 * @param loader file name of the loader
 */
export function vulkanProblem(loader: string = LOADER): string | undefined {
  if (Deno.build.os !== "linux") return undefined;
  let library: Deno.DynamicLibrary<typeof SYMBOLS>;
  try {
    library = Deno.dlopen(loader, SYMBOLS);
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) return undefined;
    const reason = reasonOf(error).split("\n", 1)[0]!.replace(/^(Could not open library: )+/, "");
    return `the Vulkan loader cannot be loaded (${reason}): install it (libvulkan1 in Debian, ` +
      "vulkan-loader in Fedora)";
  }
  const { vkCreateInstance, vkDestroyInstance } = library.symbols;
  // A handle is a number here: no pointer is followed.
  const instance = new BigUint64Array(1);
  const info = new Uint32Array(CREATE_INFO_BYTES / Uint32Array.BYTES_PER_ELEMENT);
  info[0] = CREATE_INFO_TYPE;
  const code = vkCreateInstance(info, null, instance);
  if (code === 0) vkDestroyInstance(instance[0]!, null);
  library.close();
  if (code === 0) return undefined;
  return code === NO_DRIVER
    ? noDriver()
    : `Vulkan cannot be started: vkCreateInstance gave ${code}`;
}

const SYMBOLS = {
  vkCreateInstance: { parameters: ["buffer", "pointer", "buffer"], result: "i32" },
  vkDestroyInstance: { parameters: ["u64", "pointer"], result: "void" },
} as const;

function noDriver(): string {
  const named = DRIVER_VARIABLES.find((name) => Deno.env.get(name) !== undefined);
  const searched = named === undefined ? "" : ` (${named} is ${Deno.env.get(named)})`;
  return `no Vulkan driver was found${searched}: install the driver of the GPU, such as ` +
    "mesa-vulkan-drivers in Debian, or name its JSON file in VK_DRIVER_FILES";
}
