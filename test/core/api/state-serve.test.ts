/** Operators get the state of a running instance, one at a time. */
import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { parseStateAnswer } from '../../../src/api/state.ts';
import type { TakenState } from '../../../src/api/state.ts';
import { StateServer } from '../../../src/core/api/state-serve.ts';
import type { PeerRequest } from '../../../src/core/transport/server/server.ts';
import type { ContentHash } from '../../../src/model/names.ts';
import { carry } from '../../../src/sdk/carried.ts';
import { peer } from '../../support/records.ts';

const TAKEN: TakenState = {
  deployment: 'd3',
  code: `sha256:${'0'.repeat(64)}` as ContentHash,
  state: [carry(Uint8Array.of(1, 10)), Uint8Array.of(10, 2)],
};

function ask(signal = new AbortController().signal): PeerRequest {
  return { from: peer(1).id, parameters: new Map([['module', 'counter']]), signal } as unknown as PeerRequest;
}

test('a state comes whole, with the deployment and code that gave it, and the log tells who took it', async () => {
  const told: unknown[] = [];
  const server = new StateServer({ takeState: async () => TAKEN }, { info: (...words: unknown[]) => void told.push(words) } as never);
  const { status, headers, body } = await server.answer(ask());
  const bytes = await buffer(body as Readable);
  expect([status, headers?.['content-length']]).toEqual([200, String(bytes.length)]);
  const { deployment, code, state } = parseStateAnswer(bytes);
  expect([deployment, code, Buffer.concat(state)]).toEqual([TAKEN.deployment, TAKEN.code, Buffer.concat(TAKEN.state)]);
  expect(told).toMatchObject([[{ module: 'counter', deployment: 'd3', operator: peer(1).id }, 'state given to an operator']]);
  // What was cut off on the way is no state.
  expect(() => parseStateAnswer(bytes.subarray(0, -1))).toThrow(expect.objectContaining({ code: 'GOSSIP_E_SCHEMA' }));
  expect(() => parseStateAnswer(Buffer.from('no line'))).toThrow(expect.objectContaining({ code: 'GOSSIP_E_SCHEMA' }));
});

test('while one is read no other is taken; a failure and an operator who left free the place', async () => {
  let fails = false;
  const takeState = async (): Promise<TakenState> => {
    if (fails) throw new Error('it hangs');
    return TAKEN;
  };
  const server = new StateServer({ takeState }, { info: () => undefined } as never);
  const { body } = await server.answer(ask());
  await expect(server.answer(ask())).rejects.toMatchObject({ code: 'GOSSIP_E_BUSY' });
  const closed = new Promise((resolve) => (body as Readable).once('close', resolve));
  (body as Readable).destroy();
  await closed;
  fails = true;
  await expect(server.answer(ask())).rejects.toThrow('it hangs');
  fails = false;
  await expect(server.answer(ask(AbortSignal.abort(new Error('gone'))))).rejects.toThrow('gone');
  expect((await server.answer(ask())).status).toBe(200);
});
