/**
 * Calls that are left out where they follow each other too closely.
 *
 * @module
 */

/**
 * Returns a function that passes its first call on, and of the later ones those that are long enough after the last that it
 * passed on. A fault that lasts is told now and then, and not each time.
 *
 * @param milliseconds least time between two calls
 * @param call receives what is passed on
 */
export function spacedCalls<Args extends readonly unknown[]>(
  milliseconds: number,
  call: (...args: Args) => void,
): (...args: Args) => void {
  let last = -Infinity;
  return (...args) => {
    const now = performance.now();
    if (now - last < milliseconds) return;
    last = now;
    call(...args);
  };
}
