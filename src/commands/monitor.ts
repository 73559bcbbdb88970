/** `gossip monitor`: what happens on nodes, as it happens. */
import { styleText } from 'node:util';
import { Args, Flags } from '@oclif/core';
import type { LogQuestion } from '../api/logs.ts';
import { GossipError } from '../model/errors.ts';
import { safeJson, safeText } from '../model/safe-text.ts';
import type { NodeAddress } from '../operator/client/client.ts';
import { knownNodes } from '../operator/client/nodes.ts';
import type { NodeLine } from '../operator/logs/follow.ts';
import { parseSince } from '../operator/logs/since.ts';
import { EVENT_KINDS, eventOf } from '../operator/monitor/events.ts';
import type { EventKind, NodeEvent } from '../operator/monitor/events.ts';
import { shortHash } from '../operator/render/cells.ts';
import { eventText, eventTone } from '../operator/render/event-text.ts';
import { clockText, lostWords } from '../operator/render/log-text.ts';
import type { LostLine } from '../operator/render/log-text.ts';
import { BaseCommand } from './terminal/base-command.ts';
import { chosenNode } from './terminal/deploying.ts';
import { clusterFlag, moduleFlag, signerFlag } from './terminal/flags.ts';
import { interruptible } from './terminal/interruptible.ts';
import { readAllLogs, readLogs, whileRead, writeLine } from './terminal/log-reading.ts';
import { STYLES } from './terminal/table.ts';

interface EventLine extends NodeEvent {
  readonly time: string;
  readonly node: string;
  readonly id: string;
  /** Its place in the log of the node. */
  readonly at: string;
}

export default class Monitor extends BaseCommand {
  static override summary = 'Watch what happens on the nodes: deployments accepted and from whom, code, hand-overs, what is held, alarms.';
  static override description = `Follows all nodes, or one, until it is interrupted, and prints a line for each event in the order of time (UTC, by the nodes' clocks). It goes on over restarts of nodes. With --json each line is a JSON object.

The events are those that nodes keep in their logs, so --since shows what happened before, too. What modules print is shown by 'gossip logs'.

Kinds: deployment (accepted, from whom), code (fetched, from whom), module (running, updating, held, failed, and why), state (dropped, restored, not to be taken), backup (its rate), strain (behind, stale), peer (one that has left; that this node reaches nobody, or nobody it: that a single peer is dead, membership tells, 'gossip watch membership'), root (its versions), note (revoked, admitted, forgotten), alarm, node (started, stopped), trouble (any other warning or error).`;
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    { description: 'One node', command: '<%= config.bin %> <%= command.id %> node7' },
    {
      description: 'What became of a module in the last hour',
      command: '<%= config.bin %> <%= command.id %> --module counter --since 1h --no-follow',
    },
    { description: 'Alarms and trouble, for a program', command: '<%= config.bin %> <%= command.id %> --kind alarm --kind trouble --json' },
  ];
  static override args = { node: Args.string({ description: 'Watch this node alone: a name, an id or host:port.' }) };
  static override flags = {
    kind: Flags.custom<EventKind>({ options: [...EVENT_KINDS] })({
      multiple: true,
      multipleNonGreedy: true,
      summary: 'Only events of this kind. Repeatable.',
      helpValue: 'KIND',
    }),
    module: moduleFlag({ summary: 'Only what concerns this module.' }),
    since: Flags.string({
      summary: 'Begin with what happened since: 10m or 24h, or a moment in UTC such as 2026-01-31T12:00.',
      helpValue: 'DURATION|TIME',
    }),
    follow: Flags.boolean({
      default: true,
      allowNo: true,
      summary: 'Go on with what happens from now on; --no-follow ends after what has happened, with --since.',
    }),
    signer: signerFlag,
    cluster: clusterFlag,
  };
  declare readonly jsonLine: EventLine | LostLine;
  readonly #today = new Date().toISOString().slice(0, 10);
  #printed = 0;
  readonly #names = new Map<string, string>();

  override async run(): Promise<void> {
    const { args, flags } = await this.parse(Monitor);
    const { since, follow, kind, module } = flags;
    if (!follow && since === undefined) {
      throw new GossipError('GOSSIP_E_USAGE', '--no-follow needs --since', { advice: 'Say from when on, such as --since 1h.' });
    }
    const times = since === undefined ? { ageMs: null, since: null } : parseSince(since);
    const question: LogQuestion = { module: null, level: 'info', ...times, lines: since === undefined ? 0 : null, after: null, follow };
    const isWanted = (event: NodeEvent): boolean =>
      (kind === undefined || kind.includes(event.kind)) && (module === undefined || event.module === module);
    await interruptible(
      (interrupted) =>
        whileRead(interrupted, (signal) =>
          this.withCluster(flags.cluster, async (session) => {
            this.#learn(knownNodes(session.cluster));
            const complain = (text: string): void => this.complain(text);
            const reading = { session, question, signal, complain, onLine: (line: NodeLine) => this.#print(line, isWanted) };
            await (args.node === undefined
              ? readAllLogs(reading, (nodes) => this.#begin(nodes, follow))
              : readLogs(await chosenNode(session, args.node), reading));
            interrupted.throwIfAborted();
            if (!follow && this.#printed === 0) this.remark('No events.');
          }),
        ),
      () => undefined,
    );
  }

  #begin(nodes: readonly NodeAddress[], follow: boolean): void {
    this.#learn(nodes);
    if (follow && process.stderr.isTTY) this.remark(`Watching ${nodes.length === 1 ? '1 node' : `${nodes.length} nodes`}; Ctrl-C ends it.`);
  }

  #learn(nodes: readonly NodeAddress[]): void {
    for (const { id, name } of nodes) if (name !== '') this.#names.set(id, name);
  }

  async #print(line: NodeLine, isWanted: (event: NodeEvent) => boolean): Promise<void> {
    const { id, name, address } = line.node;
    const node = name || shortHash(id);
    if (!('record' in line)) {
      const lost: Monitor['jsonLine'] = { node: name || address, id, lost: line.lost };
      return writeLine(this.jsonEnabled() ? safeJson(lost) : safeText(`… ${node}: ${lostWords(line.lost)}`));
    }
    const event = eventOf(line.record);
    if (event === null || !isWanted(event)) return;
    this.#printed += 1;
    const { time, at } = line.record;
    if (this.jsonEnabled()) return writeLine(safeJson({ time, node: name || address, id, ...event, at } satisfies Monitor['jsonLine']));
    const tone = eventTone(event);
    const text = safeText(eventText(event, (from) => this.#names.get(from)));
    return writeLine(`${clockText(time, this.#today)}${safeText(node)}  ${tone === null ? text : styleText(STYLES[tone], text)}`);
  }
}
