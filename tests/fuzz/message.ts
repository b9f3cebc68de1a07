/**
 * What the process that runs the cases tells the one that watches it: one line a message.
 *
 * The number of a case is told before the case runs, so that it is known whatever becomes of it.
 *
 * @module
 */

/** What became of the cases so far. */
export interface Tally {
  /** Cases that were refused with an expected error. */
  readonly rejected: number;
  /** Cases that were read. */
  readonly accepted: number;
  /** Cases that ran to their end and are neither. */
  readonly faulty: number;
  /** How long the slowest case took; 0 before the first. */
  readonly slowestSeconds: number;
  /** Its number; -1 before the first. */
  readonly slowestCase: number;
  /** The most resident memory seen. */
  readonly peakBytes: number;
}

/** Before the first case. */
export const NO_TALLY: Tally = {
  rejected: 0,
  accepted: 0,
  faulty: 0,
  slowestSeconds: 0,
  slowestCase: -1,
  peakBytes: 0,
};

/** The ways of going wrong. */
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
    /** Equal for findings that are probably of one cause. */
    readonly signature: string;
    /** Resident memory when it was found, where it is about memory. */
    readonly residentBytes?: number;
  }
  | { readonly type: "unusable"; readonly reason: string }
  | { readonly type: "done"; readonly tally: Tally };

/** A finding as told. */
export type FindingMessage = Extract<Message, { type: "finding" }>;

const SHORT = "case ";

/** The message as a line; that of a case, which comes thousands of times a second, is short. */
export function messageLine(message: Message): string {
  if (message.type !== "case") return `${JSON.stringify(message)}\n`;
  const { rejected, accepted, faulty, slowestSeconds, slowestCase, peakBytes } = message.tally;
  const numbers = [rejected, accepted, faulty, slowestSeconds, slowestCase, peakBytes];
  return `${SHORT}${message.case} ${numbers.join(" ")}\n`;
}

/** The message of a line. */
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
