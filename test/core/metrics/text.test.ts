/** What a node tells as text: both formats as other programs read them, every family, and no more than is bounded. */
import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { FAMILIES, FILE_FAMILIES } from '../../../src/core/metrics/families.ts';
import { MetricsText } from '../../../src/core/metrics/text.ts';
import type { Format } from '../../../src/core/metrics/text.ts';
import { MAX_MODULES_TOLD } from '../../../src/core/metrics/reading.ts';
import { hasDebian } from '../../support/debian.ts';
import { peer, record } from '../../support/records.ts';
import { moduleStatus } from '../../operator/paper-node.ts';
import { paperReading } from './paper.ts';
import type { Paper } from './paper.ts';

function textOf(paper: Paper = {}, format: Format = 'text'): Promise<string> {
  return new MetricsText(FAMILIES, format).write(paperReading(paper));
}

function valuesOf(text: string, name: string): string[] {
  return text.split('\n').filter((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`));
}

/** With something in every family. */
const FULL: Paper = {
  modules: ['counter', 'registry'],
  broken: ['registry'],
  requests: [['counter', { answered: 2, failed: 1, tookMs: 1_500 }]],
  status: {
    alarms: [{ code: 'GOSSIP_E_MOVED', message: 'x' }],
    disk: { error: { code: 'GOSSIP_E_DISK', message: 'full' }, contentBytes: 5, quotaBytes: 10 },
    strain: { level: 2.5, lateMs: 250, waiting: 12.5, timeouts: 1 },
    freshness: { fresh: false, confirmedMs: 4_000_000, tips: [] },
    peers: [
      { ...peer(2), failures: 0, proven: true },
      { ...peer(3), failures: 2, proven: true },
      { ...peer(4), failures: 0, proven: false },
      { ...peer(5), failures: 0, proven: true, left: 'bye' },
    ],
  },
};

test('every number is told in base units, where it is known', async () => {
  const text = await textOf(FULL);
  const told = (name: string): string[] => valuesOf(text, name).map((line) => line.slice(name.length));
  expect(told('gossip_uptime_seconds')).toEqual([' 61']);
  expect(told('gossip_module_state_age_seconds')).toEqual(['{module="counter"} 1.5', '{module="registry"} 1.5']);
  expect(told('gossip_module_request_seconds_sum')).toEqual(['{module="counter"} 1.5']);
  expect(told('gossip_module_request_seconds_count')).toEqual(['{module="counter"} 3']);
  expect(told('gossip_module_request_failures_total')).toEqual(['{module="counter"} 1']);
  expect(told('gossip_module_breaker_open')).toEqual(['{module="counter"} 0', '{module="registry"} 1']);
  expect(told('gossip_module_newest_deployment_timestamp_seconds')).toEqual([
    '{module="counter"} 1700000000.001',
    '{module="registry"} 1700000000.002',
  ]);
  expect(told('gossip_peers')).toEqual(['{state="answering"} 1', '{state="failing"} 1', '{state="unproven"} 1', '{state="left"} 1']);
  expect(told('gossip_trouble')).toEqual(['{what="disk"} 1', '{what="outgoing"} 0', '{what="incoming"} 0', '{what="outside"} 0']);
  expect(told('gossip_alarms')).toEqual(['{code="GOSSIP_E_MOVED"} 1']);
  expect(told('gossip_stale')).toEqual([' 1']);
  expect(told('gossip_strain')).toEqual([' 2.5']);
  expect(told('gossip_processor_wait_ratio')).toEqual([' 12.5']);
  expect(told('gossip_connections')).toEqual(['{direction="out"} 0', '{direction="in"} 6']);
});

test('what is not known is not told as 0: no quota, no confirmation, no instance', async () => {
  const failed = moduleStatus(record(1, { module: 'counter' }), {
    state: 'failed',
    deployment: null,
    number: null,
    code: null,
    version: null,
    residentBytes: null,
    processor: null,
    why: { code: 'GOSSIP_E_MODULE_CRASH', message: 'it crashed' },
  });
  const text = await textOf({ modules: ['counter'], status: { modules: [failed] } });
  for (const name of [
    'gossip_code_quota_bytes',
    'gossip_confirmed_age_seconds',
    'gossip_module_info',
    'gossip_module_deployment_sequence',
    'gossip_module_resident_memory_bytes',
  ])
    expect(valuesOf(text, name)).toEqual([]);
  expect(valuesOf(text, 'gossip_module_behind')).toEqual(['gossip_module_behind{module="counter",code="GOSSIP_E_MODULE_CRASH"} 1']);
});

test('however many modules there are, so many are told one by one, and the rest is counted', async () => {
  const modules = Array.from({ length: MAX_MODULES_TOLD + 44 }, (_, index) => `m${String(index).padStart(4, '0')}`);
  const text = await textOf({ modules });
  expect(valuesOf(text, 'gossip_module_useful')).toHaveLength(MAX_MODULES_TOLD);
  expect(valuesOf(text, 'gossip_modules_omitted')).toEqual(['gossip_modules_omitted 44']);
  expect(valuesOf(text, 'gossip_modules')).toContain(`gossip_modules{state="running"} ${modules.length}`);
});

test('a value has the labels that its family names, and no others; names keep to the conventions', async () => {
  const text = await textOf(FULL);
  const labelsOf = new Map(FAMILIES.map(({ name, labels }) => [name, labels]));
  for (const [, name = '', labels = ''] of text.matchAll(/^([a-z_]+)(?:\{(.*)\})? /gm)) {
    const family = labelsOf.get(name) ?? labelsOf.get(name.replace(/_(bucket|sum|count)$/, ''));
    expect([name, [...labels.matchAll(/(\w+)=/g)].map(([, label]) => label).filter((label) => label !== 'le')]).toEqual([name, family]);
  }
  for (const { name, type, help } of FAMILIES) {
    expect(name).toMatch(type === 'counter' ? /_total$/ : /(?<!_total)$/);
    expect(help).not.toMatch(/["\\\n]|\.$/);
  }
});

test('in a file it bears the name of its node, and tells nothing that node_exporter tells of itself', async () => {
  const text = await new MetricsText(FILE_FAMILIES, 'text', { node: 'n"1' }).write(paperReading(FULL));
  expect(valuesOf(text, 'gossip_stale')).toEqual([String.raw`gossip_stale{node="n\"1"} 1`]);
  expect(text).not.toMatch(/^(process|nodejs)_/m);
});

test('one format does not change the other, whichever comes first', async () => {
  const before = await textOf(FULL);
  await textOf(FULL, 'openmetrics');
  const others = (text: string): string => text.replaceAll(/^(process|nodejs)_.*$/gm, '');
  expect(others(await textOf(FULL))).toBe(others(before));
});

describe.skipIf(!hasDebian('prometheus'))('promtool', () => {
  test.each([
    ['full', FULL],
    ['empty', {}],
  ] as const)('finds nothing wrong with a %s text', async (_, paper) => {
    const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], { input: await textOf(paper), encoding: 'utf8' });
    expect([status, stdout, stderr]).toEqual([0, '', '']);
  });
});

const PARSE = `
import sys
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse
print(sum(len(family.samples) for family in parse(sys.stdin.read())))
`;
describe.skipIf(!hasDebian('python3-prometheus-client'))("Python's parser of OpenMetrics", () => {
  test('takes every value', async () => {
    const text = await textOf(FULL, 'openmetrics');
    const { status, stdout, stderr } = spawnSync('/usr/bin/python3', ['-c', PARSE], { input: text, encoding: 'utf8' });
    expect([status, stderr, Number(stdout)]).toEqual([
      0,
      '',
      text.split('\n').filter((line) => line !== '' && !line.startsWith('#')).length,
    ]);
  });
});
