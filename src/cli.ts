/** The program's entry: `bin/gossip` starts its compiled form; `node src/cli.ts` runs the sources. */
import { runProgram } from './commands/terminal/program.ts';

// Connections and timers that a failed command left open must not keep the process.
process.exit(await runProgram(process.argv.slice(2)));
