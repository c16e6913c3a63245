// A process that does nothing: what Node itself takes.

import { answerParent } from "./child.ts";
import { anonymousBytes, usage } from "./usage.ts";

answerParent({ usage, anonymousBytes });
