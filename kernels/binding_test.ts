import { deepStrictEqual as equal, match, ok, rejects, throws } from "node:assert/strict";
import {
  ABI_VERSION,
  Binding,
  invoke,
  KernelError,
  KernelLoadError,
  type OpenedLibrary,
} from "./binding.ts";

type Call = (...args: unknown[]) => unknown;

/** A library of the right version with the given functions. */
function library(functions: Readonly<Record<string, Call>> = {}): OpenedLibrary {
  return { symbols: { tactus_abi_version: () => ABI_VERSION, ...functions }, close: () => {} };
}

Deno.test("invoke() expands an array to pointer and length, and text to UTF-8", async () => {
  const calls: unknown[][] = [];
  const binding = Binding.load(
    "kernels",
    () => library({ tactus_audio_open: (...args) => (calls.push(args), Promise.resolve(0)) }),
  );
  const [description, numbers] = [new Uint8Array(3), new BigUint64Array(4)];
  const arrays = [description, numbers] as const;
  await binding.invoke("tactus_audio_open", "ä.wav", 44_100, 0, 9, ...arrays, undefined);
  const path = new TextEncoder().encode("ä.wav");
  equal(calls, [[path, 6n, 44_100, 0, 9, description, 3n, numbers, 4n, 0n]]);
});

Deno.test("invoke() keeps the arrays of a call alive until its promise settles", async () => {
  let settle = (_status: number): void => {};
  const status = new Promise<number>((resolve) => settle = resolve);
  const binding = Binding.load(
    "kernels",
    () => library({ tactus_audio_read: () => status, tactus_hpss_step: () => Promise.reject() }),
  );
  const call = binding.invoke("tactus_audio_read", 1n, 1, new Float32Array(2));
  equal(binding.pendingCalls, 1);
  settle(0);
  await call;
  equal(binding.pendingCalls, 0);
  await rejects(async () => await binding.invoke("tactus_hpss_step", 1n, new Float32Array(2)));
  equal(binding.pendingCalls, 0, "a call that throws releases its arrays too");
});

Deno.test("invoke() requests the interruption when its signal is aborted, and throws the reason", async () => {
  const calls: unknown[] = [];
  let settle = (_status: number): void => {};
  const binding = Binding.load("kernels", () =>
    library({
      tactus_stem_spectrogram: (...args) => {
        calls.push(args.at(-1));
        return new Promise((resolve) => settle = resolve);
      },
      tactus_interruption_open: () => 5n,
      tactus_interruption_request: (handle) => void calls.push(["request", handle]),
      tactus_interruption_close: (handle) => void calls.push(["close", handle]),
      tactus_error_message: () => 0n,
    }));
  const controller = new AbortController();
  const call = binding.invoke(
    "tactus_stem_spectrogram",
    ...[1n, 1, new Float32Array(), controller.signal] as const,
  );
  controller.abort(new Error("enough"));
  settle(3);
  await rejects(call, /^Error: enough$/);
  equal(calls, [5n, ["request", 5n], ["close", 5n]]);
  const late = binding.invoke(
    "tactus_stem_spectrogram",
    ...[1n, 1, new Float32Array(), controller.signal] as const,
  );
  await rejects(late, /^Error: enough$/);
  equal(calls.length, 3, "an aborted signal calls nothing");
});

Deno.test("invoke() throws the kernel's own message, once for each ticket", async () => {
  const taken: unknown[] = [];
  const take: Call = (ticket, buffer) => {
    taken.push(ticket);
    return BigInt(new TextEncoder().encodeInto("no füzz", buffer as Uint8Array).written);
  };
  const binding = Binding.load(
    "kernels",
    () => library({ tactus_hpss_step: () => Promise.resolve(7), tactus_error_message: take }),
  );
  await rejects(
    binding.invoke("tactus_hpss_step", 1n, new Float32Array()),
    (error) => error instanceof KernelError && error.message === "no füzz",
  );
  equal(taken, [7]);
});

Deno.test("invoke() passes on the message of the Rust library", async () => {
  await rejects(
    invoke("tactus_audio_read", 987_654_321n, 1, new Float32Array(1)),
    (error) =>
      error instanceof KernelError && !(error instanceof KernelLoadError) &&
      error.message === "Nothing is open under handle 987654321",
  );
});

Deno.test("a library that cannot be opened is a KernelLoadError with path, reason and remedy", () => {
  throws(
    () => Binding.load(import.meta.filename!),
    (error) => {
      ok(error instanceof KernelLoadError && error.cause instanceof Error);
      match(error.message, /^Could not load the kernels, \S+binding_test\.ts: /);
      match(error.message, /deno task kernels$/);
      return true;
    },
  );
  throws(
    () => Binding.load("/nowhere/libkernels.so"),
    (error) =>
      error instanceof KernelLoadError && error.message ===
        "The kernels, /nowhere/libkernels.so, are missing: run deno task kernels",
  );
});

Deno.test("a library of another interface version is refused and closed", () => {
  let closed = 0;
  const other = { symbols: { tactus_abi_version: () => 3 }, close: () => void closed++ };
  throws(
    () => Binding.load("old.so", () => other),
    (error) =>
      error instanceof KernelLoadError &&
      error.message.includes(`interface version 3, but ${ABI_VERSION} is expected`),
  );
  equal(closed, 1);
});

Deno.test("a function that the library lacks is named", async () => {
  const binding = Binding.load("made-up", () => library());
  await rejects(
    binding.invoke("tactus_processor", new Uint8Array(1), new BigUint64Array(1)),
    /^KernelError: The kernels lack tactus_processor: they are older than this program$/,
  );
});
