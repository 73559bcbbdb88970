import { beforeEach, describe, expect, it } from 'vitest';
import { GossipError } from '../../../src/model/errors.ts';
import type { ModuleName } from '../../../src/model/names.ts';
import type { VerifiedDeployment } from '../../../src/model/deployment.ts';
import { deploy, draftRemarks, inject, prepare } from '../../../src/operator/deploy/deploy.ts';
import type { Draft } from '../../../src/operator/deploy/deploy.ts';
import { findCode, requireOf, rollbackDraft, rollbackRemarks } from '../../../src/operator/deploy/rollback.ts';
import { Records } from '../../../src/operator/status/records.ts';
import { generateKey } from '../../../src/trust/keys.ts';
import { makeRoot, trustRoot } from '../../../src/trust/root.ts';
import { peer } from '../../support/records.ts';
import { operatorKey, PaperDoor, paperCode, rendezvous, signing } from '../paper-node.ts';
import type { PaperNode } from '../paper-node.ts';

const node = peer(1, 'rendezvous1');
const counter = 'counter' as ModuleName;
const code = paperCode('one');
const draft: Draft = { module: counter, code: code.reference, scrub: false, rollbackOf: null, author: 'ada', message: 'first' };
const coded = (expected: string) => expect.objectContaining({ code: expected });

let door: PaperDoor;
let paper: PaperNode;
beforeEach(() => {
  door = new PaperDoor();
  paper = door.add(node);
});

/** A deployment that another operator brings in. */
async function other(module: string): Promise<VerifiedDeployment> {
  const foreign = paperCode(`other ${module}`);
  const made = await prepare(signing, door, node, { ...draft, module: module as ModuleName, code: foreign.reference });
  const record = door.verify(made.envelope);
  paper.records.push(record);
  return record;
}

describe('in a later trust epoch', () => {
  const made = makeRoot({
    name: 'paper',
    created: 0,
    rootKeys: [operatorKey],
    deployKeys: [operatorKey],
    admitKeys: [operatorKey],
    rendezvous,
  });
  /** As of a root that came by a recovery: only what the number of a deployment is made of is looked at. */
  const later = (modules: number) => {
    const { root: first, ...rest } = trustRoot(made);
    return { ...rest, root: { ...first, epoch: 2, modules } } as unknown as (typeof signing)['root'];
  };
  const scrubOf = async (modules: number, floor: number, more: Partial<Draft> = {}): Promise<boolean> =>
    (await prepare({ ...signing, root: later(modules), floor }, door, node, { ...draft, ...more }).then(({ deployment }) => deployment))
      .scrub;

  it('what is new begins with no state', async () => {
    expect(await scrubOf(0, 0)).toBe(true);
  });

  it('a node that has just come does not say what is new: the state of all nodes would go', async () => {
    // It knows less than this operator has seen; or it lacks what the epoch began with.
    for (const [modules, floor] of [
      [0, 7],
      [2, 0],
    ] as const) {
      await expect(scrubOf(modules, floor)).rejects.toThrow(
        expect.objectContaining({ code: 'GOSSIP_E_BUSY', advice: expect.stringContaining('--scrub') }),
      );
      expect(await scrubOf(modules, floor, { scrub: true })).toBe(true);
    }
  });
});

