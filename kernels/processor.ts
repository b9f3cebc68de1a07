/**
 * The processor as the kernels see it.
 *
 * @module
 */

import { ABI_VERSION, ensureLoaded, invoke } from "./binding.ts";
import { libraryPath } from "./library_path.ts";

/** Version of the functions of the kernels that this program expects. */
export const KERNELS_VERSION: number = ABI_VERSION;

/** Returns the path of the library of the kernels, which need not exist. */
export function kernelsFile(): string {
  return libraryPath();
}

/**
 * Loads the kernels, which otherwise the first call of a kernel does.
 *
 * @throws {KernelLoadError} if they cannot be loaded
 */
export function ensureKernels(): void {
  ensureLoaded();
}

/** Room for the description, bytes of JSON. */
const DESCRIPTION_BYTES = 4096;

/** Description of the processor. */
export interface Processor {
  /** Name of the architecture in Rust, such as `x86_64`. */
  readonly architecture: string;
  /** Features that bear on the speed of the kernels. */
  readonly features: readonly string[];
  /** Names of the code paths that the processor has the instructions for; the kernels take the last one. */
  readonly paths: readonly string[];
}

/**
 * Describes the processor.
 *
 * @throws {KernelLoadError} if the kernels cannot be loaded
 */
export async function processor(): Promise<Processor> {
  const description = new Uint8Array(DESCRIPTION_BYTES);
  const written = new BigUint64Array(1);
  await invoke("tactus_processor", description, written);
  return JSON.parse(new TextDecoder().decode(description.subarray(0, Number(written[0]))));
}
