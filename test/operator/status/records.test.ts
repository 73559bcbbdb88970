import { describe, expect, it } from 'vitest';
import { historyOf } from '../../../src/operator/status/history.ts';
import { Records } from '../../../src/operator/status/records.ts';
import { code, paperRemoval, peer, record, root } from '../../support/records.ts';

const names = new Map([
  [peer(1).id, 'rendezvous1'],
  [peer(2).id, 'rendezvous2'],
]);
const d1 = record(1);
const d2 = record(2, { module: 'registry' });
const d3 = record(3, { scrub: true, message: 'counters were poisoned' });
const twin = record(3, { origin: peer(2).id, module: 'registry' });
const coded = (expected: string) => expect.objectContaining({ code: expected });

describe('names of deployments', () => {
  it('are d and the sequence', () => {
    const records = Records.of([d1, d2, d3], names);
    expect(records.all.map((each) => records.name(each))).toEqual(['d3', 'd2', 'd1']);
    expect(records.find('d2')).toBe(d2);
  });

  it('carry the origin where a partition made two of one sequence', () => {
    const records = Records.of([d3, d1, twin], names);
    expect(records.name(d3)).toBe('d3@rendezvous1');
    expect(records.name(twin)).toBe('d3@rendezvous2');
    expect(records.name(d1)).toBe('d1');
    expect(records.find('d3@rendezvous2')).toBe(twin);
    expect(records.find(`d3@${peer(1).id.slice(0, 12)}`)).toBe(d3);
    expect(() => records.find('d3')).toThrow(/d3@rendezvous2 and d3@rendezvous1|d3@rendezvous1 and d3@rendezvous2/);
    expect(() => records.find('d3')).toThrow(coded('GOSSIP_E_DEPLOYMENT_AMBIGUOUS'));
  });

  it('are named by their module where two of one sequence entered at one node', () => {
    const other = record(1, { module: 'registry' });
    const records = Records.of([d1, other], names);
    expect([records.name(d1), records.name(other)]).toEqual(['d1@membership', 'd1@registry']);
    expect(records.find('d1@registry').hash).toBe(other.hash);
    expect(records.find('d1@membership').hash).toBe(d1.hash);
    expect(() => records.find('d1')).toThrow(coded('GOSSIP_E_DEPLOYMENT_AMBIGUOUS'));
  });

  it.each(['d9', 'd1@rendezvous2'])('say that there is no %s', (name) => {
    expect(() => Records.of([d1], names).find(name)).toThrow(coded('GOSSIP_E_DEPLOYMENT_UNKNOWN'));
  });

  it.each(['', 'd', 'd0', 'd-1', '1', 'D1', 'd1.5', 'd1@', 'd1@A', 'd99999999999999'])('refuse %o', (name) => {
    expect(() => Records.of([d1], names).find(name)).toThrow(coded('GOSSIP_E_DEPLOYMENT_NAME'));
  });
});

describe('records of several nodes', () => {
  it('count once, newest first', async () => {
    const records = await Records.verified([d1.envelope, d3.envelope, d1.envelope, d2.envelope], root, names);
    expect(records.all.map(({ hash }) => hash)).toEqual([d3.hash, d2.hash, d1.hash]);
    expect(records.highestSequence).toBe(3);
    expect(records.modules).toEqual(['membership', 'registry']);
    expect(records.newest(d1.deployment.module)?.hash).toBe(d3.hash);
  });

  it('are refused when one of them does not verify (law 2)', async () => {
    const forged = { ...d1.envelope, payload: d2.envelope.payload };
    await expect(Records.verified([d2.envelope, forged], root, names)).rejects.toThrow(coded('GOSSIP_E_SIGNATURE'));
  });
});

describe('thousands of records', () => {
  const removed = Array.from({ length: 5_000 }, (_, index) => paperRemoval(index + 1));

  it('are found by number and hash, and have a history each', () => {
    const records = Records.of(removed, names);
    expect(records.modules).toHaveLength(5_000);
    expect(removed.every((each) => records.byNumber(each.deployment.number) === each && records.byHash(each.hash) === each)).toBe(true);
    const history = historyOf(records);
    expect([history.length, history[0]?.deployment, history.at(-1)?.deployment]).toEqual([5_000, 'd5000', 'd1']);
  });

  it('are verified once by a command, however many nodes show them', async () => {
    const envelopes = [d1, d2, d3].map(({ envelope }) => envelope);
    const once = await Records.verified(envelopes, root, names);
    const again = await Records.verified(structuredClone(envelopes), root, names);
    expect(again.all.map((each, index) => each === once.all[index])).toEqual([true, true, true]);
  });

  it('let others have their turn while they are verified', async () => {
    let turns = 0;
    const timer = setInterval(() => (turns += 1), 0);
    await Records.verified(
      removed.slice(0, 500).map(({ envelope }) => envelope),
      root,
      names,
    );
    clearInterval(timer);
    expect(turns).toBeGreaterThan(0);
  });
});

describe('history', () => {
  it('tells who, what, when, why and from where, newest first', () => {
    const records = Records.of([d1, d2, d3], names);
    expect(historyOf(records, d1.deployment.module)).toEqual([
      {
        deployment: 'd3',
        number: d3.deployment.number,
        module: 'membership',
        code: code('code3').hash,
        version: 'code3',
        settings: d3.deployment.settings,
        author: 'ada',
        enteredAt: 'rendezvous1',
        message: 'counters were poisoned',
        rollbackOf: null,
        scrub: true,
        issued: '2023-11-14T22:13:20.003Z',
        superseded: null,
      },
      {
        deployment: 'd1',
        number: d1.deployment.number,
        module: 'membership',
        code: code('code1').hash,
        version: 'code1',
        settings: d1.deployment.settings,
        author: 'ada',
        enteredAt: 'rendezvous1',
        message: '',
        rollbackOf: null,
        scrub: false,
        issued: '2023-11-14T22:13:20.001Z',
        superseded: '2023-11-14T22:13:20.003Z',
      },
    ]);
  });

  it('shows a removal without code, and a time that no date can say as it is', () => {
    const far = record(4, { code: null, time: 2 ** 53 - 1 });
    const [entry] = historyOf(Records.of([far], names));
    expect(entry).toMatchObject({ code: null, version: null, issued: `${2 ** 53 - 1} ms` });
  });
});
