/** `gossip module dev` as an author meets it: each save runs on the lab, whatever the build says; and nothing is left of it. */
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { SourceMap } from 'node:module';
import type { SourceMapPayload } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { environment } from '../../scripts/strangers.ts';
import { HUNG_MS } from '../../src/sdk/limits.ts';
import { Debugger } from '../support/debugger.ts';
import { gossip, gossipHere, launch, until, withDirectory } from '../support/gossip.ts';
import type { Launched } from '../support/gossip.ts';
import { endingAllBelow, processesBelow } from '../support/processes.ts';
import { install } from '../support/project.ts';

const TEST_MS = 240_000;
const SMALL = ['--nodes', '2', '--interval', '150ms'];

interface Told {
  readonly event: string;
  readonly [field: string]: unknown;
}

/** Whole lines of what it has printed so far. */
function told(dev: Launched): Told[] {
  const lines = dev.stdout().split('\n').slice(0, -1);
  return lines.map((line) => JSON.parse(line) as Told);
}

/** The first event from the `from`th on that fits. */
function heard(dev: Launched, event: string, fits: object = {}, from = 0): Promise<Told> {
  return until(`it tells '${event}' ${JSON.stringify(fits)}; it told ${dev.stdout()}${dev.stderr()}`, async () =>
    told(dev)
      .slice(from)
      .find((one) => one.event === event && Object.entries(fits).every(([field, value]) => one[field] === value)),
  );
}

function start(home: string, cwd: string, ...flags: readonly string[]): Launched {
  const env = Object.fromEntries(Object.entries(environment(home)).map(([name, value]) => [name, value ?? '']));
  return launch(['module', 'dev', ...SMALL, ...flags], { home, cwd, env });
}

test('a save is built, deployed and runs; a build that fails changes nothing; Ctrl-C leaves nothing', { timeout: TEST_MS }, async () => {
  await withDirectory((home) =>
    endingAllBelow(home, async () => {
      await gossipHere(['cluster', 'init', '--name', 'prod', '--rendezvous', `r=127.0.0.1:7946=${'1'.repeat(64)}`], home);
      expect((await gossip(['module', 'init', 'visits'], { home })).code).toBe(0);
      const project = join(home, 'visits');
      await install(project);
      const source = join(project, 'src', 'index.ts');
      const dev = start(home, project, '--json');

      await heard(dev, 'running', { deployment: 'd1', module: 'visits', nodes: 2, of: 2 });
      const inspect = async () =>
        (await gossipHere<{ state: { total: number } }>(['module', 'inspect', 'visits', '--json'], home)).json.state.total;
      await until('it counts', async () => (await inspect()) > 2);
      const before = await inspect();
      expect(await gossip(['module', 'dev', '--json'], { home, cwd: project })).toMatchObject({
        code: 1,
        json: { error: { code: 'GOSSIP_E_LAB', message: expect.stringContaining(`'dev-visits' is in use`) } },
      });

      // As editors save: beside it, then in its place. And what logs is heard, with the place of an error.
      const text = await readFile(source, 'utf8');
      const logging = text.replace('override start(): void {', "override start(): void {\n    this.context.log('it starts');");
      await writeFile(join(project, 'src', '.index.ts.new'), logging);
      await rename(join(project, 'src', '.index.ts.new'), source);
      await heard(dev, 'running', { deployment: 'd2', nodes: 2 });
      await heard(dev, 'log', { module: 'visits', deployment: 'd2', text: 'it starts' });
      expect(await inspect()).toBeGreaterThanOrEqual(before);

      await writeFile(source, `${logging}\nthis is no TypeScript;\n`);
      expect(await heard(dev, 'built', { ok: false })).toMatchObject({ output: expect.stringContaining('src/index.ts:') });
      const broken = told(dev).length;
      // A save of what runs is built, and not deployed again; the folder of the sources is made anew.
      await rm(join(project, 'src'), { recursive: true });
      await mkdir(join(project, 'src'));
      await writeFile(source, logging);
      await heard(dev, 'unchanged', { deployment: 'd2' }, broken);

      await writeFile(
        source,
        logging.replace(
          'override acceptState(text: string): void {',
          "override acceptState(text: string): void {\n    if (text !== '') throw new TypeError('no such form');",
        ),
      );
      expect(await heard(dev, 'stuck', { deployment: 'd3' })).toMatchObject({
        nodes: 0,
        stragglers: [
          {
            node: 'node1',
            code: 'GOSSIP_E_MODULE_STATE',
            why: expect.stringMatching(/^TypeError: no such form \(at src\/index\.ts:\d+:\d+\)/),
          },
          { node: 'rendezvous1' },
        ],
      });

      dev.child.kill('SIGINT');
      expect(await dev.ended).toMatchObject({ code: 130, stderr: '' });
      expect(await processesBelow(home)).toEqual([]);
      expect(existsSync(join(home, 'labs')) ? await readdir(join(home, 'labs')) : []).toEqual([]);
      expect((await gossipHere(['cluster', 'list', '--json'], home)).json).toMatchObject([{ name: 'prod', current: true }]);
    }),
  );
});

