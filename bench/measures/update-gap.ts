/**
 * For how long a module answers nothing while it is updated. A member asks one node's module as fast as answers come, as the old deployment, and as the new one
 * once it says that it runs that; the gap is the longest time without an answer. The module keeps almost no state, so that what is seen is the core's own part.
 */
import type { Setting } from '../harness/bench.ts';
import type { Figure } from '../harness/figure.ts';
import type { BenchLab } from '../harness/lab.ts';
import { NotInTime, pause } from '../harness/wait.ts';
import { writeModule } from '../../test/support/modules.ts';
import { Asker } from './asker.ts';

const SIZES = { quick: { updates: 5, forMs: 1_500 }, full: { updates: 100, forMs: 2_500 } } as const;
const FIRST_MS = 60_000;
const UPDATE_MS = 30_000;
const GOAL_MS = 20;

const SERVICE = `
export default class Service {
  receive(body) { return body; }
  acceptState() {}
  transferState() { return ''; }
}
`;

export async function updateGap(setting: Setting): Promise<void> {
  const { updates, forMs } = SIZES[setting.quick ? 'quick' : 'full'];
  await setting.withLab({ nodes: 2, rendezvous: 1 }, async (lab) => {
    let version = 0;
    const next = (): Promise<string> => writeModule(lab.directory, { name: 'service', version: `1.0.${(version += 1)}`, source: SERVICE });
    const { record } = await lab.running(await next(), FIRST_MS);
    const asker = await Asker.greeting(lab.token, lab.lab.node('node1'), record);
    const [gaps, quiet]: [number[], number[]] = [[], []];
    try {
      for (let index = 1; index <= updates; index += 1) {
        const { gap, baseline } = await setting.undisturbed(`update ${index}`, () => update(setting, lab, asker, { next, forMs }));
        gaps.push(gap);
        quiet.push(baseline);
      }
    } finally {
      setting.found({
        figures: [figureOf(gaps, quiet)],
        remarks: ['One node of two is asked, over one kept connection, one question after the other.'],
      });
      await asker.close();
    }
  });
}

function figureOf(gaps: readonly number[], quiet: readonly number[]): Figure {
  return {
    name: 'without an answer, during an update',
    unit: 'ms',
    values: gaps,
    baseline: { name: 'the longest between two answers, without one', values: quiet },
    goal: { at: 'p99', most: GOAL_MS },
    headline: true,
  };
}

interface Updating {
  readonly next: () => Promise<string>;
  readonly forMs: number;
}

/** First as long without an update: the longest gap that the asking itself brings with it. */
async function update(
  setting: Setting,
  lab: BenchLab,
  asker: Asker,
  { next, forMs }: Updating,
): Promise<{ gap: number; baseline: number }> {
  const before = await asker.askWhile(pause(forMs, setting.signal));
  const during = await asker.askWhile(deployed(setting, lab, await next(), forMs));
  return { gap: during.longestGapMs, baseline: before.longestGapMs };
}

/** Until the new one has served for a while. */
async function deployed({ signal }: Setting, lab: BenchLab, directory: string, forMs: number): Promise<void> {
  const { late } = await lab.spread(await lab.deploy(directory), UPDATE_MS);
  if (late !== undefined) throw new NotInTime(late);
  await pause(forMs / 3, signal);
}
