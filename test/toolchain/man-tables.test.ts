/** The pages about the configuration file, modules and the protocol are true: their lists are those of the source, and what they show works. */
import { createHash, createPrivateKey, createPublicKey, sign, verify } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { configPage, EXAMPLE_TOML, exampleJson } from '../../scripts/man-config.ts';
import { EXAMPLE, modulePage } from '../../scripts/man-module.ts';
import { protocolPage } from '../../scripts/man-protocol.ts';
import { ROOT } from '../../scripts/project.mjs';
import { HEADERS } from '../../src/api/headers.ts';
import { ROUTES } from '../../src/api/routes.ts';
import { readFileFlags } from '../../src/node/file-flags.ts';
import { NODE_FLAGS } from '../../src/node/flags.ts';
import type { NodeFlag } from '../../src/node/flag-kinds.ts';
import * as limits from '../../src/sdk/limits.ts';
import type { ModuleClass } from '../../src/sdk/module.ts';
import { TestNetwork } from '../../src/sdk/test-context.ts';

const DATE = 'November 23, 2026';
let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'gossip-man-'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

/** The lines of one section. */
function sectionOf(page: string, title: string): string[] {
  return (page.split(/^\.Sh /m).find((text) => text.startsWith(`${title}\n`)) ?? '').split('\n');
}

function termsOf(lines: readonly string[], macro: string): string[] {
  return lines.flatMap((line) => (line.startsWith(`.It ${macro} `) ? [line.slice(macro.length + 5)] : []));
}

/** What is shown as it is, block by block. */
function shownIn(lines: readonly string[]): string[][] {
  const blocks = lines.join('\n').split('.Bd -literal -offset indent\n').slice(1);
  return blocks.map((block) => (block.split('\n.Ed')[0] ?? '').replaceAll('\\e', '\\').replaceAll('\\&', '').split('\n'));
}

describe('gossip-config(5)', () => {
  const flags = Object.entries<NodeFlag>(NODE_FLAGS);

  test('has exactly the keys of the configuration file, and every variable', async () => {
    const page = await configPage(DATE);
    const keys = flags.filter(([, { onlyTyped }]) => onlyTyped === undefined).map(([name]) => name);
    expect(termsOf(sectionOf(page, 'KEYS'), 'Cm')).toEqual(keys);
    const variables = termsOf(sectionOf(page, 'ENVIRONMENT'), 'Ev').filter((name) => name.startsWith('GOSSIP_'));
    expect(variables).toEqual(flags.flatMap(([, { env }]) => env ?? []));
  });

  test('shows files that a node takes, which say the same', async () => {
    const [toml, json] = [join(directory, 'node.toml'), join(directory, 'node.json')];
    await writeFile(toml, EXAMPLE_TOML);
    await writeFile(json, await exampleJson());
    const { flags: read } = await readFileFlags(toml);
    expect(read).toMatchObject({ name: 'node7', 'log-level': 'warn', 'leave-on-stop': true, quota: 512 });
    expect((await readFileFlags(json)).flags).toEqual(read);
    const shown = shownIn(sectionOf(await configPage(DATE), 'EXAMPLES')).map((lines) => lines.join('\n'));
    expect(shown).toEqual([EXAMPLE_TOML.trimEnd(), await exampleJson()]);
  });
});

describe('gossip-module(7)', () => {
  test('has every limit of the SDK', () => {
    const lines = sectionOf(modulePage(DATE), 'LIMITS');
    const told = lines.flatMap((line) => /^\.It (\d+)$/.exec(line)?.[1] ?? []);
    expect(told.toSorted()).toEqual(Object.values(limits).map(String).toSorted());
  });

  test('shows a module that gossips', async () => {
    const path = join(directory, 'index.mjs');
    const shown = shownIn(sectionOf(modulePage(DATE), 'EXAMPLES'))[0]?.join('\n') ?? '';
    expect(shown).toBe(EXAMPLE);
    await writeFile(path, shown.replace("'gossip/sdk'", `'${pathToFileURL(join(ROOT, 'src/sdk/index.ts')).href}'`));
    const { default: Highest } = (await import(pathToFileURL(path).href)) as { default: ModuleClass };
    const network = new TestNetwork();
    const nodes = [await network.add(Highest), await network.add(Highest), await network.add(Highest)];
    await network.until('all know one number', () => new Set(nodes.map((node) => node.module.inspect())).size === 1);
    expect(nodes[0]?.module.inspect()).toBeGreaterThan(0);
  });
});

describe('gossip-protocol(7)', () => {
  const page = protocolPage(DATE);

  test('has exactly the routes and the headers of nodes', () => {
    const routes = Object.values(ROUTES).map(({ method, path }) => `${method} ${path}`);
    expect(termsOf(sectionOf(page, 'ROUTES'), 'Cm')).toEqual(routes);
    expect(termsOf(sectionOf(page, 'HEADERS'), 'Cm')).toEqual(Object.values(HEADERS));
  });

  test('leads whoever reads it alone to its test vectors', () => {
    const [[seed = '', id] = [], [canonical = '', base64, signed = '', ...folded] = [], farewell = [], [stamp] = [], [digest] = []] =
      shownIn(sectionOf(page, 'TEST VECTORS'));
    // Identities: the id is the hash of the SPKI.
    const pkcs8 = Buffer.from(`302e020100300506032b657004220420${seed}`, 'hex');
    const key = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' });
    const spki = createPublicKey(key).export({ format: 'der', type: 'spki' });
    expect(createHash('sha256').update(spki).digest('hex')).toBe(id);
    // Signed documents.
    expect(canonical).toBe('{"a":"x","b":1}');
    expect(Buffer.from(canonical).toString('base64')).toBe(base64);
    expect(signed).toBe(`DSSEv1 16 gossip/example/1 ${canonical.length} ${canonical}`);
    expect(sign(null, Buffer.from(signed), key).toString('base64')).toBe(folded.join(''));
    // Farewells: the key, the signature over three lines, and what is said.
    const [raw = '', signature = '', said] = farewell.join('').split('.');
    expect(Buffer.from(raw, 'base64url')).toEqual(spki.subarray(12));
    const lines = ['gossip/farewell/1', '0'.repeat(64), '7'].join('\n');
    expect([said, verify(null, Buffer.from(lines), createPublicKey(key), Buffer.from(signature, 'base64url'))]).toEqual(['7', true]);
    // Stamps and digests.
    const hash = Buffer.alloc(16, 0x11);
    expect(stamp).toBe(['1', (40).toString(36), (1_000_000).toString(36), hash.toString('base64url'), '-'].join('.'));
    expect(digest).toBe(Buffer.alloc(16, 0x11 ^ 0xff).toString('base64url'));
  });
});
