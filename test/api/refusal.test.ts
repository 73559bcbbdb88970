/** What a peer is told of an error. */
import { expect, test } from 'vitest';
import { errorStatus, HttpRefusal, parseRefusal, refusalBody, refusalOf } from '../../src/api/refusal.ts';
import { ERRORS, GossipError, isErrorCode } from '../../src/model/errors.ts';

test.each([
  [new GossipError('GOSSIP_E_NOT_ADMITTED', 'say hello'), { status: 401, code: 'GOSSIP_E_NOT_ADMITTED', message: 'say hello' }],
  [new GossipError('GOSSIP_E_NUMBER_TAKEN', 'd3 is taken'), { status: 409, code: 'GOSSIP_E_NUMBER_TAKEN', message: 'd3 is taken' }],
  [new HttpRefusal(411, 'GOSSIP_E_REQUEST', 'length'), { status: 411, code: 'GOSSIP_E_REQUEST', message: 'length' }],
  [new GossipError('GOSSIP_E_REQUEST', 'a\r\nb'), { status: 400, code: 'GOSSIP_E_REQUEST', message: 'a\\u000d\\u000ab' }],
])('a coded error is told as it is: %s', (error, refusal) => {
  expect(refusalOf(error)).toEqual(refusal);
});

test.each([
  new Error('/secret'),
  new GossipError('GOSSIP_E_INTERNAL', '/secret'),
  new GossipError('GOSSIP_E_FILE', '/secret'),
  '/secret',
  null,
  undefined,
])("anything else is this node's own affair: %s", (thrown) => {
  expect(refusalOf(thrown)).toEqual({ status: 500, code: 'GOSSIP_E_INTERNAL', message: 'the node could not answer; its log says why' });
});

test('a full disk is told without the path', () => {
  expect(refusalOf(new GossipError('GOSSIP_E_DISK', 'write /secret: ENOSPC'))).toEqual({
    status: 507,
    code: 'GOSSIP_E_DISK',
    message: ERRORS.GOSSIP_E_DISK.advice,
  });
});

test('every code in the table exists and has an error status', () => {
  expect(Object.entries(errorStatus).filter(([code, status]) => !isErrorCode(code) || status < 400 || status > 599)).toEqual([]);
});

test('what was refused is read as it was written', () => {
  const refused = refusalOf(new GossipError('GOSSIP_E_QUOTA', 'the disk is full'));
  expect({ status: refused.status, ...parseRefusal({ status: refused.status, body: refusalBody(refused) }) }).toEqual(refused);
});

test.each([
  ['another program', Buffer.from('<html>')],
  ['a refusal without end', refusalBody({ code: 'GOSSIP_E_BUSY', message: 'no'.repeat(8_192) })],
])('of %s only the status is told', (_, body) => {
  expect(parseRefusal({ status: 502, body })).toEqual({ code: 'GOSSIP_E_REQUEST', message: 'status 502' });
});
