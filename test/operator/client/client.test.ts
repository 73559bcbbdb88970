import { HEADERS } from '../../../src/api/headers.ts';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createConnection, createServer } from 'node:net';
import { Readable } from 'node:stream';
import { request } from 'node:https';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { LogLine, LogQuestion } from '../../../src/api/logs.ts';
import { ROUTES } from '../../../src/api/routes.ts';
import type { RouteName } from '../../../src/api/routes.ts';
import { secureContext } from '../../../src/core/transport/tls.ts';
import type { PeerRequest, PeerResponse } from '../../../src/core/transport/server/server.ts';
import { Gossip } from '../../../src/client/index.ts';
import { GossipError, toGossipError } from '../../../src/model/errors.ts';
import type { ContentHash, ModuleName } from '../../../src/model/names.ts';
import { isOverdue } from '../../../src/operator/client/connection-error.ts';
import { OperatorClient } from '../../../src/operator/client/client.ts';
import type { NodeAddress } from '../../../src/operator/client/client.ts';
import type { ClientLimits } from '../../../src/operator/client/client-limits.ts';
import type { OperatorCluster } from '../../../src/operator/cluster/clusters.ts';
import { PinnedAgent } from '../../../src/operator/client/pinned-agent.ts';
import { makeAdmission, makeDelegation } from '../../../src/trust/admission.ts';
import { makeIdentity } from '../../../src/trust/identity.ts';
import type { Identity } from '../../../src/trust/identity.ts';
import { generateKey } from '../../../src/trust/keys.ts';
import type { TrustedRoot } from '../../../src/trust/root.ts';
import { startServer } from '../../core/transport/fixtures.ts';
import { record } from '../../support/records.ts';
import { nodeStatus, operatorKey, root } from '../paper-node.ts';

const { cluster } = root;

function admissionOf(identity: Identity, signer = operatorKey, expires: number | null = null) {
  const secret = generateKey();
  const delegation = makeDelegation({ cluster, public: secret.public, expires }, [signer]);
  return makeAdmission({ cluster, node: identity.id }, delegation, secret);
}

const operator = makeIdentity();
const operatorCluster = {
  name: 'paper',
  directory: '',
  root,
  identity: operator,
  admission: admissionOf(operator),
  nodes: [],
} satisfies OperatorCluster;

function connect(limits: Partial<ClientLimits> = {}): OperatorClient {
  const client = new OperatorClient(operatorCluster, limits);
  onTestFinished(() => client.close());
  return client;
}

const json = (status: number, value: unknown): PeerResponse => ({ status, body: Buffer.from(JSON.stringify(value)) });
const code = (expected: string) => expect.objectContaining({ code: expected });

/** A node that answers each route by `answers`; `hello` shows `admission`. */
async function startNode(
  answers: Record<string, (request: PeerRequest) => PeerResponse | Promise<PeerResponse>>,
  options: { identity?: Identity; admission?: unknown } = {},
) {
  const identity = options.identity ?? makeIdentity();
  const admission = 'admission' in options ? options.admission : admissionOf(identity);
  const hello = (): PeerResponse => json(200, { admission, name: 'node7', address: null });
  const table: Record<string, (request: PeerRequest) => PeerResponse | Promise<PeerResponse>> = { hello, ...answers };
  const { address, seen } = await startServer({
    identity,
    handler: async (asked) => {
      const answer = table[asked.route];
      if (answer === undefined) throw new GossipError('GOSSIP_E_NOT_FOUND', 'nothing here');
      return answer(asked);
    },
  });
  const node: NodeAddress = { id: identity.id, address, name: 'node7' };
  return { node, seen, paths: () => seen.map(({ method, path }) => `${method} ${path}`) };
}

