/** What a recovery keeps, and what it signs. */
import { describe, expect, test } from 'vitest';
import type { VerifiedDeployment } from '../../../src/model/deployment.ts';
import type { GossipError } from '../../../src/model/errors.ts';
import type { ModuleName } from '../../../src/model/names.ts';
import { requireAlone } from '../../../src/operator/cluster/recovery/alone.ts';
import { issue, openEpoch } from '../../../src/operator/cluster/recovery/new-epoch.ts';
import { following } from '../../../src/operator/cluster/recovery/rivals.ts';
import { chooseWanted } from '../../../src/operator/cluster/recovery/wanted.ts';
import type { Wishes } from '../../../src/operator/cluster/recovery/wanted.ts';
import type { RootHolder } from '../../../src/operator/cluster/root-change.ts';
import { Records } from '../../../src/operator/status/records.ts';
import { signDeployment, verifyDeployment } from '../../../src/trust/deployment.ts';
import { generateKey } from '../../../src/trust/keys.ts';
import type { PrivateKey } from '../../../src/trust/keys.ts';
import { makeNextRoot, nextRoot } from '../../../src/trust/next-root.ts';
import type { TrustedRoot } from '../../../src/trust/root.ts';
import { deploymentOf, key, peer, root } from '../../support/records.ts';
import type { RecordOptions } from '../../support/records.ts';

const [ada, bob] = [key, generateKey()];
const publics = (...keys: PrivateKey[]) => Object.fromEntries(keys.map((each) => [each.keyid, { public: each.public }]));
const roleOf = (...keys: PrivateKey[]) => ({ keys: keys.map(({ keyid }) => keyid), threshold: 1 });
const both = roleOf(ada, bob);
const second = nextRoot(
  root,
  makeNextRoot(root, { created: 1, keys: publics(ada, bob), roles: { root: both, deploy: both, admit: both } }, [ada]),
);

const [REGISTRY, COUNTER] = ['registry' as ModuleName, 'counter' as ModuleName];
const NONE: Wishes = { keep: new Map(), until: undefined, remove: new Set(), scrub: new Set() };
const stolen = new Set([ada.keyid]);

function record(signer: PrivateKey, sequence: number, module: ModuleName, options: RecordOptions = {}): VerifiedDeployment {
  return verifyDeployment(signDeployment(deploymentOf(sequence, { module, ...options }), [signer]), second);
}

const known = (...records: VerifiedDeployment[]) => Records.of(records, new Map());
const told = (records: Records, wishes: Partial<Wishes>) => {
  const { wanted, undecided } = chooseWanted(records, stolen, { ...NONE, ...wishes });
  return { wanted: wanted.map(({ module, kept, stateless }) => [module, kept === null ? null : records.name(kept), stateless]), undecided };
};
const refusal = (act: () => unknown) => {
  try {
    act();
    return 'accepted';
  } catch (error) {
    return (error as GossipError).code;
  }
};

describe('what goes on', () => {
  const records = known(record(bob, 1, REGISTRY), record(ada, 2, REGISTRY), record(ada, 3, COUNTER), record(ada, 4, COUNTER));

  test('is the newest that another key than the stolen one signed; of the others nobody can tell', () => {
    expect(told(records, {})).toEqual({ wanted: [[REGISTRY, 'd1', null]], undecided: [COUNTER] });
  });

  test('is what the operator names: up to one deployment, or one by one; what came later is removed', () => {
    expect(told(records, { until: 'd3' })).toEqual({
      wanted: [
        [COUNTER, 'd3', null],
        [REGISTRY, 'd2', null],
      ],
      undecided: [],
    });
    expect(told(records, { until: 'd2' })).toEqual({
      wanted: [
        [COUNTER, null, 'removed'],
        [REGISTRY, 'd2', null],
      ],
      undecided: [],
    });
    expect(told(records, { keep: new Map([[COUNTER, 'd4']]), scrub: new Set([COUNTER]) })).toEqual({
      wanted: [
        [COUNTER, 'd4', 'asked'],
        [REGISTRY, 'd1', null],
      ],
      undecided: [],
    });
    expect(told(records, { remove: new Set([COUNTER]) }).wanted).toContainEqual([COUNTER, null, 'removed']);
  });

  test('keeps no state where an earlier scrub would be forgotten, and stays removed where it was', () => {
    const scrubbed = known(record(bob, 1, REGISTRY, { scrub: true }), record(bob, 2, REGISTRY), record(bob, 3, COUNTER, { code: null }));
    expect(told(scrubbed, {}).wanted).toEqual([
      [COUNTER, 'd3', 'removed'],
      [REGISTRY, 'd2', 'scrubbed'],
    ]);
    const byThief = known(record(bob, 1, REGISTRY), record(ada, 2, REGISTRY, { scrub: true }));
    expect(told(byThief, {}).wanted).toEqual([[REGISTRY, 'd1', null]]);
  });

  test.each<[string, Partial<Wishes>, string]>([
    ['a module that is not there', { remove: new Set(['ghost' as ModuleName]) }, 'GOSSIP_E_MODULE_UNKNOWN'],
    ['a deployment of another module', { keep: new Map([[COUNTER, 'd1']]) }, 'GOSSIP_E_DEPLOYMENT_UNKNOWN'],
    ['a deployment that is not there', { keep: new Map([[COUNTER, 'd99']]) }, 'GOSSIP_E_DEPLOYMENT_UNKNOWN'],
    ['no deployment at all', { until: 'yesterday' }, 'GOSSIP_E_DEPLOYMENT_NAME'],
    ['a module twice', { keep: new Map([[COUNTER, 'd3']]), remove: new Set([COUNTER]) }, 'GOSSIP_E_USAGE'],
  ])('%s is refused', (_, wishes, code) => {
    expect(refusal(() => told(records, wishes))).toBe(code);
  });

  test('up to what was before all that is known is refused: a recovery done twice removes nothing', () => {
    const after = known(record(bob, 7, REGISTRY));
    expect(refusal(() => told(after, { until: 'd3' }))).toBe('GOSSIP_E_DEPLOYMENT_UNKNOWN');
  });
});

