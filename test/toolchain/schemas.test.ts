/** Every command with --json has a published schema, which is made from the type of what it prints; and says so where it has none. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { answersOf } from '../../scripts/answers.ts';
import type { Answer } from '../../scripts/answers.ts';
import { ROOT } from '../../scripts/project.mjs';
import { jsonCommands, schemaName, wantedSchemas } from '../../scripts/schemas.ts';
import { faultsOf } from '../support/json-schema.ts';

const DIRECTORY = join(ROOT, 'docs', 'schemas');
const ERROR = { code: 'GOSSIP_E_HELD', message: 'held', advice: 'look' };

function committed(): Record<string, unknown> {
  const names = readdirSync(DIRECTORY).map((name) => name.replace('.schema.json', ''));
  return Object.fromEntries(names.map((name) => [name, JSON.parse(readFileSync(join(DIRECTORY, `${name}.schema.json`), 'utf8'))]));
}

test("every command with --json has a schema, and the committed ones are what 'npm run schemas' writes now", async () => {
  const ids = await jsonCommands();
  const wanted = wantedSchemas(answersOf(ids));
  for (const id of ids) expect([...wanted.keys()]).toContainEqual(expect.stringMatching(new RegExp(`^${schemaName(id)}(\\.line)?$`)));
  expect(committed()).toEqual(Object.fromEntries(wanted));
});

test('a command whose answer has no form is named, with the place', () => {
  const answer = (said: Partial<Answer>): Answer => ({ whole: undefined, line: undefined, definitions: {}, untold: [], ...said });
  const answers = new Map([
    ['drain', answer({})],
    ['drill', answer({ whole: {}, untold: ['drill .nodes[].state: unknown'] })],
  ]);
  expect(() => wantedSchemas(answers)).toThrow(/drill \.nodes\[\]\.state: unknown says nothing.*\ndrain prints JSON of no form/s);
});

test('a field that is lost, renamed or of another kind is noticed', () => {
  const listed = [{ name: 'a', cluster: 'b', directory: '/c', current: true }];
  expect(faultsOf(listed, 'cluster-list')).toEqual([]);
  expect(faultsOf([{ ...listed[0], current: 'yes' }], 'cluster-list')).not.toEqual([]);
  expect(faultsOf([{ name: 'a', cluster: 'b', path: '/c', current: true }], 'cluster-list')).not.toEqual([]);
});

test('an error is one of every command, with what was known before it', () => {
  expect(faultsOf({ error: ERROR }, 'nodes')).toEqual([]);
  expect(faultsOf({ error: ERROR, nodes: [] }, 'nodes')).toEqual([]);
  expect(faultsOf({ error: ERROR, nodes: 'many' }, 'nodes')).not.toEqual([]);
  expect(faultsOf({ error: { code: 'GOSSIP_E_HELD', message: 'held' } }, 'nodes')).not.toEqual([]);
});
