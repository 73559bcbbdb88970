/** The author's loop with a clock that only the test moves. */
import { expect, test } from 'vitest';
import type { Built } from '../../../src/operator/dev/build.ts';
import type { DevEvent } from '../../../src/operator/dev/events.ts';
import { DevLoop, wantsBuild } from '../../../src/operator/dev/loop.ts';
import { Saves } from '../../../src/operator/dev/saves.ts';
import type { Clock } from '../../../src/operator/dev/saves.ts';
import { GossipError } from '../../../src/model/errors.ts';

class FakeClock implements Clock {
  #now = 0;
  #timers: { readonly at: number; readonly act: () => void }[] = [];

  now(): number {
    return this.#now;
  }

  after(ms: number, act: () => void): () => void {
    const timer = { at: this.#now + ms, act };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  /** Lets time pass, and everything that waits for it come to its end. */
  async pass(ms: number): Promise<void> {
    const end = this.#now + ms;
    for (;;) {
      const due = this.#timers.filter(({ at }) => at <= end).toSorted((a, b) => a.at - b.at)[0];
      this.#now = due?.at ?? end;
      if (due === undefined) break;
      this.#timers = this.#timers.filter((other) => other !== due);
      due.act();
      await settled();
    }
    await settled();
  }
}

/** Everything that waits for nothing but promises has come to its end. */
function settled(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

const GOOD: Built = { ok: true, elapsedMs: 5, output: '' };
const BAD: Built = { ok: false, elapsedMs: 5, output: 'src/index.ts:3:1: error' };

/** A project in memory, whose build gives code with the hash of its content. */
class Project {
  content = 'a';
  writes = 0;
  builds = 0;
  readonly told: DevEvent[] = [];
  readonly deployed: string[] = [];
  readonly followed: string[] = [];
  readonly clock = new FakeClock();
  readonly ends = new AbortController();
  readonly loop: DevLoop<{ reference: { hash: string } }>;
  readonly ended: Promise<unknown>;
  outcome: (content: string) => Built | Promise<Built> = () => GOOD;
  hashOf = (content: string): string => content;
  failure: Error | null = null;

  constructor() {
    this.loop = new DevLoop(
      {
        look: async () => ({ content: this.content, stamp: `${this.content} ${this.writes}`, directories: new Map() }),
        build: async () => {
          this.builds += 1;
          return this.outcome(this.content);
        },
        code: async () => ({ reference: { hash: this.hashOf(this.content) } }),
        deploy: async ({ reference: { hash } }) => {
          if (this.failure !== null) throw this.failure;
          return `d${this.deployed.push(hash)}`;
        },
        follow: async (name, savedAt, signal) => {
          this.followed.push(`${name} of ${savedAt}`);
          await new Promise<void>((resolve) => {
            signal.addEventListener('abort', () => resolve(), { once: true });
          });
          this.followed.push(`${name} let go`);
        },
        tell: (event) => void this.told.push(event),
      },
      this.clock,
    );
    this.ended = this.loop.run(this.ends.signal).catch((error: unknown) => error);
  }

  save(content: string): void {
    this.content = content;
    this.touch();
  }

  touch(): void {
    this.writes += 1;
    this.loop.noticed();
  }

  kinds(): string[] {
    return this.told.map((event) => (event.event === 'built' ? `built ${event.ok}` : event.event));
  }
}

async function started(): Promise<Project> {
  const project = new Project();
  await settled();
  return project;
}

test('what is there is built and deployed at once, and a burst of saves once when it is over', async () => {
  const project = await started();
  expect([project.builds, project.deployed]).toEqual([1, ['a']]);
  project.save('b');
  await project.clock.pass(60);
  project.save('c');
  await project.clock.pass(60);
  expect(project.builds).toBe(1);
  await project.clock.pass(60);
  expect([project.builds, project.deployed]).toEqual([2, ['a', 'c']]);
  // The time of the first save of the burst; and who followed the deployment before has let go of it.
  expect(project.followed).toEqual(['d1 of 0', 'd1 let go', 'd2 of 0']);
});

test('a burst that does not end is built all the same', async () => {
  const project = await started();
  for (let count = 0; count < 30; count += 1) {
    project.save(`b${count}`);
    await project.clock.pass(90);
  }
  expect(project.builds).toBe(2);
});

test('a save during a build builds again after it, and once', async () => {
  const project = await started();
  const slow = Promise.withResolvers<Built>();
  project.outcome = () => slow.promise;
  project.save('b');
  await project.clock.pass(100);
  project.save('c');
  await project.clock.pass(1_000);
  project.save('d');
  await project.clock.pass(1_000);
  expect(project.builds).toBe(2);
  project.outcome = () => GOOD;
  slow.resolve(GOOD);
  await project.clock.pass(100);
  expect(project.builds).toBe(3);
  await project.clock.pass(10_000);
  expect(project.builds).toBe(3);
});

test('a build that fails is told and deploys nothing; what mends it is deployed', async () => {
  const project = await started();
  project.outcome = (content) => (content === 'broken' ? BAD : GOOD);
  project.save('broken');
  await project.clock.pass(100);
  expect([project.deployed, project.kinds()]).toEqual([['a'], ['building', 'built true', 'building', 'built false']]);
  expect(project.told.at(-1)).toMatchObject({ output: BAD.output });
  project.save('mended');
  await project.clock.pass(100);
  expect(project.deployed).toEqual(['a', 'mended']);
});

test('the same code is not deployed again, and the same source not built again', async () => {
  const project = await started();
  project.touch();
  await project.clock.pass(100);
  expect(project.builds).toBe(1);
  project.hashOf = () => 'a';
  project.save('a // with a comment');
  await project.clock.pass(100);
  expect([project.builds, project.deployed, project.told.at(-1)]).toEqual([2, ['a'], { event: 'unchanged', deployment: 'd1', code: 'a' }]);
});

test('what a build writes beside its output is no save: neither after it failed nor after it went well', async () => {
  const project = await started();
  for (const outcome of [BAD, GOOD]) {
    project.outcome = () => {
      project.content = 'generated';
      project.touch();
      return outcome;
    };
    project.save(`source ${outcome.ok}`);
    await project.clock.pass(10_000);
  }
  // The first, then for each of the two the save, and what it generated.
  expect(project.builds).toBe(5);
});

test('after a build that failed a save builds again though nothing differs', () => {
  const last = { content: 'x', stampAfter: '1', ok: false };
  expect(wantsBuild({ content: 'x', stamp: '2' }, last)).toBe(true);
  expect(wantsBuild({ content: 'x', stamp: '1' }, last)).toBe(false);
  expect(wantsBuild({ content: 'x', stamp: '2' }, { ...last, ok: true })).toBe(false);
  expect(wantsBuild({ content: 'y', stamp: '1' }, { ...last, ok: true })).toBe(true);
});

test('a refusal is told, and the same code is brought again with the next save; a defect ends the loop', async () => {
  const project = await started();
  project.failure = new GossipError('GOSSIP_E_MODULE_JSON', 'module.json: no name');
  project.save('b');
  await project.clock.pass(100);
  expect(project.told.at(-1)).toMatchObject({ event: 'refused', error: { code: 'GOSSIP_E_MODULE_JSON', message: 'module.json: no name' } });
  project.failure = null;
  project.hashOf = () => 'b';
  project.save('b, with a comment');
  await project.clock.pass(100);
  expect(project.deployed).toEqual(['a', 'b']);
  project.failure = new TypeError('a defect');
  project.hashOf = (content) => content;
  project.save('c');
  await project.clock.pass(100);
  expect(await project.ended).toBe(project.failure);
  expect(project.followed.at(-1)).toBe('d2 let go');
});

test('an interrupt ends it while it waits, and while it builds', async () => {
  const waiting = await started();
  waiting.ends.abort(new Error('interrupted'));
  expect(await waiting.ended).toMatchObject({ message: 'interrupted' });
  expect(waiting.followed).toEqual(['d1 of 0', 'd1 let go']);

  const broken = await started();
  broken.loop.fail(new Error('the project is gone'));
  expect(await broken.ended).toMatchObject({ message: 'the project is gone' });
});

test('what was noticed while nobody waited is waited for no longer than the rest of its quiet', async () => {
  const clock = new FakeClock();
  const saves = new Saves(clock);
  saves.noticed();
  await clock.pass(1_000);
  expect(await saves.next(new AbortController().signal)).toBe(0);
  saves.noticed();
  const next = saves.next(new AbortController().signal);
  await clock.pass(100);
  expect(await next).toBe(1_000);
});
