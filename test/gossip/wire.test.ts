import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MAX_CONFIGURATION_BYTES } from '../../src/api/routes.ts';
import { cutToMessage, MAX_PEERS } from '../../src/gossip/cut.ts';
import type { GossipAnswer, GossipRequest } from '../../src/gossip/messages.ts';
import { formatStamp, parseStamp, stampOf } from '../../src/gossip/stamp.ts';
import { MAX_SUMMARY } from '../../src/gossip/summary.ts';
import { decodeAnswer, decodeRequest, encodeAnswer, encodeRequest } from '../../src/gossip/wire.ts';
import type { WireAnswer, WireRequest } from '../../src/gossip/wire.ts';
import type { GossipError } from '../../src/model/errors.ts';
import { MAX_SEQUENCE } from '../../src/model/deployment-number.ts';
import type { VerifiedDeployment } from '../../src/model/deployment.ts';
import { carry } from '../../src/sdk/carried.ts';
import { MAX_MESSAGE_BYTES, MAX_RECORD_BYTES } from '../../src/sdk/limits.ts';
import type { Address, ModuleName, PayloadHash } from '../../src/model/names.ts';
import { peer, record, verify } from '../support/records.ts';

const membership = 'membership' as ModuleName;
const self = peer(1).address;
const digest = 'A'.repeat(22);
const body = new TextEncoder().encode('{"beat":7}');
const d1 = record(1);
const stamp = stampOf(record(2), d1.hash);
const hashes = (count: number) => Array.from({ length: count }, (_, index) => index.toString(16).padStart(64, '0') as PayloadHash);

const requests: GossipRequest[] = [
  { kind: 'exchange', module: membership, stamp, digest, body },
  { kind: 'exchange', module: membership, stamp: stampOf(d1, null), digest, body: new Uint8Array() },
  { kind: 'configuration', digest, summary: hashes(3), records: [], peers: [peer(2), peer(3, '')] },
  { kind: 'configuration', digest, summary: null, records: [d1, record(2)], peers: [] },
  { kind: 'configuration', digest, summary: null, records: [], peers: [], sought: peer(5).id },
];
const answers: [GossipRequest, GossipAnswer][] = [
  [requests[0] as GossipRequest, { kind: 'answer', digest, body }],
  [requests[0] as GossipRequest, { kind: 'mismatch', digest, stamp, records: [d1] }],
  [requests[0] as GossipRequest, { kind: 'mismatch', digest, stamp: null, records: [] }],
  [requests[0] as GossipRequest, { kind: 'unavailable', digest, reason: 'GOSSIP_E_BUSY' }],
  [
    requests[2] as GossipRequest,
    { kind: 'configuration', digest, records: [d1], lacking: hashes(2), fresh: 1, peers: [{ ...peer(5), claimed: true }, peer(4)] },
  ],
];

function received<T extends WireRequest | WireAnswer>(wire: T) {
  return { ...wire, headers: new Map(Object.entries(wire.headers)) };
}

/** A configuration request with its body changed. */
function changed(change: Record<string, unknown>, take = verify): unknown {
  const wire = encodeRequest(requests[2] as GossipRequest, self);
  const value = { ...(JSON.parse(new TextDecoder().decode(wire.body)) as object), ...change };
  return decodeRequest(received({ ...wire, body: new TextEncoder().encode(JSON.stringify(value)) }), take);
}

function refusal(act: () => unknown): string {
  try {
    act();
    return 'taken';
  } catch (error) {
    return (error as GossipError).code;
  }
}

test.each(requests)('request %# comes back from the wire as it was', (message) => {
  expect(decodeRequest(received(encodeRequest(message, self)), verify)).toEqual(message);
});

test.each(answers)('answer %# comes back from the wire as it was', (asked, message) => {
  expect(decodeAnswer(asked, received(encodeAnswer(message)), verify)).toEqual(message);
});

