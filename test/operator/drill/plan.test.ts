/** Before a drill: what it would break, and when it is refused. */
import { describe, expect, it } from 'vitest';
import type { VerifiedDeployment } from '../../../src/model/deployment.ts';
import { GossipError } from '../../../src/model/errors.ts';
import type { ModuleName } from '../../../src/model/names.ts';
import type { OperatorCluster } from '../../../src/operator/cluster/clusters.ts';
import { drillDraft } from '../../../src/operator/drill/drill-record.ts';
import { planDrill, requireMayBreak, requireSoleSigner } from '../../../src/operator/drill/plan.ts';
import type { Sighting } from '../../../src/operator/status/gather.ts';
import { Records } from '../../../src/operator/status/records.ts';
import { generateKey } from '../../../src/trust/keys.ts';
import { makeRoot, trustRoot } from '../../../src/trust/root.ts';
import { code, peer, record } from '../../support/records.ts';
import { moduleStatus, nodeStatus, root } from '../paper-node.ts';

const cluster = { name: 'paper', root } as OperatorCluster;
const counter = 'counter' as ModuleName;
const d1 = record(1);
const d2 = record(2, { module: 'counter' });
const sees = (at: number, records: readonly VerifiedDeployment[], changes = {}): Sighting => ({
  node: peer(at),
  answer: { status: nodeStatus(peer(at), records, changes) },
});
const seen = (records: readonly VerifiedDeployment[], ...sightings: readonly Sighting[]) => ({
  sightings,
  records: Records.of(records, new Map()),
  disbelieved: [],
  unasked: { count: 0, tellers: [] },
});
const refused = (expected: string, message: RegExp) => expect.objectContaining({ code: expected, message: expect.stringMatching(message) });

describe('a drill', () => {
  it('is of every module that runs, on the nodes that run it', () => {
    const removed = record(3, { module: 'gone', code: null });
    const records = [d1, d2, removed];
    const without = sees(2, records, { modules: [moduleStatus(d1), moduleStatus(d2, { state: 'stopped' })], removedModules: 1 });
    const plan = planDrill(cluster, seen(records, sees(1, records), without), undefined);
    expect(plan.map(({ module, name, nodes }) => [module, name, nodes.size])).toEqual([
      ['counter', 'd2', 1],
      ['membership', 'd1', 2],
    ]);
    expect(planDrill(cluster, seen(records, sees(1, records)), counter).map(({ module }) => module)).toEqual(['counter']);
  });

  it('is refused where all is not well, where another one is under way, and where nothing runs', () => {
    const plan =
      (records: readonly VerifiedDeployment[], ...sightings: readonly Sighting[]) =>
      () =>
        planDrill(cluster, seen(records, ...sightings), undefined);
    const why = { code: 'GOSSIP_E_MODULE_STATE', message: 'cannot accept the state' } as const;
    const held = sees(1, [d1], { modules: [moduleStatus(d1, { state: 'held', why })] });
    expect(plan([d1], held)).toThrow(refused('GOSSIP_E_DRILL', /^'paper' is not well: membership is held on node1: .*Nothing was broken$/));
    const silent: Sighting = { node: peer(2), answer: { error: new GossipError('GOSSIP_E_TIMEOUT', 'late') } };
    expect(plan([d1], sees(1, [d1]), silent)).toThrow(refused('GOSSIP_E_DRILL', /is not well: no answer: node2/));
    const drill = record(3, { code: code('drill'), message: drillDraft(d1, 'd1', code('drill'), 'ada', '00c0ffee').message });
    expect(plan([d1, drill], sees(1, [d1, drill]))).toThrow(refused('GOSSIP_E_DRILL', /^a drill is under way.* broken membership$/));
    expect(plan([], sees(1, []))).toThrow(refused('GOSSIP_E_DRILL', /^no node runs a module/));
  });

  it('takes a machine that is slow as it is: that says nothing of whether the cluster heals', () => {
    const slow = sees(1, [d1], { strain: { level: 8, lateMs: 900, timeouts: 3 } });
    expect(planDrill(cluster, seen([d1], slow), undefined)).toHaveLength(1);
  });

  it('is refused for a module that was never deployed or was removed', () => {
    const removed = record(3, { module: 'counter', code: null });
    const plan = (records: readonly VerifiedDeployment[]) => () => planDrill(cluster, seen(records, sees(1, records)), counter);
    expect(plan([d1])).toThrow(refused('GOSSIP_E_MODULE_UNKNOWN', /counter/));
    expect(plan([d1, removed])).toThrow(refused('GOSSIP_E_MODULE_ABSENT', /counter/));
  });

  it('is refused where one key alone cannot heal, and elsewhere than in a lab unless that was said', () => {
    const keys = [generateKey(), generateKey()];
    const two = trustRoot(
      makeRoot({ name: 'two', created: 0, rootKeys: keys, deployKeys: keys, admitKeys: keys, rendezvous: [], thresholds: { deploy: 2 } }),
    );
    expect(() => requireSoleSigner({ name: 'two', root: two })).toThrow(refused('GOSSIP_E_THRESHOLD', /^2 keys must sign/));
    expect(() => requireSoleSigner(cluster)).not.toThrow();
    expect(() => requireMayBreak(cluster, false, false)).toThrow(refused('GOSSIP_E_UNCONFIRMED', /is no lab of this home/));
    expect(() => [requireMayBreak(cluster, true, false), requireMayBreak(cluster, false, true)]).not.toThrow();
  });
});
