/** What an error says about itself, in a few lines; never throws, whatever was thrown. */
import { inspect } from 'node:util';

const MAX_LINES = 12;
const MAX_CHARACTERS = 2_000;

/** The error's message in one line. */
function describeError(thrown: unknown): string {
  return bounded(() => (thrown instanceof Error ? withAdvice(`${thrown.name}: ${thrown.message}`, thrown) : describeValue(thrown)));
}

/** What a module does in place of what it is denied; Node's own advice names flags that no author can set. */
const INSTEAD: readonly (readonly [RegExp, string])[] = [
  [/^Net/, 'modules have no network: use context.exchange'],
  [/^FileSystem/, 'modules have no files but their own code: state goes through transferState, what an operator chooses through settings'],
  [/^ChildProcess|^WorkerThreads/, 'modules start no processes and no threads: divide long work with context.after'],
  [/^(?:Inspector|WASI|Addon|FFI)/, 'modules have only JavaScript and WebAssembly'],
];
const MAX_CAUSES = 4;

function withAdvice(message: string, thrown: Error): string {
  const denied = deniedPermission(thrown);
  const instead = denied === undefined ? undefined : INSTEAD.find(([permission]) => permission.test(denied))?.[1];
  const said = message.replace(/ ?Use --allow-[a-z-]+ to manage permissions\.?/, '');
  return instead === undefined ? `${said}${causeOf(thrown)}` : `${said} (${instead})`;
}

/** What lies under it: `fetch` says nothing else of what went wrong. */
function causeOf({ message, cause }: Error): string {
  return cause instanceof Error && !message.includes(cause.message) ? ` (${cause.message.split('\n', 1)[0]})` : '';
}

/** Whatever is no error has no words of its own. */
function describeValue(thrown: unknown): string {
  return typeof thrown === 'string' ? thrown : `${inspect(thrown, { depth: 1, breakLength: Infinity })} was thrown, which is no Error`;
}

/** Of the error, or of what caused it: `fetch` hides it. */
function deniedPermission(thrown: Error): string | undefined {
  let error: unknown = thrown;
  for (let depth = 0; depth < MAX_CAUSES && error instanceof Error; depth++) {
    const { code, permission, syscall } = error as Readonly<Record<'code' | 'permission' | 'syscall', unknown>> & Error;
    // A denied connection tells no permission.
    if (code === 'ERR_ACCESS_DENIED') return syscall === 'connect' ? 'Net' : String(permission);
    error = error.cause;
  }
  return undefined;
}

/** The error in one line with its place in the module's code: what `status` can show. The stack belongs into the module's log. */
export function describePlace(thrown: unknown): string {
  const error = describeError(thrown).split('\n', 1)[0] ?? '';
  const place = bounded(() => (thrown instanceof Error ? placeIn(thrown.stack ?? '') : ''));
  return place === '' ? error : `${error} (at ${place})`;
}

/** The error with the first frames of its stack that are the module's own. */
export function describeStack(thrown: unknown): string {
  return bounded(() => {
    if (!(thrown instanceof Error)) return describeValue(thrown);
    const lines = (thrown.stack ?? `${thrown.name}: ${thrown.message}`).split('\n').filter((line) => !isForeign(line));
    return withAdvice(lines.slice(0, MAX_LINES).join('\n'), thrown);
  });
}

/** The uppermost frame of the module, past the SDK that it carries; checked out code is named relative to its directory. */
function placeIn(stack: string): string {
  const places = stack
    .split('\n')
    .flatMap((line) => (isForeign(line) ? [] : (/^ {4}at .*?((?:file:\/\/)?\/[^\s()]+:\d+:\d+)\)?$/.exec(line)?.[1] ?? [])));
  const own = places.find((place) => !OF_THE_SDK.test(place)) ?? places[0] ?? '';
  return own.replace(/^.*\/checkout\/[0-9a-f]{64}\//, '');
}

/** Where the source map of a project says that the SDK lies. */
const OF_THE_SDK = /\/(?:vendor|node_modules)\/gossip\/(?:dist\/)?sdk\//;

/** A frame of Node or of this host tells an author nothing. */
function isForeign(line: string): boolean {
  return /^ {4}at /.test(line) && (/[( ]node:/.test(line) || line.includes(import.meta.url));
}

function bounded(read: () => unknown): string {
  try {
    return String(read()).slice(0, MAX_CHARACTERS);
  } catch {
    return 'a value that cannot be shown was thrown';
  }
}
