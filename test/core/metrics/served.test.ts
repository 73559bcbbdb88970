/** What real nodes serve: all that docs/metrics.md says, and nothing else; and what the core adds to exchanges is counted on both sides. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from '../../../scripts/project.mjs';
import { FAMILIES } from '../../../src/core/metrics/families.ts';
import { words } from '../../support/code.ts';
import { LiveCluster } from '../../support/live-cluster.ts';
import type { LiveNode } from '../../support/live-cluster.ts';

interface Row {
  readonly name: string;
  readonly type: string;
  readonly labels: readonly string[];
  readonly help: string;
}

function documented(): Row[] {
  const text = readFileSync(join(ROOT, 'docs', 'metrics.md'), 'utf8');
  return [...text.matchAll(/^\| `(\w+)` \| (\w+) \| ([^|]*) \| (.*) \|$/gm)].map(([, name = '', type = '', labels = '', help = '']) => ({
    name,
    type,
    labels: [...labels.matchAll(/`(\w+)`/g)].map(([, label = '']) => label),
    help,
  }));
}

async function scrape({ metrics }: LiveNode): Promise<string> {
  return (await fetch(`http://${metrics}/metrics`)).text();
}

function valueOf(text: string, series: string): number {
  return Number(
    text
      .split('\n')
      .find((line) => line.startsWith(`${series} `))
      ?.slice(series.length),
  );
}

test('the table in docs/metrics.md is that of the families', () => {
  expect(documented()).toEqual(FAMILIES.map(({ name, type, labels, help }) => ({ name, type, labels, help })));
});

test('two nodes serve what the table says, and have counted what passed between them', async () => {
  const cluster = await LiveCluster.up({ names: ['rendezvous1', 'node1'], metrics: true });
  const [first, second] = cluster.nodes as [LiveNode, LiveNode];
  await cluster.deploy(first, 1, { code: words() });
  await cluster.converge('d1');
  const exchanges = (side: string) => `gossip_exchange_core_seconds_count{side="${side}"}`;
  await second.until('exchanges were asked and answered', async () => {
    const text = await scrape(second);
    return valueOf(text, exchanges('asked')) > 0 && valueOf(text, exchanges('answered')) > 0;
  });
  const text = await scrape(second);
  const heads = [...text.matchAll(/^# HELP (\w+) (.*)\n# TYPE \w+ (\w+)$/gm)];
  expect(heads.map(([, name, help, type]) => [name, type, help])).toEqual(documented().map(({ name, type, help }) => [name, type, help]));
  for (const side of ['asked', 'answered']) {
    const count = valueOf(text, exchanges(side));
    const sum = valueOf(text, `gossip_exchange_core_seconds_sum{side="${side}"}`);
    const added = valueOf(text, `gossip_exchange_bytes_total{side="${side}",part="added"}`);
    // Less than a message waits altogether, and headers of a few hundred bytes.
    expect(sum).toBeGreaterThan(0);
    expect(sum / count).toBeLessThan(60);
    expect(added / count).toBeGreaterThan(100);
    expect(added / count).toBeLessThan(300);
  }
  expect(valueOf(text, 'gossip_module_deployment_sequence{module="words"}')).toBe(1);
  expect(valueOf(text, 'gossip_configuration_exchanges_total{outcome="answered"}')).toBeGreaterThan(0);
  expect(valueOf(text, 'gossip_rounds_total')).toBeGreaterThan(0);
  expect(valueOf(text, 'gossip_handshakes_total{direction="in",outcome="made"}')).toBeGreaterThan(0);
  expect(valueOf(text, 'gossip_peers{state="answering"}')).toBe(1);
});