describe('a stamp', () => {
  test('has one text', () => {
    const number = fc.nat({ max: MAX_SEQUENCE });
    const hex = fc.stringMatching(/^[0-9a-f]{32}$/);
    const stateEpoch = fc.oneof(fc.constant('-'), hex);
    fc.assert(
      fc.property(fc.record({ trustEpoch: number, sequence: number, time: fc.maxSafeNat(), hash: hex, stateEpoch }), (any) => {
        expect(parseStamp(formatStamp(any))).toEqual(any);
      }),
    );
  });

  test.each([
    '',
    'x',
    `${formatStamp(stamp)} `,
    formatStamp(stamp).replace('1.', '01.'),
    formatStamp({ ...stamp, sequence: 2 ** 42 }),
    formatStamp(stamp).replace('2.', '-2.'),
    formatStamp(stamp).replace('2.', '1e3_.'),
  ])('is refused as %j (attack A13)', (text) => {
    expect(refusal(() => parseStamp(text))).toBe('GOSSIP_E_REQUEST');
  });
});

describe("a module's body", () => {
  const exchange = requests[0] as GossipRequest;
  const asked = (sent: Uint8Array) => decodeRequest(received({ ...encodeRequest(exchange, self), body: sent }), verify);
  const answered = (sent: Uint8Array) =>
    decodeAnswer(exchange, received({ ...encodeAnswer({ kind: 'answer', digest, body }), body: sent }), verify);

  test('has the same limit as JSON and as bytes, whose mark does not count; the refusal names limit and size', () => {
    for (const [come, what] of [
      [asked, 'message'],
      [answered, 'answer'],
    ] as const) {
      expect(come(Buffer.alloc(MAX_MESSAGE_BYTES, ' '))).toMatchObject({ body: { length: MAX_MESSAGE_BYTES } });
      expect(come(carry(new Uint8Array(MAX_MESSAGE_BYTES)))).toMatchObject({ body: { length: MAX_MESSAGE_BYTES + 1 } });
      const told = `a module's ${what} of ${MAX_MESSAGE_BYTES + 1} bytes, ${MAX_MESSAGE_BYTES} are allowed`;
      expect(() => come(Buffer.alloc(MAX_MESSAGE_BYTES + 1, ' '))).toThrow(told);
      expect(() => come(carry(new Uint8Array(MAX_MESSAGE_BYTES + 1)))).toThrow(told);
    }
  });
});

describe('the core adds under 200 bytes', () => {
  const bytes = (headers: Readonly<Record<string, string>>) =>
    Object.entries(headers).reduce((sum, [name, value]) => sum + name.length + value.length + ': \r\n'.length, 0);
  const late = { ...stamp, epoch: 9, sequence: 9_999, time: 4_000_000_000_000 };

  test('to an exchange, question and answer together', () => {
    const question = encodeRequest({ kind: 'exchange', module: membership, stamp: late, digest, body }, '255.255.255.255:65535' as Address);
    const answer = encodeAnswer({ kind: 'answer', digest, body });
    expect(question.body).toBe(body);
    expect(answer.body).toBe(body);
    expect(bytes(question.headers) + bytes(answer.headers)).toBeLessThan(200);
  });

  test('to a question with the longest address', () => {
    const question = encodeRequest(
      { kind: 'exchange', module: membership, stamp: late, digest, body },
      '[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535' as Address,
    );
    expect(bytes(question.headers)).toBeLessThan(200);
  });
});

