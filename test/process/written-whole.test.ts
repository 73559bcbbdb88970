/** The end of a command waits for its readers. (What a shell sees of it: `output.test.ts`.) */
import { Writable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { watchOutput } from '../../src/process/output.ts';

/** A reader that takes a piece only when it is told to. */
class Slow extends Writable {
  readonly taken: string[] = [];
  #take: ((error?: Error) => void) | null = null;

  override _write(chunk: Buffer, _: string, done: (error?: Error) => void): void {
    this.#take = (error) => {
      if (error === undefined) this.taken.push(chunk.toString());
      done(error);
    };
  }

  take(error?: Error): void {
    this.#take?.(error);
  }
}

const stream = (): Slow & NodeJS.WriteStream => new Slow() as Slow & NodeJS.WriteStream;
const turns = async (): Promise<void> => {
  for (let turn = 0; turn < 5; turn += 1) await nextTurn();
};

it('a process ends only after everything it printed was taken', async () => {
  const [out, err] = [stream(), stream()];
  const output = watchOutput(out, err);
  out.write('much');
  let code: number | null = null;
  const end = output.end(0).then((value) => (code = value));
  await turns();
  expect(code).toBeNull();
  for (let piece = 0; piece < 3; piece += 1) {
    out.take();
    err.take();
    await turns();
  }
  await end;
  expect([code, out.taken.join('')]).toEqual([0, 'much']);
});

it('what could not be written makes a success a failure that is said', async () => {
  const [out, err] = [stream(), stream()];
  const output = watchOutput(out, err);
  out.write('much');
  const end = output.end(0);
  out.take(Object.assign(new Error('ENOSPC: no space left'), { code: 'ENOSPC' }));
  for (let piece = 0; piece < 3; piece += 1) {
    await turns();
    err.take();
  }
  expect([await end, err.taken.join('')]).toEqual([1, expect.stringContaining('GOSSIP_E_FILE')]);
});
