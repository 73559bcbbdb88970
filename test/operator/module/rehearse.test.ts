/** An update and its rollback are played in the sandbox: what comes back changed is told, and which step failed. */
import { expect, it } from 'vitest';
import type { ModuleName } from '../../../src/model/names.ts';
import { stateOf } from '../../../src/model/state-bytes.ts';
import { rehearse } from '../../../src/operator/module/rehearse.ts';
import type { Rehearsal } from '../../../src/operator/module/rehearse.ts';
import { moduleSource, useHosts } from '../../core/hosting/support.ts';

const hosts = useHosts();

/** Counts its starts, and keeps what it was given. */
const KEEPS = {
  constructor: 'constructor(context) { this.context = context; this.kept = { own: 0, starts: 0 }; }',
  acceptState: 'acceptState(state) { this.kept = JSON.parse(state); }',
  start: 'start() { this.kept.starts += 1; }',
  transferState: 'transferState() { return JSON.stringify(this.kept); }',
};

async function play(next: Readonly<Record<string, string>>, given?: string): Promise<Rehearsal> {
  return rehearse({
    module: 'probe' as ModuleName,
    old: { directory: await hosts.module(moduleSource(KEEPS)), version: '1' },
    next: { directory: await hosts.module(moduleSource({ ...KEEPS, ...next })), version: '2' },
    given: given === undefined ? null : { origin: null, state: stateOf(given) },
    settings: {},
    hostProgram: hosts.hostProgram,
  });
}

it('comes back the same but for what changes by itself', async () => {
  const { steps, differences, more } = await play({}, '{"count":7,"starts":3}');
  expect(steps).toEqual([
    { step: 'old', version: '1', took: 22, gave: 22 },
    { step: 'new', version: '2', took: 22, gave: 22 },
    { step: 'back', version: '1', took: 22, gave: 22 },
  ]);
  expect(differences).toEqual([{ path: 'starts', kind: 'changed', before: '4', after: '6', byItself: true }]);
  expect(more).toBe(false);
});

it('tells what new code loses and adds, also beside what changes by itself', async () => {
  const drops = { acceptState: 'acceptState(state) { const { starts } = JSON.parse(state); this.kept = { starts, schema: 2 }; }' };
  const { steps, differences } = await play(drops);
  expect(steps[0]).toMatchObject({ took: null });
  expect(differences.filter(({ byItself }) => !byItself)).toEqual([
    { path: 'own', kind: 'lost', before: '0', after: null, byItself: false },
    { path: 'schema', kind: 'added', before: null, after: '2', byItself: false },
  ]);
});

it('tells by inspect() what is lost of bytes that change each time by themselves', async () => {
  const bytes = {
    ...KEEPS,
    acceptState: `acceptState(state) { this.kept = JSON.parse(Buffer.from(state.subarray(16)).toString()); }`,
    transferState: `transferState() { return Uint8Array.from([...Buffer.from(this.context.instanceId, 'hex'), ...Buffer.from(JSON.stringify(this.kept))]); }`,
    start: 'start() {}',
    inspect: 'inspect() { return this.kept; }',
  };
  const playBytes = async (next: string) =>
    rehearse({
      module: 'probe' as ModuleName,
      old: { directory: await hosts.module(moduleSource(bytes)), version: '1' },
      next: { directory: await hosts.module(moduleSource({ ...bytes, start: next })), version: '2' },
      given: null,
      settings: {},
      hostProgram: hosts.hostProgram,
    });
  expect((await playBytes('start() {}')).differences).toMatchObject([{ path: '', byItself: true }]);
  expect((await playBytes('start() { delete this.kept.own; }')).differences).toMatchObject([
    { path: '', byItself: true },
    { path: 'inspect().own', kind: 'lost', before: '0', byItself: false },
  ]);
});

it('ends with the step that failed, the error of the module and its place', async () => {
  const refuses = { acceptState: `acceptState() { throw new Error('not mine'); }` };
  await expect(play(refuses, '{}')).rejects.toMatchObject({
    code: 'GOSSIP_E_MODULE_STATE',
    message: expect.stringMatching(/^the new code \(2\), acceptState: Error: not mine \(at index\.mjs:\d+:\d+\)$/),
  });
  await expect(play({ transferState: 'transferState() { return "no JSON"; }' })).rejects.toMatchObject({
    code: 'GOSSIP_E_MODULE_STATE',
    message: expect.stringMatching(/^back in the old code \(1\), acceptState: SyntaxError: /),
  });
});
