/** gossip-module(7): what the author of a module must know, in brief; limits and defaults are those of the source. */
import { MAX_MODULE_JSON_BYTES } from '../src/model/module-json.ts';
import type { ModuleJson, ModuleLimits } from '../src/model/module-json.ts';
import { MAX_CODE_BYTES, MAX_FILES } from '../src/model/manifest.ts';
import { PIECED_FILE_BYTES } from '../src/model/pieces.ts';
import * as limits from '../src/sdk/limits.ts';
import type { GossipModule, ModuleContext } from '../src/sdk/module.ts';
import { page, section, seeAlso } from './mdoc.ts';

type Terms = readonly (readonly [string, string])[];

/** Each field is here: the types say so. */
const FIELDS: Readonly<Record<keyof ModuleJson, string>> = {
  name: 'A lower-case letter, then at most 39 letters, digits or dashes. gossip deploy --module deploys the code under another name: that is another module, with a state, settings and history of its own.',
  version: 'A label of at most 64 characters, such as 1.2.0. It is shown, and decides nothing.',
  entry: 'The file to load, relative to module.json: .js, .mjs, .cjs or .wasm.',
  api: 'The number 1.',
  limits: 'Optional: an object with the fields below.',
  uses: `Optional: names of at most ${limits.MAX_USES} other modules on the same node that it asks and watches; never itself.`,
  description: 'Optional: one line of at most 1024 characters.',
  settingsSchema:
    'Optional: a JSON Schema of the settings. A file settings.schema.json beside module.json does the same, and nodes of version 0.1 pass over it; one of the two, not both.',
};
const LIMIT_FIELDS: Readonly<Record<keyof ModuleLimits, string>> = {
  heapMb: 'The JavaScript heap in MiB: 16 to 4096, by default 128.',
  residentMb:
    'All memory of the process in MiB; more ends it: 32 to 16384, by default 256, or heapMb + 128 where that is more. At least heapMb.',
  logLinesPerSecond: 'Lines of output that are kept; more are dropped and counted: 1 to 10000, by default 100.',
};

const METHODS: Readonly<Record<keyof GossipModule, string>> = {
  start: 'Begins to gossip. A throw means that this code cannot run: the deployment is held, and the old instance goes on.',
  receive:
    'receive(body, from) answers a message of the same module on another node. from is stamped by the core. The sender runs the same deployment, and may be broken all the same: check what it says. A throw is answered as a failure.',
  request:
    "Optional: request(body, caller) answers a program on the node's machine, or another module on the node. A Refusal(reason, message) tells the caller what is wrong. Open requests are answered before an update takes the state.",
  transferState:
    'Gives a snapshot of the state, a text or a Uint8Array, for the next instance. It is called for checkpoints too, so it changes nothing.',
  acceptState:
    'Takes over a snapshot in the form in which it was given, perhaps by older code, and after a rollback by newer code. A throw means that it cannot: the old instance goes on.',
  inspect: 'What gossip module inspect shows of the state. Bytes are shown as how many they are, and how they begin.',
  stop: "The last call before the instance ends, with 'update', 'shutdown' or 'removed'. Except at an update it may still exchange, and say goodbye.",
};

const CONTEXT: Readonly<Record<keyof ModuleContext, string>> = {
  self: 'This node: id, address, name.',
  incarnation: 'Counts the starts of the node.',
  instanceId: '32 hex digits that no other instance has, on no node and at no time: what ids of operations are made of.',
  module: 'The name under which it is deployed.',
  deployment: 'The deployment that this instance runs, such as d3.',
  settings: 'The signed settings of the deployment.',
  intervalMs: "The node's gossip round in milliseconds; see roundMs of the SDK.",
  now: 'Milliseconds since 1970 by the clock of this node, which may be wrong and may be set.',
  monotonic: 'Milliseconds of a clock that is never set, to measure how long something takes.',
  random: 'A number from 0 to 1, without 1.',
  every:
    'every(ms, task) runs the task again and again, less often where the node has too much to do. A late round is left out; a throw is logged, and the timer goes on.',
  after: 'after(ms, task) runs it once.',
  peers: 'peers(count) draws at random: first the few peers that the node keeps connections with, then others that its core knows.',
  peer: 'peer(id) finds one of them.',
  onPeers: 'onPeers(listener) tells whom the node begins to keep connections with, and whom it ceases to.',
  exchange:
    "exchange(peer, body, { answer, timeoutMs }) sends a message to the same module on the peer, and resolves with its answer. It rejects with an ExchangeError whose reason is 'mismatch', 'absent', 'unreachable', 'timeout', 'refused' or 'failed'.",
  send: 'send(peer, body) asks for no answer: the peer has the message once, or never. False where it was dropped here.',
  onLost: 'onLost(listener) tells when a connection to a peer ended and neither side meant it: a hint, which may be missed or wrong.',
  use: 'use(name) gives a module of uses, with request and watch.',
  publish: 'publish(event, topic) tells those that watch this module on the machine of its node.',
  log: 'log(message, fields, level) writes a line that gossip logs shows.',
};

