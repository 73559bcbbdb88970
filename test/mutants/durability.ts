/** Law 5 broken: what is acknowledged before the disk has it, and what the disk has not. */
import type { Mutant } from './mutant.ts';

export const DURABILITY: readonly Mutant[] = [
  {
    name: 'an injection is acknowledged before it is written',
    breaks: 'law 5',
    edits: [{ in: 'Injections.#begin', of: 'emit()', is: "($, this.#answer(token, { outcome: 'applied' }))" }],
    test: { name: 'injection.txt' },
  },
  {
    name: 'an injection spreads before it is acknowledged',
    breaks: 'law 5',
    edits: [
      { in: 'GossipNode.#inject', drop: 'answer()' },
      { in: 'GossipNode.#inject', of: '#follow()', is: '($, answer())' },
    ],
    test: { name: 'injection.txt' },
  },
  {
    name: 'an injection is written without the rest of the configuration',
    breaks: 'law 5, law 1',
    edits: [{ in: 'Runner.#persistInjection', drop: 'records()' }],
    test: { name: 'an injection is written once, with the rest of the configuration' },
  },
  {
    name: 'records of a peer are counted as fresh and never written',
    breaks: 'law 5',
    edits: [{ in: 'GossipNode.#accept', drop: 'emit()' }],
    test: { name: 'rumor.txt' },
  },
  {
    name: 'effects overtake the write before them',
    breaks: 'law 5, law 1',
    edits: [{ in: 'EffectQueue.#step.done', is: 'true' }],
    test: { name: 'what follows a persist effect waits for it' },
  },
  {
    name: 'everything waits for the disk to have a state',
    breaks: 'law 4',
    edits: [
      {
        in: 'Runner.#perform',
        of: 'done()',
        is: "effect.type === 'drop-checkpoint' ? this.#checkpoints.after(effect.module, () => $) : $",
      },
    ],
    test: { name: 'nobody but the module itself waits while the disk is busy with its state' },
  },
  {
    name: 'an injection is acknowledged while the disk refuses',
    breaks: 'law 5',
    edits: [{ in: 'EffectQueue.#begin', of: 'refuse()', is: 'this.#options.perform(effect, () => undefined)' }],
    test: { name: 'gossip goes on, no instance starts, and an injection is refused' },
  },
  {
    name: 'an operator is told that his root is kept while the disk refuses',
    breaks: 'law 5',
    edits: [{ in: 'EffectQueue.#begin', always: 'acknowledges' }],
    test: { name: 'a root or note that an operator brings is not acknowledged' },
  },
  {
    name: 'an instance starts on a configuration that the disk refused',
    breaks: 'law 5, law 1',
    edits: [{ in: 'EffectQueue.#begin', of: 'push()', is: 'this.#options.perform(effect, () => undefined)' }],
    test: { name: 'gossip goes on, no instance starts, and an injection is refused' },
  },
  {
    name: 'an injection that the disk refused is taken all the same',
    breaks: 'law 5',
    edits: [{ in: 'Injections.persisted', never: 'refusal' }],
    test: { name: 'an injection that the disk refuses is refused, and does not spread' },
  },
  {
    name: 'a file is renamed before its bytes are synced',
    breaks: 'law 5',
    edits: [{ in: 'writeFileDurably', drop: 'sync()' }],
    test: { name: 'the bytes, then their name, reach the disk' },
  },
  {
    name: 'the directory of a new file is not synced',
    breaks: 'law 5',
    edits: [{ in: 'writeFileDurably', drop: 'syncDirectory()' }],
    test: { name: 'the bytes, then their name, reach the disk' },
  },
  {
    name: 'a short write is taken for a whole one',
    breaks: 'law 5',
    edits: [{ in: 'writeAll', of: '+=', is: 'done = bytesWritten > 0 ? bytes.length : done' }],
    test: { name: 'short writes are gone on with' },
  },
  {
    name: 'files are written in place',
    breaks: 'law 5',
    edits: [
      { in: 'writeFileDurably', of: 'temporaryName()', is: 'path' },
      { in: 'writeFileDurably', of: 'wx', is: "'w'" },
      { in: 'writeFileDurably', drop: 'rename()' },
    ],
    test: { name: 'a crash at any operation leaves the old or the new bytes' },
  },
  {
    name: 'the checksum of a copy is not compared',
    breaks: 'law 5',
    edits: [{ in: 'decodeCopy', never: 'checksum()' }],
    test: { name: 'any single changed byte' },
  },
  {
    name: 'a blob is installed before its bytes are synced',
    breaks: 'law 5',
    edits: [{ in: 'BlobStore.put', drop: 'sync()' }],
    test: { name: 'what was put is on the disk before the put resolves' },
  },
  {
    name: 'code counts as whole while the disk lacks a name',
    breaks: 'law 5',
    edits: [{ in: 'ContentStore.#missing', drop: 'durable()' }],
    test: { name: 'code is not called whole before the disk has the names of all its files' },
  },
  {
    name: 'who asks for a sync of names is told of one that began before',
    breaks: 'law 5',
    edits: [{ in: 'SharedRun.request', drop: ['#next', '='] }],
    test: { name: 'whoever asks during a run gets the next one' },
  },
  {
    name: 'a deployment is acknowledged without its code',
    breaks: 'law 5',
    edits: [{ in: 'Injection.announce', never: ['missing', 'length'] }],
    test: { name: 'a deployment is acknowledged once its code is here, and not before' },
  },
  {
    name: 'the lock of the data directory is not taken',
    breaks: 'law 5',
    edits: [{ in: 'lock.open', drop: 'exec()' }],
    test: { name: 'a second taker in the same process is refused' },
  },
  {
    name: 'a state file of a newer program is set aside as damaged',
    breaks: 'law 5',
    edits: [
      { in: 'Copies.#readSlot', never: 'newer-format' },
      { in: 'Copies.#readSlot', of: ['decoded', 'damaged'], is: "$ && decoded !== 'newer-format'" },
    ],
    test: { name: "a newer program's state stops the node" },
  },
  {
    name: 'an incarnation is used before it is durable',
    breaks: 'law 5',
    edits: [{ in: 'nextIncarnation', of: 'write()', is: '$.catch(() => undefined)' }],
    test: { name: 'a number that is not durable is not used' },
  },
];
