// Where the parts of one .proto file stand in its text, and what its comments say. Descriptors keep both in a
// side table, keyed by the path of field numbers that leads to the part.

import type { FileDescriptorProto } from "@bufbuild/protobuf/wkt";

/** Field numbers of descriptor.proto that lead to a part. */
export const Part = {
  message: 4,
  enum: 5,
  service: 6,
  extension: 7,
  syntax: 12,
  edition: 14,
  messageField: 2,
  nestedMessage: 3,
  nestedEnum: 4,
  nestedExtension: 6,
  oneof: 8,
  enumValue: 2,
  method: 2,
} as const;

/** A place in a .proto file; line and column count from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** Places and comments of one file. */
export interface SourceInfo {
  /** Of the part; without a place of its own: of the first thing in it that has one, else of what holds it. */
  placeOf(path: readonly number[]): Place;
  /** The comment that belongs to the part: before it, else behind it on its line; "" if there is none. */
  commentOf(path: readonly number[]): string;
}

const START: Place = { line: 1, column: 1 };

/** Indexes the side table of `file`. */
export function createSourceInfo(file: FileDescriptorProto): SourceInfo {
  const places = new Map<string, Place>();
  const comments = new Map<string, string>();
  for (const location of file.sourceCodeInfo?.location ?? []) {
    const key = location.path.join(".");
    const [line, column] = location.span;
    if (line !== undefined && column !== undefined && !places.has(key)) {
      places.set(key, { line: line + 1, column: column + 1 });
    }
    const comment = location.leadingComments || location.trailingComments;
    if (comment && !comments.has(key)) comments.set(key, comment);
  }
  return {
    placeOf(path) {
      const key = path.join(".");
      const own = places.get(key);
      if (own !== undefined) return own;
      const within = [...places].find(([each]) => key !== "" && each.startsWith(`${key}.`));
      if (within !== undefined) return within[1];
      return path.length <= 1 ? START : this.placeOf(path.slice(0, -1));
    },
    commentOf: (path) => comments.get(path.join(".")) ?? "",
  };
}
