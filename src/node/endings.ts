/** What each signal means to a node: one that asks it to end ends it in order, and one that does not leaves it running. */
import { constants } from 'node:os';

/**
 * What people, service managers and the system send to end a process. Those that tell of a defect (SIGABRT, SIGSEGV, …) are left alone:
 * they end it as a crash does, and the next start resumes.
 */
const ENDING = ['SIGTERM', 'SIGINT', 'SIGQUIT', 'SIGPWR', 'SIGXCPU', 'SIGALRM', 'SIGVTALRM', 'SIGIO', 'SIGSTKFLT'] as const;
/** SIGUSR1 is no signal to us either: the launcher disables it, so that it opens no inspector. */
const MEANINGLESS = ['SIGUSR2'] as const;
/** What the packages below us take over, to clean up and then die at once. */
const TAKEN_OVER = ['SIGABRT', 'SIGTRAP', 'SIGSYS', 'SIGXFSZ'] as const;
/** One Ctrl-C may arrive twice: from the terminal, and from a parent such as npm or timeout that passes it on. */
const ECHO_MS = 200;

const EXIT_CODES: Readonly<Partial<Record<NodeJS.Signals, number>>> = { SIGHUP: 129, SIGINT: 130, SIGQUIT: 131 };
const EXIT_TERMINATED = 143;

/** Where the process stands; `process` fits. */
export interface Terminals {
  readonly stdin: { readonly isTTY?: boolean };
  readonly stderr: { readonly isTTY?: boolean };
}

export interface Endings {
  /** Takes the signals, also from packages that hooked them all to clean up and die at once, as writers of files do. */
  claim(): void;
  /** Resolves at the first signal that ends; a second one ends the process at once. */
  readonly ended: Promise<void>;
  /** Gives the signals back. */
  release(): void;
}

/**
 * SIGHUP says that the terminal was closed, which ends a node that somebody runs in one. Without a terminal (nohup, a service, logrotate)
 * it means nothing: Node forgets at its start that `nohup` had it ignored, so that we cannot ask.
 */
export function hangUpEnds({ stdin, stderr }: Terminals): boolean {
  return stdin.isTTY === true && stderr.isTTY === true;
}

export function awaitEnding(terminals: Terminals = process, exit: (code: number) => void = (code) => process.exit(code)): Endings {
  const { promise, resolve } = Promise.withResolvers<void>();
  let first: { readonly signal: NodeJS.Signals; readonly at: number } | null = null;
  const end = (signal: NodeJS.Signals): void => {
    const now = performance.now();
    if (first === null) {
      first = { signal, at: now };
      resolve();
    } else if (signal !== first.signal || now - first.at >= ECHO_MS) {
      exit(EXIT_CODES[first.signal] ?? EXIT_CODES[signal] ?? EXIT_TERMINATED);
    }
  };
  const ending: readonly NodeJS.Signals[] = hangUpEnds(terminals) ? [...ENDING, 'SIGHUP'] : ENDING;
  const ignored: readonly NodeJS.Signals[] = hangUpEnds(terminals) ? MEANINGLESS : [...MEANINGLESS, 'SIGHUP'];
  const known = [...ending, ...ignored].filter(isKnownHere);
  return {
    ended: promise,
    claim: () => {
      for (const signal of [...known, ...TAKEN_OVER]) process.removeAllListeners(signal);
      for (const signal of known) process.on(signal, ending.includes(signal) ? end : ignore);
    },
    release: () => {
      for (const signal of known) process.off(signal, end).off(signal, ignore);
    },
  };
}

function ignore(): void {
  // Heard, so that the system does not end the process for it.
}

/** Some are Linux's alone. */
function isKnownHere(signal: NodeJS.Signals): boolean {
  return Object.hasOwn(constants.signals, signal);
}
