/** What an operator hears whose key may not do a thing. */
import { expect, it } from 'vitest';
import { mayAct, requireRole } from '../../../src/operator/cluster/lacking-role.ts';
import { addOperator } from '../../../src/operator/cluster/operator-edits.ts';
import { makeNextRoot, nextRoot } from '../../../src/trust/next-root.ts';
import { generateKey } from '../../../src/trust/keys.ts';
import type { TrustedRoot } from '../../../src/trust/root.ts';
import { key, root } from '../../support/records.ts';

const named = { [key.keyid]: { public: key.public, name: 'ada' } };
const observer = generateKey();

function after(before: TrustedRoot, edit: ReturnType<typeof addOperator>): TrustedRoot {
  return nextRoot(before, makeNextRoot(before, { ...edit(before.root), created: 1 }, [key]));
}

const withNames = nextRoot(root, makeNextRoot(root, { created: 1, keys: named }, [key]));
const observed = after(withNames, addOperator('dashboard', observer, ['observe']));
const place = { name: 'prod', root: observed };

it('says which role his key has, whose key may, and how his would', () => {
  expect(() => requireRole(place, key, 'deploy', 'sign deployments of')).not.toThrow();
  expect(() => requireRole(place, observer, 'deploy', 'sign deployments of')).toThrow(
    expect.objectContaining({
      code: 'GOSSIP_E_SIGNATURE',
      exitCode: 6,
      message: `your key dashboard (${observer.keyid.slice(0, 12)}) may not sign deployments of 'prod': it has the role observe only`,
      advice: `Have it done with the key of ada (${key.keyid.slice(0, 12)}); or have somebody who may change the root give yours the role: 'gossip cluster add-operator dashboard KEY.pub --role deploy'.`,
    }),
  );
});

it('says so of a key that the root does not name, and of a role that nobody has', () => {
  const stranger = generateKey();
  expect(() => requireRole({ name: 'prod', root: withNames }, stranger, 'observe', 'read logs of')).toThrow(
    expect.objectContaining({
      message: `your key ${stranger.keyid.slice(0, 12)} may not read logs of 'prod': the root gives it no role`,
      advice:
        "If you exchanged it by a file that was injected meanwhile, 'gossip cluster rotate-key' puts the new one in its place. Have somebody who may change the root give yours the role: 'gossip cluster add-operator NAME KEY.pub --role observe'.",
    }),
  );
});

it('whoever may deploy may observe', () => {
  expect([mayAct(observed.root, key.keyid, 'observe'), mayAct(observed.root, observer.keyid, 'observe')]).toEqual([true, true]);
  expect(mayAct(observed.root, observer.keyid, 'deploy')).toBe(false);
});
