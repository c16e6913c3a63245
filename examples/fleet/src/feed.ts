// Hands each new item to everybody who follows. A follower who reads too slowly skips items, and is told how many.

/** Items kept for one follower. */
const MAX_WAITING = 1_000;

/** An item, and how many were left out before it. */
export interface Fed<T> {
  readonly item: T;
  readonly skipped: number;
}

interface Follower<T> {
  waiting: Fed<T>[];
  skipped: number;
  wake: () => void;
}

/** One source, many followers. */
export class Feed<T> {
  readonly #followers = new Set<Follower<T>>();
  #ended = false;

  publish(item: T): void {
    for (const follower of this.#followers) {
      if (follower.waiting.length >= MAX_WAITING) {
        follower.skipped++;
        continue;
      }
      follower.waiting.push({ item, skipped: follower.skipped });
      follower.skipped = 0;
      follower.wake();
    }
  }

  /** What is published from now on, until `signal` aborts or the feed ends. */
  async *follow(signal: AbortSignal): AsyncGenerator<Fed<T>> {
    const follower: Follower<T> = { waiting: [], skipped: 0, wake: () => {} };
    const wake = (): void => follower.wake();
    this.#followers.add(follower);
    signal.addEventListener("abort", wake);
    try {
      while (!this.#ended && !signal.aborted) {
        if (follower.waiting.length === 0) {
          await new Promise<void>((resolve) => {
            follower.wake = resolve;
          });
        }
        const items = follower.waiting;
        follower.waiting = [];
        yield* items;
      }
    } finally {
      signal.removeEventListener("abort", wake);
      this.#followers.delete(follower);
    }
  }

  /** Ends well for everybody who follows. */
  end(): void {
    this.#ended = true;
    for (const follower of this.#followers) follower.wake();
  }
}
