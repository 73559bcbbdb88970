/** The attacks of hostile and broken modules (D rows). */
import type { Mutant } from './mutant.ts';

export const MODULES: readonly Mutant[] = [
  {
    name: 'a module may signal other processes',
    breaks: 'D1, law 4',
    edits: [{ file: 'host/seal.ts', from: 'for (const name of PROCESS_FUNCTIONS) deny(process, name);', to: '' }],
    test: { file: 'core/hosting/signals.test.ts', name: 'is denied to a module at isolation' },
  },
  {
    name: 'a module lives in the namespaces of its core',
    breaks: 'D1, law 4',
    edits: [
      {
        file: 'core/hosting/sandbox/isolation.ts',
        from: "'--pid', '--net', '--ipc', '--mount', '--fork', '--kill-child'];",
        to: "'--ipc', '--mount', '--fork', '--kill-child'];",
      },
    ],
    test: { file: 'core/hosting/signals.test.ts', name: 'is kept in by namespaces alone, when the process is not sealed' },
  },
  {
    name: 'a host is ended together with whoever should collect it',
    breaks: 'D1, law 4',
    edits: [{ file: 'core/hosting/sandbox/inner-process.ts', from: 'if (inner === undefined) return', to: 'return' }],
    test: { file: 'core/hosting/signals.test.ts', name: 'leaves no zombie of hosts that were ended by force' },
  },
  {
    name: 'a module may open the inspector of its core',
    breaks: 'D2',
    edits: [{ file: 'host/seal.ts', from: "['kill', '_kill', '_debugProcess', '_debugEnd',", to: "['kill', '_kill', '_debugEnd'," }],
    test: { file: 'core/hosting/signals.test.ts', name: 'opens no inspector in the core at isolation' },
  },
  {
    name: 'a signal opens the inspector of a core',
    breaks: 'D2',
    edits: [
      { file: '../bin/gossip', from: 'exec "$node" --disable-sigusr1 "$root', to: 'exec "$node" "$root' },
      { file: '../bin/gossip', from: 'else if (process.execArgv.indexOf(SEALED) < 0) runElsewhere(process.execPath);', to: '' },
    ],
    test: { file: 'toolchain/launcher.test.ts', name: 'a signal that any process of this user may send opens no inspector' },
  },
  {
    name: 'a frame may announce 4 GiB of header',
    breaks: 'D3',
    edits: [{ file: 'host/frames.ts', from: 'if (headerBytes === 0 || headerBytes > MAX_HEADER_BYTES)', to: 'if (headerBytes === 0)' }],
    test: { file: 'core/hosting/frames.test.ts', name: '4 GiB of header' },
  },
  {
    name: 'a frame may announce 4 GiB of body',
    breaks: 'D3',
    edits: [
      { file: 'host/frames.ts', from: 'if (this.#bodyBytes > MAX_STATE_BYTES) broken', to: 'if (this.#bodyBytes < 0) broken' },
      { file: 'host/frames.ts', from: 'if (this.#bodyBytes > maxBytes) broken', to: 'if (this.#bodyBytes < 0) broken' },
    ],
    test: { file: 'core/hosting/frames.test.ts', name: '4 GiB of body' },
  },
  {
    name: 'memory is taken for what a frame announces',
    breaks: 'D3',
    edits: [
      {
        file: 'host/frames.ts',
        from: 'Buffer.allocUnsafeSlow(Math.min(this.#wanted, Math.max(needed, 2 * this.#buffer.length, this.#inPieces)))',
        to: 'Buffer.allocUnsafeSlow(Math.max(needed, this.#wanted))',
      },
    ],
    test: { file: 'core/hosting/frames.test.ts', name: 'grows with the bytes that came, not with those that were announced' },
  },
  {
    name: 'a broken frame is skipped',
    breaks: 'D3',
    edits: [
      {
        file: 'core/hosting/process/process.ts',
        from: 'this.kill(this.#unreadable(error));',
        to: 'void error;',
      },
    ],
    test: { file: 'core/hosting/pipe.test.ts', name: 'a second greeting' },
  },
  {
    name: 'a host of another build is spoken with',
    breaks: 'law 9',
    edits: [
      {
        file: 'core/hosting/process/process.ts',
        from: 'if (foreign !== undefined) return this.kill(',
        to: 'if (foreign === null) return this.kill(',
      },
    ],
    test: { file: 'core/hosting/causes.test.ts', name: 'is no fault of the module' },
  },
  {
    name: 'a module may have any number of exchanges open',
    breaks: 'D3',
    edits: [
      { file: 'core/hosting/host.ts', from: 'if (this.#exchanges.size >= MAX_OPEN_EXCHANGES)', to: 'if (this.#exchanges.size < 0)' },
      {
        file: 'host/exchanges.ts',
        from: 'checkOpen(this.#waiting.size);',
        to: 'checkOpen(0);',
      },
    ],
    test: { file: 'core/hosting/lifecycle.test.ts', name: 'is refused beyond 64 that are open' },
  },
  {
    name: 'the environment of the core is passed on',
    breaks: 'D4',
    edits: [
      {
        file: 'core/hosting/sandbox/launch.ts',
        from: 'return { file, args, env: {}, cover',
        to: 'return { file, args, env: process.env as Record<string, string>, cover',
      },
    ],
    test: { file: 'core/hosting/sandbox.test.ts', name: 'finds no environment and no secret in its arguments' },
  },
  {
    name: 'descriptors of the core are passed on',
    breaks: 'D5',
    edits: [
      { file: 'core/hosting/sandbox/launch.ts', from: 'cover: inheritedDescriptors(),', to: 'cover: inheritedDescriptors().slice(0, 0),' },
    ],
    test: { file: 'core/hosting/sandbox.test.ts', name: 'are not passed on; they are when nothing covers them' },
  },
  {
    name: 'a host runs without the permission model',
    breaks: 'D6, law 2',
    edits: [
      {
        file: 'core/hosting/sandbox/launch.ts',
        from: "'--permission',\n    `--allow-fs-read=${hostProgram}`,\n    `--allow-fs-read=${directory}`,",
        to: '',
      },
    ],
    test: { file: 'core/hosting/sandbox.test.ts', name: 'is denied everything but its own files' },
  },
  {
    name: 'a host may open databases',
    breaks: 'D6',
    edits: [{ file: 'core/hosting/sandbox/launch.ts', from: "'--no-experimental-sqlite',", to: '' }],
    test: { file: 'core/hosting/sandbox.test.ts', name: 'is denied everything but its own files' },
  },
  {
    name: 'a host may open sockets',
    breaks: 'D6',
    edits: [{ file: 'core/hosting/sandbox/launch.ts', from: "'--permission',", to: "'--permission', '--allow-net'," }],
    test: { file: 'core/hosting/sandbox.test.ts', name: 'is denied everything but its own files' },
  },
  {
    name: 'the flags of V8 stay open',
    breaks: 'D10, law 2',
    edits: [{ file: 'core/hosting/sandbox/launch.ts', from: "'--freeze-flags-after-init',", to: '' }],
    test: { file: 'core/hosting/settings.test.ts', name: 'end the host of a module that found its way to them' },
  },
  {
    name: 'a module may set flags of V8',
    breaks: 'D10, law 2',
    edits: [{ file: 'host/seal.ts', from: "deny(v8, 'setFlagsFromString');", to: 'void v8;' }],
    test: { file: 'core/hosting/settings.test.ts', name: 'is denied to a module, which is told why or finds nothing there' },
  },
  {
    name: 'heartbeats are not missed',
    breaks: 'D7, law 4',
    edits: [{ file: 'core/hosting/process/watch.ts', from: 'if (this.#silentMs > hungAfterMs) return', to: 'if (hungAfterMs < 0) return' }],
    test: { file: 'core/hosting/watch.test.ts', name: 'finds a host that is silent' },
  },
  {
    name: 'any heartbeat is believed',
    breaks: 'D7',
    edits: [{ file: 'core/hosting/process/watch.ts', from: 'if (ping > this.#answered && ping <= this.#ping) {', to: 'if (ping > -1) {' }],
    test: { file: 'core/hosting/watch.test.ts', name: 'takes no answer for a ping that was not sent, nor one twice' },
  },
  {
    name: 'a delivery has no deadline',
    breaks: 'D7',
    edits: [
      {
        file: 'core/hosting/calls.ts',
        from: 'this.#take(call)?.reject(asError(rules.late)), rules.timeoutMs);',
        to: 'this.#take(call)?.reject(asError(rules.late)), rules.timeoutMs + 30_000);',
      },
    ],
    test: { file: 'core/hosting/lifecycle.test.ts', name: 'has a deadline, and an answer after it is ignored' },
  },
  {
    name: 'memory is not looked at',
    breaks: 'D8, law 4',
    edits: [{ file: 'core/hosting/process/watch.ts', from: 'residentBytes > maxResidentBytes', to: 'residentBytes > 2 ** 50' }],
    test: { file: 'core/hosting/watch.test.ts', name: 'finds a host that grew beyond its limit' },
  },
  {
    name: 'the heap of a module is unbounded',
    breaks: 'D8',
    edits: [{ file: 'core/hosting/sandbox/launch.ts', from: '`--max-old-space-size=${heapMb}`,', to: "heapMb > 0 ? '--no-addons' : ''," }],
    test: { file: 'core/hosting/limits.test.ts', name: 'of the heap' },
  },
  {
    name: 'there is no wall for memory that grows at once',
    breaks: 'D8',
    edits: [{ file: 'core/hosting/sandbox/launch.ts', from: 'ulimit -d "$1" 2>/dev/null; ', to: '' }],
    test: { file: 'core/hosting/limits.test.ts', name: 'all at once meets a wall of the system' },
  },
  {
    name: 'every line of output is kept',
    breaks: 'D9, law 4',
    edits: [
      {
        file: 'core/hosting/process/log-capture.ts',
        from: 'if (this.#bytes.left(this.#nowMs) <= 0 || !this.#lines.take(this.#nowMs)) this.#dropped++;',
        to: 'if (this.#dropped < 0) this.#dropped++;',
      },
    ],
    test: { file: 'core/hosting/log-capture.test.ts', name: 'is dropped and counted' },
  },
  {
    name: 'a line may be of any length',
    breaks: 'D9',
    edits: [
      {
        file: 'core/hosting/process/log-capture.ts',
        from: 'export const MAX_LINE_BYTES = 4 * 1024;',
        to: 'export const MAX_LINE_BYTES = 4 * 1024 * 1024;',
      },
    ],
    test: { file: 'core/hosting/log-capture.test.ts', name: 'of long lines is bounded in bytes' },
  },
];
