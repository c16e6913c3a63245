// The canary in a process of its own. Argument: the server's address.

import { startCanary } from "./canary.ts";
import { serveParent } from "./child.ts";

serveParent(startCanary(process.argv[2] as string));
