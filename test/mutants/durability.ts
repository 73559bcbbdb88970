/** Law 5 broken: what is acknowledged before the disk has it, and what the disk has not. */
import type { Mutant } from './mutant.ts';

export const DURABILITY: readonly Mutant[] = [
  {
    name: 'an injection is acknowledged before it is written',
    breaks: 'law 5',
    edits: [
      {
        file: 'gossip/injection.ts',
        from: "ports.emit({ type: 'persist-injection', token, record });",
        to: "ports.emit({ type: 'persist-injection', token, record });\n      this.#answer(token, { outcome: 'applied' });",
      },
    ],
    test: { file: 'gossip/node.test.ts', name: 'is durable before it is acknowledged, and acknowledged before it spreads' },
  },
  {
    name: 'an injection spreads before it is acknowledged',
    breaks: 'law 5',
    edits: [
      {
        file: 'gossip/node.ts',
        from: "answer();\n    this.#follow(merge, 'injection', null);",
        to: "this.#follow(merge, 'injection', null);\n    answer();",
      },
    ],
    test: { file: 'gossip/node.test.ts', name: 'is durable before it is acknowledged, and acknowledged before it spreads' },
  },
  {
    name: 'an injection is written without the rest of the configuration',
    breaks: 'law 5, law 1',
    edits: [{ file: 'runner/runner.ts', from: '[record, ...this.#protocol.records()]', to: '[record]' }],
    test: { file: 'core/core.test.ts', name: 'an injection is written once, with the rest of the configuration' },
  },
  {
    name: 'records of a peer are counted as fresh and never written',
    breaks: 'law 5',
    edits: [
      {
        file: 'gossip/node.ts',
        from: "if (merge.kept === 0) return 0;\n    this.#ports.emit({ type: 'persist-configuration' });",
        to: 'if (merge.kept === 0) return 0;',
      },
    ],
    test: { file: 'gossip/node.test.ts', name: 'records from a peer are durable before the answer that counts them' },
  },
  {
    name: 'effects overtake the write before them',
    breaks: 'law 5, law 1',
    edits: [{ file: 'runner/effect-queue.ts', from: 'waiting = true;\n    return done;', to: 'waiting = true;\n    return true;' }],
    test: { file: 'runner/effect-queue.test.ts', name: 'what follows a persist effect waits for it' },
  },
  {
    name: 'everything waits for the disk to have a state',
    breaks: 'law 4',
    edits: [
      {
        file: 'runner/runner.ts',
        from: '        this.#act(effect);\n        return done(null);',
        to: "        this.#act(effect);\n        return effect.type === 'drop-checkpoint' ? this.#checkpoints.after(effect.module, () => done(null)) : done(null);",
      },
    ],
    test: { file: 'core/core.test.ts', name: 'nobody but the module itself waits while the disk is busy with its state' },
  },
  {
    name: 'an injection is acknowledged while the disk refuses',
    breaks: 'law 5',
    edits: [
      {
        file: 'runner/effect-queue.ts',
        from: 'if (!this.#refused) return this.#options.perform(effect, done);\n        this.#options.refuse(effect, this.#refused);\n        return done();',
        to: 'return this.#options.perform(effect, done);',
      },
    ],
    test: { file: 'runner/effect-queue.test.ts', name: 'gossip goes on, no instance starts, and an injection is refused' },
  },
  {
    name: 'an instance starts on a configuration that the disk refused',
    breaks: 'law 5, law 1',
    edits: [
      {
        file: 'runner/effect-queue.ts',
        from: 'if (!this.#refused) return this.#options.perform(effect, done);\n        this.#withheld.push(effect);\n        return done();',
        to: 'return this.#options.perform(effect, done);',
      },
    ],
    test: { file: 'runner/effect-queue.test.ts', name: 'gossip goes on, no instance starts, and an injection is refused' },
  },
  {
    name: 'an injection that the disk refused is taken all the same',
    breaks: 'law 5',
    edits: [
      {
        file: 'gossip/injection.ts',
        from: "if (refusal !== null) this.#answer(token, { outcome: 'refused', why: refusal });\n    else if",
        to: 'if',
      },
    ],
    test: { file: 'core/core.test.ts', name: 'an injection that the disk refuses is refused, and does not spread' },
  },
  {
    name: 'a file is renamed before its bytes are synced',
    breaks: 'law 5',
    edits: [{ file: 'core/store/files/writer.ts', from: 'if (durable) await handle.sync();', to: '' }],
    test: { file: 'core/store/writer.test.ts', name: 'the bytes, then their name, reach the disk' },
  },
  {
    name: 'the directory of a new file is not synced',
    breaks: 'law 5',
    edits: [{ file: 'core/store/files/writer.ts', from: 'if (durable) await syncDirectory(dirname(path), fileSystem);', to: '' }],
    test: { file: 'core/store/writer.test.ts', name: 'the bytes, then their name, reach the disk' },
  },
  {
    name: 'a short write is taken for a whole one',
    breaks: 'law 5',
    edits: [{ file: 'core/store/files/writer.ts', from: 'done += bytesWritten;', to: 'done = bytesWritten > 0 ? bytes.length : done;' }],
    test: { file: 'core/store/writer.test.ts', name: 'short writes are gone on with' },
  },
  {
    name: 'files are written in place',
    breaks: 'law 5',
    edits: [
      { file: 'core/store/files/writer.ts', from: 'const temporary = temporaryName(path);', to: 'const temporary = path;' },
      { file: 'core/store/files/writer.ts', from: "fileSystem.open(temporary, 'wx', mode)", to: "fileSystem.open(temporary, 'w', mode)" },
      { file: 'core/store/files/writer.ts', from: 'await fileSystem.rename(temporary, path);', to: '' },
    ],
    test: { file: 'core/store/writer.test.ts', name: 'a crash at any operation leaves the old or the new bytes' },
  },
  {
    name: 'the checksum of a generation is not compared',
    breaks: 'law 5',
    edits: [
      {
        file: 'core/store/files/generation-format.ts',
        from: "if (!(await checksum(bytes, [state])).equals(bytes.subarray(CHECKED_BYTES, HEADER_BYTES))) return 'damaged';",
        to: '',
      },
    ],
    test: { file: 'core/store/generations.test.ts', name: 'any single changed byte' },
  },
  {
    name: 'a blob is installed before its bytes are synced',
    breaks: 'law 5',
    edits: [
      {
        file: 'core/store/code/blob-store.ts',
        from: "if (received.hash !== hash) throw mismatch(hash);\n        await onDisk(handle.sync(), 'store code');",
        to: 'if (received.hash !== hash) throw mismatch(hash);',
      },
    ],
    test: { file: 'core/store/content-store.test.ts', name: 'what was put is on the disk before the put resolves' },
  },
  {
    name: 'code counts as whole while the disk lacks a name',
    breaks: 'law 5',
    edits: [
      {
        file: 'core/store/code/content-store.ts',
        from: 'await this.#blobs.durable();\n    return [...missing];',
        to: 'return [...missing];',
      },
    ],
    test: { file: 'core/store/content-store.test.ts', name: 'code is not called whole before the disk has the names of all its files' },
  },
  {
    name: 'who asks for a sync of names is told of one that began before',
    breaks: 'law 5',
    edits: [
      { file: 'core/store/code/shared-run.ts', from: 'this.#next = null;\n        return this.#task();', to: 'return this.#task();' },
    ],
    test: { file: 'core/store/shared-run.test.ts', name: 'whoever asks during a run gets the next one' },
  },
  {
    name: 'a deployment is acknowledged without its code',
    breaks: 'law 5',
    edits: [
      {
        file: 'core/api/injection.ts',
        from: 'if (missing.length > 0) return { missing, ...(await this.#partial(record, missing, by)) };',
        to: '',
      },
    ],
    test: { file: 'core/api/injection.test.ts', name: 'a deployment is acknowledged once its code is here, and not before' },
  },
  {
    name: 'the lock of the data directory is not taken',
    breaks: 'law 5',
    edits: [{ file: 'core/store/files/lock.ts', from: "database.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');", to: '' }],
    test: { file: 'core/store/lock.test.ts', name: 'a second taker in the same process is refused' },
  },
  {
    name: 'a state file of a newer program is set aside as damaged',
    breaks: 'law 5',
    edits: [
      {
        file: 'core/store/files/generations.ts',
        from: "if (decoded === 'newer-format') throw newerFormat(path);\n      if (decoded !== 'damaged')",
        to: "if (decoded !== 'damaged' && decoded !== 'newer-format')",
      },
    ],
    test: { file: 'core/store/generations.test.ts', name: "a newer program's state stops the node" },
  },
  {
    name: 'an incarnation is used before it is durable',
    breaks: 'law 5',
    edits: [
      {
        file: 'core/store/state/incarnation.ts',
        from: 'await generations.write(Buffer.from(String(next)));',
        to: 'await generations.write(Buffer.from(String(next))).catch(() => undefined);',
      },
    ],
    test: { file: 'core/store/incarnation.test.ts', name: 'a number that is not durable is not used' },
  },
];
