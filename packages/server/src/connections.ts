// The registry: everybody who is connected, by id, identity, tag, and by the call that they make.

import type { CallContext, Peer } from "@vertex/protocol";
import type { Connection } from "./connection.ts";

/** Sets of connections by a key; a set that is empty is gone. */
class Index<Key> {
  readonly #sets = new Map<Key, Set<Connection>>();

  add(key: Key, connection: Connection): void {
    const set = this.#sets.get(key);
    if (set === undefined) this.#sets.set(key, new Set([connection]));
    else set.add(connection);
  }

  remove(key: Key, connection: Connection): void {
    const set = this.#sets.get(key);
    if (set?.delete(connection) && set.size === 0) this.#sets.delete(key);
  }

  get(key: Key): Connection[] {
    return [...(this.#sets.get(key) ?? [])];
  }
}

/** Everybody who is connected. */
export class Connections implements Iterable<Connection> {
  readonly #all = new Map<number, Connection>();
  readonly #identities = new Index<unknown>();
  readonly #tags = new Index<string>();
  readonly #peers = new WeakMap<Peer, Connection>();

  get size(): number {
    return this.#all.size;
  }

  /** The connection with that id. */
  get(id: number): Connection | undefined {
    return this.#all.get(id);
  }

  /** The connection that a call came on, for handlers that want to call back; `undefined` once it is closed. */
  of(call: CallContext): Connection | undefined {
    return this.#peers.get(call.peer);
  }

  /** The connections whose `authenticate` returned this very value. */
  withIdentity(identity: unknown): Connection[] {
    return this.#identities.get(identity);
  }

  /** The connections that carry a tag. */
  tagged(tag: string): Connection[] {
    return this.#tags.get(tag);
  }

  [Symbol.iterator](): Iterator<Connection> {
    return this.#all.values();
  }

  /** Used by the server only. */
  add(connection: Connection, peer: Peer): void {
    this.#all.set(connection.id, connection);
    this.#peers.set(peer, connection);
    if (connection.identity !== undefined) this.#identities.add(connection.identity, connection);
    for (const tag of connection.tags) this.#tags.add(tag, connection);
    connection.tagIndex = this.#tags;
  }

  /** Used by the server only. */
  remove(connection: Connection, peer: Peer): void {
    this.#all.delete(connection.id);
    this.#peers.delete(peer);
    this.#identities.remove(connection.identity, connection);
    for (const tag of connection.tags) this.#tags.remove(tag, connection);
    connection.tagIndex = null;
  }
}
