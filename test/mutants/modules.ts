/** The attacks of hostile and broken modules (D rows). */
import type { Mutant } from './mutant.ts';

export const MODULES: readonly Mutant[] = [
  {
    name: 'a module may signal other processes',
    breaks: 'D1, law 4',
    edits: [{ in: 'sealProcess', drop: 'PROCESS_FUNCTIONS' }],
    test: { name: 'is denied to a module at isolation' },
  },
  {
    name: 'a module lives in the namespaces of its core',
    breaks: 'D1, law 4',
    edits: [
      { in: 'NAMESPACES', drop: '--pid' },
      { in: 'NAMESPACES', drop: '--net' },
    ],
    test: { name: 'is kept in by namespaces alone, when the process is not sealed' },
  },
  {
    name: 'a host is ended together with whoever should collect it',
    breaks: 'D1, law 4',
    edits: [{ in: 'endByForce', always: 'inner' }],
    test: { name: 'leaves no zombie of hosts that were ended by force' },
  },
  {
    name: 'a module may open the inspector of its core',
    breaks: 'D2',
    edits: [{ in: 'PROCESS_FUNCTIONS', drop: '_debugProcess' }],
    test: { name: 'opens no inspector in the core at isolation' },
  },
  {
    name: 'a signal opens the inspector of a core',
    breaks: 'D2',
    edits: [
      { file: '../bin/gossip', from: 'exec "$node" --disable-sigusr1 $lean "$root', to: 'exec "$node" $lean "$root' },
      { file: '../bin/gossip', from: 'else if (process.execArgv.indexOf(SEALED) < 0) runElsewhere(process.execPath);', to: '' },
    ],
    test: { name: 'a signal that any process of this user may send opens no inspector' },
  },
  {
    name: 'a frame may announce 4 GiB of header',
    breaks: 'D3',
    edits: [{ in: 'FrameReader.#endPreamble', drop: ['MAX_HEADER_BYTES', '>'] }],
    test: { name: '4 GiB of header' },
  },
  {
    name: 'a frame may announce 4 GiB of body',
    breaks: 'D3',
    edits: [
      { in: 'FrameReader.#endPreamble', never: 'MAX_BODY_BYTES' },
      { in: 'FrameReader.#endHeader', never: 'maxBytes' },
    ],
    test: { name: '4 GiB of body' },
  },
  {
    name: 'memory is taken for what a frame announces',
    breaks: 'D3',
    edits: [{ in: 'FrameReader.#keep', of: 'min()', is: 'Math.max(needed, this.#wanted)' }],
    test: { name: 'grows with the bytes that came, not with those that were announced' },
  },
  {
    name: 'a broken frame is skipped',
    breaks: 'D3',
    edits: [{ in: 'HostProcess.#read', drop: 'kill()' }],
    test: { name: 'a second greeting' },
  },
  {
    name: 'a host of another build is spoken with',
    breaks: 'law 9',
    edits: [{ in: 'HostProcess.#boot', never: 'foreign' }],
    test: { name: 'is no fault of the module' },
  },
  {
    name: 'a module may have any number of exchanges open',
    breaks: 'D3',
    edits: [
      { in: 'Exchanges.begin', never: 'MAX_OPEN' },
      { in: 'OpenExchanges.exchange', drop: 'checkOpen()' },
    ],
    test: { name: 'is refused beyond 64 that are open' },
  },
  {
    name: 'a module may send any number of messages at once',
    breaks: 'D3, law 10',
    edits: [{ in: 'OpenExchanges.send', never: 'MAX_OPEN_SENDS' }],
    test: { name: 'a message beyond 64 on their way is dropped' },
  },
  {
    name: 'bytes travel behind a space, so that a node of before takes them for JSON',
    breaks: 'law 9',
    edits: [{ in: 'BYTES_MARK', is: '0x20' }],
    test: { name: 'a host of version 0.1 finds no JSON in bytes, whatever they spell' },
  },
  {
    name: 'the environment of the core is passed on',
    breaks: 'D4',
    edits: [{ in: 'hostCommand.env', is: 'process.env' }],
    test: { name: 'finds no environment and no secret in its arguments' },
  },
  {
    name: 'descriptors of the core are passed on',
    breaks: 'D5',
    edits: [{ in: 'hostCommand', of: 'inheritedDescriptors()', is: '[]' }],
    test: { name: 'are not passed on; they are when nothing covers them' },
  },
  {
    name: 'a host runs without the permission model',
    breaks: 'D6, law 2',
    edits: [
      { in: 'hostFlags', drop: '--permission' },
      { in: 'hostFlags', drop: ['--allow-fs-read=', 'hostProgram'] },
      { in: 'hostFlags', drop: ['--allow-fs-read=', 'directory'] },
    ],
    test: { name: 'is denied everything but its own files' },
  },
  {
    name: 'a host may open databases',
    breaks: 'D6',
    edits: [{ in: 'hostFlags', drop: '--no-experimental-sqlite' }],
    test: { name: 'is denied everything but its own files' },
  },
  {
    name: 'a host may open sockets',
    breaks: 'D6',
    edits: [{ in: 'hostFlags', of: '--permission', is: "$, '--allow-net'" }],
    test: { name: 'is denied everything but its own files' },
  },
  {
    name: 'the flags of V8 stay open',
    breaks: 'D10, law 2',
    edits: [{ in: 'hostFlags', drop: '--freeze-flags-after-init' }],
    test: { name: 'end the host of a module that found its way to them' },
  },
  {
    name: 'a module may set flags of V8',
    breaks: 'D10, law 2',
    edits: [{ in: 'sealProcess', drop: 'setFlagsFromString' }],
    test: { name: 'is denied to a module, which is told why or finds nothing there' },
  },
  {
    name: 'a module that debuggers may look into has an inspector',
    breaks: 'D10, law 2',
    edits: [{ in: 'letDebuggersIn', drop: 'sealInspector()' }],
    test: { name: 'the module has nothing that it has not elsewhere' },
  },
  {
    name: 'a module that debuggers may look into has threads',
    breaks: 'D10, law 4',
    edits: [{ in: 'letDebuggersIn', drop: ['permission', 'worker'] }],
    test: { name: 'the module has nothing that it has not elsewhere' },
  },
  {
    name: 'heartbeats are not missed',
    breaks: 'D7, law 4',
    edits: [{ in: 'Watch.tick', never: 'hungAfterMs' }],
    test: { name: 'finds a host that is silent' },
  },
  {
    name: 'any heartbeat is believed',
    breaks: 'D7',
    edits: [{ in: 'Watch.pong', always: '#answered' }],
    test: { name: 'takes no answer for a ping that was not sent, nor one twice' },
  },
  {
    name: 'a delivery has no deadline',
    breaks: 'D7',
    edits: [{ in: 'Calls.make', of: 'timeoutMs', is: '$ + 30_000' }],
    test: { name: 'has a deadline, and an answer after it is ignored' },
  },
  {
    name: 'memory is not looked at',
    breaks: 'D8, law 4',
    edits: [{ in: 'Watch.tick', never: 'maxResidentBytes' }],
    test: { name: 'finds a host that grew beyond its limit' },
  },
  {
    name: 'the heap of a module is unbounded',
    breaks: 'D8',
    edits: [{ in: 'hostFlags', drop: '--max-old-space-size=' }],
    test: { file: 'limits', name: 'of the heap' },
  },
  {
    name: 'the memory of WebAssembly grows without bound',
    breaks: 'D8',
    edits: [{ in: 'boundedSection', always: ['maximum', 'maxPages'] }],
    test: { name: 'grows to its bound and no further, whatever maximum it states' },
  },
  {
    name: 'code in WebAssembly goes on after a trap',
    breaks: 'law 4',
    edits: [{ in: 'WasmInstance.#watched', never: 'instanceof' }],
    test: { name: 'in a timer, and by an end of its own' },
  },
  {
    name: 'there is no wall for memory that grows at once',
    breaks: 'D8',
    edits: [{ in: 'launch.LIMITS', is: "($).replace('ulimit -d', 'true')" }],
    test: { name: 'all at once meets a wall of the system' },
  },
  {
    name: 'every line of output is kept',
    breaks: 'D9, law 4',
    edits: [{ in: 'LogCapture.#finish', never: 'take()' }],
    test: { file: 'log-capture', name: 'is dropped and counted' },
  },
  {
    name: 'a line may be of any length',
    breaks: 'D9',
    edits: [{ in: 'log-capture.MAX_LINE_BYTES', is: '4 * 1024 * 1024' }],
    test: { name: 'of long lines is bounded in bytes' },
  },
  {
    name: 'an instance begins with the state beside its code, whatever it was handed',
    breaks: 'decision 64',
    edits: [{ file: 'host/instance.ts', from: "      case 'accept':\n        this.#seed = null;", to: "      case 'accept':" }],
    test: { name: 'begins with the state beside its code where it is handed none' },
  },
];