test(
  'a debugger stops the module at a line of its TypeScript on one node; the others go on, and after a save it is at the same address',
  { timeout: TEST_MS },
  async () => {
    await withDirectory((home) =>
      endingAllBelow(home, async () => {
        expect((await gossip(['module', 'init', 'visits'], { home })).code).toBe(0);
        const project = join(home, 'visits');
        await install(project);
        const source = join(project, 'src', 'index.ts');
        const text = await readFile(source, 'utf8');
        const dev = start(home, project, '--json', '--inspect');
        const { url, node } = await heard(dev, 'inspector', { module: 'visits' });
        expect(node).toBe('node1');
        await heard(dev, 'running', { deployment: 'd1', nodes: 2 });

        const totalOf = async (name: string): Promise<number> =>
          (await gossipHere<{ state: { total: number } }>(['module', 'inspect', 'visits', '--to', name, '--json'], home)).json.state.total;
        const debug = await Debugger.at(url as string);
        expect(await debug.value('typeof process.permission')).toBe('object');
        const own = 'const { id } = this.context.self;';
        await stopAt(
          debug,
          project,
          text.split('\n').findIndex((line) => line.includes(own)),
        );
        const { callFrames } = await debug.heard('Debugger.paused');
        const stoodSince = performance.now();
        const before = await totalOf('rendezvous1');
        await until(
          'the other node counts on, and the time of a hang passes twice',
          async () => performance.now() - stoodSince > 2 * HUNG_MS && (await totalOf('rendezvous1')) > before + 10,
        );
        const { json: status } = await gossipHere<{ nodes: { name: string; modules: { restarts: number; state: string }[] }[] }>(
          ['status', '--json'],
          home,
        );
        expect(status.nodes.map(({ name, modules }) => [name, modules[0]?.restarts])).toEqual([
          ['rendezvous1', 0],
          ['node1', 0],
        ]);
        const { callFrameId } = callFrames[0];
        const id = await debug.ask('Debugger.evaluateOnCallFrame', { callFrameId, expression: 'this.context.self.name' });
        expect(id.result.value).toBe('node1');
        await debug.ask('Debugger.resume');
        await debug.heard('Debugger.paused');

        // It stands at the line again. The save ends that: the old instance goes on, gives its state, and the new one waits for the debugger.
        await writeFile(source, text.replace(own, `const { name } = this.context.self;\n    void name;\n    ${own}`));
        await debug.left;
        const next = await Debugger.at(url as string);
        await stopAt(next, project, text.split('\n').findIndex((line) => line.includes(own)) + 2);
        const again = (await next.heard('Debugger.paused')).callFrames[0];
        expect(
          (await next.ask('Debugger.evaluateOnCallFrame', { callFrameId: again.callFrameId, expression: 'this.context.self.name' })).result
            .value,
        ).toBe('node1');
        await heard(dev, 'running', { deployment: 'd2', nodes: 2 });
        next.leave();
        const then = await totalOf('node1');
        expect(then).toBeGreaterThan(before);
        await until('it counts on', async () => (await totalOf('node1')) > then);

        dev.child.kill('SIGINT');
        expect(await dev.ended).toMatchObject({ code: 130, stderr: '' });
        expect(await processesBelow(home)).toEqual([]);
        await expect(Debugger.at(url as string)).rejects.toThrow('refuses');
      }),
    );
  },
);

