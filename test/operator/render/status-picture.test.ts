/** What `gossip status` shows of a thousand nodes and of few, on terminals of both usual widths and in a pipe. */
import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { cropped } from '../../../src/commands/terminal/refreshing.ts';
import { statusPicture } from '../../../src/commands/terminal/status-picture.ts';
import type { PictureOptions } from '../../../src/commands/terminal/status-picture.ts';
import { textWidth } from '../../../src/operator/render/width.ts';
import type { ModuleName } from '../../../src/model/names.ts';
import { largeCluster } from '../../support/large-cluster.ts';
import { peer } from '../../support/records.ts';

const large = largeCluster(1_000);
const lines = (options: PictureOptions = {}, columns = Number.POSITIVE_INFINITY, of = large): string[] =>
  stripVTControlCharacters(statusPicture(of, options, columns)).split('\n');

describe('the picture of a large cluster', () => {
  it('says first of how many nodes it is and what is wrong, then counts those that are alike', () => {
    const [head, , ...rest] = lines();
    expect(head).toMatch(/: 995 of 998 nodes reachable, not converged$/);
    expect(rest).toEqual([
      'no answer: node4, node5, node6; nobody can say what they run',
      'node9: is behind: its rounds take 4 times as long (timers 320 ms late, 0 calls timed out)',
      '',
      'nodes  module      deployment  version  state        which',
      '3                                       unreachable  node4, node5, node6: cannot reach node4: nothing listens there (GOSSIP_E_UNREACHABLE), and alike',
      '3      membership  d4          code4    held         node1, node2, node3: the new version cannot read the state of the one before (GOSSIP_E_MODULE_STATE)',
      '992    membership  d5          code5    running',
      '',
      '2 nodes not heard of for more than 2d: node7, node8',
    ]);
  });

  it.each([80, 200])('has a table that fits %i columns, also with a line for each node', (columns) => {
    for (const options of [{}, { all: true }, { nodes: true }, { nodes: true, all: true }, { module: 'membership' as ModuleName }]) {
      const table = lines(options, columns).filter((line) => !/^ {2}(why|which): |^(no answer|node9):/.test(line));
      for (const line of table) expect(textWidth(line)).toBeLessThanOrEqual(columns);
    }
  });

  it('with --nodes has a line for each, what is wrong first', () => {
    const shown = lines({ nodes: true }).slice(6);
    expect(shown.slice(0, 8).map((line) => line.split(/\s+/)[0])).toEqual([4, 5, 6, 1, 2, 3, 9, 10].map((number) => `node${number}`));
    expect(shown.filter((line) => /^node\d+ /.test(line))).toHaveLength(998);
    expect(lines({ nodes: true, all: true }).filter((line) => /^node[78] .* gone /.test(line))).toHaveLength(2);
  });

  it('with a filter lists whom it is about, and counts the silent all the same', () => {
    const held = lines({ state: 'held' });
    expect(held.filter((line) => /^node\d+ /.test(line)).map((line) => line.split(/\s+/)[0])).toEqual(['node1', 'node2', 'node3']);
    expect(held).toContain('no answer: node4, node5, node6; nobody can say what they run');
    expect(lines({ state: 'gone' }).filter((line) => /^node[78] /.test(line))).toHaveLength(2);
    expect(lines({ stale: true })).toContain('no node that answered is like that');
    expect(() => lines({ module: 'conuter' as ModuleName })).toThrow("no module 'conuter' is deployed; there is membership");
  });

  it('of a sample gives shares of all, and says how they were found', () => {
    const drawn = new Set(Array.from({ length: 300 }, (_, index) => peer(index + 1).id));
    const shown = lines({}, 80, largeCluster(300, { known: 4_000, drawn }));
    expect(shown[0]).toMatch(/: 295 of 298 nodes asked are reachable, of 4000 known, not converged$/);
    expect(shown.find((line) => line.includes(' d4 '))).toMatch(/^3 +1 % \(0\.3-2\.9 %\) +membership +d4 +code4 +held$/);
    expect(shown.join('\n')).toContain('asked 300 of 4000 nodes, drawn at random');
  });

  it('lists each of up to twelve nodes', () => {
    const few = lines({}, 200, largeCluster(12));
    expect(few.filter((line) => /^node\d+ /.test(line))).toHaveLength(10);
    expect(lines({}, 200, largeCluster(20)).some((line) => /^node\d+ /.test(line))).toBe(false);
  });
});

describe('a table', () => {
  it('of very long names is cut at the widest column', () => {
    const of = { ...large, nodes: large.nodes.map((node) => ({ ...node, name: `${node.name}-${'x'.repeat(55)}` })) };
    const table = lines({ nodes: true, state: 'held' }, 80, of).filter((line) => /^node\d.* held/.test(line));
    expect(table).toHaveLength(3);
    for (const line of table) expect(textWidth(line)).toBeLessThanOrEqual(80);
    expect(table[0]).toMatch(/^node1-x+… +membership +d4 +held$/);
  });
});

describe('a picture that is redrawn', () => {
  it('is cut where the terminal ends, and says how much is missing', () => {
    expect(cropped('1\n2\n3', 80, 4)).toBe('1\n2\n3');
    expect(cropped('1\n2\n3\n4', 80, 4)).toBe('1\n2\n… 2 more lines');
    // A long line takes two rows.
    expect(cropped(`${'x'.repeat(120)}\n2\n3\n4`, 80, 5)).toBe(`${'x'.repeat(120)}\n2\n… 2 more lines`);
    const rows = cropped(statusPicture(large, { nodes: true }, 80), 80, 24).split('\n');
    expect(rows.length).toBeLessThan(24);
  });
});
