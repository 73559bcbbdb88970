/** Attacks A16 and C12: text of peers, modules and files at every edge to a terminal and to JSON. */
import { PassThrough } from 'node:stream';
import { describe, expect, it, onTestFinished, test, vi } from 'vitest';
import { BaseCommand } from '../../src/commands/terminal/base-command.ts';
import { progressText, startProgress } from '../../src/commands/terminal/progress.ts';
import { errorLines } from '../../src/process/error-text.ts';
import { drawTable } from '../../src/commands/terminal/table.ts';
import { prettyLine } from '../../src/core/log/log.ts';
import { GossipError } from '../../src/model/errors.ts';
import { cutText, safeJson, safeText } from '../../src/model/safe-text.ts';
import { viewLines } from '../../src/operator/deploy/configuration-view.ts';
import type { HistoryEntry } from '../../src/operator/status/history.ts';
import { Records } from '../../src/operator/status/records.ts';
import { historyTable } from '../../src/operator/render/history-table.ts';
import { statusLines } from '../../src/operator/render/status-lines.ts';
import { statusTable } from '../../src/operator/render/status-table.ts';
import { textWidth } from '../../src/operator/render/width.ts';
import { viewOf } from '../../src/operator/status/status.ts';
import { peer, record } from '../support/records.ts';
import { moduleStatus, nodeStatus, root } from '../operator/paper-node.ts';

