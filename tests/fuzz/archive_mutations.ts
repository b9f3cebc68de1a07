/**
 * Damage inside zip archives: the archive itself stays valid, with correct sizes and checksums.
 *
 * @module
 */

import { type Zippable, zipSync } from "fflate";
import { type Bytes, concat } from "./bytes.ts";
import { ArrayError } from "../../core/array_error.ts";
import { readZip } from "../../core/zip.ts";
import { type Material, mutateBytes } from "./byte_mutations.ts";
import type { CounterRandom } from "../../core/counter_random.ts";

const MEMBER_BYTES = 2 ** 24;
const MEMBER_NAME = "0000.npy";
const END_BYTES = 22;
const RECORD_BYTES = 46;

let single: Bytes | undefined;

/**
 * Returns an archive whose directory names one packed member many times, each time as 16 MiB of zeros.
 *
 * @param copies number of the names, up to 9999
 * @returns 16 kB and about 50 bytes for each copy
 */
function overlappingMembers(copies: number): Bytes {
  single ??= new Uint8Array(
    zipSync({ [MEMBER_NAME]: new Uint8Array(MEMBER_BYTES) }, { mtime: new Date(1980, 0, 1) }),
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
  return concat(single.subarray(0, directory), ...records, end);
}

/** Damages a member of an archive in its own structure. */
export type MemberMutation = (
  name: string,
  bytes: Bytes,
  random: CounterRandom,
  material: Material,
) => Bytes;

/** Awkward names of members. */
const NAMES: readonly string[] = [
  "",
  ".npy",
  "../../outside.npy",
  "/absolute.npy",
  "a\0b.npy",
  "data.pkl",
  "other/data.pkl",
  "archive/data/0",
  "ü.npy",
  "n".repeat(5000) + ".npy",
];

/**
 * Damages members, or their list, and packs them again.
 *
 * @param archive a zip archive; other bytes are damaged as bytes
 * @param random source of the choices
 * @param material source of new bytes
 * @param mutateMember damages one member
 * @returns an archive with correct checksums
 */
export function mutateArchive(
  archive: Bytes,
  random: CounterRandom,
  material: Material,
  mutateMember: MemberMutation,
): Bytes {
  if (random.oneIn(100)) return overlappingMembers(2 ** random.below(9));
  const members = unpack(archive);
  const name = members === null || members.size === 0 ? null : random.pick([...members.keys()]);
  if (members === null || name === null) return mutateBytes(archive, random, material);
  const bytes = members.get(name)!;
  switch (random.below(16)) {
    case 0:
      members.delete(name);
      break;
    case 1:
      members.delete(name);
      members.set(random.pick(NAMES), bytes);
      break;
    case 2:
      members.set(random.pick(NAMES), bytes);
      break;
    case 3:
      members.set(name, members.get(random.pick([...members.keys()]))!);
      break;
    case 4:
      members.set(name, new Uint8Array(random.oneIn(8) ? 2 ** random.below(25) : 0));
      break;
    default:
      members.set(name, mutateMember(name, bytes, random, material));
  }
  return pack(members, random.oneIn(2));
}

function unpack(archive: Bytes): Map<string, Bytes> | null {
  try {
    return new Map([...readZip(archive)].map(([name, bytes]) => [name, new Uint8Array(bytes)]));
  } catch (error) {
    if (error instanceof ArrayError) return null;
    throw error;
  }
}

function pack(members: ReadonlyMap<string, Bytes>, isDeflated: boolean): Bytes {
  const entries: Zippable = Object.fromEntries(members);
  const packed = zipSync(entries, { level: isDeflated ? 6 : 0, mtime: new Date(1980, 0, 1) });
  return new Uint8Array(packed);
}
