// Codecs, put into the message constants that ts-proto declares: `encode` and `decode` before their JSON functions.
// It works on whole declarations that only ts-proto writes, as harden.ts does.

import type { MessageModel } from "./codec-model.ts";
import { emitDecode } from "./emit-decode.ts";
import { emitEncode } from "./emit-encode.ts";
import { type EmitScope, indent } from "./emit-scope.ts";

/** The head of a message's constant, on one line or, where the name is long, on several. */
const CONSTANT = /^export const ([\w$]+): MessageFns<\s*\1\s*>(?: & \w+)? =(?: |\n( +))\{$/gm;
const INTERFACE = /^export interface ([\w$]+) \{$/gm;

const FUNCTIONS = [
  "  encode(message: T, writer?: BinaryWriter): BinaryWriter;",
  "  /** Reads `length` bytes (all that are left without it), into `message` where there is one. */",
  "  decode(input: BinaryReader | Uint8Array, length?: number, message?: T): T;",
];
const UNKNOWN = [
  "  /** Fields that the schema does not know, as they came. */",
  "  $unknown?: Uint8Array | undefined;",
];

/**
 * Writes the codecs of `messages` into their constants.
 * @param keepUnknown fields that the schema does not know are kept in `$unknown`, and written again.
 */
export function emitCodecs(scope: EmitScope, messages: readonly MessageModel[], keepUnknown: boolean): void {
  if (messages.length === 0) return;
  const { file, runtime } = scope;
  file.importValue(runtime, "BinaryReader");
  file.importValue(runtime, "BinaryWriter");
  const codecs = new Map(
    messages.map((message) => {
      const keeps = keepUnknown && !message.isEntry;
      const code = [...emitEncode(scope, message, keeps), "", ...emitDecode(scope, message, keeps), ""];
      return [message.tsName, indent(code).map((line) => line.trimEnd())] as const;
    }),
  );
  const kept = new Set(messages.filter(({ isEntry }) => keepUnknown && !isEntry).map(({ tsName }) => tsName));
  const done = new Set<string>();
  file.edit((body) =>
    body
      .replace(CONSTANT, (head, name: string, margin = "") => {
        done.add(name);
        return [head, ...(codecs.get(name) ?? []).map((line) => (line === "" ? line : margin + line))].join(
          "\n",
        );
      })
      .replace(INTERFACE, (head, name: string) => (kept.has(name) ? [head, ...UNKNOWN].join("\n") : head))
      .replace(/^export interface MessageFns<T> \{$/m, (head) => [head, ...FUNCTIONS].join("\n")),
  );
  const missed = messages.find(({ tsName }) => !done.has(tsName));
  if (missed !== undefined) throw new Error(`ts-proto declares ${missed.tsName} in another way now`);
}
