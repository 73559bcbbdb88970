/** Uploads over HTTP, from an operator's client to a node's handlers: ranges, what broke off, and commands that meet each other. */
import { expect, onTestFinished, test } from 'vitest';
import { Handlers } from '../../../src/core/api/handlers.ts';
import type { HandlersOptions } from '../../../src/core/api/handlers.ts';
import type { Address, ContentHash } from '../../../src/model/names.ts';
import { OperatorClient } from '../../../src/operator/client/client.ts';
import type { NodeAddress } from '../../../src/operator/client/client.ts';
import type { CodeSource } from '../../../src/operator/deploy/code-source.ts';
import { inject } from '../../../src/operator/deploy/deploy.ts';
import { makeIdentity } from '../../../src/trust/identity.ts';
import type { TrustedRoot } from '../../../src/trust/root.ts';
import { root } from '../../operator/paper-node.ts';
import { moduleCode } from '../../support/code.ts';
import type { Code } from '../../support/code.ts';
import { record } from '../../support/records.ts';
import { slowLink } from '../../support/slow-link.ts';
import { bench } from '../api/injection-bench.ts';
import { startClient, startServer } from '../transport/fixtures.ts';

const MIB = 1_048_576;

function codeOf(size: number) {
  const made = moduleCode('words', '//'.padEnd(size));
  const [blob, bytes] = [...made.blobs].toSorted(([, a], [, b]) => b.length - a.length)[0] as [ContentHash, Uint8Array];
  return { made, blob, bytes, deployment: record(1, { code: made.reference }) };
}

function sourceOf({ reference, manifest, blobs }: Code): CodeSource {
  return { reference, manifest: async () => manifest, blob: async (hash) => blobs.get(hash) as Uint8Array };
}

/** A node's handlers of uploads, and the operators who come; `ranges` tells where each upload of a large blob began. */
async function startDoors(blob: ContentHash) {
  const { injection, injected, announce } = await bench();
  const handlers = new Handlers({ injection } as unknown as HandlersOptions);
  const identity = makeIdentity();
  const ranges: (string | undefined)[] = [];
  const { address } = await startServer({
    identity,
    handler: async (asked) => {
      if (asked.route === 'hello') return { status: 200, body: Buffer.from('{"admission":null,"name":"node7","address":null}') };
      if (asked.parameters.get('sha256') === blob) ranges.push(asked.headers.get('content-range'));
      return handlers.handle(asked);
    },
  });
  const operator = makeIdentity();
  /** A command of the operator, which reaches the node at `at`. */
  const command = (at: Address = address): { node: NodeAddress; client: OperatorClient } => {
    const node = { id: identity.id, address: at, name: 'node7' };
    const trusted: TrustedRoot = { ...root, root: { ...root.root, rendezvous: [node] } };
    const client = new OperatorClient({
      name: 'paper',
      directory: '',
      root: trusted,
      identity: operator,
      admission: {} as never,
      nodes: [],
    });
    onTestFinished(() => client.close());
    return { node, client };
  };
  /** What the operator is told of the blob that is on its way in. */
  const kept = async (made: Code, deployment: ReturnType<typeof record>): Promise<number> => {
    const answer = await announce(deployment, made, operator.id);
    return ('partial' in answer && answer.partial?.[blob]) || 0;
  };
  return { address, identity, command, kept, announce, injected, ranges };
}

test.each([
  ['bytes 0-SIZE/SIZE', 0],
  ['bytes 100000-LAST/*', 100_000],
  ['bytes 100000-/SIZE', 100_000],
  ['bytes=100000-LAST/SIZE', 100_000],
  ['bytes -100000/SIZE', 100_000],
  ['100000', 100_000],
  ['', 100_000],
  // Other bytes than come.
  ['bytes 100001-LAST/SIZE', 100_000],
  ['bytes 99999-LAST/SIZE', 100_000],
  ['bytes LAST-100000/SIZE', 100_000],
  ['bytes 100000-LAST/100000', 100_000],
])('a range that is none is refused: %j', async (form, from) => {
  const { made, blob, bytes, deployment } = codeOf(300 * 1024);
  const { address, identity, announce, kept } = await startDoors(blob);
  await announce(deployment, made);
  const range = form.replaceAll('SIZE', String(bytes.length)).replaceAll('LAST', String(bytes.length - 1));
  const answer = await startClient().request(
    { id: identity.id, address },
    {
      method: 'PUT',
      path: `/v1/code/${made.reference.hash}/blobs/${blob}`,
      headers: { 'content-range': range },
      body: bytes.subarray(from),
      timeoutMs: 10_000,
      maxBytes: 10_000,
    },
  );
  expect([answer.status, JSON.parse(Buffer.from(answer.body).toString())]).toEqual([
    400,
    { code: 'GOSSIP_E_REQUEST', message: expect.any(String) },
  ]);
  expect(await kept(made, deployment)).toBe(0);
});

test('a command that is repeated at once goes on, although its link is dead and the node does not know it', async () => {
  const { made, blob, bytes, deployment } = codeOf(2 * MIB);
  const { address, command, kept, injected, ranges } = await startDoors(blob);
  let isDead = false;
  const first = command(await slowLink(address, 64 * 1024, () => !isDead));
  const dead = inject(first.client, first.node, deployment.envelope, sourceOf(made)).catch((error: unknown) => error);
  await expect.poll(() => kept(made, deployment), { timeout: 20_000 }).toBeGreaterThan(500_000);
  isDead = true;
  const second = command();
  expect(await inject(second.client, second.node, deployment.envelope, sourceOf(made))).toBe('applied');
  expect(injected).toEqual([deployment]);
  const from = Number(/^bytes (\d+)-/.exec(ranges[1] ?? '')?.[1]);
  expect([ranges.length, ranges[0], from > 500_000]).toEqual([2, `bytes 0-${bytes.length - 1}/${bytes.length}`, true]);
  first.client.close();
  await dead;
});

test('of two commands of one operator that bring the same code, the first hears that it gave way, and both end well', async () => {
  const { made, blob, deployment } = codeOf(4 * MIB);
  const { address, command, kept, ranges } = await startDoors(blob);
  const link = await slowLink(address, 64 * 1024);
  const [first, second] = [command(link), command(link)];
  const older = inject(first.client, first.node, deployment.envelope, sourceOf(made));
  await expect.poll(() => kept(made, deployment), { timeout: 20_000 }).toBeGreaterThan(500_000);
  const newer = inject(second.client, second.node, deployment.envelope, sourceOf(made));
  expect(await Promise.all([older, newer])).toEqual(['applied', 'applied']);
  // The first sends it anew, and ends nobody.
  expect(ranges.map((range) => range === undefined)).toEqual([false, false, true]);
});

test('what another has brought meanwhile need not be sent to its end', async () => {
  const { made, blob, bytes, deployment } = codeOf(8 * MIB);
  const { address, command, announce, kept, ranges } = await startDoors(blob);
  await announce(deployment, made);
  const whole = command();
  await whole.client.putBlob(whole.node, made.reference.hash, blob, bytes, { from: 0 });
  expect(await kept(made, deployment)).toBe(0);
  // Nothing more of it gets through once the node has been asked.
  const late = command(await slowLink(address, 16 * 1024, (way) => way === 'down' || ranges.length < 2));
  await late.client.putBlob(late.node, made.reference.hash, blob, bytes, { from: 100_000 });
  expect(ranges).toHaveLength(2);
});
