/** A state in a file comes back as it was given, and what is not whole does not pass for one. */
import { describe, expect, it } from 'vitest';
import type { ContentHash, ModuleName } from '../../../src/model/names.ts';
import type { StateBytes } from '../../../src/model/state-bytes.ts';
import { decodeStateFile, encodeStateFile, headerOf } from '../../../src/operator/module/state-file.ts';
import { carry } from '../../../src/sdk/carried.ts';
import { peer } from '../../support/records.ts';

const ORIGIN = {
  module: 'counter' as ModuleName,
  deployment: 'd3',
  code: `sha256:${'0'.repeat(64)}` as ContentHash,
  node: peer(1),
  time: '2026-11-29T00:00:00.000Z',
};

function fileOf(state: StateBytes): Buffer {
  return Buffer.concat(encodeStateFile(headerOf(ORIGIN, state), state));
}

const joined = (state: StateBytes): Buffer => Buffer.concat(state);

describe('a state', () => {
  it.each<[string, StateBytes]>([
    ['text', [carry('{"a":1}\n{"b":2}')]],
    ['nothing', [carry('')]],
    ['nothing in bytes', [carry(new Uint8Array())]],
    ['bytes that are a text', [carry(Buffer.from('{"a":1}'))]],
    ['bytes in several pieces', [carry(Uint8Array.of(0xff, 0x0a)), Uint8Array.of(0xff, 0), Uint8Array.of(0x0a)]],
  ])('that is %s comes back with whose it was', (_, state) => {
    const read = decodeStateFile(fileOf(state), 'f');
    expect(read.origin).toEqual(ORIGIN);
    expect(joined(read.state)).toEqual(joined(state));
  });

  it('lies in the file after one line of JSON, as it was given', () => {
    const [line, ...rest] = fileOf([carry('{"a":1}')])
      .toString()
      .split('\n');
    expect(JSON.parse(line ?? '')).toMatchObject({ type: 'gossip/state/1', module: 'counter', form: 'text', bytes: 7 });
    expect(rest).toEqual(['{"a":1}']);
  });
});

describe('a file', () => {
  const whole = fileOf([carry('{"a":1}')]);
  it.each([
    ['cut off', whole.subarray(0, -1), /holds 6 bytes of a state of 7/],
    ['longer', Buffer.concat([whole, Buffer.from(' ')]), /holds 8 bytes/],
    ['edited', Buffer.from(whole.toString().replace('{"a":1}', '{"a":2}')), /not the one that was exported/],
    ['cut off in its first line', whole.subarray(0, 100), /first line has no end/],
    ['of another version', Buffer.from(whole.toString().replace('gossip/state/1', 'gossip/state/2')), /not that of this version/],
    ['with a hostile module', Buffer.from(whole.toString().replace('"counter"', '"../x"')), /not that of this version/],
  ])('that is %s is refused', (_, bytes, says) => {
    expect(() => decodeStateFile(bytes, 'f.state')).toThrow(
      expect.objectContaining({ code: 'GOSSIP_E_FILE', message: expect.stringMatching(says) }),
    );
  });

  it('of anybody else is a state itself: text, or bytes where it is none', () => {
    expect(decodeStateFile(Buffer.from('{"a":1}'), 'f')).toEqual({ origin: null, state: [Buffer.from('{"a":1}')] });
    expect(joined(decodeStateFile(Buffer.of(0xc0, 1), 'f').state)).toEqual(Buffer.of(0xff, 0xc0, 1));
  });
});
