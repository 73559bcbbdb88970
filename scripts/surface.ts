/**
 * Writes docs/surface.txt anew: everything by which people and programs use the command line, a line for each thing. It is committed, and a test says when
 * it is stale: what users rely on changes only on purpose. To accept a change: `npm run surface`, and look at the difference.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Manifest } from '@oclif/core/interfaces';
import { ERRORS } from '../src/model/errors.ts';
import { describeCommands } from './commands.ts';
import { EXIT_CODES } from './exit-codes.ts';
import { ROOT } from './project.mjs';
import { jsonCommands, schemaName } from './schemas.ts';
import type { SchemaDocument } from './schemas.ts';
import type { Schema } from './type-schema.ts';

const FILE = join(ROOT, 'docs', 'surface.txt');
const INTRODUCTION = `# The command line, as people and programs use it: a line for each command, argument, flag, exit code and field of JSON.
# Written by 'npm run surface'. A change of a line, or its loss, breaks what somebody relies on: see docs/compatibility.md.
# "json" is what --json prints, "line" each of its lines where it prints many; [] is each of a list, * each key, ? what may be absent.
`;

type Command = Manifest['commands'][string];
type Flag = Command['flags'][string];

/** The file as it should be. `schemas`: those of docs/schemas, by their names. */
export async function wantedSurface(schemas: ReadonlyMap<string, SchemaDocument>): Promise<string> {
  const { commands } = await describeCommands('./src/commands');
  const shown = Object.values(commands)
    .filter(({ hidden }) => !hidden)
    .toSorted((a, b) => (a.id < b.id ? -1 : 1));
  return `${[INTRODUCTION, ...EXIT_CODES.map(exitLine), '', ...errorLines(), '', ...shown.flatMap((command) => linesOf(command, schemas))].join('\n')}\n`;
}

/** Those that are committed. */
export async function committedSchemas(): Promise<Map<string, SchemaDocument>> {
  const names = (await jsonCommands()).flatMap((id) => [schemaName(id), `${schemaName(id)}.line`]);
  const read = async (name: string): Promise<readonly (readonly [string, SchemaDocument])[]> => {
    const path = join(ROOT, 'docs', 'schemas', `${name}.schema.json`);
    const text = await readFile(path, 'utf8').catch(() => null);
    return text === null ? [] : [[name, JSON.parse(text) as SchemaDocument]];
  };
  return new Map((await Promise.all(names.map(read))).flat());
}

function exitLine({ code, means, only }: (typeof EXIT_CODES)[number]): string {
  return `exit ${code}  ${means}${only === undefined ? '' : ` Of: ${only.map(spaced).toSorted().join(', ')}.`}`;
}

function errorLines(): string[] {
  return Object.entries(ERRORS)
    .map(([code, { exit }]) => `error ${code}  exit ${exit}`)
    .toSorted();
}

function linesOf(command: Command, schemas: ReadonlyMap<string, SchemaDocument>): string[] {
  const name = spaced(command.id);
  const flags = Object.values(command.flags)
    .filter(({ hidden }) => !hidden)
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const [whole, line] = [schemas.get(schemaName(command.id)), schemas.get(`${schemaName(command.id)}.line`)];
  return [
    name,
    ...command.aliases.map((alias) => `${name}  alias ${spaced(alias)}`),
    ...Object.values(command.args).map((arg) => `${name}  arg ${arg.name.toUpperCase()}${details(arg)}`),
    ...flags.map((flag) => `${name}  flag ${flagWords(flag)}${details(flag)}`),
    ...EXIT_CODES.filter(({ only }) => only?.includes(command.id)).map(({ code }) => `${name}  exit ${code}`),
    ...(whole === undefined ? [] : fieldLines({ ...whole, anyOf: [{ $ref: '#/$defs/answer' }] }).map((field) => `${name}  json ${field}`)),
    ...(line === undefined ? [] : fieldLines(line).map((field) => `${name}  line ${field}`)),
  ];
}

function flagWords(flag: Flag): string {
  const char = flag.char === undefined ? '' : `-${flag.char}, `;
  if (flag.type === 'boolean') return `${char}--${flag.allowNo ? '[no-]' : ''}${flag.name}`;
  return `${char}--${flag.name} ${flag.helpValue?.toString() ?? flag.name.toUpperCase()}`;
}

function details(input: Flag | Command['args'][string]): string {
  const flag = 'type' in input && (input.type === 'option' || input.type === 'boolean') ? input : undefined;
  const said = [
    input.required ? 'required' : '',
    'multiple' in input && input.multiple ? 'repeatable' : '',
    'options' in input && input.options ? `one of ${input.options.join('|')}` : '',
    isTold(input.default) ? `default ${String(input.default)}` : '',
    flag?.env === undefined ? '' : `variable ${flag.env}`,
    flag?.exclusive === undefined ? '' : `not with ${flag.exclusive.map((name) => `--${name}`).join(', ')}`,
    flag?.dependsOn === undefined ? '' : `only with ${flag.dependsOn.map((name) => `--${name}`).join(', ')}`,
  ].filter((text) => text !== '');
  return said.length === 0 ? '' : `; ${said.join('; ')}`;
}

function isTold(value: unknown): value is string | number {
  return (typeof value === 'string' && value !== '') || typeof value === 'number';
}

function spaced(id: string): string {
  return id.replaceAll(':', ' ');
}

/** `.nodes[].name string` */
function fieldLines(document: Schema): string[] {
  const lines = new Set<string>();
  const add = (schema: Schema, place: string, within: readonly string[]): void => {
    const { $ref } = schema;
    if ($ref !== undefined) {
      if (within.includes($ref)) lines.add(`${place || '.'} as above`);
      else add(document.$defs?.[$ref.replace('#/$defs/', '')] ?? {}, place, [...within, $ref]);
      return;
    }
    if (schema.anyOf !== undefined) {
      for (const each of schema.anyOf) add(each, place, within);
      return;
    }
    if (
      schema.properties === undefined &&
      schema.items === undefined &&
      schema.additionalProperties === undefined &&
      schema.prefixItems === undefined
    ) {
      lines.add(`${place || '.'} ${kindOf(schema)}`);
      return;
    }
    for (const [name, each] of Object.entries(schema.properties ?? {}))
      add(each, `${place}.${name}${schema.required?.includes(name) ? '' : '?'}`, within);
    if (schema.items) add(schema.items, `${place}[]`, within);
    for (const each of schema.prefixItems ?? []) add(each, `${place}[]`, within);
    if (schema.additionalProperties !== undefined) add(schema.additionalProperties, `${place}.*`, within);
  };
  add(document, '', []);
  return [...lines].toSorted();
}

function kindOf({ type, enum: values, const: value }: Schema): string {
  if (values !== undefined) return values.map((each) => JSON.stringify(each)).join('|');
  if (value !== undefined) return JSON.stringify(value);
  return type === undefined ? 'any' : [type].flat().join('|');
}

if (import.meta.main) await writeFile(FILE, await wantedSurface(await committedSchemas()));
