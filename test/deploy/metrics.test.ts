/** Dashboard, alert rules and the queries in the documents: they name metrics and labels that nodes serve, and promtool takes them. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ROOT } from '../../scripts/project.mjs';
import { FAMILIES } from '../../src/core/metrics/families.ts';
import { temporaryDirectory } from '../core/store/temporary-directory.ts';
import { hasDebian } from '../support/debian.ts';

const RULES = 'deploy/prometheus/gossip.rules.yml';

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly { readonly expr: string; readonly legendFormat: string }[];
}

interface Dashboard {
  readonly panels: readonly Panel[];
  readonly templating: { readonly list: readonly { readonly name: string; readonly definition?: string }[] };
}

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const dashboard = JSON.parse(read('deploy/grafana/gossip.json')) as Dashboard;
const panels = dashboard.panels.filter(({ type }) => type !== 'row');

const rules = [...read(RULES).matchAll(/^ +expr: (.*)$/gm)].map(([, expr = '']) => expr);
const documented = [...read('docs/metrics.md').matchAll(/^\| [^`|]+ \| `([^`]+)` \|$/gm)].map(([, expr = '']) => expr);
const shown = panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));
const QUERIES = { rules, documented, shown };

/** Series that nodes serve, with the labels of each. */
const series = new Map(
  FAMILIES.flatMap(({ name, type, labels }): [string, readonly string[]][] => {
    if (type === 'histogram')
      return [
        [`${name}_bucket`, [...labels, 'le']],
        [`${name}_sum`, labels],
        [`${name}_count`, labels],
      ];
    return type === 'summary'
      ? [
          [`${name}_sum`, labels],
          [`${name}_count`, labels],
        ]
      : [[name, labels]];
  }),
);
/** What Prometheus adds to each. */
const TARGET = ['job', 'instance'];

/** Grafana's variables, as it would fill them in. */
function filledIn(expr: string): string {
  return expr.replaceAll('$__rate_interval', '5m').replaceAll(/\$(job|instance|module)/g, '.*');
}

function promtool(args: readonly string[]): [status: number | null, said: string] {
  const { status, stdout, stderr } = spawnSync('promtool', [...args], { cwd: join(ROOT, 'test', 'deploy'), encoding: 'utf8' });
  return [status, stdout + stderr];
}

test.each(Object.entries(QUERIES))('%s: every metric is served, and has the labels that are asked for', (_, queries) => {
  expect(queries.length).toBeGreaterThan(5);
  for (const query of queries) {
    for (const [, name = '', , matchers = ''] of query.matchAll(/\b((?:gossip|process|nodejs)_\w+)(\{([^}]*)\})?/g)) {
      const asked = [...matchers.matchAll(/(\w+)\s*(?:=~|!~|!=|=)/g)].map(([, label]) => label);
      const known = [...(series.get(name) ?? []), ...TARGET];
      expect([query, name, series.has(name), asked.filter((label) => !known.includes(label ?? ''))]).toEqual([query, name, true, []]);
    }
  }
});

test('the variables of the dashboard are found in what is served, and every panel says what it is', () => {
  for (const { definition } of dashboard.templating.list.filter((variable) => variable.definition !== undefined))
    expect(series.has(/^label_values\((\w+)/.exec(definition ?? '')?.[1] ?? '')).toBe(true);
  expect(panels.filter(({ title, description = '', targets = [] }) => title === '' || description === '' || targets.length === 0)).toEqual(
    [],
  );
  expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length);
});

test('no two panels lie on each other', () => {
  const cells = dashboard.panels.flatMap(({ gridPos: { x, y, w, h } }) =>
    Array.from({ length: w * h }, (_, cell) => `${x + (cell % w)},${y + Math.floor(cell / w)}`),
  );
  expect(new Set(cells).size).toBe(cells.length);
  expect(dashboard.panels.filter(({ gridPos: { x, w } }) => x + w > 24)).toEqual([]);
});

test('every alert says which node or module it is about, and what to do', () => {
  const text = read(RULES);
  const alerts = text.match(/- alert: /g)?.length ?? 0;
  expect([text.match(/^ +summary: .*\$labels\./gm)?.length, text.match(/^ +description: ./gm)?.length]).toEqual([alerts, alerts]);
});

describe.skipIf(!hasDebian('prometheus'))('promtool', () => {
  test('takes the rules', () => {
    expect(promtool(['check', 'rules', join(ROOT, RULES)])).toEqual([0, expect.stringContaining(`SUCCESS: ${rules.length} rules found`)]);
  });

  test('sees them fire when they should, and not when not', () => {
    expect(promtool(['test', 'rules', 'gossip.rules.test.yml'])).toEqual([0, expect.stringContaining('SUCCESS')]);
  });

  test('sees that a rule was changed', async () => {
    const directory = await temporaryDirectory();
    const changed = join(directory, 'changed.rules.yml');
    await writeFile(changed, read(RULES).replace('gossip_stale == 1', 'gossip_stale == 2'));
    await writeFile(
      join(directory, 'test.yml'),
      read('test/deploy/gossip.rules.test.yml').replace('../../deploy/prometheus/gossip.rules.yml', changed),
    );
    expect(promtool(['test', 'rules', join(directory, 'test.yml')])).toEqual([1, expect.stringContaining('GossipStale')]);
  });

  test('understands the queries of dashboard and documents', async () => {
    const file = join(await temporaryDirectory(), 'queries.yml');
    const recorded = [...shown, ...documented].map(
      (expr, index) => `      - { record: 'q:${index}', expr: ${JSON.stringify(filledIn(expr))} }`,
    );
    await writeFile(file, `groups:\n  - name: queries\n    rules:\n${recorded.join('\n')}\n`);
    expect(promtool(['check', 'rules', file])).toEqual([0, expect.stringContaining(`SUCCESS: ${recorded.length} rules found`)]);
  });
});
