/** The program's entry: `bin/gossip` starts its compiled form; `node src/cli.ts` runs the sources. */
import { watchOutput } from './commands/terminal/output.ts';
import { runProgram } from './commands/terminal/program.ts';

const output = watchOutput();
// Connections and timers that a failed command left open must not keep the process.
process.exit(await output.end(await runProgram(process.argv.slice(2))));
