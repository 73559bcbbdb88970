/** Entry of the module host's program. Bundled into one file: a host may read that file and its module's code, nothing else. */
import { DEBUGGER_THREAD, runDebuggerThread } from './debugger-thread.ts';
import { runHost } from './run.ts';

if (process.argv[2] === DEBUGGER_THREAD) runDebuggerThread();
else runHost();
