// What Jazzer.js is given: it takes a module for TypeScript only by another name.
export { fuzz } from "./guided-target.ts";
