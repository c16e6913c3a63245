// gRPC's sixteen status codes: the names are what people see, the numbers what travels.
// Source: https://grpc.io/docs/guides/status-codes/

/** Number of each status code on the wire. `OK` never travels: a call that succeeds has no FAIL frame. */
export const StatusNumber = {
  CANCELLED: 1,
  UNKNOWN: 2,
  INVALID_ARGUMENT: 3,
  DEADLINE_EXCEEDED: 4,
  NOT_FOUND: 5,
  ALREADY_EXISTS: 6,
  PERMISSION_DENIED: 7,
  RESOURCE_EXHAUSTED: 8,
  FAILED_PRECONDITION: 9,
  ABORTED: 10,
  OUT_OF_RANGE: 11,
  UNIMPLEMENTED: 12,
  INTERNAL: 13,
  UNAVAILABLE: 14,
  DATA_LOSS: 15,
  UNAUTHENTICATED: 16,
} as const;

/** Name of a status code. */
export type Status = keyof typeof StatusNumber;

const names = Object.keys(StatusNumber) as Status[];

/** The name of a number from the wire; numbers that gRPC does not know read as `UNKNOWN`. */
export function statusName(code: number): Status {
  return names[code - 1] ?? "UNKNOWN";
}
