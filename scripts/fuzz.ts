/**
 * `npm run fuzz -- [--target NAME]… [--seconds N] [--random-seed N]`: follows the coverage through the parsers that take bytes from
 * outside (docs/fuzzing.md). An input that breaks a promise is printed, and kept for `npm test`.
 * `npm run fuzz -- --target NAME --replay BASE64` tries one input again.
 */
import { judge } from '../test/fuzz/judge.ts';
import { corpusDirectory, loadCorpus, saveCorpus } from '../test/fuzz/loop/corpus-directory.ts';
import { runLoop } from '../test/fuzz/loop/run.ts';
import type { Found, RunResult } from '../test/fuzz/loop/run.ts';
import { keepRegression, replayCommand } from '../test/fuzz/regressions.ts';
import type { Target } from '../test/fuzz/target.ts';
import { TARGETS } from '../test/fuzz/targets.ts';
import { readOptions, wholeNumber, wrongUsage } from './options.ts';

const { values } = readOptions({
  usage: 'npm run fuzz -- [OPTION]…: follows the coverage through the parsers that take bytes from outside.',
  options: {
    target: { type: 'string', multiple: true, value: 'NAME', help: 'This target; may be repeated. Without, all of them.' },
    seconds: { type: 'string', default: '60', value: 'N', help: 'How long, for each target.' },
    'random-seed': { type: 'string', value: 'N', help: 'Repeats a run that found something.' },
    replay: { type: 'string', value: 'BASE64', help: 'Tries this one input.' },
  },
});

const targets = values.target?.map(targetNamed) ?? TARGETS;
const failures = values.replay === undefined ? await fuzz() : await replay(Buffer.from(values.replay, 'base64'));
process.exitCode = failures > 0 ? 1 : 0;

async function fuzz(): Promise<number> {
  let found = 0;
  for (const { name } of targets) found += await fuzzOne(name);
  return found;
}

async function fuzzOne(target: string): Promise<number> {
  const seed = values['random-seed'];
  const directory = corpusDirectory(target);
  const result = await runLoop({
    target,
    seconds: wholeNumber('seconds', values.seconds, 1),
    corpus: loadCorpus(directory),
    ...(seed === undefined ? {} : { randomSeed: wholeNumber('random-seed', seed, 0) }),
    onProgress: (run) => process.stderr.isTTY && process.stderr.write(`\r${summary(target, run)}`),
  });
  saveCorpus(directory, result.corpus);
  if (process.stderr.isTTY) process.stderr.write('\r');
  say(summary(target, result));
  for (const finding of result.findings) tell(target, finding);
  return result.findings.length;
}

async function replay(input: Uint8Array): Promise<number> {
  let broken = 0;
  for (const target of targets) {
    const { finding, outcome } = await judge(target, input);
    say(`${target.name}: ${finding === null ? outcome : `${finding.kind} ${finding.where}: ${finding.what}`}`);
    if (finding !== null) broken += 1;
  }
  return broken;
}

function summary(target: string, { executions, seconds, reached, corpus, findings }: RunResult): string {
  const rate = Math.round(executions / seconds).toLocaleString('en');
  const share = `${(reached.share * 100).toFixed(0)} % of ${reached.functions} functions`;
  const outcome = findings.length === 0 ? 'nothing found' : `${findings.length} FOUND`;
  return `${target.padEnd(22)} ${executions.toLocaleString('en').padStart(11)} inputs  ${rate.padStart(8)}/s  ${share.padStart(23)}  ${corpus.length} kept  ${outcome}`;
}

function tell(target: string, { kind, where, what, input }: Found): void {
  say(`  ${kind} ${where}: ${what}`);
  say(`  input (${input.length} bytes): ${Buffer.from(input).toString('base64')}`);
  say(`  kept in ${keepRegression(target, input)}`);
  say(`  again:  ${replayCommand(target, input)}`);
}

function targetNamed(name: string): Target {
  const target = TARGETS.find((each) => each.name === name);
  if (target !== undefined) return target;
  return wrongUsage(`there is no target '${name}'; there are ${TARGETS.map((each) => each.name).join(', ')}`);
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
