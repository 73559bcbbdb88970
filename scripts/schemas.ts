/** Writes docs/schemas anew from the types of what commands print with `--json`: `npm run schemas`. They are committed; a test says when they are stale. */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { answersOf } from './answers.ts';
import type { Answer } from './answers.ts';
import { describeCommands } from './commands.ts';
import { ROOT } from './project.mjs';
import type { Schema } from './type-schema.ts';

const DIRECTORY = join(ROOT, 'docs', 'schemas');
const DRAFT = 'https://json-schema.org/draft/2020-12/schema';
const OPEN = 'Fields are added in later versions, and none is renamed: pass over what you do not know.';
const FAILURE = 'With an exit code other than 0 there may be `error`, beside what was known by then.';

/** As it lies in docs/schemas. */
export interface SchemaDocument extends Schema {
  $schema: string;
  title: string;
}

/** Commands with `--json`, by their ids. */
export async function jsonCommands(): Promise<string[]> {
  const { commands } = await describeCommands('./src/commands');
  return Object.values(commands)
    .filter(({ flags, hidden }) => flags['json'] !== undefined && !hidden)
    .map(({ id }) => id)
    .toSorted();
}

/** All documents by their names: `cluster-list`, `logs.line`, `error`. @throws an error that names each place of an answer whose type says nothing */
export function wantedSchemas(answers: ReadonlyMap<string, Answer>): Map<string, SchemaDocument> {
  const untold = [...answers.values()].flatMap((answer) => answer.untold);
  const without = [...answers].flatMap(([id, { whole, line }]) => (whole === undefined && line === undefined ? [id] : []));
  if (untold.length + without.length > 0) throw new Error(complaint(untold, without));
  return new Map([...[...answers].flatMap(([id, answer]) => documentsOf(id, answer)), ['error', errorDocument()]]);
}

function complaint(untold: readonly string[], without: readonly string[]): string {
  return [
    ...untold.map((place) => `${place} says nothing of what it holds: give it a type (Json where modules decide it)`),
    ...without.map((id) => `${id} prints JSON of no form: let its run() return what --json prints, or declare jsonLine or jsonWhole`),
  ].join('\n');
}

/** `cluster:list` → `cluster-list` */
export function schemaName(id: string): string {
  return id.replaceAll(':', '-');
}

function documentsOf(id: string, { whole, line, definitions }: Answer): [string, SchemaDocument][] {
  const words = `gossip ${id.replaceAll(':', ' ')} --json`;
  const documents: [string, SchemaDocument][] = [];
  if (whole !== undefined) {
    const failure = failureOf(whole, definitions);
    const anyOf = [{ $ref: '#/$defs/answer' }, { $ref: '#/$defs/failure' }];
    const about = { $schema: DRAFT, title: words, description: `${OPEN} ${FAILURE}` };
    documents.push([schemaName(id), { ...about, anyOf, $defs: { answer: whole, failure, ...needed([whole], definitions) } }]);
  }
  if (line !== undefined) {
    const about = { $schema: DRAFT, title: `${words}, each line`, description: OPEN };
    const $defs = needed([line], definitions);
    documents.push([`${schemaName(id)}.line`, { ...about, ...line, ...(Object.keys($defs).length > 0 && { $defs }) }]);
  }
  return documents;
}

/** An error, and whatever of the answer was known before it. */
function failureOf(whole: Schema, definitions: Record<string, Schema>): Schema {
  const properties: Record<string, Schema> = {};
  for (const [name, place] of placesOf(whole, '#/$defs/answer', definitions)) {
    const before = properties[name];
    const here = { $ref: place };
    if (before === undefined) properties[name] = here;
    else properties[name] = { anyOf: [...(before.anyOf ?? [before]), here] };
  }
  return { type: 'object', required: ['error'], properties: { ...properties, error: ERROR } };
}

const ERROR: Schema = {
  type: 'object',
  required: ['code', 'message', 'advice'],
  properties: {
    code: {
      description: 'One of those in docs/errors.md; it stays the same from version to version.',
      type: 'string',
      pattern: '^GOSSIP_E_',
    },
    message: { type: 'string' },
    reason: { description: 'Why a node or a module refused, in a word, where it gave one.', type: 'string' },
    advice: { description: 'What to do.', type: 'string' },
  },
};

function errorDocument(): SchemaDocument {
  const title = 'An error of any gossip command, with --json';
  return { $schema: DRAFT, title, description: OPEN, type: 'object', required: ['error'], properties: { error: ERROR } };
}

/** Every property of an answer, with the place of its schema, which stands at `place`. */
function placesOf(schema: Schema, place: string, definitions: Record<string, Schema>): (readonly [string, string])[] {
  const { $ref } = schema;
  if ($ref !== undefined) return placesOf(definitions[$ref.replace('#/$defs/', '')] ?? {}, $ref, definitions);
  if (schema.anyOf !== undefined) return schema.anyOf.flatMap((each, index) => placesOf(each, `${place}/anyOf/${index}`, definitions));
  return Object.keys(schema.properties ?? {}).map((name) => [name, `${place}/properties/${name}`] as const);
}

/** Those definitions that these refer to, and those refer to in turn. */
function needed(schemas: readonly Schema[], definitions: Record<string, Schema>): Record<string, Schema> {
  const found = new Set<string>();
  const look = (schema: Schema | undefined): void => {
    for (const [, name = ''] of JSON.stringify(schema ?? {}).matchAll(/"#\/\$defs\/([^"]+)"/g)) {
      if (found.has(name)) continue;
      found.add(name);
      look(definitions[name]);
    }
  };
  for (const schema of schemas) look(schema);
  return Object.fromEntries(Object.entries(definitions).filter(([name]) => found.has(name)));
}

if (import.meta.main) {
  const documents = wantedSchemas(answersOf(await jsonCommands()));
  await rm(DIRECTORY, { recursive: true, force: true });
  await mkdir(DIRECTORY);
  for (const [name, document] of documents)
    await writeFile(join(DIRECTORY, `${name}.schema.json`), `${JSON.stringify(document, null, 2)}\n`);
}
