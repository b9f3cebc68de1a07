/**
 * Small archives that claim a lot of memory.
 *
 * @module
 */

import { zipSync } from "fflate";
import { type Bytes, join } from "./bytes.ts";

const MEMBER_BYTES = 2 ** 24;
const NAME = "0000.npy";
const END_BYTES = 22;
const RECORD_BYTES = 46;

let single: Bytes | undefined;

/**
 * An archive whose directory names one packed member over and over, 16 MiB of zeros each time.
 *
 * @param copies how often, up to 9999
 * @returns 16 kB and about 50 bytes for each copy
 */
export function overlappingMembers(copies: number): Bytes {
  single ??= new Uint8Array(
    zipSync({ [NAME]: new Uint8Array(MEMBER_BYTES) }, { mtime: new Date(1980, 0, 1) }),
  );
  const directory = new DataView(single.buffer).getUint32(single.length - 6, true);
  const record = single.subarray(directory, single.length - END_BYTES);
  const records = Array.from({ length: copies }, (_, copy) => {
    const renamed = record.slice();
    renamed.set(new TextEncoder().encode(String(copy).padStart(4, "0")), RECORD_BYTES);
    return renamed;
  });
  const end = single.slice(-END_BYTES);
  const view = new DataView(end.buffer);
  view.setUint16(8, copies, true);
  view.setUint16(10, copies, true);
  view.setUint32(12, copies * record.length, true);
  return join(single.subarray(0, directory), ...records, end);
}
