/** The architecture holds: layers, purity of the protocol, homes of packages, the daemon's path, length of files. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ROOT } from '../scripts/project.mjs';
import * as rules from './architecture/rules.ts';
import type { Source } from './architecture/source.ts';

/** Files of more than 300 lines, and why they are one idea all the same. */
const LONG_FILES: Readonly<Record<string, string>> = {};

const sources: Source[] = globSync('src/**/*.ts', { cwd: ROOT })
  .toSorted()
  .map((path) => ({ path, text: readFileSync(join(ROOT, path), 'utf8') }));

const checks: Record<string, (sources: readonly Source[]) => string[]> = {
  'every file belongs to a layer': rules.placement,
  'a folder imports only from folders below it': rules.layering,
  'no files import each other in a circle, types included': rules.circles,
  'the protocol, the model, the SDK and the modules reach the world only through what they are given': rules.purity,
  'effects are carried out by the engine alone': rules.effects,
  'shipped modules import the SDK and nothing else': rules.moduleImports,
  'the packages of commands, operator and daemon stay there': rules.homes,
  "imports name Node's parts by node: and files by .ts": rules.specifiers,
  "the daemon loads nothing of the operator's side": rules.daemonPath,
  'a file has one idea, and at most 300 lines': (all) => rules.fileLength(all, LONG_FILES),
};

test.each(Object.entries(checks))('%s', (_, offenders) => {
  expect(offenders(sources)).toEqual([]);
});