describe('asking a node', () => {
  it('reads its status', async () => {
    const { node, seen } = await startNode({ status: () => json(200, nodeStatus(node, [])) });
    expect((await connect().status(node)).id).toBe(node.id);
    expect(seen[0]?.from).toBe(operator.id);
  });

  it('shows the admission once, when the node does not know the operator yet', async () => {
    let known = false;
    const status = (): PeerResponse => {
      if (!known) throw new GossipError('GOSSIP_E_NOT_ADMITTED', 'no admission shown');
      return json(200, nodeStatus(node, []));
    };
    const hello = (asked: PeerRequest): PeerResponse => {
      known = !asked.stream && JSON.parse(Buffer.from(asked.body).toString()).admission !== null;
      return json(200, { admission: null, name: 'node7', address: null });
    };
    const { node, paths } = await startNode({ status, hello });
    await connect().status(node);
    expect(paths()).toEqual(['GET /v1/status', 'POST /v1/hello', 'GET /v1/status']);
  });

  it('passes on the coded reason of a refusal, with the name of the node', async () => {
    const refuse = (): PeerResponse => {
      throw new GossipError('GOSSIP_E_MODULE_ABSENT', 'counter does not run here now');
    };
    const { node } = await startNode({ inspect: refuse });
    await expect(connect().inspect(node, 'counter' as ModuleName)).rejects.toThrow(
      expect.objectContaining({ code: 'GOSSIP_E_MODULE_ABSENT', message: `node7 (${node.address}): counter does not run here now` }),
    );
  });

  it('cuts the reason of a refusal that has no end', async () => {
    const body = Buffer.from(JSON.stringify({ code: 'GOSSIP_E_BUSY', message: 'no'.repeat(2_000) }));
    const { node } = await startNode({ inspect: () => ({ status: 503, body }) });
    const refused = await connect()
      .inspect(node, 'counter' as ModuleName)
      .catch((thrown: unknown) => thrown as GossipError);
    expect(refused).toMatchObject({ code: 'GOSSIP_E_BUSY', message: expect.stringMatching(/^.{1,600}$/) });
  });

  it('tells a value that is nested too deep as the doing of the module', async () => {
    const { node } = await startNode({ inspect: () => ({ status: 200, body: Buffer.from(`${'['.repeat(65)}${']'.repeat(65)}`) }) });
    await expect(connect().inspect(node, 'counter' as ModuleName)).rejects.toThrow(
      expect.objectContaining({
        code: 'GOSSIP_E_MODULE_ANSWER',
        message: `node7 (${node.address}): what inspect() of counter shows cannot be read: the JSON is nested deeper than 64`,
      }),
    );
  });

  it.each([
    ['not JSON', Buffer.from('<html>')],
    ['a status of another form', Buffer.from('{"cluster":5}')],
    ['nothing', Buffer.alloc(0)],
  ])('refuses %s for an answer', async (_, body) => {
    const { node } = await startNode({ status: () => ({ status: 200, body }) });
    await expect(connect().status(node)).rejects.toThrow(code('GOSSIP_E_REQUEST'));
  });

  it('takes no more than the kind of question can need: whoever drips an answer is waited for that long', async () => {
    const long = (bytes: number) => () => ({ status: 200, body: Buffer.alloc(bytes, 0x20) });
    const over = (name: RouteName) => long(ROUTES[name].maxAnswerBytes + 1);
    const answers = { hello: over('hello'), inspect: over('inspect'), status: over('status'), configuration: over('inspect') };
    const { node } = await startNode(answers);
    const client = connect();
    await expect(client.status(node)).rejects.toThrow(code('GOSSIP_E_TOO_LARGE'));
    await expect(client.identify(node.address)).rejects.toThrow(code('GOSSIP_E_TOO_LARGE'));
    await expect(client.inspect(node, 'counter' as ModuleName)).rejects.toThrow(code('GOSSIP_E_TOO_LARGE'));
    await expect(client.configuration(node)).rejects.toThrow(code('GOSSIP_E_REQUEST'));
  });

  it('says that nothing listens, with exit code 3', async () => {
    const node = { id: operator.id, name: 'gone', address: '127.0.0.1:1' } as NodeAddress;
    await expect(connect().status(node)).rejects.toThrow(
      expect.objectContaining({
        code: 'GOSSIP_E_UNREACHABLE',
        exitCode: 3,
        message: 'cannot reach gone (127.0.0.1:1): nothing listens there',
      }),
    );
  });

  it('does not wait for ever for a frozen node', async () => {
    const frozen = createServer(() => undefined);
    await new Promise<void>((resolve) => frozen.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void frozen.close());
    const { port } = frozen.address() as { port: number };
    const node = { id: operator.id, name: 'frozen', address: `127.0.0.1:${port}` } as NodeAddress;
    const failure = await connect({ connectMs: 100 }).status(node).catch(toGossipError);
    expect(failure).toMatchObject({ code: 'GOSSIP_E_TIMEOUT', exitCode: 3 });
    expect(isOverdue(failure as GossipError)).toBe(true);
  });

  it('waits longer for one that has too much to do, and goes on so with all that it asks there', async () => {
    const { promise: gone, resolve: go } = Promise.withResolvers<void>();
    const { node } = await startNode({
      status: () => gone.then(() => json(200, nodeStatus(node, []))),
      configuration: () => json(200, { records: [] }),
    });
    const client = connect({ statusMs: 300 });
    const failure = await client.status(node).catch(toGossipError);
    expect(isOverdue(failure as GossipError)).toBe(true);
    const asked = client.status(node, { patient: true });
    setTimeout(go, 400);
    expect((await asked).id).toBe(node.id);
    expect(await client.configuration(node)).toEqual([]);
  });

  it('knows one that is late from an address where nobody takes the connection', async () => {
    const full = spawn(process.execPath, [
      '-e',
      `require('node:net').createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, function () { console.log(this.address().port) })`,
    ]);
    onTestFinished(() => void full.kill('SIGKILL'));
    const [port] = (await once(full.stdout, 'data')) as [Buffer];
    full.kill('SIGSTOP');
    const address = `127.0.0.1:${Number(String(port))}`;
    // The kernel takes as many as the stopped program has room for, and no more.
    const waiting = Array.from({ length: 8 }, () => createConnection(Number(String(port)), '127.0.0.1'));
    onTestFinished(() => waiting.forEach((socket) => socket.destroy()));
    await vi.waitFor(() => expect(waiting.filter(({ connecting }) => !connecting)).toHaveLength(2), { timeout: 10_000 });
    const failure = await connect({ connectMs: 200 })
      .status({ id: operator.id, name: 'nobody', address } as NodeAddress)
      .catch(toGossipError);
    expect(failure).toMatchObject({ code: 'GOSSIP_E_TIMEOUT' });
    expect(isOverdue(failure as GossipError)).toBe(false);
  });
});

