// Loaded into every Node process that a test starts, by NODE_OPTIONS: a warning there fails the test file, as one in
// the file's own process does. CommonJS, because preloaded modules reach worker threads only as such.

const { appendFileSync } = require("node:fs");

process.on("warning", ({ name, message }) => {
  const note = process.env.VERTEX_TEST_WARNINGS;
  const program = process.argv.slice(1).join(" ") || "node";
  if (note !== undefined) appendFileSync(note, `${name}: ${message} (${program})\n`);
});