describe('a message with records', () => {
  const [asking, [asked, answering]] = [requests[3], answers[4]] as [GossipRequest, [GossipRequest, GossipAnswer]];
  const sized = (bytes: number): VerifiedDeployment => ({ ...d1, envelope: { ...d1.envelope, payload: 'x'.repeat(bytes) } });
  const bytesOf = (records: readonly VerifiedDeployment[]): number => JSON.stringify(records.map(({ envelope }) => envelope)).length;

  test('is cut where one byte more would not fit', () => {
    // A record of the test's own size, for the real ones leave no byte to choose.
    let most = 1024 * 1024;
    while (cutToMessage([d1, sized(most)]).length < 2) most -= 1;
    expect(cutToMessage([d1, sized(most + 1)])).toEqual([d1]);
    expect(bytesOf([d1, sized(most)])).toBeLessThanOrEqual(1024 * 1024);
  });

  test('as large as a node makes it comes to less than a third of what is taken', () => {
    const records = cutToMessage(Array.from({ length: 64 }, () => sized(MAX_RECORD_BYTES)));
    const peers = Array.from({ length: MAX_PEERS }, (_, index) => ({ ...peer(index + 1), name: 'n'.repeat(63) }));
    const bodies = [
      encodeRequest({ kind: 'configuration', digest, summary: hashes(MAX_SUMMARY), records, peers }, self).body,
      encodeAnswer({ kind: 'configuration', digest, records, lacking: hashes(MAX_SUMMARY), fresh: 0, peers }).body,
      encodeAnswer({ kind: 'mismatch', digest, stamp, records }).body,
    ];
    expect(bodies.filter(({ length }) => length * 3 > MAX_CONFIGURATION_BYTES)).toEqual([]);
    expect(bodies.filter(({ length }) => length < 1024 * 1024 - 2 * MAX_RECORD_BYTES)).toEqual([]);
  });

  test.each([
    [
      'a question',
      encodeRequest(asking, self).body,
      (wire: Uint8Array) => decodeRequest(received({ ...encodeRequest(asking, self), body: wire }), verify),
    ],
    [
      'an answer',
      encodeAnswer(answering).body,
      (wire: Uint8Array) => decodeAnswer(asked, received({ ...encodeAnswer(answering), body: wire }), verify),
    ],
  ])('is taken up to its last byte, as %s, and refused with one more', (_, wire, decode) => {
    const filled = (bytes: number) => Buffer.concat([wire, Buffer.alloc(bytes - wire.length, ' ')]);
    expect(decode(filled(MAX_CONFIGURATION_BYTES))).toEqual(decode(wire));
    expect(refusal(() => decode(filled(MAX_CONFIGURATION_BYTES + 1)))).toBe('GOSSIP_E_TOO_LARGE');
  });
});

describe('refuses', () => {
  const cases: [string, Record<string, unknown>][] = [
    ['a missing field', { digest: undefined }],
    ['a digest that is none', { digest: 'short' }],
    ['a hash that is none', { summary: ['../../etc/passwd'] }],
    ['too long a summary', { summary: hashes(1_025) }],
    ['too many records', { records: Array.from({ length: 257 }, () => d1.envelope) }],
    ['too many peers', { peers: Array.from({ length: 17 }, (_, index) => peer(index + 1)) }],
    ['peers that are no list', { peers: { ...peer(2) } }],
  ];
  test.each(cases)('%s', (_, change) => {
    expect(refusal(() => changed(change))).toBe('GOSSIP_E_REQUEST');
  });

  test('prototype names as fields (attack C2)', () => {
    const wire = encodeRequest(requests[2] as GossipRequest, self);
    const text = new TextDecoder().decode(wire.body).replace('{', '{"__proto__":{},');
    expect(refusal(() => decodeRequest(received({ ...wire, body: new TextEncoder().encode(text) }), verify))).toBe('GOSSIP_E_SCHEMA');
  });

  test('deep nesting, before parsing (attack C3)', () => {
    const wire = encodeRequest(requests[2] as GossipRequest, self);
    expect(refusal(() => decodeRequest(received({ ...wire, body: new TextEncoder().encode('['.repeat(65_536)) }), verify))).toBe(
      'GOSSIP_E_REQUEST',
    );
  });

  test.each([
    '/v1/modules/Membership/exchange',
    '/v1/modules/__proto__/exchange',
    '/v1/modules/constructor/exchange',
    '/v1/modules/a/b/exchange',
    '/v1/other',
  ])('the path %s', (path) => {
    const wire = { ...encodeRequest(requests[0] as GossipRequest, self), path };
    expect(refusal(() => decodeRequest(received(wire), verify))).toBe('GOSSIP_E_REQUEST');
  });

  test('any bytes with a coded error, and nothing else', () => {
    const wire = encodeRequest(requests[2] as GossipRequest, self);
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array(),
          fc.json().map((text) => new TextEncoder().encode(text)),
        ),
        (bytes) => {
          expect(refusal(() => decodeRequest(received({ ...wire, body: bytes }), verify))).toMatch(/^GOSSIP_E_/);
        },
      ),
    );
  });
});

