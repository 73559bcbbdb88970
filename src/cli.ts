/** The program's entry: `bin/gossip` starts its compiled form; `node src/cli.ts` runs the sources. */
import { standInForHome } from './process/homeless.ts';

// Before anything is loaded that asks for it.
standInForHome();
const { watchOutput } = await import('./process/output.ts');
const { runProgram } = await import('./commands/terminal/program.ts');

const output = watchOutput();
// Connections and timers that a failed command left open must not keep the process.
process.exit(await output.end(await runProgram(process.argv.slice(2))));
