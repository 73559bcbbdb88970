/** What operators ask from afar, and how many of them may watch. */
import { EventEmitter } from 'node:events';
import type { ServerResponse } from 'node:http';
import { expect, test } from 'vitest';
import { MAX_WATCHING, MAX_WATCHING_PER_ID, OperatorCalls } from '../../../src/core/api/operator-calls.ts';
import { DOOR_LIMITS } from '../../../src/core/door/limits.ts';
import { Lines, linesOf } from '../../../src/core/door/lines.ts';
import { turnsOf } from '../../../src/core/door/turns.ts';
import type { WatchRoute } from '../../../src/core/door/serve.ts';
import type { PeerRequest, PeerResponse } from '../../../src/core/transport/server/server.ts';
import type { ModuleName, NodeId } from '../../../src/model/names.ts';
import { GossipError } from '../../../src/model/errors.ts';
import { outcome } from '../../trust/fixture.ts';
import { peer } from '../../support/records.ts';

interface Said {
  readonly from?: NodeId;
  readonly route?: PeerRequest['route'];
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

function asks({ from = peer(1).id, route = 'watch', headers = {}, body = '' }: Said = {}): PeerRequest {
  return {
    from,
    route,
    parameters: new Map([['module', 'registry']]),
    headers: new Map(Object.entries(headers)),
    body: Buffer.from(body),
    signal: new AbortController().signal,
  } as unknown as PeerRequest;
}

function textOf({ body }: PeerResponse): string {
  return Buffer.from(body as Uint8Array).toString();
}

function paperCalls(isClosed = false, lines = linesOf(DOOR_LIMITS)) {
  const watched: { route: WatchRoute; after: string | undefined }[] = [];
  const calls = new OperatorCalls({
    turns: turnsOf(DOOR_LIMITS, () => 1),
    lines,
    isClosed,
    request: async (module, { form, bytes }) => ({ form, bytes: Buffer.from(`${module} ${form} ${Buffer.from(bytes).toString()}`) }),
    watch: (route, { headers }) => {
      if (route.name === 'watch' && route.topic === 'refused') throw new GossipError('GOSSIP_E_MODULE_ABSENT', 'no');
      watched.push({ route, after: headers['last-event-id'] as string | undefined });
    },
  });
  const watch = (said: Said = {}): EventEmitter => {
    const response = new EventEmitter();
    calls.watch(asks(said)).takeOver?.(response as unknown as ServerResponse);
    return response;
  };
  return { calls, watched, watch };
}

test('a request reaches its module in its form, and its answer comes back in its own', async () => {
  const { calls } = paperCalls();
  const json = await calls.request(asks({ route: 'request', body: '{"op":"list"}' }));
  expect([json.headers, textOf(json)]).toEqual([{ 'content-type': 'application/json' }, 'registry json {"op":"list"}']);
  const bytes = await calls.request(asks({ route: 'request', body: 'x', headers: { 'content-type': 'application/octet-stream' } }));
  expect([bytes.headers, textOf(bytes)]).toEqual([{ 'content-type': 'application/octet-stream' }, 'registry bytes x']);
});

test('they stand in the line of the door: applications and operators wait in the order in which they came, and a place is given back also after a failure', async () => {
  const lines = new Lines({ places: 1, waitMs: 60_000 });
  const { calls } = paperCalls(false, lines);
  const module = 'registry' as ModuleName;
  await lines.enter(module);
  const order: string[] = [];
  const operator = calls.request(asks({ route: 'request', body: '1' })).then((answer) => order.push(textOf(answer)));
  const application = lines.enter(module).then(() => order.push('application'));
  const gone = calls.request({ ...asks({ route: 'request' }), signal: AbortSignal.abort(new Error('gone')) });
  const last = calls.request(asks({ route: 'request', body: '2' })).then((answer) => order.push(textOf(answer)));
  lines.leave(module);
  await Promise.all([operator, application]);
  lines.leave(module);
  await expect(gone).rejects.toThrow('gone');
  await last;
  expect(order).toEqual(['registry json 1', 'application', 'registry json 2']);
});

test('one that finds no place in time is told so', async () => {
  const lines = new Lines({ places: 1, waitMs: 10 });
  await lines.enter('registry' as ModuleName);
  await expect(paperCalls(false, lines).calls.request(asks({ route: 'request' }))).rejects.toMatchObject({ code: 'GOSSIP_E_BUSY' });
});

test('a node that stops takes nothing new: what it answered last is in the state that it keeps', async () => {
  await expect(paperCalls(true).calls.request(asks({ route: 'request' }))).rejects.toMatchObject({ code: 'GOSSIP_E_STOPPING' });
});

test('what is watched, and from where on', () => {
  const { watch, watched } = paperCalls();
  watch({ headers: { 'gossip-topic': 'a%2Fb%20c', 'last-event-id': '7-12' } });
  watch();
  watch({ route: 'events' });
  expect(watched).toEqual([
    { route: { name: 'watch', module: 'registry', topic: 'a/b c' }, after: '7-12' },
    { route: { name: 'watch', module: 'registry', topic: '' }, after: undefined },
    { route: { name: 'events' }, after: undefined },
  ]);
  for (const topic of ['%', '%zz', 'x'.repeat(2_000)]) {
    expect(outcome(() => watch({ headers: { 'gossip-topic': topic } }))).toBe('GOSSIP_E_REQUEST');
  }
});

test('few operators may watch, and fewer with one identity: the places are the peers; one who goes, or is refused, makes room', () => {
  const { watch } = paperCalls();
  const first = Array.from({ length: MAX_WATCHING_PER_ID }, () => watch());
  expect(outcome(() => watch())).toBe('GOSSIP_E_BUSY');
  for (let id = 2; id <= MAX_WATCHING / MAX_WATCHING_PER_ID; id += 1) {
    expect(outcome(() => watch({ from: peer(id).id, headers: { 'gossip-topic': 'refused' } }))).toBe('GOSSIP_E_MODULE_ABSENT');
    for (let each = 0; each < MAX_WATCHING_PER_ID; each += 1) watch({ from: peer(id).id });
  }
  expect(outcome(() => watch({ from: peer(99).id }))).toBe('GOSSIP_E_BUSY');
  first[0]?.emit('close');
  watch({ from: peer(99).id });
  expect(outcome(() => watch())).toBe('GOSSIP_E_BUSY');
});
