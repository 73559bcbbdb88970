/** Entry of the module host's program. Bundled into one file: a host may read that file and its module's code, nothing else. */
import { runHost } from './run.ts';

runHost();
