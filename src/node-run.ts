/**
 * The lean entry: `gossip node run` without the libraries of the command line. Anything but a plain start of a node goes to the full
 * program.
 */
import { enter } from './node/enter.ts';

void enter({ words: process.argv.slice(4), otherwise: () => import('./cli.ts') });
