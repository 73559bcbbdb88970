/** In what two deployments differ, as lines: what was is red, what is green. */
import type { FileDifference } from '../difference/code-difference.ts';
import type { DeploymentDifference } from '../difference/deployment-difference.ts';
import type { SettingDifference } from '../difference/settings-difference.ts';
import type { Untold } from '../difference/text-difference.ts';
import type { HistoryEntry } from '../status/history.ts';
import type { Cell } from './cells.ts';
import { shortHash } from './cells.ts';

const UNTOLD: Readonly<Record<Untold, string>> = {
  binary: 'binary, its bytes differ',
  large: 'too large to show its lines',
};
const MARKS = { added: 'A', removed: 'D', changed: 'M' } as const;
const TONES = { '+': 'good', '-': 'bad', '@': 'dim' } as const;

/** One cell a line; without its `hunks` a file is one line. */
export function differenceLines({ before, after, files, untold, settings }: DeploymentDifference): readonly Cell[] {
  return [
    { text: `${before.deployment} → ${after.deployment}  ${after.module}` },
    ...FIELDS.flatMap(([label, of]) => fieldLine(label, of(before), of(after))),
    ...settingLines(settings),
    ...(files === null ? [{ text: `Files: ${untold?.message ?? 'unknown'}`, tone: 'warn' as const }] : fileLines(files, before, after)),
  ];
}

/** Settings that differ, under a heading; nothing where they are the same. */
export function settingLines(settings: readonly SettingDifference[]): readonly Cell[] {
  if (settings.length === 0) return [];
  return [
    { text: 'Settings:' },
    ...settings.flatMap(({ key, before, after }) => [
      ...(before === undefined ? [] : [{ text: `  - ${key}: ${JSON.stringify(before)}`, tone: 'bad' as const }]),
      ...(after === undefined ? [] : [{ text: `  + ${key}: ${JSON.stringify(after)}`, tone: 'good' as const }]),
    ]),
  ];
}

/** Files that differ: first all of them, one a line; then their lines where these were asked for. */
export function fileLines(
  files: readonly FileDifference[],
  before: { readonly deployment: string },
  after: { readonly deployment: string },
): readonly Cell[] {
  if (files.length === 0) return [{ text: 'Files: the same code' }];
  const counts = (['added', 'removed', 'changed'] as const)
    .map((change) => [files.filter((file) => file.change === change).length, change] as const)
    .filter(([count]) => count > 0)
    .map(([count, change]) => `${count} ${change}`);
  return [
    { text: `Files: ${counts.join(', ')}` },
    ...files.map((file) => ({
      text: `  ${MARKS[file.change]} ${file.path}  ${sizeText(file)}${file.untold === null ? '' : ` (${UNTOLD[file.untold]})`}`,
    })),
    ...files.flatMap((file) => hunkLines(file, before.deployment, after.deployment)),
  ];
}

const FIELDS: readonly (readonly [string, (entry: HistoryEntry) => string])[] = [
  ['version', ({ version }) => version ?? 'removed'],
  ['code', ({ code }) => (code === null ? '-' : shortHash(code))],
  ['author', ({ author }) => author],
  ['issued', ({ issued }) => issued],
  ['entered at', ({ enteredAt }) => enteredAt],
  ['message', ({ message }) => message || '-'],
  ['rollback of', ({ rollbackOf }) => rollbackOf ?? '-'],
  ['scrub', ({ scrub }) => (scrub ? 'yes' : 'no')],
];

function fieldLine(label: string, before: string, after: string): readonly Cell[] {
  return before === after ? [] : [{ text: `  ${label.padEnd(12)}${before} → ${after}` }];
}

function sizeText({ sizeBefore, sizeAfter }: FileDifference): string {
  if (sizeBefore === null || sizeAfter === null) return `${sizeBefore ?? sizeAfter ?? 0} bytes`;
  return sizeBefore === sizeAfter ? `${sizeAfter} bytes` : `${sizeBefore} → ${sizeAfter} bytes`;
}

function hunkLines({ path, change, hunks }: FileDifference, before: string, after: string): readonly Cell[] {
  if (hunks === null) return [];
  // A terminal is shown no control characters: a tab becomes the blanks that it stands for.
  const lines = hunks.replace(/\n$/, '').replaceAll('\t', '    ').split('\n');
  return [
    { text: '' },
    { text: `--- ${change === 'added' ? '/dev/null' : `${before}/${path}`}` },
    { text: `+++ ${change === 'removed' ? '/dev/null' : `${after}/${path}`}` },
    ...lines.map((text) => {
      const tone = TONES[text[0] as keyof typeof TONES] as (typeof TONES)[keyof typeof TONES] | undefined;
      return tone === undefined ? { text } : { text, tone };
    }),
  ];
}
