/** A drill on paper: what it deploys, how it is known from the history, and that it comes back whatever happens. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { GossipError } from '../../../src/model/errors.ts';
import type { VerifiedDeployment } from '../../../src/model/deployment.ts';
import type { ModuleName } from '../../../src/model/names.ts';
import { deploy } from '../../../src/operator/deploy/deploy.ts';
import { Collapse } from '../../../src/operator/drill/collapse.ts';
import { breakModules, heal, watchCollapse } from '../../../src/operator/drill/drill.ts';
import type { DrillStage, Healed } from '../../../src/operator/drill/drill.ts';
import { brokenModules, drillDraft, placeTaken } from '../../../src/operator/drill/drill-record.ts';
import type { Broken } from '../../../src/operator/drill/drill-record.ts';
import type { Target } from '../../../src/operator/drill/plan.ts';
import type { Sighting } from '../../../src/operator/status/gather.ts';
import { Records } from '../../../src/operator/status/records.ts';
import { code, peer, record } from '../../support/records.ts';
import { moduleStatus, nodeStatus, PaperDoor, paperCode, root, signing } from '../paper-node.ts';
import type { PaperNode } from '../paper-node.ts';

const [first, second] = [peer(1, 'rendezvous1'), peer(2, 'rendezvous2')];
const counter = 'counter' as ModuleName;
const never = new AbortController().signal;
const known = (...records: readonly VerifiedDeployment[]): Records => Records.of(records, new Map());

describe('the history alone tells what a drill has broken', () => {
  const d1 = record(1);
  const draft = drillDraft(d1, 'd1', code('drill'), 'ada', '00c0ffee');
  const drill = (sequence: number, place = d1): VerifiedDeployment =>
    record(sequence, { code: code('drill'), message: drillDraft(place, 'd1', code('drill'), 'ada', '00c0ffee').message });

  it('by the label of its code and by its message, which names what it replaces', () => {
    expect(placeTaken(drill(2))).toBe(d1.hash);
    expect(placeTaken(record(2, { message: draft.message }))).toBeNull();
    expect(placeTaken(record(2, { code: code('drill'), message: 'a release' }))).toBeNull();
    expect(placeTaken(record(2, { code: null, message: draft.message }))).toBeNull();
    expect(brokenModules(known(d1, drill(2)))).toEqual([{ module: 'membership', drill: drill(2), before: d1 }]);
  });

  it('keeps settings and state, and takes nobody by surprise', () => {
    expect(draft).toMatchObject({ scrub: false, after: d1.hash, settings: {}, rollbackOf: null });
    expect(draft.message).toContain("'gossip rollback d1'");
  });

  it('only where the drill is the newest, and of that module', () => {
    expect(brokenModules(known(d1, drill(2), record(3)))).toEqual([]);
    expect(brokenModules(known(d1, drill(2)), counter)).toEqual([]);
    expect(brokenModules(known(drill(2)))).toEqual([]);
    const other = record(1, { module: 'counter' });
    expect(brokenModules(known(other, drill(2, other)))).toEqual([]);
  });

  it('through drills that stand in the place of drills', () => {
    expect(brokenModules(known(d1, drill(2), drill(3, drill(2))))).toEqual([
      { module: 'membership', drill: drill(3, drill(2)), before: d1 },
    ]);
  });
});

describe('breaking and healing', () => {
  let door: PaperDoor;
  let entrances: readonly PaperNode[];
  let stage: DrillStage;
  let before: VerifiedDeployment;
  let target: Target;
  const broken: Broken[] = [];
  const healed: Healed[] = [];

  beforeEach(async () => {
    door = new PaperDoor();
    entrances = [door.add(first), door.add(second)];
    const directory = await mkdtemp(join(tmpdir(), 'gossip-drill-'));
    const pause = (): Promise<void> => Promise.resolve();
    stage = {
      cluster: { root, directory },
      api: door,
      signing,
      entrances: [first, second],
      author: 'ada',
      run: '00000001',
      look: () => Promise.resolve([]),
      clock: { now: () => 0, pause },
    };
    const good = paperCode('good');
    const draft = {
      module: counter,
      code: good.reference,
      settings: { step: 2 },
      scrub: false,
      rollbackOf: null,
      author: 'ada',
      message: '',
    };
    before = (await deploy(signing, door, first, draft, good)).record;
    const [one, other] = entrances as [PaperNode, PaperNode];
    other.records.push(...one.records);
    for (const [hash, manifest] of one.manifests) other.manifests.set(hash, manifest);
    for (const [hash, bytes] of one.blobs) other.blobs.set(hash, bytes);
    target = { module: counter, before, name: 'd1', nodes: new Set([first.id]) };
    broken.length = 0;
    healed.length = 0;
  });
  afterEach(() => rm(stage.cluster.directory, { recursive: true }));

  const breakIt = (ends = never) => breakModules(stage, [target], ends, (each) => void broken.push(each));
  const healIt = () => heal(stage, broken, new Set([counter]), (each) => void healed.push(each));
  const newestAt = (node: PaperNode | undefined) => known(...(node?.records ?? [])).newest(counter)?.deployment;

  it('deploys what ran before, settings and all, and throws no state away', async () => {
    await breakIt();
    expect(newestAt(entrances[0])).toMatchObject({ code: { version: 'drill' }, settings: { step: 2 }, scrub: false });
    await healIt();
    expect(newestAt(entrances[0])).toMatchObject({
      number: { sequence: 3 },
      code: before.deployment.code,
      settings: { step: 2 },
      scrub: false,
      rollbackOf: before.hash,
    });
    expect(healed.map(({ deployed }) => deployed?.name)).toEqual(['d3']);
  });

  it('breaks nothing once it is interrupted, and nothing that could not be brought back', async () => {
    await breakIt(AbortSignal.abort());
    for (const node of entrances) node.manifests.clear();
    await expect(breakIt()).rejects.toThrow(expect.objectContaining({ code: 'GOSSIP_E_CODE_ABSENT' }));
    expect([broken, entrances[0]?.records]).toEqual([[], [before]]);
  });

  it('is refused where somebody deployed after it was agreed to', async () => {
    const other = paperCode('other');
    const draft = { module: counter, code: other.reference, scrub: false, rollbackOf: null, author: 'eve', message: '' };
    const { record: between } = await deploy(signing, door, first, draft, other);
    await expect(breakIt()).rejects.toThrow(expect.objectContaining({ code: 'GOSSIP_E_EXPECT' }));
    expect(newestAt(entrances[0])).toEqual(between.deployment);
  });

  it('leaves alone what another drill has broken at the same time, for that one heals it', async () => {
    const others: Broken[] = [];
    await breakModules({ ...stage, run: '00000002' }, [target], never, (each) => void others.push(each));
    await expect(breakIt()).rejects.toThrow(expect.objectContaining({ code: 'GOSSIP_E_EXPECT' }));
    await healIt();
    expect([broken, healed, newestAt(entrances[0])]).toEqual([[], [], others[0]?.drill.deployment]);
  });

  it('leaves alone what somebody has deployed since', async () => {
    await breakIt();
    const other = paperCode('other');
    const draft = { module: counter, code: other.reference, scrub: false, rollbackOf: null, author: 'eve', message: '' };
    const { record: since } = await deploy(signing, door, first, draft, other);
    await healIt();
    expect(healed).toEqual([{ broken: broken[0], deployed: null }]);
    expect(newestAt(entrances[0])).toEqual(since.deployment);
  });

  it('heals through another node where the first is gone, above the number of the drill that this one has not heard of', async () => {
    await breakIt();
    (entrances[0] as PaperNode).status = null;
    await healIt();
    expect(newestAt(entrances[1])).toMatchObject({ number: { sequence: 3 }, code: before.deployment.code });
  });

  it('heals a drill whose acknowledgement was lost', async () => {
    const announce = door.announce.bind(door);
    door.announce = async (...asked) => {
      const answer = await announce(...asked);
      if ('outcome' in answer) throw new GossipError('GOSSIP_E_IDENTITY', 'the answer was lost');
      return answer;
    };
    await expect(breakIt()).rejects.toThrow('the answer was lost');
    expect(broken).toEqual([]);
    door.announce = announce;
    await healIt();
    expect(healed.map(({ deployed }) => deployed?.name)).toEqual(['d3']);
  });
});

describe('the collapse', () => {
  const d1 = record(1);
  const d2 = record(2);
  const broken = { module: d1.deployment.module, drill: d2, before: d1 };
  const nodes = [1, 2].map((number) => peer(number));
  const sees = (at: number, state: 'running' | 'failed', restarts = 0): Sighting => {
    const node = peer(at);
    return { node, answer: { status: nodeStatus(node, [d2], { modules: [moduleStatus(d2, { state, restarts })] }) } };
  };
  const unaware = (at: number): Sighting => ({ node: peer(at), answer: { status: nodeStatus(peer(at), [d1]) } });
  const made = (): Collapse => new Collapse(broken, new Set(nodes.map(({ id }) => id)), 1_000);

  it('is over once the code has died on every node that ran the module, if not on all at one moment', () => {
    const collapse = made();
    collapse.look([sees(1, 'running'), unaware(2)], 2_000);
    expect(collapse.view()).toMatchObject({ nodes: 2, known: 1, down: 0, knownMs: [1_000, null, null, null] });
    collapse.look([sees(1, 'failed'), sees(2, 'running')], 3_000);
    collapse.look([sees(1, 'running', 1), sees(2, 'failed'), sees(3, 'failed')], 4_000);
    expect(collapse.isOver).toBe(true);
    expect(collapse.view()).toEqual({
      nodes: 2,
      known: 2,
      down: 2,
      deadAtOnce: 1,
      knownMs: [1_000, 2_000, 2_000, 2_000],
      downMs: [2_000, 3_000, 3_000, 3_000],
    });
  });

  it('is watched until then, until it is interrupted, or until the time is over', async () => {
    const watch = (looks: readonly Sighting[], ends: AbortSignal): Promise<string> => {
      let now = 0;
      const pause = (ms: number): Promise<void> => Promise.resolve(void (now += ms));
      return watchCollapse({ look: () => Promise.resolve(looks), clock: { now: () => now, pause } }, [made()], {
        ends,
        withinMs: 5_000,
        onLook: () => undefined,
      });
    };
    expect(await watch([sees(1, 'failed'), sees(2, 'failed')], never)).toBe('down');
    expect(await watch([sees(1, 'failed')], AbortSignal.abort())).toBe('ended');
    expect(await watch([sees(1, 'failed')], never)).toBe('late');
  });
});
