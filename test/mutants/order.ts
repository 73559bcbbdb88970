/** Laws 1 and 3 broken: order, mediation, state epochs. */
import type { Mutant } from './mutant.ts';

export const ORDER_AND_EPOCHS: readonly Mutant[] = [
  {
    name: 'every number counts, however far it leaps',
    breaks: 'A15, law 1',
    edits: [{ file: 'model/stretch.ts', from: 'return stretchOf(sequence) <= this.#reach;', to: 'return sequence > 0;' }],
    test: { file: 'attacks/leaping-number.test.ts', name: 'it changes nothing but an alarm, and the next deployment is d2 everywhere' },
  },
  {
    name: 'numbers that leap are taken where they are posted',
    breaks: 'A15',
    edits: [
      { file: 'core/api/injection.ts', from: 'if (!this.#options.core.node.configuration.counts(record)) {', to: 'if (sequence < 0) {' },
    ],
    test: { file: 'core/api/injection.test.ts', name: 'is refused' },
  },
  {
    name: 'numbers that leap displace those that count',
    breaks: 'A15, law 5',
    edits: [
      {
        file: 'gossip/configuration.ts',
        from: 'return [...byStretch.values()].flatMap(keepOfStretch);',
        to: 'return byStretch.size > 0 ? keepOfStretch(sorted) : [];',
      },
    ],
    test: { file: 'gossip/configuration.test.ts', name: 'displaces no record that counts, however many there are' },
  },
  {
    name: 'the order of sequences is reversed',
    breaks: 'law 1, A2',
    edits: [
      {
        file: 'model/deployment.ts',
        from: 'a.deployment.number.sequence - b.deployment.number.sequence',
        to: 'b.deployment.number.sequence - a.deployment.number.sequence',
      },
    ],
    test: { file: 'sim/laws.test.ts', name: 'holds when a revived node brings an old deployment' },
  },
  {
    name: 'the order forgets the trust epoch',
    breaks: 'law 1, A13',
    edits: [{ file: 'model/deployment.ts', from: 'a.deployment.epoch - b.deployment.epoch ||', to: '' }],
    test: { file: 'model/deployment.test.ts', name: 'outranks everything below it' },
  },
  {
    name: 'the order ends before the payload hash',
    breaks: 'law 1, B12',
    edits: [{ file: 'model/deployment.ts', from: '||\n    compareText(a.hash, b.hash)', to: '' }],
    test: { file: 'gossip/configuration.test.ts', name: 'both nodes choose the same' },
  },
  {
    name: 'the order looks at the time first',
    breaks: 'law 1, law 7',
    edits: [
      { file: 'model/deployment.ts', from: 'a.deployment.number.time - b.deployment.number.time ||', to: '' },
      {
        file: 'model/deployment.ts',
        from: 'a.deployment.number.sequence - b.deployment.number.sequence ||',
        to: 'a.deployment.number.time - b.deployment.number.time || a.deployment.number.sequence - b.deployment.number.sequence ||',
      },
    ],
    test: { file: 'model/deployment.test.ts', name: 'outranks everything below it' },
  },
  {
    name: 'an instance that cannot start gives way to the deployment before it',
    breaks: 'law 1',
    edits: [
      {
        file: 'gossip/update.ts',
        from: 'if (this.#active !== null || this.#last === null || this.#last.hash === newest.hash) return null;\n    return this.#ready(this.#last) ? this.#last : null;',
        to: 'return this.#active === null ? (this.#parts.configuration.history(this.name)[1] ?? null) : null;',
      },
    ],
    test: { file: 'gossip/update.test.ts', name: 'never goes back to a lower deployment' },
  },
  {
    name: 'a write of the configuration that the disk refused is not tried again',
    breaks: 'law 1, law 5',
    edits: [{ file: 'runner/effect-queue.ts', from: 'if (this.#refused) this.push([RETRY]);', to: '' }],
    test: { file: 'runner/effect-queue.test.ts', name: 'a configuration is tried again as it is then' },
  },
  {
    name: 'a write goes over the newer of two generations',
    breaks: 'law 1, law 5',
    edits: [{ file: 'core/store/files/generations.ts', from: 'slot: before.slot === 0 ? 1 : 0', to: 'slot: before.slot' }],
    test: { file: 'core/store/generations.test.ts', name: 'any single changed byte' },
  },
  {
    name: 'of two generations the older is read',
    breaks: 'law 1',
    edits: [{ file: 'core/store/files/generations.ts', from: 'a.sequence >= b.sequence ? a : b', to: 'a.sequence < b.sequence ? a : b' }],
    test: { file: 'core/store/generations.test.ts', name: 'the last of many writes is read' },
  },
  {
    name: 'messages between different deployments are delivered',
    breaks: 'law 3, A3',
    edits: [{ file: 'gossip/mediated.ts', from: "return order > 0 ? 'teach' : 'learn';", to: "return 'deliver';" }],
    test: { file: 'gossip/mediated.test.ts', name: 'a higher number' },
  },
  {
    name: 'the state epoch in a stamp is ignored',
    breaks: 'law 3, A3',
    edits: [{ file: 'gossip/mediated.ts', from: ' && ours.scrub === theirs.scrub', to: '' }],
    test: { file: 'gossip/mediated.test.ts', name: 'the same deployment in another state epoch' },
  },
  {
    name: 'the payload hash in a stamp is ignored',
    breaks: 'law 3, B12',
    edits: [{ file: 'gossip/mediated.ts', from: 'ours.hash === theirs.hash && ', to: '' }],
    test: { file: 'gossip/mediated.test.ts', name: 'one number with another payload' },
  },
  {
    name: 'state of any epoch may be loaded',
    breaks: 'law 3, B5',
    edits: [{ file: 'gossip/node.ts', from: 'sameEpoch: (epoch, present) => epoch === present', to: 'sameEpoch: () => true' }],
    test: { file: 'gossip/update.test.ts', name: 'of another epoch is never given to an instance' },
  },
  {
    name: 'a checkpoint of an older epoch is loaded',
    breaks: 'law 3, B5',
    edits: [
      {
        file: 'gossip/hand-over.ts',
        from: 'checkpoint !== null && this.#sameEpoch(checkpoint.stateEpoch, next.epoch)',
        to: 'checkpoint !== null',
      },
    ],
    test: { file: 'gossip/update.test.ts', name: 'of another epoch is never given to an instance' },
  },
  {
    name: 'a hand-over goes on across a scrub',
    breaks: 'law 3',
    edits: [{ file: 'gossip/hand-over.ts', from: 'if (scrubs || !this.#sameEpoch(old.epoch, next.epoch)) {', to: 'if (false) {' }],
    test: { file: 'gossip/update.test.ts', name: 'that scrubs hands nothing over' },
  },
  {
    name: 'the checkpoint survives a scrub',
    breaks: 'law 3',
    edits: [{ file: 'gossip/hand-over.ts', from: 'else if (next.dropped !== null) this.drop(next.dropped);', to: '' }],
    test: { file: 'gossip/update.test.ts', name: 'that scrubs hands nothing over' },
  },
  {
    name: 'what a scrub drops stays in the other generation',
    breaks: 'law 3',
    edits: [{ file: 'core/store/files/generations.ts', from: "['.0', '.1', '.0.damaged', '.1.damaged']", to: "['.0']" }],
    test: { file: 'core/store/checkpoint-store.test.ts', name: 'what was dropped never comes back' },
  },
  {
    name: 'an instance goes on when its state epoch changes below it',
    breaks: 'law 3',
    edits: [
      {
        file: 'gossip/update.ts',
        from: 'instance?.record.hash === record.hash && instance.epoch === this.#epoch',
        to: 'instance?.record.hash === record.hash',
      },
    ],
    test: { file: 'gossip/update.test.ts', name: 'a partition brings a later state epoch below it' },
  },
  {
    name: 'a removal opens no state epoch',
    breaks: 'law 3, B6',
    edits: [
      {
        file: 'gossip/configuration.ts',
        from: 'record.deployment.scrub || record.deployment.code === null',
        to: 'record.deployment.scrub',
      },
    ],
    test: { file: 'gossip/configuration.test.ts', name: 'counts a removal as the start of a new state epoch' },
  },
  {
    name: 'the record that opened the epoch is forgotten with the old ones',
    breaks: 'law 3',
    edits: [
      {
        file: 'gossip/configuration.ts',
        from: 'scrub === undefined || kept.includes(scrub) ? kept : [...kept, scrub]',
        to: 'scrub === undefined ? [] : kept',
      },
    ],
    test: { file: 'gossip/configuration.test.ts', name: 'and the one that opened the state epoch' },
  },
  {
    name: 'whoever has handed its state over still speaks',
    breaks: 'law 3',
    edits: [
      {
        file: 'gossip/update.ts',
        from: '[this.#handingOver ? null : this.#active, this.#next',
        to: '[this.#active, this.#next',
      },
    ],
    test: { file: 'gossip/mediated.test.ts', name: 'while it hands over, a module answers nobody and asks nobody' },
  },
  {
    name: 'whoever has handed its state over still answers',
    breaks: 'law 3',
    edits: [{ file: 'gossip/update.ts', from: "return this.#handingOver ? 'handing-over' : {", to: 'return {' }],
    test: { file: 'gossip/mediated.test.ts', name: 'while it hands over, a module answers nobody and asks nobody' },
  },
  {
    name: 'an instance that may speak already is abandoned for a newer deployment',
    breaks: 'law 1',
    edits: [
      { file: 'gossip/update.ts', from: "if (this.#next?.stage === 'activating' && this.#next.epoch === this.#epoch) return;", to: '' },
    ],
    test: { file: 'gossip/update.test.ts', name: 'is not abandoned once it may speak' },
  },
  {
    name: 'what may have spoken is forgotten when it had to stop',
    breaks: 'law 1',
    edits: [{ file: 'gossip/update.ts', from: "if (next.stage === 'activating') this.#last = next.record;", to: '' }],
    test: { file: 'gossip/update.test.ts', name: 'nothing lower runs after it' },
  },
];