describe('the checks find a planted offender', () => {
  const plant = (path: string, text: string): Source[] => [{ path, text }];

  test.each([
    ['a static import', `import { a } from '../core/x.ts';`],
    ['an import over several lines', `import {\n  a,\n  b,\n} from '../core/x.ts';`],
    ['an import of a type', `import type { A } from '../core/x.ts';`],
    ['a re-export', `export * from '../core/x.ts';`],
    ['an import for its effect', `import '../core/x.ts';`],
    ['a dynamic import', `const x = await import('../core/x.ts');`],
    ['an import as a type', `type A = import('../core/x.ts').A;`],
    ['an import behind a comment and a string with slashes', `const a = 'http://x'; /* y */\nimport { b } from '../core/x.ts';`],
  ])('that imports upwards by %s', (_, text) => {
    expect(rules.layering(plant('src/gossip/planted.ts', text))).toEqual(['src/gossip/planted.ts imports src/core/x.ts']);
  });

  test.each([
    ['a sibling', 'src/core/store/planted.ts', '../transport/server.ts'],
    ['what wires it', 'src/core/store/planted.ts', '../daemon.ts'],
    ['more than the SDK', 'src/modules/planted/index.ts', '../../model/names.ts'],
    ['a test', 'src/sim/planted.ts', '../../test/x.ts'],
    ['a script', 'src/lab/planted.ts', '../../scripts/x.ts'],
  ])('that imports %s', (_, path, specifier) => {
    expect(rules.layering(plant(path, `import { a } from '${specifier}';`))).toHaveLength(1);
  });

  test('but not what is allowed, or only written in a comment or a string', () => {
    const text = `// import { a } from '../core/x.ts';\n/*\nimport '../core/y.ts'; */ import { b } from './b.ts';\nimport { c } from '../sdk/c.ts';`;
    expect(rules.layering(plant('src/gossip/planted.ts', text))).toEqual([]);
    expect(rules.layering(plant('src/core/planted.ts', `import { a } from './store/a.ts';`))).toEqual([]);
  });

  test.each([
    `import { readFile } from 'node:fs';`,
    `import type { Socket } from 'net';`,
    `const now = Date.now();`,
    `const at = new Date(0);`,
    `const at = Date();`,
    `const dice = Math.random();`,
    `setTimeout(() => {}, 1);`,
    `const id = setInterval(tick, 1);`,
    `await fetch('https://x');`,
    `process.exit(1);`,
    `const t = performance.now();`,
    'const text = `at ${Date.now()}`;',
    `globalThis['Date'].now();`,
    `const { Date } = globalThis;`,
  ])('that reaches past the border: %s', (text) => {
    expect(rules.purity(plant('src/gossip/planted.ts', text))).toHaveLength(1);
    expect(rules.purity(plant('src/core/planted.ts', text))).toEqual([]);
  });

  test.each([
    `this.fetch(code);`,
    `// Date.now()`,
    `const a = 'Math.random()';`,
    `context.setTimeout(1);`,
    `const process = 1;`,
    `function fetch(code) {}\nfetch(code);`,
  ])('but not words that only look so: %s', (text) => {
    expect(rules.purity(plant('src/gossip/planted.ts', text))).toEqual([]);
  });

  test('of every other rule', () => {
    expect(rules.placement(plant('src/utils/planted.ts', ''))).toHaveLength(1);
    expect(
      rules.effects(plant('src/core/planted.ts', 'for (const effect of this.#node.handle(event, now)) TABLE[effect.type](effect);')),
    ).toHaveLength(1);
    expect(rules.effects(plant('src/sim/planted.ts', "(effect: GossipEffect) => { if (effect.type === 'send') send(); }"))).toHaveLength(1);
    expect(rules.effects(plant('src/core/planted.ts', 'core.handle(event); this.#runner.handle(event);'))).toHaveLength(0);
    expect(rules.moduleImports(plant('src/modules/planted/index.ts', `import * as v from 'valibot';`))).toHaveLength(1);
    expect(rules.homes(plant('src/operator/planted.ts', `import { Flags } from '@oclif/core';`))).toHaveLength(1);
    expect(rules.homes(plant('src/commands/planted.ts', `const { Pool } = await import('undici');`))).toHaveLength(1);
    expect(rules.specifiers(plant('src/core/planted.ts', `import fs from 'fs';\nimport { a } from './a.js';`))).toHaveLength(2);
    expect(rules.fileLength(plant('src/core/planted.ts', '\n'.repeat(301)), {})).toHaveLength(1);
    expect(rules.fileLength([], { 'src/core/gone.ts': 'it was long' })).toHaveLength(1);
  });

  test.each([
    ['a value', `import { b } from './b.ts';`],
    ['a type', `import type { B } from './b.ts';`],
    ['a type in place', `type B = import('./b.ts').B;`],
    ['a re-export', `export type { B } from './b.ts';`],
  ])('that imports itself by a way round, by %s', (_, text) => {
    const circle = [
      { path: 'src/gossip/a.ts', text },
      { path: 'src/gossip/b.ts', text: `import { c } from './c.ts';\nimport { d } from './d.ts';` },
      { path: 'src/gossip/c.ts', text: `import type { A } from './a.ts';` },
      { path: 'src/gossip/d.ts', text: `import { c } from './c.ts';` },
    ];
    expect(rules.circles(circle)).toEqual(['src/gossip/a.ts imports src/gossip/b.ts imports src/gossip/c.ts imports src/gossip/a.ts']);
    expect(rules.circles(circle.slice(1))).toEqual([]);
    expect(rules.circles(plant('src/gossip/a.ts', `import type { A } from './a.ts';`))).toEqual([
      'src/gossip/a.ts imports src/gossip/a.ts',
    ]);
  });

  test('that the daemon loads by a way round', () => {
    const loaded = [
      { path: 'src/core/a.ts', text: `import { b } from '../trust/b.ts';` },
      { path: 'src/trust/b.ts', text: `const c = () => import('got');` },
    ];
    expect(rules.daemonPath(loaded)).toEqual(['src/trust/b.ts imports got']);
  });

  test("that is the operator's, loaded by the daemon at once instead of when it is asked for", () => {
    const founds = (text: string) => rules.daemonPath(plant('src/node/planted.ts', text));
    const path = '../operator/settings/settings.ts';
    expect(founds(`import type { Settings } from '${path}'; const later = () => import('${path}');`)).toEqual([]);
    expect(founds(`import { openSettings } from '${path}';`)).toEqual(['src/node/planted.ts imports src/operator/settings/settings.ts']);
    expect(founds(`const later = () => import('../operator/client/client.ts');`)).toHaveLength(1);
  });
});
