/** What an error says about itself, in few lines; never throws, whatever was thrown. */
const MAX_LINES = 12;
const MAX_CHARACTERS = 2_000;

/** The error's message in one line. */
export function describeError(thrown: unknown): string {
  return bounded(() => (thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown)));
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
    if (!(thrown instanceof Error)) return String(thrown);
    const lines = (thrown.stack ?? `${thrown.name}: ${thrown.message}`).split('\n').filter((line) => !isForeign(line));
    return lines.slice(0, MAX_LINES).join('\n');
  });
}

/** The uppermost frame of the module; checked out code is named relative to its directory. */
function placeIn(stack: string): string {
  const place = /^ {4}at .*?((?:file:\/\/)?\/[^\s()]+:\d+:\d+)\)?$/m;
  const [, own = ''] =
    place.exec(
      stack
        .split('\n')
        .filter((line) => !isForeign(line))
        .join('\n'),
    ) ?? [];
  return own.replace(/^.*\/checkout\/[0-9a-f]{64}\//, '');
}

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