/** Every limit of the SDK, by the name of its constant. */
const LIMITS: Readonly<Record<keyof typeof limits, string>> = {
  MAX_MESSAGE_BYTES: 'Bytes of a message, of an answer, and of what inspect shows: of JSON in UTF-8, or as they are.',
  MAX_STATE_BYTES: 'Bytes of a state.',
  MAX_RECORD_BYTES: 'Bytes of a signed deployment with its settings and signatures.',
  MAX_SHOWN_DEPTH: 'How deep what inspect shows may be nested.',
  MAX_SETTINGS_DEPTH: 'How deep settings may be nested.',
  MAX_OPEN_CALLS: 'Messages of peers that wait for one instance; one more is refused as busy.',
  MAX_OPEN_REQUESTS: 'Requests of applications that are open at once; more wait.',
  REQUEST_MS: 'Milliseconds for request.',
  MAX_USES: 'Modules in uses.',
  MAX_OPEN_USES: 'Requests to other modules that are open at once; one more is refused as busy.',
  MAX_WATCHES: 'Watches of other modules.',
  USE_MS: 'Milliseconds for a request to another module, its wait for an instance included.',
  START_USE_MS: 'Milliseconds that what is asked in start waits for an instance.',
  USE_BURST: 'Requests to other modules that may begin at once.',
  USES_PER_SECOND: 'Likewise in each second after that; more wait for their turn.',
  MAX_EVENT_BYTES: 'Bytes of JSON of an event.',
  MAX_TOPIC: 'Characters of its topic.',
  MAX_OPEN_EXCHANGES: 'Exchanges that are open at once; one more is refused.',
  MAX_OPEN_SENDS: 'Messages of send that are on their way; one more is dropped.',
  MAX_EXCHANGE_MS: 'Longest timeoutMs of an exchange.',
  EXCHANGE_BURST: 'Exchanges and messages of send that may begin at once.',
  EXCHANGES_PER_SECOND: 'Likewise in each second after that; more wait for their turn.',
  MOST_STRAIN: 'How many times rarer the rounds of every come at most, where the node has too much to do.',
  STEP_MS: 'Milliseconds for loading, for acceptState, and for start.',
  ANSWER_MS: 'Milliseconds for receive.',
  ASK_MS: 'Milliseconds for transferState and for inspect.',
  HUNG_MS: 'Milliseconds that anything in one piece may hold up the process.',
  STOP_MS: 'Milliseconds from stop to the end of the process.',
  LAST_STATE_MS: 'Milliseconds for transferState where the whole node stops.',
};

/** A test runs it. */
export const EXAMPLE = `import { asInteger, asObject, field, GossipModule, parseState, roundMs } from 'gossip/sdk';

export default class Highest extends GossipModule {
  #highest = 0;
  start() {
    const drawn = Math.floor(this.context.random() * 1e6);
    this.#highest = Math.max(this.#highest, drawn);
    this.context.every(roundMs(this.context), () => this.#round());
  }
  receive(body) {
    this.#merge(body);
    return { highest: this.#highest };
  }
  transferState() {
    return JSON.stringify({ version: 1, highest: this.#highest });
  }
  acceptState(text) {
    this.#merge(parseState(text, [1]).state);
  }
  inspect() {
    return this.#highest;
  }
  #merge(told) {
    const heard = field(asObject(told, 'a message'), 'highest');
    this.#highest = Math.max(this.#highest, asInteger(heard, 'highest', { max: 1e6 }));
  }
  async #round() {
    for (const peer of this.context.peers(2)) {
      this.#merge(await this.context.exchange(peer, { highest: this.#highest }));
    }
  }
}`;