describe('an address that somebody typed', () => {
  it('is believed once the node there has shown that it is a member', async () => {
    const { node } = await startNode({});
    expect(await connect().identify(node.address)).toEqual(node);
  });

  it.each([
    ['no admission', () => null],
    ["another node's admission", () => admissionOf(makeIdentity())],
    ['an admission by another key', (identity: Identity) => admissionOf(identity, generateKey())],
  ])('is refused when the node shows %s', async (_, admission) => {
    const identity = makeIdentity();
    const { node, paths } = await startNode({}, { identity, admission: admission(identity) });
    await expect(connect().identify(node.address)).rejects.toThrow(expect.objectContaining({ exitCode: 6 }));
    expect(paths()).toEqual(['POST /v1/hello']);
  });
});

describe('the modules of a node elsewhere', () => {
  const reach = (node: NodeAddress): Gossip => {
    const modules = new Gossip(connect().modules(node, 'a warrant'));
    onTestFinished(() => modules.close());
    return modules;
  };

  it('are asked with the warrant, over connections that stay; a node that has forgotten the operator is greeted again', async () => {
    const shown: (string | undefined)[] = [];
    let forgets = false;
    const { node, paths } = await startNode({
      request: ({ headers, body }) => {
        shown.push(headers.get('gossip-warrant'));
        if (!forgets) return { status: 200, headers: { 'content-type': 'application/json' }, body };
        forgets = false;
        throw new GossipError('GOSSIP_E_NOT_ADMITTED', 'who is that?');
      },
    });
    const registry = reach(node).module('registry');
    expect(await registry.request({ a: 1 })).toEqual({ a: 1 });
    forgets = true;
    expect(await registry.request([2])).toEqual([2]);
    const asked = 'POST /v1/apps/registry/request';
    expect(paths()).toEqual(['POST /v1/hello', asked, asked, 'POST /v1/hello', asked]);
    expect(new Set(shown)).toEqual(new Set(['a warrant']));
  });

  it('refuse with their code and reason; who gives up hears his own reason', async () => {
    const { node } = await startNode({
      request: ({ body }) => {
        if (Buffer.from(body).toString() === '"wait"') return new Promise<PeerResponse>(() => undefined);
        throw new GossipError('GOSSIP_E_MODULE_REFUSED', 'no', { reason: 'conflict' });
      },
    });
    const registry = reach(node).module('registry');
    await expect(registry.request(1)).rejects.toMatchObject({ code: 'GOSSIP_E_MODULE_REFUSED', message: 'no', reason: 'conflict' });
    await expect(registry.request('wait', { signal: AbortSignal.abort(new Error('never mind')) })).rejects.toThrow('never mind');
    await expect(registry.request('wait', { timeoutMs: 500 })).rejects.toMatchObject({ code: 'GOSSIP_E_TIMEOUT' });
  });

  it('are watched from a place on, by the beginning of a topic', async () => {
    const asked: (string | undefined)[][] = [];
    const { node } = await startNode({
      watch: ({ headers }) => {
        asked.push([headers.get('gossip-topic'), headers.get('last-event-id')]);
        return {
          status: 200,
          takeOver: (response) => {
            response.shouldKeepAlive = false;
            response.writeHead(200, { 'content-type': 'text/event-stream' });
            response.end(`id: 7-${asked.length}\ndata: ${asked.length}\n\n`);
          },
        };
      },
    });
    const seen: unknown[] = [];
    for await (const event of reach(node).module('registry').watch({ topic: 'a/b c', after: '7-0' })) {
      seen.push(event);
      if (seen.length === 2) break;
    }
    expect(seen).toEqual([
      { type: 'event', id: '7-1', data: 1 },
      { type: 'event', id: '7-2', data: 2 },
    ]);
    expect(asked).toEqual([
      ['a%2Fb%20c', '7-0'],
      ['a%2Fb%20c', '7-1'],
    ]);
  });
});

