/** What each signal means to a node: one that asks it to end ends it in order, and one that does not leaves it running. */
import { constants } from 'node:os';

/**
 * What people, service managers and the system send to end a process. Those that tell of a defect (SIGABRT, SIGSEGV, …) are left alone:
 * they end it as a crash does, and the next start resumes.
 */
const ENDING = ['SIGTERM', 'SIGINT', 'SIGQUIT', 'SIGPWR', 'SIGXCPU', 'SIGALRM', 'SIGVTALRM', 'SIGIO', 'SIGSTKFLT'] as const;
/** Mean what the node is told that they mean. SIGUSR1 is no signal to us: the launcher disables it, so that it opens no inspector. */
const HEEDED = ['SIGUSR2', 'SIGHUP'] as const;
type Heeded = (typeof HEEDED)[number];
/** What the packages below us take over, to clean up and then die at once. */
const TAKEN_OVER = ['SIGABRT', 'SIGTRAP', 'SIGSYS', 'SIGXFSZ'] as const;
/** One Ctrl-C may arrive twice: from the terminal, and from a parent such as npm or timeout that passes it on. */
const ECHO_MS = 200;

/** A signal that came, and when, by `performance.now()`. */
export interface Heard {
  readonly signal: NodeJS.Signals;
  readonly at: number;
}

/** Whether a signal at `now` is the one before it once more, and not another one that somebody means. */
export function isEcho(before: Heard, signal: NodeJS.Signals, now: number): boolean {
  return signal === before.signal && now - before.at < ECHO_MS;
}

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
  /** What is done at a signal that does not end the node; at once for one that came before. Without, it does nothing. */
  on(signal: Heeded, act: () => void): void;
  /** Resolves at the first signal that ends; a second one ends the process at once. */
  readonly ended: Promise<void>;
  /** Gives the signals back. */
  release(): void;
}

/**
 * SIGHUP says that the terminal was closed, which ends a node that somebody runs in one. Without a terminal (nohup, a service, logrotate)
 * it ends nothing: Node forgets at its start that `nohup` had it ignored, so that we cannot ask.
 */
export function hangUpEnds({ stdin, stderr }: Terminals): boolean {
  return stdin.isTTY === true && stderr.isTTY === true;
}

export function awaitEnding(terminals: Terminals = process, exit: (code: number) => void = (code) => process.exit(code)): Endings {
  const { promise, resolve } = Promise.withResolvers<void>();
  let first: Heard | null = null;
  const end = (signal: NodeJS.Signals): void => {
    const now = performance.now();
    if (first === null) {
      first = { signal, at: now };
      resolve();
    } else if (!isEcho(first, signal, now)) {
      exit(EXIT_CODES[first.signal] ?? EXIT_CODES[signal] ?? EXIT_TERMINATED);
    }
  };
  const ending: readonly NodeJS.Signals[] = hangUpEnds(terminals) ? [...ENDING, 'SIGHUP'] : ENDING;
  const heeded = HEEDED.filter((signal) => !ending.includes(signal));
  const known = [...ending, ...heeded].filter(isKnownHere);
  const acts = new Map<NodeJS.Signals, () => void>();
  const early = new Set<NodeJS.Signals>();
  // Heard in any case, so that the system does not end the process for it.
  const heed = (signal: NodeJS.Signals): void => {
    const act = acts.get(signal);
    if (act === undefined) early.add(signal);
    else act();
  };
  return {
    ended: promise,
    on: (signal, act) => {
      acts.set(signal, act);
      if (early.delete(signal)) act();
    },
    claim: () => {
      for (const signal of [...known, ...TAKEN_OVER]) process.removeAllListeners(signal);
      for (const signal of known) process.on(signal, ending.includes(signal) ? end : heed);
    },
    release: () => {
      for (const signal of known) process.off(signal, end).off(signal, heed);
    },
  };
}

/** Some are Linux's alone. */
function isKnownHere(signal: NodeJS.Signals): boolean {
  return Object.hasOwn(constants.signals, signal);
}
