// What bounds repeated calls: every new call earns a little, every repeat costs a whole.

const EARNED_BY_CALL = 0.1;
const MOST = 10;

/** Lets at most about a tenth of all calls be repeats, and ten in a row when there were many calls before. */
export class RetryBudget {
  #tokens = MOST;

  /** A call has been made. */
  earn(): void {
    this.#tokens = Math.min(MOST, this.#tokens + EARNED_BY_CALL);
  }

  /** Whether a call may be repeated now. */
  spend(): boolean {
    if (this.#tokens < 1) return false;
    this.#tokens--;
    return true;
  }
}