describe('attack B18: a node that hearsay names', () => {
  const answers = { deployment: () => json(201, { outcome: 'applied' }), 'put-blob': () => ({ status: 204 }) };
  const hash = `sha256:${'0'.repeat(64)}` as ContentHash;
  const deliver = async (client: OperatorClient, node: NodeAddress): Promise<void> => {
    await client.announce(node, record(1).envelope, null);
    await client.putBlob(node, hash, hash, new Uint8Array(1));
  };

  it('is sent record and code once it has shown, and only once, that it is a member', async () => {
    const { node, paths } = await startNode(answers);
    await deliver(connect(), node);
    expect(paths()).toEqual(['POST /v1/hello', 'POST /v1/deployments', `PUT /v1/code/${hash}/blobs/${hash}`]);
  });

  it.each([
    ['no admission', () => null],
    ["another node's admission", () => admissionOf(makeIdentity())],
    ['an admission by another key', (identity: Identity) => admissionOf(identity, generateKey())],
  ])('is sent nothing when it shows %s', async (_, admission) => {
    const identity = makeIdentity();
    const { node, paths } = await startNode(answers, { identity, admission: admission(identity) });
    const client = connect();
    await expect(deliver(client, node)).rejects.toThrow(expect.objectContaining({ exitCode: 6 }));
    await expect(client.putBlob(node, hash, hash, new Uint8Array(1))).rejects.toThrow(expect.objectContaining({ exitCode: 6 }));
    expect(paths()).toEqual(['POST /v1/hello', 'POST /v1/hello']);
  });

  it('hears no request to a module, nor the warrant, when it shows no admission', async () => {
    const identity = makeIdentity();
    const { node, paths } = await startNode({ request: () => json(200, 1) }, { identity, admission: null });
    const modules = new Gossip(connect().modules(node, 'a warrant'));
    onTestFinished(() => modules.close());
    await expect(modules.module('registry').request(1)).rejects.toThrow(expect.objectContaining({ exitCode: 6 }));
    expect(paths()).toEqual(['POST /v1/hello']);
  });

  it.each([
    ['is sent nothing when rendezvous nodes do not know it', false],
    ['is sent everything when one of them knows it', true],
  ])('with an admission whose token has expired: %s', async (_, known) => {
    const admission = (): PeerResponse => {
      if (known) return { status: 204 };
      throw new GossipError('GOSSIP_E_NOT_FOUND', 'no such member is known here');
    };
    const rendezvous = (await startNode({ admission })).node;
    const trusted = { ...root, root: { ...root.root, rendezvous: [rendezvous] } } as TrustedRoot;
    const client = new OperatorClient({ ...operatorCluster, root: trusted });
    onTestFinished(() => client.close());
    const identity = makeIdentity();
    const { node, paths } = await startNode(answers, { identity, admission: admissionOf(identity, operatorKey, 1) });
    const sent = await deliver(client, node).then(
      () => 'everything',
      (thrown: GossipError) => thrown.code,
    );
    expect([sent, paths().length]).toEqual(known ? ['everything', 3] : ['GOSSIP_E_TOKEN_EXPIRED', 1]);
  });
});

