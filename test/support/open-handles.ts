// Names what would keep the process alive: sockets, servers, timers, children, workers. A test file that
// leaves any of them behind has not closed something, and so would the user's program.
import { ChildProcess } from "node:child_process";
import { Server, Socket } from "node:net";

// Present in every Node release, absent from the type declarations.
const internals = process as unknown as { _getActiveHandles(): unknown[] };

/** How many resources of each kind keep the process alive right now, by Node's own name for the kind. */
export type HandleCounts = ReadonlyMap<string, number>;

export function countHandles(): HandleCounts {
  const counts = new Map<string, number>();
  for (const kind of process.getActiveResourcesInfo()) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return counts;
}

/**
 * The resources opened since `baseline` and still open, one line for each kind, after at most `graceMs` for
 * those that are closing. An empty list means that the process can end.
 */
export async function handlesLeftOpen(baseline: HandleCounts, graceMs: number): Promise<string[]> {
  const giveUpAt = performance.now() + graceMs;
  let left = handlesSince(baseline);
  while (left.length > 0 && performance.now() < giveUpAt) {
    await new Promise((resolve) => setTimeout(resolve, 5));
    left = handlesSince(baseline);
  }
  return left;
}

function handlesSince(baseline: HandleCounts): string[] {
  const lines: string[] = [];
  for (const [kind, count] of countHandles()) {
    const extra = count - (baseline.get(kind) ?? 0);
    if (extra > 0) lines.push(`${extra} x ${plainName(kind)}`);
  }
  if (lines.length === 0) return lines;
  return [...lines, ...describeHandles()];
}

function plainName(kind: string): string {
  const names: Record<string, string> = {
    TCPSocketWrap: "TCP socket",
    TCPServerWrap: "TCP server",
    PipeWrap: "pipe or Unix socket",
    PipeServerWrap: "Unix socket server",
    ProcessWrap: "child process",
    Timeout: "timer",
    Immediate: "immediate",
    MessagePort: "message port or worker",
    Worker: "worker",
  };
  return names[kind] === undefined ? kind : `${names[kind]} (${kind})`;
}

/** Which socket, server or child it is, for those of which Node still knows the object. */
function describeHandles(): string[] {
  const lines: string[] = [];
  for (const handle of internals._getActiveHandles()) {
    if (handle instanceof ChildProcess)
      lines.push(`child process ${handle.pid}: ${handle.spawnargs.join(" ")}`);
    else if (handle instanceof Server) lines.push(`server on ${JSON.stringify(handle.address())}`);
    else if (handle instanceof Socket && handle.remotePort !== undefined) {
      lines.push(
        `socket ${handle.localAddress}:${handle.localPort} to ${handle.remoteAddress}:${handle.remotePort}`,
      );
    }
  }
  return lines;
}
