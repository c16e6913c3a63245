#!/usr/bin/env node
// The `protoc-gen-vertex` plugin: a CodeGeneratorRequest on stdin, the response on stdout.
import { buffer } from "node:stream/consumers";
import { runPlugin } from "./plugin.ts";

process.stdout.write(await runPlugin(await buffer(process.stdin)));
