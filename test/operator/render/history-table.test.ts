/** The history as people read it. */
import { expect, it } from 'vitest';
import { drillDraft } from '../../../src/operator/drill/drill-record.ts';
import { historyTable } from '../../../src/operator/render/history-table.ts';
import { historyOf } from '../../../src/operator/status/history.ts';
import { Records } from '../../../src/operator/status/records.ts';
import { code, record } from '../../support/records.ts';

it('shortens the hash in the message of a drill, and no other word', () => {
  const before = record(1, { message: 'v1.2, of commit 0123456789abcdef0123456789abcdef01234567' });
  const { message } = drillDraft(before, 'd1', code('drill'), 'ada', '00c0ffee');
  const entries = historyOf(Records.of([before, record(2, { code: code('drill'), message })], new Map()));
  const [drill, first] = historyTable(entries).rows.map((row) => row.at(-1)?.text);
  expect(entries[0]?.message).toContain(before.hash);
  expect(drill).toBe(message.replace(before.hash, before.hash.slice(0, 12)));
  expect(first).toBe(before.deployment.message);
});
