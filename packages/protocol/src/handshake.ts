// The handshake: what each side states, and what follows from it. Pure.

import { readPreface, writePreface } from "@vertex/framing";
import type { BinaryReader, BinaryWriter } from "@vertex/wire";
import {
  type Credentials,
  type Heartbeat as HeartbeatMessage,
  Hello,
  type Limits,
  type ServiceInfo,
  Welcome,
} from "./gen/vertex/v1/control.ts";
import type { ResolvedSessionOptions } from "./session-options.ts";
import { VertexError } from "./vertex-error.ts";

/** The protocol version that this code speaks. */
const PROTOCOL_VERSION = 1;

/** Payload limit of frames until the handshake is done, in bytes. */
export const HANDSHAKE_FRAME_BYTES = 16_384;

/** What a limit counts as when a peer states 0 or nothing. */
export const LIMIT_FLOORS = {
  maxFrameBytes: 1_024,
  maxMessageBytes: 1_024,
  maxConcurrentCalls: 1,
  initialCreditBytes: 1,
} as const;

/** What one side is ready to receive. */
export interface PeerLimits {
  readonly maxFrameBytes: number;
  readonly maxMessageBytes: number;
  readonly maxConcurrentCalls: number;
  readonly initialCreditBytes: number;
}

/** What this side says of itself. */
export interface Introduction {
  /** Name for logs and registries. */
  readonly name: string;
  readonly credentials?: { readonly scheme: string; readonly data: Uint8Array } | undefined;
  readonly services: ServiceInfo[];
}

/** What the other side said of itself. */
export interface PeerIntroduction {
  readonly name: string;
  readonly credentials: Credentials | undefined;
  readonly services: readonly ServiceInfo[];
  readonly limits: PeerLimits;
  readonly heartbeatIntervalMs: number;
  readonly heartbeatTimeoutMs: number;
}

/** Writes the payload of HELLO. */
export function writeHello(writer: BinaryWriter, intro: Introduction, options: ResolvedSessionOptions): void {
  preface(writer);
  Hello.encode(
    {
      minVersion: PROTOCOL_VERSION,
      maxVersion: PROTOCOL_VERSION,
      limits: limitsMessage(options),
      heartbeat: { intervalMs: options.heartbeatIntervalMs, timeoutMs: options.heartbeatTimeoutMs },
      name: intro.name,
      credentials: intro.credentials === undefined ? undefined : { ...intro.credentials },
      services: intro.services,
    },
    writer,
  );
}

/**
 * Reads the payload of HELLO.
 * @throws FramingError or WireError when it is malformed; VertexError when the versions do not meet.
 */
export function readHello(
  reader: BinaryReader,
  buf: Uint8Array,
  start: number,
  end: number,
): PeerIntroduction {
  reader.reset(buf, readPreface(buf, start), end);
  const hello = Hello.decode(reader);
  if (hello.minVersion > PROTOCOL_VERSION || hello.maxVersion < PROTOCOL_VERSION) {
    throw new VertexError(
      "FAILED_PRECONDITION",
      `the peer speaks versions ${hello.minVersion} to ${hello.maxVersion}, this side speaks ${PROTOCOL_VERSION}`,
      { outcome: "not-executed", family: "protocol" },
    );
  }
  return introduction(hello, hello.credentials);
}

/** Writes the payload of WELCOME. `heartbeat` is the agreed one. */
export function writeWelcome(
  writer: BinaryWriter,
  intro: Introduction,
  options: ResolvedSessionOptions,
  heartbeat: HeartbeatMessage,
): void {
  preface(writer);
  const { name, services } = intro;
  Welcome.encode(
    { version: PROTOCOL_VERSION, limits: limitsMessage(options), heartbeat, name, services },
    writer,
  );
}

/**
 * Reads the payload of WELCOME.
 * @throws FramingError, WireError, or VertexError when the version is not the one that was offered.
 */
export function readWelcome(
  reader: BinaryReader,
  buf: Uint8Array,
  start: number,
  end: number,
): PeerIntroduction {
  reader.reset(buf, readPreface(buf, start), end);
  const welcome = Welcome.decode(reader);
  if (welcome.version !== PROTOCOL_VERSION) {
    throw new VertexError(
      "FAILED_PRECONDITION",
      `the peer chose version ${welcome.version}, which was not offered`,
      {
        outcome: "not-executed",
        family: "protocol",
      },
    );
  }
  return introduction(welcome, undefined);
}

/**
 * The heartbeat of a connection: what the dialer proposes, not faster than the acceptor's half and not slower than
 * its double, so that neither can make the other ping too much or wait too long.
 */
export function agreeHeartbeat(proposedMs: number, ownMs: number): number {
  if (proposedMs === 0) return ownMs;
  return Math.min(Math.max(proposedMs, Math.ceil(ownMs / 2)), ownMs * 2);
}

function preface(writer: BinaryWriter): void {
  writer.ensure(5);
  writePreface(writer.buf, writer.pos);
  writer.pos += 5;
}

function limitsMessage(options: ResolvedSessionOptions): Limits {
  const { maxFrameBytes, maxMessageBytes, maxConcurrentCalls, initialCreditBytes } = options;
  return { maxFrameBytes, maxMessageBytes, maxConcurrentCalls, initialCreditBytes };
}

function introduction(message: Hello | Welcome, credentials: Credentials | undefined): PeerIntroduction {
  const { limits, heartbeat, name, services } = message;
  const most = (value: number | undefined, floor: number) => Math.max(value ?? 0, floor);
  const maxMessageBytes = most(limits?.maxMessageBytes, LIMIT_FLOORS.maxMessageBytes);
  return {
    name: name.slice(0, 256),
    credentials,
    services,
    limits: {
      maxFrameBytes: Math.min(
        most(limits?.maxFrameBytes, LIMIT_FLOORS.maxFrameBytes),
        maxMessageBytes,
        0xffffff,
      ),
      maxMessageBytes,
      maxConcurrentCalls: most(limits?.maxConcurrentCalls, LIMIT_FLOORS.maxConcurrentCalls),
      initialCreditBytes: most(limits?.initialCreditBytes, LIMIT_FLOORS.initialCreditBytes),
    },
    heartbeatIntervalMs: heartbeat?.intervalMs ?? 0,
    heartbeatTimeoutMs: heartbeat?.timeoutMs ?? 0,
  };
}
