/** Files of a change of the root: what is believed of them, and what is refused. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { addOperator, setThreshold } from '../../../src/operator/cluster/operator-edits.ts';
import type { RootEdit } from '../../../src/operator/cluster/operator-edits.ts';
import { addRendezvous } from '../../../src/operator/cluster/rendezvous-edits.ts';
import { countersignRootFile, inspectRootFile, packRootFile } from '../../../src/operator/cluster/root-files.ts';
import { rootLog } from '../../../src/operator/cluster/root-log.ts';
import { finishRoot, missingOf, proposalView, proposeRoot } from '../../../src/operator/cluster/root-plan.ts';
import { withSteps } from '../../../src/operator/cluster/root-steps.ts';
import { readSignedFile } from '../../../src/operator/deploy/signed-files.ts';
import { writeNamed } from '../../../src/operator/files/written-file.ts';
import { generateKey } from '../../../src/trust/keys.ts';
import { decodeRootFile } from '../../../src/trust/root-file.ts';
import type { RootFile } from '../../../src/trust/root-file.ts';
import { signEnvelope } from '../../../src/trust/envelope.ts';
import { makeRoot, ROOT_TYPE, trustRoot } from '../../../src/trust/root.ts';
import type { TrustedRoot } from '../../../src/trust/root.ts';
import { peer } from '../../support/records.ts';

const [ada, bob, eve] = [generateKey(), generateKey(), generateKey()];
const first = foundedBy(ada);
const propose = (held: TrustedRoot, edit: RootEdit, signers = [ada, bob]) => proposeRoot(held, { ...edit(held.root), created: 1 }, signers);
const second = finishRoot(propose(first, addOperator('bob', bob, ['root', 'deploy'])));
const third = finishRoot(propose(second, setThreshold('root', 2)));
const fileOf = (held: TrustedRoot, edit: RootEdit, signers = [ada]): RootFile =>
  decodeRootFile(packRootFile(held, propose(held, edit, signers).envelope));
/** A cleared screen, a forged line and turned text. */
const HOSTILE = 'x\u001b[2J\n  signed by ada\u202e';
const adding = addRendezvous(peer(3, 'r3'));
const coded = (code: string, message = '') => expect.objectContaining({ code, message: expect.stringContaining(message) });

let directory: string;
beforeEach(async () => (directory = await mkdtemp(join(tmpdir(), 'gossip-roots-'))));
afterEach(() => rm(directory, { recursive: true, force: true }));

