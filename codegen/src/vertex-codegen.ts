#!/usr/bin/env node
// The `vertex-codegen` command.
import { runCommand } from "./cli.ts";

process.exitCode = await runCommand(process.argv.slice(2));
