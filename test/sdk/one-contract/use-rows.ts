/** What a module may count on when it uses another one on its node: beside the other rows of the one contract. */
import type { Row } from './rows.ts';
import type { Stage } from './stage.ts';

/** `told` gives what came of a request in words. */
const USER = {
  inspect: 'inspect() { return this.report ?? null; }',
  told: `async told(asked) {
  const show = (error) => error.name === 'UseError' ? [error.reason, error.code, error.refusal ?? null] : error.name + ': ' + error.message;
  try { return await asked(); } catch (error) { return show(error); }
}`,
};
const ECHO = { request: 'request(body, caller) { return { body, caller }; }' };

async function used(stage: Stage, other: Readonly<Record<string, string>>, start: string): Promise<unknown> {
  const members = { ...USER, start: `start() { void (async () => { const other = this.context.use('other'); ${start} })(); }` };
  const began = await stage.begin(members, { other });
  if (began !== 'runs') return began;
  await stage.until(async () => (await stage.inspect()) !== null);
  return stage.inspect();
}

export const USE_ROWS: readonly Row[] = [
  {
    name: 'a module asks another one with JSON or bytes, and that is told who asks',
    play: (stage) =>
      used(
        stage,
        { request: 'request(body, caller) { return body instanceof Uint8Array ? body.map((byte) => byte + 1) : { body, caller }; }' },
        `const bytes = await other.request(Uint8Array.of(1, 255));
         this.report = [await other.request({ a: [1, null] }), bytes instanceof Uint8Array, [...bytes]];`,
      ),
    expected: [{ body: { a: [1, null] }, caller: { kind: 'module', module: 'probe' } }, true, [2, 0]],
    notSimulated: true,
  },
  {
    name: 'why another module gave no answer can be told apart',
    play: (stage) =>
      used(
        stage,
        {
          request: `request(body) {
            if (body === 'bad') throw Object.assign(new Error('not that'), { name: 'Refusal', reason: 'unwanted' });
            if (body === 'never') return new Promise(() => {});
            throw new RangeError('a mishap');
          }`,
        },
        `const { use } = this.context;
         const big = 'x'.repeat(1_048_575);
         this.report = [
           await this.told(() => use('stranger').request(1)),
           await this.told(() => use('nobody').request(1)),
           await this.told(() => other.request('bad')),
           await this.told(() => other.request('worse')),
           await this.told(() => other.request('never', { timeoutMs: 50 })),
           await this.told(() => other.request(big)),
           await this.told(() => other.request(1, { timeoutMs: 0 })),
           await this.told(() => other.request(undefined)),
         ];`,
      ),
    expected: [
      ['undeclared', 'GOSSIP_E_MODULE_UNDECLARED', null],
      ['unknown', 'GOSSIP_E_MODULE_UNKNOWN', null],
      ['refused', 'GOSSIP_E_MODULE_REFUSED', 'unwanted'],
      ['failed', 'GOSSIP_E_MODULE_ANSWER', null],
      ['timeout', 'GOSSIP_E_TIMEOUT', null],
      ['too-large', 'GOSSIP_E_TOO_LARGE', null],
      'RangeError: timeoutMs must be a whole number from 1 to 20000, and was 0',
      'TypeError: a request must be a JSON value, or bytes',
    ],
    notSimulated: true,
  },
  {
    name: 'a module without request() is deaf to other modules, too',
    play: (stage) => used(stage, {}, `this.report = await this.told(() => other.request(1));`),
    expected: ['deaf', 'GOSSIP_E_MODULE_DEAF', null],
    notSimulated: true,
  },
  {
    name: 'before its start an instance asks nobody',
    play: async (stage) => {
      const constructor = `constructor(context) { this.context = context; this.early = this.told(() => context.use('other').request(1)); }`;
      await stage.begin({ ...USER, constructor, start: 'async start() { this.report = await this.early; }' }, { other: ECHO });
      return stage.inspect();
    },
    expected: ['not-serving', 'GOSSIP_E_MODULE_ABSENT', null],
    notSimulated: true,
  },
  {
    name: 'so many requests are open at once, and one more is refused',
    play: (stage) =>
      used(
        stage,
        { request: 'request() { return new Promise((resolve) => this.context.after(200, () => resolve(1))); }' },
        `const all = await Promise.all(Array.from({ length: 33 }, () => this.told(() => other.request(1))));
         this.report = [all.filter((answer) => answer === 1).length, all.at(-1)];`,
      ),
    expected: [32, ['busy', 'GOSSIP_E_BUSY', null]],
    notSimulated: true,
  },
  {
    name: 'a request that nobody looks after ends no instance',
    play: async (stage) => {
      const answer = await used(stage, ECHO, `this.context.use('nobody').request(1); this.report = await other.request('on');`);
      await stage.until(() => stage.forgotten.length > 0);
      return [answer, stage.forgotten.length];
    },
    expected: [{ body: 'on', caller: { kind: 'module', module: 'probe' } }, 1],
    notSimulated: true,
  },
  {
    name: 'what another module publishes is watched one by one, and by a function; by topic, too',
    play: (stage) =>
      used(
        stage,
        { request: 'request({ topic, event }) { this.context.publish(event, topic); return null; }' },
        `const heard = [];
         other.watch(({ data }) => { heard.push(data); if (data === 1) throw new Error('a mishap'); }, { topic: 'a/' });
         const all = other.watch();
         for (const [topic, event] of [['a/x', 1], ['b/x', 2], ['a/y', { deep: [3] }]]) await other.request({ topic, event });
         const seen = [];
         for await (const event of all) { seen.push(event); if (seen.length === 3) break; }
         await other.request({ topic: 'a/z', event: 4 });
         this.context.every(10, () => { if (heard.length === 3) this.report = [seen, heard, 'and no more']; });
        `,
      ),
    expected: [
      [
        { type: 'event', data: 1 },
        { type: 'event', data: 2 },
        { type: 'event', data: { deep: [3] } },
      ],
      [1, { deep: [3] }, 4],
      'and no more',
    ],
    notSimulated: true,
  },
  {
    name: 'whoever is slow to take what he watches loses the oldest, and hears how many',
    play: (stage) =>
      used(
        stage,
        { request: 'request(count) { for (let event = 1; event <= count; event++) this.context.publish(event); return null; }' },
        `const all = other.watch();
         await other.request(1);
         await all.next();
         for (let at = 0; at < 3; at++) await other.request(1_000);
         let told = 0, lost = 0, last = 0;
         while (last !== 1_000 || told + lost < 3_000) {
           const { value } = await all.next();
           if (value.type === 'lost') lost += value.lost; else { told += 1; last = value.data; }
         }
         this.report = [told + lost, lost > 0];`,
      ),
    expected: [3_000, true],
    notSimulated: true,
  },
  {
    name: 'of a module that is not deployed a watch says so, once',
    play: (stage) =>
      used(
        stage,
        ECHO,
        `const none = this.context.use('nobody').watch();
         const first = await this.told(() => none.next());
         this.context.use('nobody').watch(() => {}, { onEnd: (error) => { this.report = [first, 'then', error.reason]; } });`,
      ),
    expected: [['unknown', 'GOSSIP_E_MODULE_UNKNOWN', null], 'then', 'unknown'],
    notSimulated: true,
  },
];
