// How often this process has collected garbage: whether a difference of two looks at its heap is what was allocated.

import { PerformanceObserver } from "node:perf_hooks";

let count = 0;
let observing = false;

/** Collections since the first question. */
export async function collections(): Promise<number> {
  if (!observing) {
    observing = true;
    const observer = new PerformanceObserver((list) => {
      count += list.getEntries().length;
    });
    observer.observe({ entryTypes: ["gc"] });
  }
  // They are reported a little after the fact.
  await new Promise((resolve) => setTimeout(resolve, 10));
  return count;
}
