// The one error of this layer: the peer's bytes are not frames.

/** Why bytes were refused. Each has a heading of its own in PROTOCOL.md, "Errors of the byte stream". */
export type FramingErrorCode =
  | "NOT_VERTEX"
  | "FRAME_TOO_LARGE"
  | "UNKNOWN_KIND"
  | "BAD_FLAGS"
  | "BAD_LENGTH"
  | "BAD_CALL_ID";

/** The bytes do not follow the frame format. The connection cannot be used any more. */
export class FramingError extends Error {
  override readonly name = "FramingError";
  readonly code: FramingErrorCode;

  constructor(code: FramingErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