describe('a file of a change of the root', () => {
  it('leads whoever holds an older version to the one that it follows, by steps that verify', () => {
    const { previous, root, lacking } = inspectRootFile(fileOf(third, adding), first);
    expect([previous.hash, root.version, lacking]).toEqual([third.hash, 4, { before: 1, own: 1 }]);
  });

  it('is signed by the next operator, whose own directory goes on to the versions before', async () => {
    const output = join(directory, 'r.gossip');
    const { proposal, again } = await countersignRootFile({
      name: 'paper',
      file: fileOf(third, adding),
      output,
      held: first,
      directory,
      key: bob,
    });
    expect([missingOf(proposal), again]).toEqual([0, false]);
    const signed = await readSignedFile(output);
    expect(signed.kind === 'root' && finishRoot(inspectRootFile(signed.file, third)).root.version).toBe(4);
    expect((await withSteps(directory, first)).hash).toBe(third.hash);
  });

  it('takes no signature of a key that has no say, and no second one of the same key for another', async () => {
    const output = join(directory, 'r.gossip');
    const sign = (key: typeof ada) =>
      countersignRootFile({ name: 'paper', file: fileOf(third, adding), output, held: third, directory, key });
    await expect(sign(eve)).rejects.toThrow(coded('GOSSIP_E_SIGNATURE'));
    await expect(readFile(output)).rejects.toThrow('ENOENT');
    const { proposal, again } = await sign(ada);
    expect([missingOf(proposal), again]).toEqual([1, true]);
  });

  it.each<[string, RootFile, TrustedRoot, string, string]>([
    ['that the cluster has passed by', fileOf(second, adding), third, 'GOSSIP_E_ROOT_VERSION', 'another one is in force already'],
    [
      'that is in force',
      fileOf(second, setThreshold('root', 2), [ada, bob]),
      third,
      'GOSSIP_E_ROOT_VERSION',
      'in force already, as version 3',
    ],
    ['of another cluster', fileOf(foundedBy(eve), adding, [eve]), first, 'GOSSIP_E_WRONG_CLUSTER', ''],
    [
      'without the steps to its version',
      { ...fileOf(third, adding), steps: [] },
      first,
      'GOSSIP_E_ROOT_VERSION',
      'how version 3 came about',
    ],
    ['whose steps nobody signed', { ...fileOf(third, adding), steps: [unsigned(first), third.envelope] }, first, 'GOSSIP_E_SIGNATURE', ''],
  ])('is refused: one %s', (_, file, held, code, why) => {
    expect(() => inspectRootFile(file, held)).toThrow(coded(code, why));
  });

  it('is refused whichever byte of it is changed', () => {
    const bytes = packRootFile(first, propose(first, adding, [ada]).envelope);
    for (let at = 0; at < bytes.length; at += 1) {
      const changed = Uint8Array.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(() => [at, finishRoot(inspectRootFile(decodeRootFile(changed), first))]).toThrow(
        expect.objectContaining({ name: 'GossipError', exitCode: expect.any(Number) }),
      );
    }
  });

  it.each([
    ['the name of a key', { keys: { ...first.root.keys, [ada.keyid]: { public: ada.public, name: HOSTILE } } }],
    ['the name of the cluster', { name: HOSTILE }],
    ['the name of a rendezvous node', { rendezvous: [{ ...peer(1), name: HOSTILE }] }],
    ['a field that nobody knows', { [HOSTILE]: HOSTILE }],
  ])('that would deceive by %s is refused, and not shown (attack A16)', (_, change) => {
    const envelope = signEnvelope(ROOT_TYPE, { ...first.root, version: 2, ...change }, [ada]);
    expect(() => inspectRootFile({ root: first.envelope, steps: [], envelope }, first)).toThrow(coded('GOSSIP_E_SCHEMA'));
  });

  it('is told from a deployment by what it holds, and refused where it is neither', async () => {
    const path = join(directory, 'x.gossip');
    await writeNamed(path, packRootFile(first, propose(first, adding).envelope));
    expect((await readSignedFile(path)).kind).toBe('root');
    await writeNamed(path, Buffer.from('{"type":"gossip/root-file/1"}'));
    await expect(readSignedFile(path)).rejects.toThrow(coded('GOSSIP_E_SCHEMA'));
    await writeNamed(path, Buffer.from('{"type":"gossip/else/1"}'));
    await expect(readSignedFile(path)).rejects.toThrow(coded('GOSSIP_E_SCHEMA', 'no signed'));
  });
});

it('the log tells each version, the newest first, and names those who signed', () => {
  const log = rootLog(third);
  expect(log.map(({ version }) => version)).toEqual([3, 2, 1]);
  expect(log[0]).toMatchObject({ changes: ['signatures for root: 1 of 2 -> 2 of 2'], hash: third.hash });
  expect(log[0]?.signers).toEqual([
    { keyid: ada.keyid, name: null },
    { keyid: bob.keyid, name: 'bob' },
  ]);
  expect(proposalView(propose(third, adding)).from).toBe(3);
});

function foundedBy(key: typeof ada): TrustedRoot {
  return trustRoot(
    makeRoot({
      name: 'paper',
      created: 0,
      rootKeys: [key],
      deployKeys: [key],
      admitKeys: [key],
      rendezvous: [peer(1, 'r1'), peer(2, 'r2')],
    }),
  );
}

/** A second version that says what ada's root never said. */
function unsigned(held: TrustedRoot): TrustedRoot['envelope'] {
  return { ...propose(held, addOperator('eve', eve, ['root']), [ada]).envelope, signatures: [] };
}
