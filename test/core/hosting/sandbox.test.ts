/** What a module can reach: its own files and its core, and nothing else (attacks D4, D5, D6). */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createServer } from 'node:http';
import { describe, expect, it } from 'vitest';
import { hostCommand } from '../../../src/core/hosting/launch.ts';
import { jailWorks, runCore } from './core-process.ts';
import { json, moduleSource, OTHER, parsed, useHosts } from './support.ts';

const hosts = useHosts();

/** Each is an expression; a value means that the module got what it wanted. Run again on every update of Node. */
const PROBES: Record<string, string> = {
  'a file of the system': 'fs.readFileSync("/etc/passwd").length',
  'whether a file exists': 'fs.existsSync("/etc/passwd") || fail("no")',
  'a directory': 'fs.readdirSync("/").length',
  'a directory beside its own, of the same beginning': 'fs.readdirSync(OWN + "0").length',
  'the environment of its core': 'fs.readFileSync("/proc/" + process.ppid + "/environ").length + 1',
  'its own descriptors': 'fs.readdirSync("/proc/self/fd").length',
  'writing beside its code': 'fs.writeFileSync(OWN + "/planted", "x")',
  'a link': 'fs.symlinkSync("/etc/passwd", OWN + "/link")',
  'watching a directory': 'fs.watch("/etc").close()',
  'a heap snapshot': 'builtin("v8").writeHeapSnapshot(OWN + "/snapshot")',
  'a report': 'process.report.writeReport(OWN + "/report")',
  sqlite: 'new (builtin("sqlite").DatabaseSync)("/dev/null") && 1',
  ffi: 'Object.keys(builtin("ffi")).length',
  'a native addon': 'dlopen()',
  wasi: 'new (builtin("wasi").WASI)({ version: "preview1" }) && 1',
  'a worker':
    'await new Promise((resolve, reject) => new (builtin("worker_threads").Worker)("1", { eval: true }).on("exit", resolve).on("error", reject))',
  'a child process': 'String(builtin("child_process").execFileSync("/bin/echo", ["child"]))',
  'a shell': 'String(builtin("child_process").execSync("echo shell"))',
  'a cluster': 'builtin("cluster").fork({}).kill()',
  'an inspector': 'builtin("inspector").open(0) ?? 1',
  'a session of the inspector': 'new (builtin("inspector").Session)().connect()',
  'internal bindings': 'Object.keys(process.binding("fs")).length',
  'a connection': 'await event(builtin("net").connect(PORT, "127.0.0.1"), "connect")',
  'a server': 'await event(builtin("net").createServer().listen(0), "listening")',
  'a datagram': 'await event(builtin("dgram").createSocket("udp4").bind(0, "127.0.0.1"), "listening")',
  'a name': '(await builtin("dns/promises").lookup("localhost")).address',
  fetch: '(await fetch("http://127.0.0.1:" + PORT)).status',
  'a prototype': 'Object.getOwnPropertyDescriptor(Object.prototype, "__proto__").get.name',
};

const source = moduleSource(
  {
    receive:
      'async receive({ probe, own, port }) { OWN = own; PORT = port; try { return { got: (await probes[probe]()) ?? true }; } catch (error) { return { denied: error.code ?? String(error) }; } }',
  },
  `import fs from 'node:fs';
  let OWN, PORT;
  const builtin = (name) => process.getBuiltinModule('node:' + name);
  const fail = (why) => { throw new Error(why); };
  const dlopen = () => { try { process.dlopen({ exports: {} }, '/dev/null'); } catch (error) { if (error.code !== 'ERR_DLOPEN_FAILED') throw error; } return 'the loader'; };
  const event = (emitter, name) => new Promise((resolve, reject) => emitter.on('error', reject).on(name, () => { (emitter.destroy ?? emitter.close).call(emitter); resolve(name); }));
  const probes = { ${Object.entries(PROBES)
    .map(([name, expression]) => `${JSON.stringify(name)}: async () => ${expression}`)
    .join(',\n')} };`,
);

/** A port on which somebody really listens. */
async function listening<T>(use: (port: number) => Promise<T>): Promise<T> {
  const server = createServer((_, response) => response.end('hello'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    return await use((server.address() as { port: number }).port);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

async function probeAll(command?: typeof hostCommand): Promise<Record<string, { got?: unknown; denied?: string }>> {
  const directory = await hosts.module(source);
  await mkdir(`${directory}0`, { recursive: true });
  const { host } = await hosts.run(
    directory,
    command === undefined ? {} : { command, isolation: { level: 'permission-model', prefix: [], endsWithCore: false } },
  );
  return listening(async (port) => {
    const results: Record<string, { got?: unknown; denied?: string }> = {};
    for (const probe of Object.keys(PROBES)) {
      results[probe] = parsed(await host.deliver(OTHER, json({ probe, own: directory, port }), 10_000)) as { denied?: string };
    }
    return results;
  });
}

/** The command without any of the flags that confine. */
const unconfined: typeof hostCommand = (request) => {
  const command = hostCommand(request);
  const args = command.args.filter((arg) => !/^--(permission|allow|disable-proto|no-)/.test(arg));
  return { ...command, args };
};

describe('a module', () => {
  it('is denied everything but its own files', async () => {
    const results = await probeAll();
    expect(Object.entries(results).filter(([, result]) => 'got' in result)).toEqual([]);
  });

  it('gets everything without the flags', async () => {
    const results = await probeAll(unconfined);
    expect(Object.entries(results).filter(([, result]) => 'denied' in result)).toEqual([]);
  });

  it('finds no environment and no secret in its arguments', async () => {
    const look = moduleSource({
      inspect: 'inspect() { return { env: { ...process.env }, arguments: [...process.execArgv, ...process.argv].join(" ") }; }',
    });
    const { host } = await hosts.run(look, { settings: { password: 'hunter2' } });
    const seen = (await host.inspect()) as { env: object; arguments: string };
    expect(seen.env).toEqual({});
    expect(seen.arguments).not.toContain('hunter2');
    const leaky = await hosts.run(look, { command: (request) => ({ ...hostCommand(request), env: { SECRET: 'hunter2' } }) });
    expect(await leaky.host.inspect()).toMatchObject({ env: { SECRET: 'hunter2' } });
  });
});

describe.runIf(jailWorks)('descriptors that the core was started with', () => {
  const read = moduleSource(
    {
      start: `start() { for (let fd = 4; fd < 64; fd++) { try { const b = Buffer.alloc(64); console.log(b.toString("utf8", 0, fs.readSync(fd, b, 0, 64, 0))); } catch {} } }`,
    },
    'import fs from "node:fs";',
  );

  it.each([false, true])('are not passed on; they are when nothing covers them (bare: %s)', async (bareDescriptors) => {
    const secret = join(hosts.dir, 'secret');
    await writeFile(secret, 'hunter2\n');
    const orders = { directory: await hosts.module(read), hostProgram: hosts.hostProgram, level: 'namespaces', bareDescriptors };
    const run = await runCore(orders, { redirections: `20<${secret}` });
    expect(run.lines).toContainEqual({ alive: true });
    expect(run.lines.some(({ log }) => String(log).includes('hunter2'))).toBe(bareDescriptors);
  });
});
