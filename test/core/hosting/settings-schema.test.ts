/** Settings are held to the schema inside the sandbox, before any code of the module runs: whatever the schema is, the core goes on. */
import { expect, it } from 'vitest';
import { moduleSource, useHosts } from './support.ts';

const hosts = useHosts();

/** It tells whether its code was loaded, by what it prints. */
const source = moduleSource({}, "console.log('loaded');");

async function start(files: Record<string, string>, settings: Record<string, unknown>, limits = {}) {
  const directory = await hosts.module({ 'index.mjs': source, ...files }, {});
  return hosts.run(directory, { settings: settings as never, ...limits });
}

const inFile = (schema: unknown): Record<string, string> => ({ 'settings.schema.json': JSON.stringify(schema) });
const inField = (schema: unknown): Record<string, string> => ({
  'module.json': JSON.stringify({ name: 'probe', version: '1', entry: 'index.mjs', api: 1, settingsSchema: schema }),
});
const atMost = { properties: { step: { maximum: 3 } } };

it.each([
  ['a file', inFile],
  ['a field of module.json', inField],
])('what fits the schema in %s starts, and what does not is told with path and rule', async (_, put) => {
  const { host } = await start(put(atMost), { step: 3 });
  expect(await host.inspect()).toEqual({ state: 'fresh' });
  await expect(start(put(atMost), { step: 4 })).rejects.toMatchObject({
    code: 'GOSSIP_E_MODULE_SETTINGS',
    message: 'settings.step: 4 is greater than 3 (rule #/properties/step/maximum)',
  });
});

it('none of its code has run by then', async () => {
  const lines: string[] = [];
  const events = {
    onExchange: () => undefined,
    onPublish: () => undefined,
    onExit: () => undefined,
    onLog: (line: string) => void lines.push(line),
  };
  await expect(start(inFile(atMost), { step: 4 }, { events })).rejects.toMatchObject({ code: 'GOSSIP_E_MODULE_SETTINGS' });
  expect(lines).toEqual([]);
});

it.each([
  ['takes for ever', { properties: { a: { pattern: '^(a+)+$' } } }, /checking the settings of d\d+ did not end within 500 ms/],
  ['refers to itself', { $ref: '#' }, /does not come to an end/],
  ['is no schema', { properties: { a: { anyOf: 3 } } }, /cannot be used/],
])('a schema that %s is a coded failure', async (_, schema, says) => {
  const settings = { a: `${'a'.repeat(60)}!` };
  await expect(start(inFile(schema), settings, { limits: { stepTimeoutMs: 500 } })).rejects.toMatchObject({
    code: 'GOSSIP_E_MODULE_SETTINGS',
    message: expect.stringMatching(says) as string,
  });
});

it.each([
  ['too large', ' '.repeat(70_000), /has more than 65536 characters/],
  ['no JSON', '{', /is not JSON/],
  ['a list', '[]', /must be a JSON object/],
])('a file that is %s, too', async (_, text, says) => {
  await expect(start({ 'settings.schema.json': text }, {})).rejects.toMatchObject({
    code: 'GOSSIP_E_MODULE_SETTINGS',
    message: expect.stringMatching(says) as string,
  });
});