describe('law 2, only signed', () => {
  const forged = { ...d1.envelope, payload: record(2).envelope.payload };

  test('one record that does not verify refuses the whole message, with its own code', () => {
    expect(refusal(() => changed({ records: [d1.envelope, forged] }))).toBe('GOSSIP_E_SIGNATURE');
  });

  test.each(answers.filter(([, { kind }]) => kind === 'mismatch' || kind === 'configuration'))(
    'nor does one in an answer pass: %#',
    (asked, message) => {
      const wire = encodeAnswer(message);
      const value = { ...(JSON.parse(new TextDecoder().decode(wire.body)) as object), records: [d1.envelope, forged] };
      const forgery = received({ ...wire, body: new TextEncoder().encode(JSON.stringify(value)) });
      expect(refusal(() => decodeAnswer(asked, forgery, verify))).toBe('GOSSIP_E_SIGNATURE');
    },
  );

  test('without the check the forged record would be taken', () => {
    expect(refusal(() => changed({ records: [forged] }, () => record(2)))).toBe('taken');
  });
});

test('a refusal by the transport comes out as the coded error it carries, without the words of the peer', () => {
  const refused = {
    status: 429,
    headers: new Map<string, string>(),
    body: new TextEncoder().encode('{"code":"GOSSIP_E_RATE","message":"\\u001b[2J"}'),
  };
  for (const asked of requests)
    expect(() => decodeAnswer(asked, refused, verify)).toThrow(
      expect.objectContaining({ code: 'GOSSIP_E_RATE', message: 'the peer answered 429' }),
    );
  const nonsense = { status: 500, headers: new Map<string, string>(), body: new TextEncoder().encode('<html>') };
  for (const asked of requests) expect(refusal(() => decodeAnswer(asked, nonsense, verify))).toBe('GOSSIP_E_REQUEST');
});

describe('attack B17: of hints', () => {
  const told = (hint: unknown): unknown => (changed({ peers: [peer(2), hint, peer(3)] }) as { peers: unknown }).peers;

  test.each([
    ['a name for an address', { ...peer(4), address: 'localhost:1' }],
    ['a port out of range', { ...peer(4), address: '10.0.0.1:70000' }],
    ['an address of another type', { ...peer(4), address: 7 }],
    ['an address without end', { ...peer(4), address: `[${':'.repeat(1_000)}]:1` }],
    ['no id', { ...peer(4), id: undefined }],
    ['an id in capitals', { ...peer(4), id: 'A'.repeat(64) }],
    ['a list', [peer(4)]],
    ['null', null],
    ['a text', 'node4'],
  ])('%s is dropped, and not the message', (_, hint) => {
    expect(told(hint)).toEqual([peer(2), peer(3)]);
  });

  test.each([
    ['capitals and a space', 'My Node'],
    ['control characters', 'a\u001b[31m'],
    ['another type', { toString: 'x' }],
    ['its absence', undefined],
    ['1,000 letters', 'x'.repeat(1_000)],
  ])('a name with %s is left out, and not the peer', (_, name) => {
    expect(told({ ...peer(4), name })).toEqual([peer(2), peer(4, ''), peer(3)]);
  });

  test.each(['x', '', 'A'.repeat(64), `${peer(5).id} ${peer(6).id}`])(
    'an id %j that is looked for is left out, and not the message',
    (sought) => {
      const wire = encodeRequest(requests[2] as GossipRequest, self);
      const message = decodeRequest(received({ ...wire, headers: { ...wire.headers, 'gossip-sought': sought } }), verify);
      expect(message).toEqual(requests[2]);
    },
  );

  test('of a peer that says itself where it is, only that is believed which says so in this form', () => {
    expect(told({ ...peer(4), claimed: 'yes' })).toEqual([peer(2), peer(4), peer(3)]);
  });

  test('what a later version says of a peer beside is ignored', () => {
    expect(told({ ...peer(4), zone: 'b' })).toEqual([peer(2), peer(4), peer(3)]);
  });
});
