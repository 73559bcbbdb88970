/** What a shipped module would refuse everywhere is refused before it is signed; what is the operator's own is not looked at. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import type { CodeReference } from '../../../src/model/deployment.ts';
import type { ModuleName } from '../../../src/model/names.ts';
import { SETTINGS as AGGREGATE } from '../../../src/modules/aggregate/settings.ts';
import Aggregate from '../../../src/modules/aggregate/index.ts';
import { SETTINGS as MEMBERSHIP } from '../../../src/modules/membership/settings.ts';
import Membership from '../../../src/modules/membership/index.ts';
import { SETTINGS as REGISTRY } from '../../../src/modules/registry/settings.ts';
import Registry from '../../../src/modules/registry/index.ts';
import type { DirectoryCode } from '../../../src/operator/deploy/code-source.ts';
import { checkShippedSettings } from '../../../src/operator/deploy/shipped-settings.ts';
import { TestNetwork } from '../../../src/sdk/contract.ts';

const SHIPPED = fileURLToPath(new URL('../../../dist/shipped/', import.meta.url));
const MODULES = [
  ['aggregate', AGGREGATE, Aggregate, 'intervalms', "perhaps 'intervalMs' is meant; it knows intervalMs, value, values, epochRounds"],
  ['membership', MEMBERSHIP, Membership, 'speed', 'is not a setting of this module; it knows intervalMs'],
  ['registry', REGISTRY, Registry, 'entires', "perhaps 'entries' is meant; it knows intervalMs, entries, deletions"],
] as const;

function codeOf(name: string, directory = `${SHIPPED}${name}`): DirectoryCode {
  const moduleJson = {
    name: name as ModuleName,
    version: '1',
    entry: 'index.mjs',
    api: 1,
    description: '',
    uses: [],
    limits: {} as never,
  } as const;
  return {
    directory,
    moduleJson,
    reference: {} as CodeReference,
    manifest: () => Promise.reject(new Error()),
    blob: () => Promise.reject(new Error()),
  };
}

test.each(MODULES)(
  '%s refuses a setting that it does not know, before it is signed and at its start',
  async (name, known, Module, typo, says) => {
    expect(() => checkShippedSettings(codeOf(name), { [typo]: 1 })).toThrow(
      expect.objectContaining({ code: 'GOSSIP_E_USAGE', message: expect.stringContaining(says) }),
    );
    expect(() => checkShippedSettings(codeOf(name), { intervalMs: 100 })).not.toThrow();
    await expect(new TestNetwork().add(Module, { settings: { [typo]: 1 } })).rejects.toThrow(says);
    const source = readFileSync(fileURLToPath(new URL(`../../../src/modules/${name}/index.ts`, import.meta.url)), 'utf8');
    const read = [...source.matchAll(/field\((?:this\.context\.)?settings, '(\w+)'\)/g)].map(([, setting]) => setting);
    expect(new Set(['intervalMs', ...read])).toEqual(new Set(known));
  },
);

test("an operator's own module of that name has settings of its own", () => {
  expect(() => checkShippedSettings(codeOf('registry', '/home/ada/registry/dist'), { anything: 1 })).not.toThrow();
});
