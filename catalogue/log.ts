/**
 * Structured logs: one JSON object a line.
 *
 * @module
 */

/** Severity of an event. */
export type Level = "info" | "warn" | "error";

/** Writes an event with its fields. */
export type Log = (level: Level, event: string, fields?: Readonly<Record<string, unknown>>) => void;

/**
 * Returns a log.
 *
 * @param common fields of all lines
 * @param write writes a line; standard output by default
 */
export function jsonLog(
  common: Readonly<Record<string, unknown>>,
  write: (line: string) => void = (line) => console.log(line),
): Log {
  return (level, event, fields = {}) =>
    write(JSON.stringify({ time: new Date().toISOString(), level, event, ...common, ...fields }));
}