export function modulePage(released: string): string {
  return page({ name: 'gossip-module', manual: 7, summary: 'how to write a module for gossip', released }, [
    ...section(
      'DESCRIPTION',
      'A module is one class, with a file module.json beside its code. Nodes run each module in a process of its own, carry its messages, and replace its code everywhere by gossip, with its state. ' +
        'Time, chance, peers and sending come from the context of the class, so that the same class runs on a node, in a test and in the simulator.',
      'gossip module init NAME writes a project with a class, its tests and its build. gossip module dev builds it on each save and runs it on a lab; gossip module check makes the checks of a node; gossip deploy deploys it. What is deployed must be self-contained.',
    ),
    ...section(
      'MODULE.JSON',
      `At most ${MAX_MODULE_JSON_BYTES} bytes of JSON. Unknown fields are refused.`,
      { terms: termsOf(FIELDS) },
      'In limits:',
      {
        terms: termsOf(LIMIT_FIELDS),
      },
    ),
    ...section(
      'CODE',
      `Regular files with plain names: no links, dotfiles or empty directories. At most ${MAX_FILES} files and ${MAX_CODE_BYTES} bytes. Where a file has more than ${PIECED_FILE_BYTES} bytes, gossip adds gossip-pieces.json, with hashes of its pieces; a file gossip.state is a state ` +
        'that an instance begins with where no other hands one over. Both names are kept for that.',
      'With an entry that ends in .wasm the module is WebAssembly, of whatever language: docs/wasm.md of the package tells its interface.',
    ),
    ...section(
      'THE CLASS',
      'The default export of the entry, a class that extends GossipModule of gossip/sdk. The core calls the constructor with the context, then acceptState unless there is no state, then start; then receive, request, transferState and inspect in any order and number; then stop. The process may also end without it.',
      { terms: termsOf(METHODS) },
    ),
    ...section(
      'THE CONTEXT',
      'On nodes of version 0.1 some of it is absent: instanceId, monotonic, peer, onPeers, onLost, use and publish. Call those by an optional call, as in context.peer?.(id).',
      {
        terms: termsOf(CONTEXT),
      },
    ),
    ...section(
      'MESSAGES',
      'Messages, answers and requests are JSON, or bytes as a Uint8Array; a peer may send either form. They are lost, doubled and reordered: merge what comes, and do not assign. A message reaches an instance only where both nodes run the same deployment in the same state epoch; the core takes care of the others.',
    ),
    ...section(
      'HANDING OVER THE STATE',
      'An update starts the new code beside the old, asks the old instance for its state, gives it to the new one, and switches. Where the new one cannot load, start or accept, or the old one does not give its state, the old one goes on, and the node reports held with the reason. Checkpoints are states on disk, for when the process ends otherwise.',
      'A rollback gives what newer code wrote to older code. To change the form of the state add fields; or deploy first code that reads both forms and writes the old one, then code that writes the new one. gossip module rehearse tries it with a real state. --scrub of gossip deploy and gossip rollback throws the state away, everywhere: after that no state from before is taken over any more.',
    ),
    ...section(
      'SETTINGS',
      'What the operator gave with --settings or gossip module settings, signed with the deployment. Where there is a schema, of JSON Schema draft 2020-12 without references to elsewhere, the commands hold settings to it before anything is signed, and each node before any of the new code runs: GOSSIP_E_MODULE_SETTINGS names path and rule. Defaults are not filled in.',
    ),
    ...section(
      'THE SANDBOX',
      'No network, no files but its own code, no environment, child processes, workers or addons. What the process prints is kept as its log. A process that holds itself up, or takes more memory than its limits allow, is ended; the module is started again, with growing pauses.',
    ),
    ...section('LIMITS', 'The same on nodes, in tests and in the simulator.', { terms: numbered() }),
    ...section('EXAMPLES', 'All nodes come to know the highest number that one of them has drawn:', { lines: EXAMPLE.split('\n') }),
    ...seeAlso(
      'gossip-deploy 1',
      'gossip-module-check 1',
      'gossip-module-dev 1',
      'gossip-module-init 1',
      'gossip-module-rehearse 1',
      'gossip-protocol 7',
    ),
    '.Pp',
    'docs/module-authors.md and docs/api.md in the folder of the installed package.',
  ]);
}

function termsOf(meanings: Readonly<Record<string, string>>): Terms {
  return Object.entries(meanings).map(([name, meaning]) => [`Cm ${name}`, meaning]);
}

function numbered(): Terms {
  const values = new Map(Object.entries(limits));
  return Object.entries(LIMITS).map(([name, meaning]) => [String(values.get(name)), meaning]);
}