/** A title, a cleared screen, a forged line, turned text, invisible text and half a character. */
const HOSTILE = 'x\u001b]0;owned\u0007\u001b[2J\u009b31m\r\n  signed    2 of 1\u202e\u2066\u200f\u2028\u{e0041}\ud83d';
const STEERS = /[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/u;
const [D1] = [record(1)];

/** What a command prints with `say`. */
function said(...lines: string[]): string {
  class Speaks extends BaseCommand {
    out = '';
    override log(text = ''): void {
      this.out += `${text}\n`;
    }
    override async run(): Promise<void> {
      this.say(...lines);
    }
  }
  const command = new Speaks([], {} as never);
  void command.run();
  return command.out;
}

const seen = viewOf(
  { name: HOSTILE, root },
  {
    sightings: [
      {
        node: peer(1, HOSTILE),
        answer: {
          status: nodeStatus(peer(1, HOSTILE), [], {
            isolation: HOSTILE,
            backup: { rate: 'fast', why: HOSTILE },
            alarms: [{ code: 'GOSSIP_E_DISK', message: HOSTILE }],
            disk: { error: { code: 'GOSSIP_E_DISK', message: HOSTILE }, contentBytes: 0 },
            outgoing: { error: { code: 'GOSSIP_E_PROXY', message: HOSTILE } },
            modules: [
              moduleStatus(D1, { version: HOSTILE, deployment: HOSTILE, why: { code: 'GOSSIP_E_MODULE_START', message: HOSTILE } }),
            ],
          }),
        },
      },
      { node: peer(2, HOSTILE), answer: { error: new GossipError('GOSSIP_E_UNREACHABLE', HOSTILE) } },
    ],
    unasked: { count: 1, tellers: [HOSTILE] },
    records: Records.of([D1], new Map()),
    disbelieved: [{ id: peer(3).id, name: HOSTILE, address: HOSTILE, why: { code: 'GOSSIP_E_SIGNATURE', message: HOSTILE } }],
  },
);
const { type: _type, ...deployment } = D1.deployment;
const signed = {
  ...deployment,
  code: D1.deployment.code && { ...D1.deployment.code, version: HOSTILE },
  settings: { [HOSTILE]: HOSTILE.toWellFormed() },
  author: HOSTILE,
  message: HOSTILE,
  deployment: 'd1',
  hash: D1.hash,
  signers: [HOSTILE],
  threshold: 2,
  missing: [HOSTILE],
};
const told = { author: HOSTILE, message: HOSTILE, enteredAt: HOSTILE, version: HOSTILE, deployment: HOSTILE, module: HOSTILE };
const entry = { ...told, code: null, rollbackOf: HOSTILE, scrub: false, issued: HOSTILE, superseded: null } as unknown as HistoryEntry;
const missing = { id: peer(4).id, name: HOSTILE, address: HOSTILE, why: HOSTILE };
const stuck = {
  reachable: 1,
  done: 0,
  aware: 1,
  superseded: 0,
  elsewhere: 0,
  unheard: 0,
  silent: [missing],
  gone: [],
  calling: [],
  remarks: [HOSTILE],
  elapsedMs: 5,
};
const straggler = { id: peer(1).id, name: HOSTILE, progress: 'stuck', why: HOSTILE } as const;

const summary = Object.values(statusLines(seen)).flat();

describe('text from outside', () => {
  test.each([
    ["a node's status", () => drawTable(statusTable(seen)), 3],
    ["a cluster's summary", () => said(...summary), summary.length],
    ['a signed deployment', () => said(...viewLines(signed)), viewLines(signed).length],
    ['the history', () => drawTable(historyTable([entry])), 2],
    ['an error', () => errorLines(new GossipError('GOSSIP_E_HELD', HOSTILE, { advice: HOSTILE })).join('\n'), 2],
    ['a line of the log', () => prettyLine(JSON.stringify({ msg: HOSTILE, module: HOSTILE })), 1],
  ])('attacks A16 and C12: no field of %s steers the terminal, turns its text or forges a line', (_, print, lines) => {
    const printed = print().trimEnd().split('\n');
    expect(printed).toHaveLength(lines);
    for (const line of printed) expect(line).not.toMatch(STEERS);
    expect(printed.join('\n')).toContain('\\u202e');
  });

  test("attack C12: the spinner shows a module's words, and obeys none", async () => {
    // Where tests run, spinners may be off.
    vi.stubEnv('CI', undefined);
    vi.stubEnv('TERM', 'xterm');
    onTestFinished(() => void vi.unstubAllEnvs());
    const terminal = Object.assign(new PassThrough(), {
      isTTY: true,
      columns: 4_000,
      cursorTo: vi.fn<() => void>(),
      clearLine: vi.fn<() => void>(),
      moveCursor: vi.fn<() => void>(),
    });
    const progress = await startProgress('begin', false, terminal as unknown as NodeJS.WriteStream);
    progress.update(progressText({ name: 'd1', record: record(1) }, { ...stuck, stragglers: [straggler] }));
    let shown = '';
    terminal.on('data', (chunk: Buffer) => void (shown += chunk.toString()));
    await vi.waitFor(() => expect(shown).toContain('owned'));
    progress.stop();
    for (const command of ['\u001b]0;', '\u001b[2J', '\u202e']) expect(shown).not.toContain(command);
  });

  test('attack C12: JSON is well-formed whatever peers say, and steers no terminal either', () => {
    const json = safeJson({ [HOSTILE]: [HOSTILE] }, 2);
    expect(json.replaceAll('\n', '')).not.toMatch(STEERS);
    expect(json).not.toMatch(/\\ud83d(?!\\ud)/);
    expect(JSON.parse(json)).toEqual({ [HOSTILE.toWellFormed()]: [HOSTILE.toWellFormed()] });
  });

  test('JSON.stringify alone passes both on', () => {
    expect(JSON.stringify(HOSTILE)).toMatch(/\u202e/);
    expect(JSON.stringify(HOSTILE)).toMatch(/\\ud83d(?!\\ud)/);
  });
});

describe('safe text', () => {
  it.each([
    ['plain – Ünïcode ✓ 日本 👍', 'plain – Ünïcode ✓ 日本 👍'],
    ['a\tb\r\nc', 'a\\tb\\u000d\\u000ac'],
    ['\u001b[2J\u0000\u009b', '\\u001b[2J\\u0000\\u009b'],
    ['\u202eabc\u2069', '\\u202eabc\\u2069'],
    ['half \ud83d', 'half \\ud83d'],
    ['\u{e0041}', '\\u{e0041}'],
  ])('%j is shown as %j', (text, shown) => expect(safeText(text)).toBe(shown));

  it('is cut at a whole character, and says so', () => {
    expect(safeText('abc', 3)).toBe('abc');
    expect(safeText('ab👍', 3)).toBe('ab…');
    expect(cutText('ab👍', 4)).toBe('ab👍');
  });
});

describe('wide characters', () => {
  it('keep the columns of a table in line, and within the terminal', () => {
    const rows = [
      [{ text: '日本語日本語' }, { text: 'running' }],
      [{ text: 'node2' }, { text: 'held' }],
    ];
    const lines = drawTable({ head: ['node', 'state'], rows, spare: [] }).split('\n');
    expect(lines.map((line) => textWidth(line.slice(0, line.search(/state|running|held/))))).toEqual([14, 14, 14]);
    const narrow = drawTable({ head: ['node', 'state'], rows, spare: [] }, 20).split('\n');
    expect(Math.max(...narrow.map(textWidth))).toBeLessThanOrEqual(20);
  });
});
