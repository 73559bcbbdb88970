/** What is sent to a node that lacks code: the rest of what it kept, or all of it, and how far that has come. */
import { beforeEach, expect, it } from 'vitest';
import { GossipError } from '../../../src/model/errors.ts';
import type { ErrorCode } from '../../../src/model/errors.ts';
import type { ContentHash } from '../../../src/model/names.ts';
import type { CodeSource } from '../../../src/operator/deploy/code-source.ts';
import { arrivalText, isSent, passageText } from '../../../src/operator/deploy/passage.ts';
import type { Passage } from '../../../src/operator/deploy/passage.ts';
import { upload } from '../../../src/operator/deploy/upload.ts';
import { code as codeOf } from '../../support/code.ts';
import { peer } from '../../support/records.ts';
import { PaperDoor } from '../paper-node.ts';

const MIB = 1_048_576;
const node = peer(1, 'rendezvous1');
const made = codeOf({ 'a.bin': Buffer.alloc(2 * MIB, 'a'), 'b.bin': Buffer.alloc(MIB, 'b'), 'module.json': '{}', 'x.mjs': 'x' });
const [a, b] = [2 * MIB, MIB].map((size) => [...made.blobs].find(([, bytes]) => bytes.length === size)?.[0]) as [ContentHash, ContentHash];
const code: CodeSource = {
  reference: made.reference,
  manifest: async () => made.manifest,
  blob: async (hash, onReceived) => {
    const bytes = made.blobs.get(hash) as Uint8Array;
    onReceived?.(bytes.length);
    return bytes;
  },
};

let door: PaperDoor;
/** Where each blob went on. */
let starts: (number | null)[];
let underWay: number;
beforeEach(() => {
  door = new PaperDoor();
  door.add(node);
  starts = [];
  underWay = 0;
});

/** Each blob is refused for the reasons that stand for it, one after the other, and then taken. */
function refuse(reasons: Partial<Record<ContentHash, ErrorCode[]>>): void {
  door.putBlob = async (_, __, blob, bytes, sending) => {
    if (bytes.length >= MIB) starts.push(sending?.from ?? null);
    underWay += bytes.length >= MIB ? 1 : 0;
    expect(underWay).toBeLessThanOrEqual(1);
    sending?.onSent?.(bytes.length / 2);
    await new Promise((resolve) => setImmediate(resolve));
    underWay -= bytes.length >= MIB ? 1 : 0;
    const reason = reasons[blob]?.shift();
    if (reason !== undefined) throw new GossipError(reason, 'it said so');
    sending?.onSent?.(bytes.length);
  };
}

it.each<[string, unknown, number]>([
  ['what it kept', 1_000, 1_000],
  ['nothing', undefined, 0],
  ['as much as there is', 2 * MIB, 0],
  ['more than there is', 2 * MIB + 1, 0],
  ['less than nothing', -1, 0],
  ['half a byte', 0.5, 0],
  ['a number as text', '1000', 0],
  ['no number', Number.NaN, 0],
])('a node that tells that it kept %s', async (_, kept, from) => {
  refuse({});
  await upload(door, node, code, { missing: [a], partial: { [a]: kept as number } });
  expect(starts).toEqual([from]);
});

it.each<[ErrorCode]>([['GOSSIP_E_CODE_MISMATCH'], ['GOSSIP_E_BUSY']])(
  'what a node answers %s to is sent anew, once, and ends nobody',
  async (reason) => {
    refuse({ [a]: [reason] });
    await upload(door, node, code, { missing: [a], partial: { [a]: 1_000 } });
    expect(starts).toEqual([1_000, null]);
    refuse({ [a]: [reason, reason] });
    await expect(upload(door, node, code, { missing: [a] })).rejects.toMatchObject({ code: reason });
    expect(starts).toEqual([1_000, null, 0, null]);
  },
);

it('a link that breaks is told with what came, and that it goes on there', async () => {
  refuse({ [b]: ['GOSSIP_E_TIMEOUT'] });
  const { missing } = { missing: [...made.blobs.keys()] };
  await expect(upload(door, node, code, { missing })).rejects.toMatchObject({
    code: 'GOSSIP_E_TIMEOUT',
    message: expect.stringMatching(/^it said so; it broke off sending \d\.\d of 3\.0 MiB to rendezvous1$/),
    advice: 'Repeat the command: large files go on where they stopped.',
  });
});

it('tells how far it has come, of all files together; large ones go one after the other', async () => {
  refuse({});
  const passages: Passage[] = [];
  await upload(door, node, code, { missing: [...made.blobs.keys()] }, (passage) => passages.push(passage));
  const sent = passages.map((passage) => passage.sent);
  expect(sent).toEqual(sent.toSorted((x, y) => x - y));
  const last = passages.at(-1) as Passage;
  expect([last.sent, isSent(last), arrivalText(last)]).toEqual([
    made.reference.bytes,
    true,
    'sent 3.0 MiB; waiting until rendezvous1 has it on its disk',
  ]);
});

it('code that another node keeps is told in both its ways', async () => {
  refuse({});
  const texts: string[] = [];
  const keptBy = peer(2, 'node2');
  await upload(door, node, { ...code, keptBy }, { missing: [a] }, (passage) => texts.push(passageText(passage)));
  expect(texts).toEqual([
    'fetching 2.0 of 2.0 MiB from node2, sending 0.0 of 2.0 MiB to rendezvous1',
    'fetching 2.0 of 2.0 MiB from node2, sending 1.0 of 2.0 MiB to rendezvous1',
    'fetching 2.0 of 2.0 MiB from node2, sending 2.0 of 2.0 MiB to rendezvous1',
  ]);
});
