/** What the members of a lab make of each other, by what their membership modules show. */
import { MEMBERSHIP } from './shipped.ts';
import { each } from './lab.ts';
import type { BenchLab } from './lab.ts';
import { inTime, until } from './wait.ts';

export interface Seen {
  readonly state: string;
  /** Since when, by the clock of this machine. */
  readonly sinceMs: number;
}

/** By the member's id. */
export type View = ReadonlyMap<string, Seen>;

interface Shown {
  readonly members: readonly { readonly id: string; readonly state: string; readonly ageMs: number }[];
}

const LANES = 16;
/** From one look at a member to the next, for each of them: what it answers tells when it came to think so, and to look often would be what is measured. */
const EVERY_MS_PER_NODE = 20;

export async function viewOf(lab: BenchLab, name: string): Promise<View> {
  const { members } = await lab.inspect<Shown>(name, MEMBERSHIP);
  const now = Date.now();
  return new Map(members.map(({ id, state, ageMs }) => [id, { state, sinceMs: now - ageMs }]));
}

export interface Learning {
  readonly what: string;
  readonly observers: readonly string[];
  readonly id: string;
  readonly states: readonly string[];
  /** What was so before does not count. */
  readonly afterMs: number;
  readonly deadlineMs: number;
  readonly signal: AbortSignal;
}

/** When each of the observers came to hold the member in one of these states, since `afterMs`; of those who did in time. */
export async function learn(
  lab: BenchLab,
  { what, observers, id, states, afterMs, deadlineMs, signal }: Learning,
): Promise<{ times: number[]; late?: string }> {
  const times = new Map<string, number>();
  const look = async (name: string): Promise<void> => {
    // One that does not answer is asked again.
    const seen = (await viewOf(lab, name).catch(() => null))?.get(id);
    if (seen !== undefined && states.includes(seen.state)) times.set(name, Math.max(0, seen.sinceMs - afterMs));
  };
  const waited = await inTime(() =>
    until(
      what,
      async () => {
        await each(
          observers.filter((name) => !times.has(name)),
          LANES,
          look,
        );
        return times.size === observers.length ? { done: true } : { soFar: `${times.size} of ${observers.length} know` };
      },
      { deadlineMs, signal, everyMs: EVERY_MS_PER_NODE * observers.length },
    ),
  );
  return { times: [...times.values()], ...('late' in waited && { late: waited.late }) };
}

/** Waits until every one of these nodes holds all of them for alive. */
export async function allSeeAll(
  lab: BenchLab,
  names: readonly string[],
  { deadlineMs, signal }: { deadlineMs: number; signal: AbortSignal },
): Promise<void> {
  const ids = names.map((name) => lab.lab.node(name).id);
  const content = new Set<string>();
  await until(
    `all ${names.length} members hold each other for alive`,
    async () => {
      await each(
        names.filter((name) => !content.has(name)),
        LANES,
        async (name) => {
          const view = await viewOf(lab, name).catch(() => null);
          if (view !== null && ids.every((id) => view.get(id)?.state === 'alive')) content.add(name);
        },
      );
      return content.size === names.length ? { done: true } : { soFar: `${content.size} do` };
    },
    { deadlineMs, signal, everyMs: EVERY_MS_PER_NODE * names.length },
  );
}

export interface Alarms {
  /** Pairs of nodes of which one took the other for something else than alive, now or since then. */
  readonly pairs: number;
  /** `node3 (by 7)` */
  readonly about: readonly string[];
  /** Nodes that did not tell. */
  readonly unasked: number;
}

/** Of these nodes, all of which have been well since `sinceMs`. */
export async function falseAlarms(lab: BenchLab, names: readonly string[], sinceMs: number): Promise<Alarms> {
  const byId: ReadonlyMap<string, string> = new Map(names.map((name) => [lab.lab.node(name).id, name]));
  const views = await each(names, LANES, async (name) => ({
    self: lab.lab.node(name).id,
    view: await viewOf(lab, name).catch(() => null),
  }));
  const wrong = views.flatMap(({ self, view }) =>
    [...(view ?? [])].flatMap(([id, seen]) =>
      id !== self && (seen.state !== 'alive' || seen.sinceMs > sinceMs) ? (byId.get(id) ?? []) : [],
    ),
  );
  const about = [...Map.groupBy(wrong, (name) => name)].map(([name, all]) => `${name} (by ${all.length})`);
  return { pairs: wrong.length, about, unasked: views.filter(({ view }) => view === null).length };
}