/** Sets a breakpoint as debuggers do: by the source map that they are told of the script. `line`: from 0, in src/index.ts. */
async function stopAt(debug: Debugger, project: string, line: number): Promise<void> {
  await debug.ask('Debugger.enable');
  await debug.ask('Runtime.runIfWaitingForDebugger');
  const url = pathToFileURL(join(project, 'dist', 'index.cjs')).href;
  const ofModule = async (): Promise<string> => {
    const { sourceMapURL } = await debug.heard('Debugger.scriptParsed', (script) => script.url === url);
    return sourceMapURL as string;
  };
  const map = JSON.parse(Buffer.from((await ofModule()).split('base64,')[1] ?? '', 'base64').toString()) as SourceMapPayload;
  const own = pathToFileURL(join(project, 'src', 'index.ts')).href;
  expect(map.sources).toContain(own);
  const built = (await readFile(join(project, 'dist', 'index.cjs'), 'utf8')).split('\n');
  const parsed = new SourceMap(map);
  const places = built.flatMap((code, lineNumber) => Array.from(code, (_, columnNumber) => ({ lineNumber, columnNumber })));
  const place = places.find(({ lineNumber, columnNumber }) => {
    const entry = parsed.findEntry(lineNumber, columnNumber);
    return 'originalLine' in entry && entry.originalSource === own && entry.originalLine === line;
  });
  const { locations } = await debug.ask('Debugger.setBreakpointByUrl', { url, ...place });
  expect(locations).toHaveLength(1);
}

test('what a killed one left is taken down by the next; one whose build runs is ended with it', { timeout: TEST_MS }, async () => {
  await withDirectory((home) =>
    endingAllBelow(home, async () => {
      const project = join(home, 'plain');
      await mkdir(project);
      await writeFile(join(project, 'module.json'), JSON.stringify({ name: 'plain', version: '1', entry: 'index.mjs', api: 1 }));
      await writeFile(
        join(project, 'index.mjs'),
        "export default class Plain { receive() { return null; } acceptState() {} transferState() { return ''; } }\n",
      );
      const copy = 'mkdir -p dist && cp module.json index.mjs dist';
      const killed = start(home, project, '--json', '--build', copy);
      await heard(killed, 'running', { deployment: 'd1' });
      const left = await processesBelow(join(home, 'labs'));
      killed.child.kill('SIGKILL');
      await killed.ended;

      // A build that never ends, and has begun something itself.
      const next = start(home, project, '--json', '--build', `sleep 1000 & echo $! > ${join(home, 'sleeper')}; wait`);
      await heard(next, 'building');
      const now = await processesBelow(join(home, 'labs'));
      expect(now.filter((pid) => left.includes(pid))).toEqual([]);
      const sleeper = await until(
        'the build has begun',
        async () => Number((await readFile(join(home, 'sleeper'), 'utf8').catch(() => '')).trim()) || undefined,
      );
      next.child.kill('SIGTERM');
      expect((await next.ended).code).toBe(143);
      await until('what the build began has ended', async () => !isThere(sleeper));
      expect(await processesBelow(join(home, 'labs'))).toEqual([]);
      expect(existsSync(join(home, 'labs', 'dev-plain'))).toBe(false);
    }),
  );
});

test('what is no project, has no build, or lies where something else is, is refused', { timeout: TEST_MS }, async () => {
  await withDirectory(async (home) => {
    const dev = (...args: readonly string[]) =>
      gossipHere<{ error: { code: string; message: string } }>(['module', 'dev', ...args, '--json'], home);
    expect(await dev()).toMatchObject({
      code: 2,
      json: { error: { code: 'GOSSIP_E_CODE_PATH', message: `there is no module.json in ${home}, nor in its dist` } },
    });
    await writeFile(join(home, 'module.json'), JSON.stringify({ name: 'plain', version: '1', entry: 'index.mjs', api: 1 }));
    expect((await dev()).json.error.message).toBe(`there is no package.json in ${home}`);
    await writeFile(join(home, 'package.json'), '{"scripts":{"test":"x"}}');
    expect((await dev()).json.error.message).toBe(`${join(home, 'package.json')} has no script 'build'`);
    expect(await dev('--nodes', '0', '--build', 'true')).toMatchObject({ code: 2 });
    await mkdir(join(home, 'labs', 'dev-plain'), { recursive: true });
    await writeFile(join(home, 'labs', 'dev-plain', 'mine'), '');
    expect((await dev('--build', 'true')).json.error).toMatchObject({
      code: 'GOSSIP_E_LAB',
      message: `${join(home, 'labs', 'dev-plain')} holds what no 'gossip module dev' has made`,
    });
    expect(await readdir(join(home, 'labs', 'dev-plain'))).toEqual(['mine']);
  });
});

function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
