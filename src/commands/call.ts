/** `gossip call`: asks a module on a node, or on all of them. */
import { Args, Flags } from '@oclif/core';
import { formatDuration } from '../model/duration.ts';
import { GossipError } from '../model/errors.ts';
import { parseModuleName } from '../model/names.ts';
import type { ModuleName } from '../model/names.ts';
import { repeatedKey } from '../model/repeated-key.ts';
import { MAX_TOLD, safeJson, safeText } from '../model/safe-text.ts';
import { readBounded, readGiven } from '../operator/files/given-file.ts';
import type { NodeApi } from '../operator/client/client.ts';
import type { AllAsked, AskAllOptions, AskedNode } from '../operator/modules/ask-all.ts';
import type { Json } from '../sdk/json.ts';
import { readJson } from '../sdk/json-text.ts';
import { doorFlags } from './terminal/door-flags.ts';
import type { DoorFlags } from './terminal/door-flags.ts';
import { durationFlag } from './terminal/flags.ts';
import { clusterOf, ModuleCommand } from './terminal/module-command.ts';

const ALL_MS = 60_000;

export default class Call extends ModuleCommand {
  static override summary = 'Ask a module on a node, and print its answer.';
  static override description = `What a module takes is its own affair; docs/applications.md tells it of the shipped ones.

The node is that of this machine, as for every application: its socket is found in its data directory, and whoever may open it may ask. With --to it is a node elsewhere, and with --all every node that 'gossip status' would ask: both take an operator's key that may observe or deploy.

An answer of bytes goes to a file or a pipe as it is; on a terminal, with --all and with --json it is shown in base64.

With --all each node's answer is a line, and the exit code is 4 where some did not answer; where all failed in the same way, it is that of the reason.`;
  static override examples = [
    `<%= config.bin %> <%= command.id %> registry '{"op":"set","key":"greeting","value":"hello"}'`,
    { description: 'A request from a file', command: '<%= config.bin %> <%= command.id %> registry - < request.json' },
    {
      description: 'At another node of this machine',
      command: `<%= config.bin %> <%= command.id %> membership '{"op":"list"}' --data /var/lib/gossip`,
    },
    { description: 'At a node elsewhere', command: `<%= config.bin %> <%= command.id %> membership '{"op":"list"}' --to node3` },
    { description: 'Bytes there and back', command: '<%= config.bin %> <%= command.id %> notes --bytes vector.bin > update.bin' },
    { description: 'At every node', command: `<%= config.bin %> <%= command.id %> aggregate '{"op":"read"}' --all` },
  ];
  // oclif's own leaves blank alternatives where flags exclude each other.
  static override usage =
    '<%= command.id %> MODULE [REQUEST | --bytes FILE|-] [--json] [--all | --to NODE | --app-socket PATH | --data DIR | --node NAME] [--cluster NAME] [--signer PROGRAM] [--timeout DURATION]';
  static override args = {
    module: Args.string({ description: 'Name of the module.', required: true }),
    request: Args.string({ description: 'The request as JSON, or - for standard input; by default null.' }),
  };
  static override flags = {
    ...doorFlags,
    all: Flags.boolean({ summary: 'Ask every node of the cluster, as an operator.', exclusive: ['to', 'app-socket', 'data', 'node'] }),
    bytes: Flags.string({
      summary: 'The request is the bytes of this file, or of standard input (-), as they are.',
      helpValue: 'FILE|-',
    }),
    timeout: durationFlag({
      summary:
        'How long to wait for the answer, the finding of the node included; by default 30s. With --all for all answers together; by default 60s.',
      env: 'GOSSIP_CALL_TIMEOUT',
    }),
  };

  override async run() {
    const { args, flags } = await this.parse(Call);
    const module = parseModuleName(args.module);
    const request = await requestOf(args.request, flags.bytes);
    if (flags.all) return this.#askAll(flags, module, request);
    const answer = await this.ask(flags, module, request);
    if (answer instanceof Uint8Array) {
      const bytes = Buffer.from(answer).toString('base64');
      this.#showBytes(answer, bytes);
      return { module, bytes };
    }
    this.say(...safeJson(answer, 2).split('\n'));
    return { module, answer };
  }

