/** Attack B18: one member shows operators a configuration that does not verify. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { GossipError } from '../../src/model/errors.ts';
import { statusLines } from '../../src/operator/render/status-lines.ts';
import { Records } from '../../src/operator/status/records.ts';
import { disbeliefText, survey } from '../../src/operator/status/survey.ts';
import { viewOf } from '../../src/operator/status/status.ts';
import type { OperatorCluster } from '../../src/operator/cluster/clusters.ts';
import { peer, record } from '../support/records.ts';
import { operatorKey, PaperDoor, rendezvous, root } from '../operator/paper-node.ts';
import { signDeployment, verifyDeployment } from '../../src/trust/deployment.ts';

const cluster = { name: 'paper', root, nodes: [peer(3, 'liar'), peer(4, 'node4')] } as unknown as OperatorCluster;
const { deployment } = record(1);
const d1 = verifyDeployment(signDeployment({ ...deployment, cluster: root.cluster, epoch: 1 }, [operatorKey]), root);
const forged = { ...d1.envelope, payload: Buffer.from('{}').toString('base64') };

let door: PaperDoor;
/** The liar claims the digest that all have, and is asked before the others of it. */
beforeEach(() => {
  door = new PaperDoor();
  for (const node of [...rendezvous, ...cluster.nodes]) door.add(node).records.push(d1);
  door.shows.set(peer(3).id, [d1.envelope, forged]);
});

describe('attack B18: a record that does not verify', () => {
  test.each([
    ['of a digest of its own', 'another'],
    ['of the digest that all have', undefined],
  ])('%s is left out, its node is named, and all that others know is known', async (_, digest) => {
    const liar = door.nodes.get(peer(3).id);
    if (liar && digest !== undefined) liar.status = { digest, highestSequence: 1_000_000 };
    const first = {
      ...cluster,
      root: { ...root, root: { ...root.root, rendezvous: [peer(3, 'liar'), ...rendezvous] } },
    } as OperatorCluster;
    const seen = await survey(first, door);
    expect(seen.records.all.map(({ hash }) => hash)).toEqual([d1.hash]);
    expect(seen.disbelieved).toEqual([
      { id: peer(3).id, name: 'liar', address: peer(3).address, why: { code: 'GOSSIP_E_SIGNATURE', message: expect.any(String) } },
    ]);
    const view = viewOf(cluster, seen);
    expect(view.disbelieved).toEqual(seen.disbelieved);
    expect(statusLines(view).wrong[0]).toMatch(/^liar \(10\.0\.0\.3:7946\) shows a configuration that does not verify, and was left out: /);
  });

  test('where all answers are verified together, it takes them all away and names nobody', async () => {
    const answers = await Promise.all([...door.nodes.values()].map(({ node }) => door.configuration(node)));
    await expect(Records.verified(answers.flat(), root, new Map())).rejects.toThrow(
      expect.objectContaining({ code: 'GOSSIP_E_SIGNATURE' }),
    );
  });
});

describe('attack B18: a configuration that never comes, or less than the digest stands for', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  const liars = Array.from({ length: 6 }, (_, number) => peer(10 + number, `liar${number}`));
  const ANSWER_MS = 15_000;
  /** As an operator's client asks a node that never ends its answer. */
  const never = async (): Promise<never> => {
    await new Promise((resolve) => setTimeout(resolve, ANSWER_MS));
    throw new GossipError('GOSSIP_E_TIMEOUT', 'it did not answer within 15000 ms');
  };
  /** The liars are asked first: no rendezvous node answers. */
  const listed = { ...cluster, nodes: liars.concat(peer(4, 'node4')) } as unknown as OperatorCluster;
  const slow = (): Pick<PaperDoor, 'status' | 'configuration'> => ({
    status: (node) => door.status(node),
    configuration: (node) => (node.name.startsWith('liar') ? never() : door.configuration(node)),
  });

  /** The outcome of a survey, and how long it took. */
  async function timed(from: ReturnType<typeof slow>): Promise<{ seen: Awaited<ReturnType<typeof survey>>; tookMs: number }> {
    const startedAt = performance.now();
    const done: Awaited<ReturnType<typeof survey>>[] = [];
    void survey(listed, from).then((seen) => done.push(seen));
    while (done.length === 0) await vi.advanceTimersByTimeAsync(50);
    return { seen: done[0] as Awaited<ReturnType<typeof survey>>, tookMs: performance.now() - startedAt };
  }

  beforeEach(() => {
    for (const node of rendezvous) Object.assign(door.nodes.get(node.id) ?? {}, { status: null });
    for (const node of liars) door.add(node).records.push(d1);
  });

  test('of the digest that all have holds nobody up for long, and hides nothing', async () => {
    const { seen, tookMs } = await timed(slow());
    expect(seen.records.all.map(({ hash }) => hash)).toEqual([d1.hash]);
    expect(seen.disbelieved).toEqual([]);
    expect(tookMs).toBeLessThan(ANSWER_MS);
  });

  test('of digests of their own holds nobody up for long, and is told', async () => {
    for (const [number, node] of liars.entries()) Object.assign(door.nodes.get(node.id) ?? {}, { status: { digest: `own${number >> 1}` } });
    const { seen, tookMs } = await timed(slow());
    expect(seen.records.all.map(({ hash }) => hash)).toEqual([d1.hash]);
    expect(seen.disbelieved.map(({ name, why }) => [name, why.code])).toEqual(
      ['liar0', 'liar2', 'liar4'].map((name) => [name, 'GOSSIP_E_TIMEOUT']),
    );
    expect(seen.disbelieved.map(disbeliefText)[0]).toMatch(/^liar0 \(.*\) does not show its configuration, and was left out: /);
    expect(tookMs).toBeLessThan(4_000);
  });

  test('that is empty, while its digest says otherwise, takes nothing away', async () => {
    for (const node of liars) door.shows.set(node.id, []);
    expect((await timed(door)).seen.records.all.map(({ hash }) => hash)).toEqual([d1.hash]);
  });

  test('where the first answers of each digest are taken, one after the other, they hide what all have, and hold everybody up', async () => {
    for (const node of liars) door.shows.set(node.id, []);
    const first = await Promise.all(liars.slice(0, 3).map((node) => door.configuration(node)));
    expect(first.flat()).toEqual([]);
    const startedAt = performance.now();
    const waits = (async () => {
      for (const node of liars.slice(0, 3))
        await slow()
          .configuration(node)
          .catch(() => undefined);
    })();
    await vi.advanceTimersByTimeAsync(3 * ANSWER_MS);
    await waits;
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(3 * ANSWER_MS);
  });
});
