// The profile of a process, as two of its questions. The profiler is loaded when it is asked for: what a process holds is
// a figure of its own.

type Profile = typeof import("./profile.ts");

// An address, not a path: esbuild would put whatever fits a path into the file.
const profile = (): Promise<Profile> => import(new URL("./profile.js", import.meta.url).href);

export const profiling = {
  profileStart: async () => (await profile()).start(),
  profileStop: async () => (await profile()).stop(),
};