describe('who recovers alone', () => {
  const roles = second.root.roles;
  const two = { ...both, threshold: 2 };
  const onlyBob = roleOf(bob);
  const others = new Set([bob.keyid]);
  test.each<[string, Partial<typeof roles>, ReadonlySet<string>, number, string]>([
    ['a key in both roles', {}, stolen, 1, 'accepted'],
    ['a key that stays, the last one left', {}, others, 1, 'accepted'],
    ['where two must sign the root', { root: two }, stolen, 1, 'GOSSIP_E_THRESHOLD'],
    ['where two must sign deployments', { deploy: two }, stolen, 1, 'GOSSIP_E_THRESHOLD'],
    ['where two must sign deployments, and there are none', { deploy: two }, stolen, 0, 'accepted'],
    ['where two must admit, and one would be left', { admit: two }, others, 1, 'GOSSIP_E_ROOT_CHANGE'],
    ['a key that may not change the root', { root: onlyBob }, stolen, 1, 'GOSSIP_E_SIGNATURE'],
    ['a key that may not deploy', { deploy: onlyBob }, stolen, 1, 'GOSSIP_E_SIGNATURE'],
  ])('%s', (_, changed, lost, modules, outcome) => {
    const { root: held } = second;
    const before = { root: { ...held, roles: { ...roles, ...changed } } };
    expect(refusal(() => requireAlone(before, ada.keyid, lost, modules))).toBe(outcome);
  });
});

describe('what is signed', () => {
  const next = generateKey();
  const change = { stolen, own: ada, next, name: 'ada', also: [] };
  const options = { author: 'ada', message: '', now: 5, origin: peer(1).id };

  test('a root of the next epoch without the key, and the wanted deployments above every number of before', () => {
    const good = { ...deploymentOf(1, { module: REGISTRY }), settings: { word: 'good' } };
    const records = known(verifyDeployment(signDeployment(good, [bob]), second), record(ada, 9, REGISTRY));
    const { wanted } = chooseWanted(records, stolen, NONE);
    const { root: opened } = openEpoch(second, change, wanted.length, 5);
    expect(opened.root).toMatchObject({ version: 3, epoch: 2, modules: 1, roles: { deploy: { keys: [next.keyid, bob.keyid] } } });
    const [issued] = issue(wanted, { root: opened, key: next, records, ...options });
    expect(issued?.deployment).toMatchObject({
      epoch: 2,
      module: REGISTRY,
      number: { sequence: 10 },
      settings: { word: 'good' },
      scrub: false,
    });
  });

  test('where somebody has leapt, the numbers go on above what is kept', () => {
    const records = known(record(bob, 4, REGISTRY), record(ada, 2 ** 24 - 1, REGISTRY));
    const { wanted } = chooseWanted(records, stolen, NONE);
    const { root: opened } = openEpoch(second, change, wanted.length, 5);
    expect(issue(wanted, { root: opened, key: next, records, ...options })[0]?.deployment.number.sequence).toBe(5);
  });

  test('a key is dropped, and the own one stays; nobody may be left who can sign', () => {
    const { root: opened } = openEpoch(second, { ...change, stolen: new Set([bob.keyid]), next: ada }, 0, 5);
    expect(opened.root.roles.root.keys).toEqual([ada.keyid]);
    expect(refusal(() => openEpoch(root, { ...change, next: ada }, 0, 5))).toBe('GOSSIP_E_ROOT_CHANGE');
  });

  test('where two roots were signed, a step that follows both, with the old key that one of them asks for', () => {
    const exchanged = (from: PrivateKey, to: PrivateKey, kept: PrivateKey): TrustedRoot => {
      const role = roleOf(to, kept);
      return nextRoot(
        second,
        makeNextRoot(second, { created: 2, keys: publics(to, kept), roles: { root: role, deploy: role, admit: role } }, [from, to]),
      );
    };
    const [adaAgain, bobAgain] = [generateKey(), generateKey()];
    const ours = exchanged(ada, adaAgain, bob);
    const rival = { root: exchanged(bob, bobAgain, ada), holder: { node: peer(2), status: { name: 'node2' } } as RootHolder };
    const own = { stolen: new Set([adaAgain.keyid]), own: adaAgain, next, name: undefined };
    const { root: opened, step } = openEpoch(ours, { ...own, also: [ada] }, 0, 5);
    expect(following(rival, step).hash).toBe(opened.hash);
    expect(refusal(() => following(rival, openEpoch(ours, { ...own, also: [] }, 0, 5).step))).toBe('GOSSIP_E_ROOT_TWICE');
  });
});
