/** The small words at every border. */
import * as v from 'valibot';
import { expect, test } from 'vitest';
import { address, clusterId, contentHash, keyId, moduleName, nodeId, nodeName, payloadHash, peerFields } from '../../src/model/forms.ts';

const HEX = '0a'.repeat(32);

test.each([
  ['node id', nodeId, [HEX], [HEX.toUpperCase(), HEX.slice(1), `${HEX}\n`, 7, null]],
  ['cluster id', clusterId, [HEX], ['', HEX.slice(1)]],
  ['payload hash', payloadHash, [HEX], [`sha256:${HEX}`]],
  ['key id', keyId, [HEX], [HEX.slice(1)]],
  ['content hash', contentHash, [`sha256:${HEX}`], [HEX, `sha1:${HEX}`]],
  ['module name', moduleName, ['registry', 'a-1'], ['constructor', 'A', '', 'a'.repeat(41)]],
  ['node name', nodeName, ['node1', '0.eu-west'], ['', '-a', 'A', 'a'.repeat(64)]],
  ['address', address, ['10.0.0.7:7946', '[::1]:1'], ['10.0.0.256:1', '10.0.0.7:0', '10.0.0.7:65536', 'localhost:1', '::1:1', undefined]],
])('a %s is this and not that', (_, form, good, bad) => {
  expect([good.filter((each) => !v.is(form, each)), bad.filter((each) => v.is(form, each))]).toEqual([[], []]);
});

test('of a peer everything is asked for, and its name may be unknown', () => {
  const peer = { id: HEX, address: '10.0.0.7:7946', name: '' };
  const forms = [
    peer,
    { ...peer, name: 'node1' },
    { ...peer, name: 'Ä' },
    { ...peer, address: 'x:1' },
    { ...peer, id: 'x' },
    { id: HEX },
    null,
  ];
  expect(forms.map((each) => v.is(v.object(peerFields), each))).toEqual([true, true, false, false, false, false, false]);
});