  /** As they are, to whoever reads them; a terminal would be steered by them. */
  #showBytes(answer: Uint8Array, base64: string): void {
    if (this.jsonEnabled()) return;
    if (!process.stdout.isTTY) {
      process.stdout.write(answer);
      return;
    }
    this.say(base64);
    this.remark(`${answer.length} bytes, shown in base64; a file or a pipe gets them as they are.`);
  }

  async #askAll(
    flags: DoorFlags & { readonly timeout: number | undefined },
    module: ModuleName,
    request: Json | Uint8Array,
  ): Promise<AllAsked> {
    const { askAll, requireAll } = await import('../operator/modules/ask-all.ts');
    const { moduleAccess } = await import('../operator/modules/reach.ts');
    const { gatherCluster, knownNodes, nobodyAnswers } = await import('../operator/client/nodes.ts');
    const startedAt = performance.now();
    const all = await this.withCluster(clusterOf(flags), async (session) => {
      const { cluster, client } = session;
      const { at: reach, explained } = await moduleAccess(session);
      const gather: AskAllOptions['gather'] = async (signal, onFound) => {
        const status: NodeApi['status'] = async (node) => {
          const answer = await client.status(node);
          onFound(node, answer);
          return answer;
        };
        const gathered = await gatherCluster(cluster, { status }, { signal });
        if (gathered.sightings.every(({ answer }) => 'error' in answer)) throw nobodyAnswers(knownNodes(cluster));
        return gathered;
      };
      return askAll({ module, request, timeoutMs: flags.timeout ?? ALL_MS, gather, reach, explained });
    });
    const { nodes, answered, elsewhere, gone } = all;
    const width = Math.max(0, ...nodes.map(({ name }) => name.length));
    if (nodes.length > 0) this.say(...nodes.map((node) => `${node.name.padEnd(width)}  ${answerText(node)}`));
    const others = [
      ...(elsewhere.length === 0 ? [] : [`${elsewhere.length} may not run ${module}`]),
      ...(gone.length === 0 ? [] : [`gone or known by hearsay alone: ${gone.map(({ name }) => name).join(', ')}`]),
    ];
    const took = formatDuration(performance.now() - startedAt);
    this.remark(`${[`${answered} of ${nodes.length} nodes answered within ${took}`, ...others].join('; ')}.`);
    requireAll(all);
    return all;
  }
}

function answerText(node: AskedNode): string {
  if ('answer' in node) return safeJson(node.answer);
  return 'bytes' in node ? node.bytes : `failed: ${node.error.message} [${node.error.code}]`;
}

async function requestOf(text: string | undefined, bytes: string | undefined): Promise<Json | Uint8Array> {
  if (bytes === undefined) return requestIn(text);
  if (text !== undefined) throw new GossipError('GOSSIP_E_USAGE', 'a request is JSON or bytes: give REQUEST or --bytes');
  return bytes === '-' ? readBounded(process.stdin, 'standard input', 'request') : readGiven(bytes, 'request');
}

async function requestIn(text: string | undefined): Promise<Json> {
  if (text === undefined) return null;
  const given = text === '-' ? (await readBounded(process.stdin, 'standard input', 'request')).toString() : text;
  const request = jsonOf(given);
  const twice = repeatedKey(given);
  if (twice === null) return request;
  const message = `in the request ${safeText(twice.path, MAX_TOLD)} is given twice`;
  throw new GossipError('GOSSIP_E_USAGE', message, { advice: 'Leave one of them out.' });
}

function jsonOf(text: string): Json {
  try {
    return readJson(text) as Json;
  } catch (cause) {
    throw new GossipError('GOSSIP_E_USAGE', `the request is not JSON: ${(cause as Error).message}`, {
      advice: `Quote it for the shell, as in '{"op":"list"}', or give it by standard input: -.`,
      cause,
    });
  }
}
