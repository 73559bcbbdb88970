/**
 * Finds code that takes time or chance from the platform instead of the context: while a check runs, each of these functions notes who
 * called it. The one place of the SDK that touches them, and it uses none for itself.
 */

/** Where it lies, and what a module has instead. */
const WATCHED: readonly (readonly [owner: string | null, name: string, instead: string])[] = [
  [null, 'Date', 'context.now()'],
  ['Date', 'now', 'context.now()'],
  ['performance', 'now', 'context.monotonic()'],
  ['Math', 'random', 'context.random()'],
  ['crypto', 'getRandomValues', 'context.random()'],
  ['crypto', 'randomUUID', 'context.random(), or context.instanceId'],
  [null, 'setTimeout', 'context.after()'],
  [null, 'setInterval', 'context.every()'],
  [null, 'setImmediate', 'context.after(0, …)'],
];

type Callable = (...parameters: unknown[]) => unknown;

/** Runs `run`, and says of each function that was called by whom and what to use instead. */
export async function watchWorld(run: () => Promise<void>): Promise<string[]> {
  const found = new Map<string, string>();
  const restores: (() => void)[] = [];
  try {
    for (const [owner, name, instead] of WATCHED) restores.push(watch(owner, name, (place) => note(found, owner, name, instead, place)));
    await run();
  } finally {
    for (const restore of restores.toReversed()) restore();
  }
  return [...found.values()];
}

function note(found: Map<string, string>, owner: string | null, name: string, instead: string, place: string): void {
  const called = owner === null ? name : `${owner}.${name}`;
  if (!found.has(called)) found.set(called, `${called === 'Date' ? 'new Date()' : `${called}()`} is called at ${place}: use ${instead}`);
}

/** Puts a watched function in the place of one of the world's; returns what puts it back. */
function watch(owner: string | null, name: string, called: (place: string) => void): () => void {
  const home = (owner === null ? globalThis : (globalThis as unknown as Record<string, unknown>)[owner]) as Record<string, unknown>;
  const descriptor = Object.getOwnPropertyDescriptor(home, name);
  const original = home[name];
  if (typeof original !== 'function') return () => {};
  const watched = new Proxy(original as Callable, {
    apply(target, self, parameters) {
      called(caller());
      return Reflect.apply(target, self, parameters);
    },
    construct(target, parameters, as) {
      // `new Date(0)` asks no clock.
      if (parameters.length === 0) called(caller());
      return Reflect.construct(target, parameters, as) as object;
    },
  });
  Object.defineProperty(home, name, { value: watched, writable: true, configurable: true, enumerable: descriptor?.enumerable ?? false });
  return () => {
    if (descriptor === undefined) Reflect.deleteProperty(home, name);
    else Object.defineProperty(home, name, descriptor);
  };
}

/** The function that called a watched one, as the stack shows it. */
function caller(): string {
  const frames = (new Error('caller').stack ?? '').split('\n').filter((line) => /^ {4}at /.test(line));
  const paths = frames.map((line) => line.replace(/^ {4}at /, '')).filter((line) => !OWN_FRAME.test(line));
  return paths[0] ?? 'an unknown place';
}

/** The proxy's own steps, which stand in some stacks. */
const OWN_FRAME = /culprits\.[jt]s|^Object\.(?:apply|construct) |^Reflect\./;
