// Which credit pools are in use: a session keeps its own to itself, and what it gave out must come back.

import { CreditPool } from "../../packages/protocol/src/credit.ts";

const pools = new Set<CreditPool>();
const take = CreditPool.prototype.take;

CreditPool.prototype.take = function watched(this: CreditPool, ...args: Parameters<typeof take>): number {
  pools.add(this);
  return take.apply(this, args);
};

/** The bytes that are out of all pools used since the last call. */
export function creditLeftOut(): number {
  let bytes = 0;
  for (const pool of pools) bytes += pool.used;
  pools.clear();
  return bytes;
}
