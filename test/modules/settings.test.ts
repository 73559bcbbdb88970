/** The schemas of the shipped modules say what the modules themselves take, no more and no less. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ROOT } from '../../scripts/project.mjs';
import { settingsMisfit } from '../../src/model/settings-schema.ts';
import Aggregate from '../../src/modules/aggregate/index.ts';
import { SETTINGS as AGGREGATE } from '../../src/modules/aggregate/settings.ts';
import Membership from '../../src/modules/membership/index.ts';
import { SETTINGS as MEMBERSHIP } from '../../src/modules/membership/settings.ts';
import Registry from '../../src/modules/registry/index.ts';
import { SETTINGS as REGISTRY } from '../../src/modules/registry/settings.ts';
import { checkSchemaForm } from '../../src/operator/module/schema-form.ts';
import { TestNetwork } from '../../src/sdk/contract.ts';
import type { JsonObject } from '../../src/sdk/json.ts';
import type { ModuleClass } from '../../src/sdk/index.ts';

interface Row {
  readonly name: string;
  readonly Module: ModuleClass;
  readonly known: readonly string[];
  readonly taken: readonly JsonObject[];
  readonly refused: readonly JsonObject[];
}

const interval = {
  taken: [{}, { intervalMs: 20 }, { intervalMs: 600_000 }],
  refused: [{ intervalMs: 19 }, { intervalMs: 600_001 }, { intervalMs: 20.5 }, { intervalMs: '20' }],
};

const rows: readonly Row[] = [
  { name: 'membership', Module: Membership, known: MEMBERSHIP, taken: interval.taken, refused: [...interval.refused, { speed: 1 }] },
  {
    name: 'aggregate',
    Module: Aggregate,
    known: AGGREGATE,
    taken: [...interval.taken, { value: -1e15 }, { value: 1.5 }, { values: { node1: 1e15 } }, { epochRounds: 10 }, { epochRounds: 300 }],
    refused: [
      ...interval.refused,
      { intervalms: 100 },
      { value: 1e16 },
      { value: '1' },
      { values: [] },
      { epochRounds: 9 },
      { epochRounds: 301 },
    ],
  },
  {
    name: 'registry',
    Module: Registry,
    known: REGISTRY,
    taken: [...interval.taken, { entries: { 'a/b.c:d@e-f_': { any: [1, null] } } }, { deletions: ['a'] }],
    refused: [
      ...interval.refused,
      { entires: {} },
      { entries: [] },
      { entries: { 'a b': 1 } },
      { deletions: 'a' },
      { deletions: [1] },
      { deletions: [''] },
    ],
  },
];

describe.each(rows)('$name', ({ name, Module, known, taken, refused }) => {
  const read = (file: string): string => readFileSync(join(ROOT, 'src', 'modules', name, file), 'utf8');
  const schema = JSON.parse(read('settings.schema.json')) as JsonObject;
  const starts = (settings: JsonObject) =>
    new TestNetwork().add(Module, { settings }).then(
      () => true,
      () => false,
    );

  test('has a schema that means what it says, of the settings that it reads', () => {
    checkSchemaForm(schema);
    expect(new Set(Object.keys(schema['properties'] as JsonObject))).toEqual(new Set(known));
    const fields = [...read('index.ts').matchAll(/field\((?:this\.context\.)?settings, '(\w+)'\)/g)].map(([, setting]) => setting);
    expect(new Set(['intervalMs', ...fields])).toEqual(new Set(known));
  });

  test.each(taken)('takes %j, and so does its schema', async (settings) => {
    expect(settingsMisfit(schema, settings)).toBeNull();
    expect(await starts(settings)).toBe(true);
  });

  test.each(refused)('refuses %j, and so does its schema', async (settings) => {
    expect(settingsMisfit(schema, settings)).not.toBeNull();
    expect(await starts(settings)).toBe(false);
  });
});
