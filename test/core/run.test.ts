/** A whole node through its routes: strangers, members and operators; what it tells of itself; how it starts again and ends. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parseNodeStatus } from '../../src/api/status.ts';
import { makeDelegation } from '../../src/trust/admission.ts';
import { generateKey } from '../../src/trust/keys.ts';
import { makeToken } from '../../src/trust/token.ts';
import { moduleCode, words } from '../support/code.ts';
import { HostilePeer } from '../support/hostile-peer.ts';
import { LiveCluster } from '../support/live-cluster.ts';
import type { LiveNode } from '../support/live-cluster.ts';
import { Member } from '../support/member.ts';

const HASH = `sha256:${'a'.repeat(64)}`;
const ROUTES = [
  ['GET', '/v1/status'],
  ['GET', '/v1/configuration'],
  ['GET', '/v1/modules/words/inspect'],
  ['GET', '/v1/modules/words/status'],
  ['GET', `/v1/code/${HASH}/bundle`],
  ['GET', `/v1/code/${HASH}/manifest`],
  ['GET', `/v1/code/${HASH}/blobs/${HASH}`],
  ['GET', `/v1/admissions/${'a'.repeat(64)}`],
  ['GET', '/v1/apps/words/watch'],
  ['GET', '/v1/apps/events'],
  ['POST', '/v1/apps/words/request'],
  ['POST', '/v1/configuration'],
  ['POST', '/v1/modules/words/exchange'],
  ['POST', '/v1/deployments'],
  ['POST', `/v1/code/${HASH}/files`],
  ['PUT', `/v1/code/${HASH}/blobs/${HASH}`],
] as const;

async function oneNode(): Promise<{ cluster: LiveCluster; node: LiveNode }> {
  const cluster = await LiveCluster.up({ names: ['rendezvous1'] });
  return { cluster, node: cluster.nodes[0] as LiveNode };
}

test('a stranger is shown nothing but hello, and hello only believes admissions of this cluster', async () => {
  const { cluster, node } = await oneNode();
  const stranger = new Member(cluster.token);
  for (const [method, path] of ROUTES) {
    const body = method === 'GET' ? {} : { body: {} };
    expect(await stranger.sayUngreeted(node.peer, path, { method, ...body })).toMatchObject({ status: 401 });
  }
  const secret = generateKey();
  const forged = makeDelegation({ cluster: cluster.root.cluster, public: secret.public, expires: null }, [generateKey()]);
  expect(() => new Member(makeToken({ root: cluster.root.envelope, delegation: forged, secret }))).toThrow(
    expect.objectContaining({ code: 'GOSSIP_E_TOKEN' }),
  );
  const other = { ...stranger.introduction(), admission: new Member(cluster.token).admission };
  expect(await stranger.sayUngreeted(node.peer, '/v1/hello', { method: 'POST', body: other })).toMatchObject({
    status: 401,
    json: { code: 'GOSSIP_E_NOT_ADMITTED' },
  });
});

test('a member is answered in the form of each route, also where it asks for what is not there', async () => {
  const { cluster, node } = await oneNode();
  const { operator } = cluster;
  const answers = await Promise.all(
    ROUTES.map(async ([method, path]) => {
      const heard = await operator.say(node.peer, path, { method, ...(method === 'GET' ? {} : { body: {} }) });
      return [`${method} ${path.replaceAll(HASH, 'HASH')}`, heard.status, (heard.json as { code?: string }).code] as const;
    }),
  );
  expect(answers).toEqual([
    ['GET /v1/status', 200, undefined],
    ['GET /v1/configuration', 200, undefined],
    ['GET /v1/modules/words/inspect', 503, 'GOSSIP_E_MODULE_ABSENT'],
    ['GET /v1/modules/words/status', 200, undefined],
    ['GET /v1/code/HASH/bundle', 404, 'GOSSIP_E_CODE_ABSENT'],
    ['GET /v1/code/HASH/manifest', 404, 'GOSSIP_E_CODE_ABSENT'],
    ['GET /v1/code/HASH/blobs/HASH', 404, 'GOSSIP_E_NOT_FOUND'],
    [`GET /v1/admissions/${'a'.repeat(64)}`, 404, 'GOSSIP_E_NOT_FOUND'],
    ['GET /v1/apps/words/watch', 403, 'GOSSIP_E_SIGNATURE'],
    ['GET /v1/apps/events', 403, 'GOSSIP_E_SIGNATURE'],
    ['POST /v1/apps/words/request', 403, 'GOSSIP_E_SIGNATURE'],
    ['POST /v1/configuration', 400, 'GOSSIP_E_REQUEST'],
    ['POST /v1/modules/words/exchange', 400, 'GOSSIP_E_REQUEST'],
    ['POST /v1/deployments', 400, 'GOSSIP_E_REQUEST'],
    ['POST /v1/code/HASH/files', 400, 'GOSSIP_E_REQUEST'],
    ['PUT /v1/code/HASH/blobs/HASH', 404, 'GOSSIP_E_NOT_FOUND'],
  ]);
});

test('a module is asked from afar by operators alone: no member without the warrant of a deploy key, nor with that of another', async () => {
  const { cluster, node } = await oneNode();
  await cluster.deploy(node, 1, { code: words() });
  await cluster.converge('d1');
  const { operator } = cluster;
  const other = new Member(cluster.token);
  const ask = async (who: Member, warrant?: string, path = '/v1/apps/words/request') => {
    const headers = { 'content-type': 'application/json', ...(warrant !== undefined && { 'gossip-warrant': warrant }) };
    const { status, json } = await who.say(node.peer, path, { method: 'POST', headers, body: 1 });
    return [status, (json as { code?: string }).code];
  };
  const warrant = cluster.warrantFor(operator.identity.id);
  expect(await ask(operator, warrant)).toEqual([501, 'GOSSIP_E_MODULE_DEAF']);
  expect(await ask(operator, warrant, '/v1/apps/nobody/request')).toEqual([404, 'GOSSIP_E_MODULE_UNKNOWN']);
  expect(await ask(operator)).toEqual([403, 'GOSSIP_E_SIGNATURE']);
  expect(await ask(operator, 'a warrant')).toEqual([400, 'GOSSIP_E_REQUEST']);
  expect(await ask(other)).toEqual([403, 'GOSSIP_E_SIGNATURE']);
  expect(await ask(other, warrant)).toEqual([403, 'GOSSIP_E_IDENTITY']);
});

test('a node vouches for those it admitted, serves ranges of code, and tells what it runs', async () => {
  const { cluster, node } = await oneNode();
  const { operator } = cluster;
  const code = words();
  await cluster.deploy(node, 1, { code });
  await cluster.converge('d1');
  expect(await operator.say(node.peer, `/v1/admissions/${operator.identity.id}`)).toMatchObject({ status: 204 });

  const [hash, blob] = [...code.blobs][0] as [string, Uint8Array];
  const path = `/v1/code/${code.reference.hash}/blobs/${hash}`;
  const rest = await operator.say(node.peer, path, { headers: { range: 'bytes=10-' } });
  expect([rest.status, rest.text]).toEqual([206, Buffer.from(blob).subarray(10).toString()]);
  expect(await operator.say(node.peer, path, { headers: { range: 'bytes=1-2' } })).toMatchObject({ status: 400 });

  expect(await node.status()).toMatchObject({
    name: 'rendezvous1',
    id: node.peer.id,
    incarnation: 1,
    highestSequence: 1,
    rendezvous: true,
    modules: [{ name: 'words', state: 'running', deployment: 'd1', code: code.reference.hash, version: '1.0.0', why: null, stateEpoch: 0 }],
    disk: { error: null },
  });
});

test('a node tells of one module alone, without what that question has no use for', async () => {
  const { cluster, node } = await oneNode();
  await cluster.deploy(node, 1, { code: words() });
  await cluster.converge('d1');
  const told = async (module: string) => {
    const { text } = await cluster.operator.say(node.peer, `/v1/modules/${module}/status`);
    return parseNodeStatus(Buffer.from(text));
  };
  const of = await told('words');
  expect(of).toMatchObject({ name: 'rendezvous1', highestSequence: 1, peers: [], alarms: [] });
  expect(of.modules).toMatchObject([{ name: 'words', state: 'running', deployment: 'd1' }]);
  expect(of.modules[0]).not.toHaveProperty('log');
  expect((await node.status()).modules[0]).toHaveProperty('log');
  expect(await told('others')).toMatchObject({ name: 'rendezvous1', modules: [] });
});

test('a node that starts again has its deployments, its state and its members, and a higher incarnation', async () => {
  const { cluster, node } = await oneNode();
  await cluster.deploy(node, 1, { code: words(), settings: { word: 'kept' } });
  await cluster.converge('d1');
  await cluster.deploy(node, 2, { code: words('2.0.0') });
  await cluster.converge('d2');
  await node.stop();
  await node.start();
  await cluster.converge('d2');
  expect(await node.inspect()).toMatchObject({ words: ['kept'] });
  expect((await node.status()).incarnation).toBe(2);
  // The operator says no second hello: the node knew it from its disk.
  const events = (await readFile(join(node.dataDir, 'journal.jsonl'), 'utf8')).trim().split('\n');
  expect(events.map((line) => (JSON.parse(line) as { event: string }).event)).toEqual(
    expect.arrayContaining(['started', 'stopped', 'started']),
  );
});

test('a node ends in order also in the middle of an update, and resumes it', async () => {
  const { cluster, node } = await oneNode();
  await cluster.deploy(node, 1, { code: words(), settings: { word: 'kept' } });
  await cluster.converge('d1');
  await cluster.deploy(node, 2, { code: words('2.0.0') });
  await node.stop();
  await node.start();
  await cluster.converge('d2');
  expect(await node.inspect()).toMatchObject({ words: ['kept'] });
});

test('an instance that gives no state: told at once, kept at an update, missed at the end, and its age told by the next start', async () => {
  const { cluster, node } = await oneNode();
  const once = `export default class { constructor() { this.asked = 0; } receive() {} acceptState() {} inspect() { throw new Error('not for you'); }
    transferState() { if (this.asked++ > 0) throw new Error('no more'); return 'first'; } }`;
  await cluster.deploy(node, 1, { code: moduleCode('words', once) });
  const why = { code: 'GOSSIP_E_MODULE_STATE', message: expect.stringContaining('Error: no more (at index.mjs:2:') as string };
  await node.until('a checkpoint fails', async () => (await node.module())?.checkpoint?.error?.code === why.code);
  expect(await node.module()).toMatchObject({
    state: 'running',
    checkpoint: { ageMs: expect.any(Number) as number, error: why },
    errors: { count: 0, last: null },
    exchanges: { answered: 0, failed: 0 },
    restoredFromMs: null,
  });
  const shown = await cluster.operator.say(node.peer, '/v1/modules/words/inspect');
  expect(shown).toMatchObject({ status: 502, json: { code: 'GOSSIP_E_MODULE_ANSWER' } });
  expect(shown.text).toContain('Error: not for you');

  await cluster.deploy(node, 2, { code: moduleCode('words', once, '2.0.0') });
  await node.until('it is held', async () => (await node.module())?.state === 'held');
  const held = { code: why.code, message: expect.stringContaining('d1 gives no state to hand over: Error: no more') as string };
  expect(await node.module()).toMatchObject({ deployment: 'd1', newest: 'd2', why: held });

  await node.stop();
  await node.start();
  await cluster.converge('d2');
  expect((await node.module())?.restoredFromMs).toBeGreaterThan(0);
  const journal = await readFile(join(node.dataDir, 'journal.jsonl'), 'utf8');
  const events = journal.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as { event: string }]));
  expect(events).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ event: 'checkpoint', code: why.code, why: why.message }),
      expect.objectContaining({ event: 'last-checkpoint-failed', module: 'words', code: why.code, why: why.message }),
      expect.objectContaining({ event: 'state-restored', deployment: 'd2', ageMs: expect.any(Number) as number }),
    ]),
  );
});

test('a module that hangs holds up neither the node nor its end', async () => {
  const { cluster, node } = await oneNode();
  const hanging = 'export default class { start() { for (;;); } receive() {} transferState() { return ""; } acceptState() {} }';
  await cluster.deploy(node, 1, { code: moduleCode('words', hanging) });
  await node.until('it starts', async () => (await node.module())?.state === 'updating');
  await node.stop();
  await node.start();
  expect((await node.status()).incarnation).toBe(2);
});

test('members that answer nothing, or freeze, hold up nobody else', async () => {
  const cluster = await LiveCluster.up({ names: ['rendezvous1', 'node1'] });
  const never = () => new Promise<never>(() => undefined);
  const frozen = await Promise.all(Array.from({ length: 4 }, (_, index) => HostilePeer.join(cluster.token, `frozen${index}`)));
  for (const one of frozen) {
    for (const node of cluster.nodes) await one.tell(node.peer, []);
    one.lies = { 'exchange-configuration': never, exchange: never, bundle: never, files: never, blob: never, hello: never };
  }
  await cluster.deploy(cluster.node('rendezvous1'), 1, { code: words(), settings: { word: 'a' } });
  await cluster.converge('d1');
  expect(await cluster.node('node1').inspect()).toMatchObject({ words: ['a'] });
});
