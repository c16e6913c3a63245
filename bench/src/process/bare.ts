// A process that does nothing: what Node itself takes.

import { answerParent } from "./child.ts";
import { usage } from "./usage.ts";

answerParent({ usage });
