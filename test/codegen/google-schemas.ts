// Schemas that nobody here wrote: Google's, as they lie in a package of npm.
import { join } from "node:path";
import { repository } from "./workspace.ts";

/** The root that their imports are relative to. */
export const google: string = join(repository, "test/node_modules/google-gax/build/protos");

/** The folders that are tried. */
export const googleFolders: readonly string[] = ["rpc", "longrunning", "type", "api"].map((name) =>
  join(google, "google", name),
);