describe('deploying', () => {
  it('mints the first number, sends what the node lacks, and is acknowledged', async () => {
    const { record, name } = await deploy(signing, door, node, draft, code);
    expect(name).toBe('d1');
    expect(record.deployment).toEqual({
      type: 'gossip/deployment/1',
      cluster: signing.root.cluster,
      epoch: 1,
      number: { sequence: 1, time: 1_700_000_000_000, origin: node.id },
      module: 'counter',
      code: code.reference,
      settings: {},
      scrub: false,
      rollbackOf: null,
      author: 'ada',
      message: 'first',
    });
    expect(paper.records).toEqual([record]);
    expect(door.calls).toEqual(['configuration rendezvous1', 'announce rendezvous1', 'putBlob rendezvous1', 'announce rendezvous1']);
  });

  it('sends no code that the node has already', async () => {
    await deploy(signing, door, node, draft, code);
    door.calls.length = 0;
    expect((await deploy(signing, door, node, draft, code)).name).toBe('d2');
    expect(door.calls).toEqual(['configuration rendezvous1', 'announce rendezvous1']);
  });

  it('counts over all modules', async () => {
    await other('registry');
    expect((await deploy(signing, door, node, draft, code)).name).toBe('d2');
  });

  it('mints the next number when another operator was faster', async () => {
    const faster = [await other('registry'), await other('membership'), await other('aggregate')];
    paper.records.length = 0;
    paper.beforeAnnounce = () => void paper.records.push(...faster.splice(0, 1));
    const { name } = await deploy(signing, door, node, draft, code);
    expect(name).toBe('d4');
    expect(paper.records.map(({ deployment }) => deployment.module)).toEqual(['registry', 'membership', 'aggregate', 'counter']);
  });

  it('gives up when every number is taken', async () => {
    door.announce = () => Promise.reject(new GossipError('GOSSIP_E_NUMBER_TAKEN', 'd1 is taken'));
    await expect(deploy(signing, door, node, draft, code)).rejects.toThrow(coded('GOSSIP_E_NUMBER_TAKEN'));
  });

  it('keeps the settings of the last deployment unless others are given', async () => {
    await deploy(signing, door, node, { ...draft, settings: { step: 2 } }, code);
    expect((await deploy(signing, door, node, draft, code)).record.deployment.settings).toEqual({ step: 2 });
    expect((await deploy(signing, door, node, { ...draft, settings: {} }, code)).record.deployment.settings).toEqual({});
  });

  it('refuses when the newest deployment is not the expected one', async () => {
    await deploy(signing, door, node, draft, code);
    await deploy(signing, door, node, draft, code);
    await expect(deploy(signing, door, node, { ...draft, expect: 'd1' }, code)).rejects.toThrow(
      expect.objectContaining({ code: 'GOSSIP_E_EXPECT', exitCode: 8, message: 'the newest deployment of counter is d2, not d1' }),
    );
    expect((await deploy(signing, door, node, { ...draft, expect: 'd2' }, code)).name).toBe('d3');
    await expect(deploy(signing, door, node, { ...draft, module: 'registry' as ModuleName, expect: 'd3' }, code)).rejects.toThrow(
      coded('GOSSIP_E_EXPECT'),
    );
  });

  it('notices on the second try what another operator did to the same module meanwhile', async () => {
    const first = await deploy(signing, door, node, draft, code);
    const foreign = await prepare(signing, door, node, { ...draft, message: 'by somebody else' });
    paper.beforeAnnounce = () => {
      if (paper.records.length === 1) paper.records.push(door.verify(foreign.envelope));
    };
    await expect(deploy(signing, door, node, { ...draft, expect: first.name }, code)).rejects.toThrow(coded('GOSSIP_E_EXPECT'));
  });

  it('sends nothing that the keys of the root do not cover (law 2)', async () => {
    await expect(deploy({ ...signing, key: generateKey() }, door, node, draft, code)).rejects.toThrow(coded('GOSSIP_E_SIGNATURE'));
    expect(door.calls).toEqual(['configuration rendezvous1']);
  });

  it('lets a first of two operators prepare, but not inject', async () => {
    const second = generateKey();
    const keys = [operatorKey, second];
    const two = trustRoot(
      makeRoot({
        name: 'two',
        created: 0,
        rootKeys: [operatorKey],
        deployKeys: keys,
        admitKeys: [operatorKey],
        thresholds: { deploy: 2 },
        rendezvous,
      }),
    );
    const { envelope } = await prepare({ ...signing, root: two }, door, node, draft);
    expect(envelope.signatures).toHaveLength(1);
    await expect(deploy({ ...signing, root: two }, door, node, draft, code)).rejects.toThrow(
      expect.objectContaining({ code: 'GOSSIP_E_THRESHOLD', advice: expect.stringMatching(/--write FILE.*gossip config sign FILE/) }),
    );
  });

  it('says so when a node takes blobs and never has them', async () => {
    door.putBlob = () => Promise.resolve();
    const { envelope } = await prepare(signing, door, node, draft);
    await expect(inject(door, node, envelope, code)).rejects.toThrow(coded('GOSSIP_E_DISK'));
  });
});

