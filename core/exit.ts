/**
 * End of the process, also while another thread runs foreign code.
 *
 * @module
 */

/** Foreign calls that have begun and not ended, on any thread. */
let calls = 0;

/**
 * Marks work as a call into foreign code on another thread. If the thread is ended, the work never ends, and neither does
 * the mark: the foreign code may still run.
 *
 * @param call the work
 * @returns its result
 */
export async function foreignCall<Result>(call: Promise<Result>): Promise<Result> {
  calls++;
  try {
    return await call;
  } finally {
    calls--;
  }
}

/**
 * Ends the process.
 *
 * A regular exit runs the clean-up of the loaded libraries. While a thread still computes in one of them, as ONNX Runtime on
 * a GPU, that ends in a segmentation fault: the process is then ended without it.
 *
 * @param code exit code
 * @param library a library that may be loaded: `_exit()` is looked up in it and in those that it depends on, of which the C
 * library is one. Windows has no such function
 */
export function exitProcess(code: number, library: string): never {
  if (calls > 0 && Deno.build.os !== "windows") {
    try {
      Deno.dlopen(library, { _exit: { parameters: ["i32"], result: "void" } }).symbols._exit(code);
    } catch {
      // Without the permission or the library the regular exit is left.
    }
  }
  Deno.exit(code);
}
