/** What a module can reach: its own files and its core, and nothing else (attacks D4, D5, D6). */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createServer } from 'node:http';
import { describe, expect, it } from 'vitest';
import { fileURLToPath } from 'node:url';
import type { HostOptions } from '../../../src/core/hosting/host-options.ts';
import { findIsolation, isolationCandidates } from '../../../src/core/hosting/sandbox/isolation.ts';
import type { Isolation } from '../../../src/core/hosting/sandbox/isolation.ts';
import { hostCommand } from '../../../src/core/hosting/sandbox/launch.ts';
import { jailWorks, runCore } from './core-process.ts';
import { json, moduleSource, OTHER, parsed, useHosts } from './support.ts';
import type { Workshop } from './support.ts';

const hosts = useHosts();
const unsealed = useHosts(fileURLToPath(new URL('./fixtures/unsealed-host.ts', import.meta.url)));
const BARE: Isolation = { level: 'permission-model', prefix: [], endsWithCore: false };

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
  'a file by its bytes': 'fs.readFileSync(Buffer.from("/etc/passwd")).length',
  'a file by a promise': '(await fs.promises.readFile("/etc/passwd")).length',
  'a file as a blob': '(await (await fs.openAsBlob("/etc/passwd")).text()).length',
  'a file of the environment': 'process.loadEnvFile("/etc/os-release") ?? 1',
  'its own memory': 'fs.openSync("/proc/self/mem", "r")',
  'a file system': 'fs.statfsSync("/").blocks',
  'a real path': 'fs.realpathSync.native("/etc/passwd")',
  'another working directory': 'process.chdir("/tmp") ?? 1',
  'another user': 'process.setgid(process.getgid()) ?? 1',
  'another program in its place':
    'typeof process.execve === "function" && process.permission === undefined || process.execve("/bin/true", ["true"])',
  'a trace of events':
    '(() => { const t = builtin("trace_events").createTracing({ categories: ["node"] }); t.enable(); t.disable(); return 1; })()',
  'a stream into a file': 'new fs.Utf8Stream({ dest: OWN + "/stream", sync: true }).write("x")',
  'a cache of compiled code': 'builtin("module").enableCompileCache(OWN + "/cache").status === 1 || fail("no")',
  'hooks of the loader in a thread': 'builtin("module").register("data:text/javascript,") ?? 1',
  'a snapshot near the limit of the heap': 'builtin("v8").setHeapSnapshotNearHeapLimit(1) ?? 1',
  'a flag of V8': 'builtin("v8").setFlagsFromString("--no-opt") ?? 1',
  'settings of reports': '(process.report.filename = "x")',
  'a handle of TCP': 'closed(builtin("net")._createServerHandle("127.0.0.1", 0, 4))',
  'a handle of a pipe': 'bound(new process.stdout._handle.constructor(0), OWN + "/socket")',
  'a handle of UDP': 'bound(udp(), "127.0.0.1", 0, 0)',
  'a resolver of names':
    '(await new (builtin("dns").promises.Resolver)().resolve4("localhost").catch((error) => (error.code === "ERR_ACCESS_DENIED" ? Promise.reject(error) : "asked")))',
  'a process by its handle': 'spawned(new (builtin("child_process").ChildProcess)())',
  'a key out of a store': 'key()',
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
  const closed = (handle) => { if (typeof handle === 'number') fail(handle); handle.close(); return 1; };
  const bound = (handle, ...to) => { const error = handle.bind(...to); if (error) fail(error); return 1; };
  const udp = () => { const socket = builtin('dgram').createSocket('udp4'); return socket[Object.getOwnPropertySymbols(socket).find((symbol) => String(symbol).includes('state'))].handle; };
  const spawned = (child) => { child.spawn({ file: '/bin/true', args: ['true'], stdio: 'ignore' }); return 1; };
  const key = () => { try { builtin('crypto').createPrivateKey(new URL('file:/etc/passwd')); } catch (error) { if (error.code === 'ERR_ACCESS_DENIED') throw error; } return 'the store'; };
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

type Results = Record<string, { got?: unknown; denied?: string }>;

async function probeAll(workshop: Workshop, options: Partial<HostOptions>): Promise<Results> {
  const directory = await workshop.module(source);
  await mkdir(`${directory}0`, { recursive: true });
  const { host } = await workshop.run(directory, options);
  return listening(async (port) => {
    const results: Results = {};
    for (const probe of Object.keys(PROBES)) {
      results[probe] = parsed(await host.deliver(OTHER, json({ probe, own: directory, port }), 10_000)) as { denied?: string };
    }
    return results;
  });
}

/** The command without any of the flags that confine. */
const unconfined: typeof hostCommand = (request) => {
  const command = hostCommand(request);
  const args = command.args.filter((arg) => !/^--(permission|allow|disable-proto|no-|freeze)/.test(arg));
  return { ...command, args };
};

describe('a module', () => {
  it.each(['own-root', 'namespaces', 'permission-model'] as const)("is denied everything but its own files at '%s'", async (level) => {
    const isolation = await findIsolation(isolationCandidates().filter((candidate) => candidate.level === level));
    const results = await probeAll(hosts, { isolation });
    expect(Object.entries(results).filter(([, result]) => 'got' in result)).toEqual([]);
  });

  it('gets everything without the flags', async () => {
    const results = await probeAll(unsealed, { command: unconfined, isolation: BARE });
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
