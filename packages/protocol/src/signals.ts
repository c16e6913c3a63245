// The abort signals that calls of one event loop listen to: one listener for a signal, however many calls share it,
// because Node warns of a leak at eleven.

/** What an aborted signal ends. */
export interface Abortable {
  abort(cause?: unknown): void;
}

interface Watch {
  readonly calls: Set<Abortable>;
  readonly listener: () => void;
}

/** Who is to be told when a signal aborts. */
export class Signals {
  readonly #watches = new Map<AbortSignal, Watch>();

  /** `call` is aborted when `signal` is, unless it is forgotten first. */
  watch(signal: AbortSignal, call: Abortable): void {
    let watch = this.#watches.get(signal);
    if (watch === undefined) {
      const listener = (): void => this.#aborted(signal);
      watch = { calls: new Set(), listener };
      this.#watches.set(signal, watch);
      signal.addEventListener("abort", listener, { once: true });
    }
    watch.calls.add(call);
  }

  /** `call` has settled. */
  forget(signal: AbortSignal, call: Abortable): void {
    const watch = this.#watches.get(signal);
    if (watch === undefined || !watch.calls.delete(call) || watch.calls.size > 0) return;
    this.#watches.delete(signal);
    signal.removeEventListener("abort", watch.listener);
  }

  #aborted(signal: AbortSignal): void {
    const watch = this.#watches.get(signal);
    this.#watches.delete(signal);
    for (const call of watch?.calls ?? []) call.abort(signal.reason);
  }
}
