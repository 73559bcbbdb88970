/** Laws 1 and 3 broken: order, mediation, state epochs. */
import type { Mutant } from './mutant.ts';

export const ORDER_AND_EPOCHS: readonly Mutant[] = [
  {
    name: 'every number counts, however far it leaps',
    breaks: 'A15, law 1',
    edits: [{ in: 'Stretches.counts', is: 'true' }],
    test: { name: 'it changes nothing but an alarm, and the next deployment is d2 everywhere' },
  },
  {
    name: 'numbers that leap are taken where they are posted',
    breaks: 'A15',
    edits: [{ in: 'Injection.#refuseTaken', never: 'counts()' }],
    test: { file: 'injection', name: 'is refused' },
  },
  {
    name: 'numbers that leap displace those that count',
    breaks: 'A15, law 5',
    edits: [{ in: 'kept-records.keep', of: 'flatMap()', is: 'byStretch.size > 0 ? keepOfStretch(sorted) : []' }],
    test: { name: 'displaces no record that counts, however many there are' },
  },
  {
    name: 'the order of sequences is reversed',
    breaks: 'law 1, A2',
    edits: [{ in: 'compareNumbers', of: ['sequence', '-'], is: '-($)' }],
    test: { name: 'holds when a revived node brings an old deployment' },
  },
  {
    name: 'the order forgets the trust epoch',
    breaks: 'law 1, A13',
    edits: [{ in: 'compareDeployments', drop: 'epoch' }],
    test: { name: 'outranks everything below it' },
  },
  {
    name: 'the order ends before the payload hash',
    breaks: 'law 1, B12',
    edits: [{ in: 'compareDeployments', drop: 'hash' }],
    test: { name: 'both nodes choose the same' },
  },
  {
    name: 'the order looks at the time first',
    breaks: 'law 1, law 7',
    edits: [
      { in: 'compareNumbers', drop: 'time' },
      { in: 'compareNumbers', of: ['sequence', '-'], is: 'a.time - b.time || $' },
    ],
    test: { name: 'outranks everything below it' },
  },
  {
    name: 'an instance that cannot start gives way to the deployment before it',
    breaks: 'law 1',
    edits: [
      { in: 'ModuleUpdate.#fallback', is: 'this.#active === null ? (this.#parts.configuration.history(this.name)[1] ?? null) : null' },
    ],
    test: { name: 'never goes back to a lower deployment' },
  },
  {
    name: 'a write of the configuration that the disk refused is not tried again',
    breaks: 'law 1, law 5',
    edits: [{ in: 'EffectQueue.#insist', drop: 'push()' }],
    test: { name: 'a configuration is tried again as it is then' },
  },
  {
    name: 'a write goes over the newer of two copies',
    breaks: 'law 1, law 5',
    edits: [{ in: 'Copies.#write', of: ['slot', '1'], is: 'before.slot' }],
    test: { name: 'any single changed byte' },
  },
  {
    name: 'of two copies the older is read',
    breaks: 'law 1',
    edits: [{ in: 'Copies.#read', of: '>=', is: '!($)' }],
    test: { name: 'the last of many writes is read' },
  },
  {
    name: 'messages between different deployments are delivered',
    breaks: 'law 3, A3',
    edits: [{ in: 'mediated.mediate', of: ['teach', 'learn'], is: "'deliver'" }],
    test: { name: 'a higher number' },
  },
  {
    name: 'the state epoch in a stamp is ignored',
    breaks: 'law 3, A3',
    edits: [{ in: 'mediated.mediate', drop: 'stateEpoch' }],
    test: { name: 'the same deployment in another state epoch' },
  },
  {
    name: 'the payload hash in a stamp is ignored',
    breaks: 'law 3, B12',
    edits: [{ in: 'mediated.mediate', drop: 'hash' }],
    test: { name: 'one number with another payload' },
  },
  {
    name: 'state of any epoch may be loaded',
    breaks: 'law 3, B5',
    edits: [{ in: 'CHECKS.sameStateEpoch', is: 'true' }],
    test: { name: 'of another epoch is never given to an instance' },
  },
  {
    name: 'a checkpoint of an older epoch is loaded',
    breaks: 'law 3, B5',
    edits: [{ in: 'HandOver.loaded', drop: '#sameStateEpoch()' }],
    test: { name: 'of another epoch is never given to an instance' },
  },
  {
    name: 'a hand-over goes on across a scrub',
    breaks: 'law 3',
    edits: [{ in: 'HandOver.drained', never: '#sameStateEpoch()' }],
    test: { name: 'sleeper.txt' },
  },
  {
    name: 'the checkpoint survives a scrub',
    breaks: 'law 3',
    edits: [{ in: 'HandOver.finish', drop: 'drop()' }],
    test: { name: 'sleeper.txt' },
  },
  {
    name: 'what a scrub drops stays in the other copy',
    breaks: 'law 3',
    edits: [{ in: 'Copies.#remove', of: ['.0', '.1'], is: "['.0']" }],
    test: { name: 'what was dropped never comes back' },
  },
  {
    name: 'an instance goes on when its state epoch changes below it',
    breaks: 'law 3',
    edits: [{ in: 'ModuleUpdate.#isGoal', drop: 'stateEpoch' }],
    test: { name: 'scrub-partition.txt' },
  },
  {
    name: 'a removal opens no state epoch',
    breaks: 'law 3, B6',
    edits: [{ in: 'opensStateEpoch', drop: 'code' }],
    test: { name: 'counts a removal as the start of a new state epoch' },
  },
  {
    name: 'the record that opened the epoch is forgotten with the old ones',
    breaks: 'law 3',
    edits: [{ in: 'keepOfStretch', always: 'includes()' }],
    test: { name: 'and the one that opened the state epoch' },
  },
  {
    name: 'whoever has handed its state over still speaks',
    breaks: 'law 3',
    edits: [{ in: 'speakingOf', never: 'isHandingOver()' }],
    test: { name: 'hand-over.txt' },
  },
  {
    name: 'whoever has handed its state over still answers',
    breaks: 'law 3',
    edits: [{ in: 'servingOf', never: 'isHandingOver()' }],
    test: { name: 'hand-over.txt' },
  },
  {
    name: 'an instance that may speak already is abandoned for a newer deployment',
    breaks: 'law 1',
    edits: [{ in: 'ModuleUpdate.#choose', never: 'activating' }],
    test: { name: 'is not abandoned once it may speak' },
  },
  {
    name: 'what may have spoken is forgotten when it had to stop',
    breaks: 'law 1',
    edits: [{ in: 'ModuleUpdate.#abandon', never: 'activating' }],
    test: { name: 'nothing lower runs after it' },
  },
];