describe('a node in the place of another', () => {
  it('sees no HTTP request', async () => {
    const { node, seen } = await startNode({ status: () => json(200, nodeStatus(node, [])) });
    await expect(connect().status({ ...node, id: makeIdentity().id })).rejects.toThrow(code('GOSSIP_E_IDENTITY'));
    expect(seen).toEqual([]);
  });

  it('would see it without the pin', async () => {
    const { node, seen } = await startNode({ status: () => json(200, {}) });
    const agent = new PinnedAgent(
      { context: secureContext(operator), peer: { ...node, id: makeIdentity().id }, proxies: null, connectMs: 3_000 },
      () => undefined,
    );
    onTestFinished(() => agent.destroy());
    await new Promise((resolve, reject) => {
      request(`https://${node.address}/v1/status`, { agent }, resolve).once('error', reject).end();
    });
    expect(seen).toHaveLength(1);
  });
});

describe('the logs of a node', () => {
  const question: LogQuestion = { module: null, level: 'debug', ageMs: null, since: null, lines: null, after: null, follow: false };
  const said = { at: '1-1', time: '2026-01-31T12:00:00.000Z', level: 'warn', module: 'membership', deployment: 'd2', text: 'x' };
  const lines = async (node: NodeAddress): Promise<LogLine[]> => {
    const seen: LogLine[] = [];
    for await (const line of connect().logs(node, 'warrant', question)) seen.push(line);
    return seen;
  };

  it('come in pieces of any size, with heartbeats between them, and what later versions add is no harm', async () => {
    const text = `${JSON.stringify(said)}\n\n\n{"lost":3}\n{"lost":null}\n${JSON.stringify({ ...said, new: 1 })}\n{"told":"1-2"}\n`;
    const logs = (): PeerResponse => ({ status: 200, body: Readable.from([...Buffer.from(text)].map((byte) => Buffer.of(byte))) });
    const { node, seen } = await startNode({ logs });
    expect(await lines(node)).toEqual([
      { type: 'record', record: said },
      { type: 'lost', lost: 3 },
      { type: 'lost', lost: null },
      { type: 'record', record: said },
      { type: 'told', at: '1-2' },
    ]);
    expect(JSON.parse(Buffer.from(seen[0]?.body ?? []).toString())).toEqual(question);
    expect(seen[0]?.headers.get(HEADERS.warrant)).toBe('warrant');
  });

  it.each([
    ['no JSON', 'hello\n'],
    ['something else', '{"status":"fine"}\n'],
    ['a record without a time', `${JSON.stringify({ ...said, time: 'now' })}\n`],
    ['a module that is no name', `${JSON.stringify({ ...said, module: '../x' })}\n`],
    ['a line without end', 'x'.repeat(1_000_000)],
  ])('that say %s are refused', async (_, text) => {
    const { node } = await startNode({ logs: () => ({ status: 200, body: Readable.from([Buffer.from(text)]) }) });
    await expect(lines(node)).rejects.toBeInstanceOf(GossipError);
  });

  it('of a version of before are said not to be kept', async () => {
    const { node } = await startNode({});
    await expect(lines(node)).rejects.toMatchObject({ code: 'GOSSIP_E_NOT_FOUND', message: expect.stringContaining('version of before') });
  });

  it('are asked for anew once the admission was shown', async () => {
    let known = false;
    const logs = (): PeerResponse => {
      if (!known) throw new GossipError('GOSSIP_E_NOT_ADMITTED', 'no admission shown');
      return { status: 200, body: Readable.from([Buffer.from('{"told":"1-0"}\n')]) };
    };
    const hello = (): PeerResponse => {
      known = true;
      return json(200, { admission: null, name: 'node7', address: null });
    };
    const { node } = await startNode({ logs, hello });
    expect(await lines(node)).toEqual([{ type: 'told', at: '1-0' }]);
  });
});
