/**
 * Messages between the process that runs the cases and the one that watches it: one line a message.
 *
 * The number of a case is sent before the case runs, so that it is known even if the process ends.
 *
 * @module
 */

/** Limits of a case; a case that exceeds one is a defect. */
export interface Limits {
  /** Seconds of processor time that a case may take. */
  readonly caseSeconds: number;
  /** Seconds of the clock that a case may take, in case it waits for ever. */
  readonly wallSeconds: number;
  /** Bytes by which the resident memory may rise during a case. */
  readonly riseBytes: number;
  /** Bytes of resident memory in total. */
  readonly residentBytes: number;
}

/** Limits far above the needs of any input of a megabyte, so that a slow machine is no defect. */
export const DEFAULT_LIMITS: Limits = {
  caseSeconds: 5,
  wallSeconds: 300,
  riseBytes: 512 * 2 ** 20,
  residentBytes: 2 ** 31,
};

/** A range of cases and its limits. */
export interface CaseRange {
  /** Seed of the whole run. */
  readonly seed: number;
  /** Number of the first case. */
  readonly first: number;
  /** Largest number of cases. */
  readonly cases: number;
  /** Seconds for all cases; the case that runs by then is finished. */
  readonly seconds: number;
  /** Folder for files of the target. */
  readonly scratch: string;
  readonly limits: Limits;
}

/** Cases of one target; sent to a process as JSON on its command line. */
export interface Assignment extends CaseRange {
  /** Name of the target. */
  readonly target: string;
}

/** Data of the thread that watches memory and processor time. */
export interface Watch {
  /** Two numbers that both threads see: the case that runs, and the peak in MiB. */
  readonly shared: SharedArrayBuffer;
  readonly limits: Limits;
}

/** Index of the number of the case in the shared memory. */
export const WATCHED_CASE = 0;
/** Index of the peak in the shared memory; MiB, so that it fits 32 bits. */
export const WATCHED_PEAK = 1;

/** Outcomes of the cases so far. */
export interface Tally {
  /** Cases that were refused with an expected error. */
  readonly rejected: number;
  /** Cases that were read. */
  readonly accepted: number;
  /** Cases that ran to their end and are neither. */
  readonly faulty: number;
  /** Processor time of the slowest case; 0 before the first. */
  readonly slowestSeconds: number;
  /** Number of the slowest case; -1 before the first. */
  readonly slowestCase: number;
  /** Largest resident memory seen. */
  readonly peakBytes: number;
}

/** Outcomes before the first case. */
export const NO_TALLY: Tally = {
  rejected: 0,
  accepted: 0,
  faulty: 0,
  slowestSeconds: 0,
  slowestCase: -1,
  peakBytes: 0,
};

/** Kinds of defects. */
export type FindingKind = "error" | "hang" | "memory" | "crash";

/** One message. */
export type Message =
  | { readonly type: "ready" }
  | { readonly type: "case"; readonly case: number; readonly tally: Tally }
  | {
    readonly type: "finding";
    readonly case: number;
    readonly kind: FindingKind;
    readonly detail: string;
    /** Text that findings of one cause share. */
    readonly signature: string;
    /** Resident memory, for a finding of the kind `memory`. */
    readonly residentBytes?: number;
  }
  | { readonly type: "unusable"; readonly reason: string }
  | { readonly type: "done"; readonly tally: Tally };

/** Message of a finding. */
export type FindingMessage = Extract<Message, { type: "finding" }>;

const SHORT = "case ";

/** Returns a message as a line. The message of a case is short, because thousands are sent a second. */
function messageLine(message: Message): string {
  if (message.type !== "case") return `${JSON.stringify(message)}\n`;
  const { rejected, accepted, faulty, slowestSeconds, slowestCase, peakBytes } = message.tally;
  const numbers = [rejected, accepted, faulty, slowestSeconds, slowestCase, peakBytes];
  return `${SHORT}${message.case} ${numbers.join(" ")}\n`;
}

/** Parses the message of a line. */
export function parseMessage(line: string): Message {
  if (!line.startsWith(SHORT)) return JSON.parse(line);
  const numbers = line.slice(SHORT.length).split(" ").map(Number);
  const [number, rejected, accepted, faulty, slowestSeconds, slowestCase, peakBytes] = numbers as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const tally = { rejected, accepted, faulty, slowestSeconds, slowestCase, peakBytes };
  return { type: "case", case: number, tally };
}

/** Writes a message to stdout, whole, before it returns. */
export function tell(message: Message): void {
  let bytes = new TextEncoder().encode(messageLine(message));
  while (bytes.length > 0) bytes = bytes.subarray(Deno.stdout.writeSync(bytes));
}