describe('rolling back', () => {
  it('is a new, higher deployment with the code and settings of the old one', async () => {
    const first = await deploy(signing, door, node, { ...draft, settings: { step: 1 } }, code);
    const newer = paperCode('two');
    const second = await deploy(signing, door, node, { ...draft, code: newer.reference, settings: { step: 2 } }, newer);
    const options = { scrub: true, author: 'bob', message: '', expect: undefined };
    const third = await deploy(signing, door, node, rollbackDraft(first.record, 'd1', options), code);
    expect(third.record.deployment).toMatchObject({
      number: { sequence: 3 },
      code: code.reference,
      settings: { step: 1 },
      scrub: true,
      rollbackOf: first.record.hash,
      author: 'bob',
      message: 'rollback to d1',
    });
    const records = Records.of([first.record, second.record, third.record], new Map());
    const back = (running: VerifiedDeployment | undefined): string[] =>
      rollbackRemarks(first.record, { before: second.record, running }, records, true);
    expect(back(second.record)).toEqual([
      'The state of counter is thrown away on every node; that cannot be undone.',
      'Back again: gossip rollback d2',
    ]);
    // What every node held never ran: nobody must go back to it.
    expect(back(first.record)[1]).toBe('d2 ran on no node that answered: most ran d1 all the time.');
    expect(back(third.record)[1]).toBe('d2 ran on no node that answered: most ran d3 all the time.');
    expect(() => requireOf(first.record, 'd1', 'membership' as ModuleName)).toThrow(/d1 is a deployment of counter, not of membership/);
  });

  it('from a removal does not promise state that went with it', async () => {
    const first = await deploy(signing, door, node, draft, code);
    const removal = await deploy(signing, door, node, { ...draft, code: null, scrub: true }, null);
    for (const scrub of [false, true]) {
      expect(rollbackRemarks(first.record, { before: removal.record, running: undefined }, removal.records, scrub)).toEqual([
        'The state of counter went when d2 removed it: d1 begins with none.',
        'Back again: gossip remove counter',
      ]);
    }
  });

  it('and any other deployment says when nothing would change', async () => {
    const first = await deploy(signing, door, node, draft, code);
    expect(draftRemarks(draft, first.records)).toEqual([
      'The newest deployment of counter, d1, has this code and these settings already: nothing would change but the number.',
    ]);
    const different = [
      { ...draft, settings: { step: 2 } },
      { ...draft, scrub: true },
      { ...draft, code: paperCode('two').reference },
    ];
    expect(different.map((each) => draftRemarks(each, first.records))).toEqual([[], [], []]);
    const removal = { ...draft, code: null, scrub: true };
    const { records } = await deploy(signing, door, node, removal, null);
    expect(draftRemarks(removal, records)).toEqual(['counter is removed already, by d2; this is one more deployment that removes it.']);
  });

  it('finds the code on whichever node still has it', async () => {
    const { record } = await deploy(signing, door, node, draft, code);
    door.add(peer(2, 'rendezvous2'));
    const source = await findCode(record, [peer(2, 'rendezvous2'), peer(9), node], door);
    expect(await source.manifest()).toEqual(await code.manifest());
    expect(Buffer.from(await source.blob((await source.manifest()).files[0]?.sha256 as never)).toString()).toBe('one');
    const absent = (nodes: number[]) =>
      findCode(
        record,
        nodes.map((number) => peer(number, `rendezvous${number}`)),
        door,
      );
    await expect(absent([2, 2])).rejects.toThrow(/^the one node that answered does not have sha256:/);
    await expect(absent([2, 2, 3])).rejects.toThrow(/^none of the 2 nodes that answered has sha256:/);
    await expect(absent([2])).rejects.toThrow(coded('GOSSIP_E_CODE_ABSENT'));
  });

  it('does not take other bytes from a node than were signed', async () => {
    const { record } = await deploy(signing, door, node, draft, code);
    const source = await findCode(record, [node], door);
    for (const hash of paper.blobs.keys()) paper.blobs.set(hash, Buffer.from('poison'));
    await expect(source.blob((await source.manifest()).files[0]?.sha256 as never)).rejects.toThrow(coded('GOSSIP_E_CODE_MISMATCH'));
  });

  it('refuses to go back to a removal', async () => {
    const { record } = await deploy(signing, door, node, { ...draft, code: null }, null);
    expect(() => rollbackDraft(record, 'd1', { scrub: false, author: '', message: '', expect: undefined })).toThrow(
      coded('GOSSIP_E_DEPLOYMENT_UNKNOWN'),
    );
  });
});
