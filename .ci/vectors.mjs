// Writes the test vectors of test/support/vectors.json into PROTOCOL.md, between its markers. With `--check` it
// writes nothing and fails when they differ.
import { readFileSync, writeFileSync } from "node:fs";

const page = new URL("../PROTOCOL.md", import.meta.url);
const vectors = JSON.parse(readFileSync(new URL("../test/support/vectors.json", import.meta.url), "utf8"));
const marks = /(<!-- vectors:start -->\n)[\s\S]*?(<!-- vectors:end -->)/;

const rows = vectors.map(
  ({ name, description, hex }) => `**${name}** — ${description}\n\n\`\`\`\n${wrapped(hex)}\n\`\`\`\n`,
);
const before = readFileSync(page, "utf8");
const after = before.replace(marks, (_, start, end) => `${start}\n${rows.join("\n")}\n${end}`);

if (process.argv.includes("--check")) {
  if (before !== after) {
    console.error(
      "PROTOCOL.md does not hold the vectors of test/support/vectors.json: run node .ci/vectors.mjs",
    );
    process.exit(1);
  }
} else {
  writeFileSync(page, after);
}

/** Header fields apart, the payload in lines of 32 bytes. */
function wrapped(hex) {
  const [length, kind, id, ...payload] = hex.split(" ");
  const lines = payload.join("").match(/.{1,64}/g) ?? [];
  return [`${length} ${kind} ${id}`, ...lines].join("\n");
}
