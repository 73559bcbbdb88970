/** `gossip logs`: what modules and nodes have logged, and what they log now. */
import { styleText } from 'node:util';
import { Args, Flags } from '@oclif/core';
import { MAX_LOG_LINES } from '../api/logs.ts';
import type { LogQuestion } from '../api/logs.ts';
import { GossipError } from '../model/errors.ts';
import { parseModuleName } from '../model/names.ts';
import { safeJson } from '../model/safe-text.ts';
import type { NodeLine } from '../operator/logs/follow.ts';
import { parseSince } from '../operator/logs/since.ts';
import { LEVEL_TONES, logJson, logParts } from '../operator/render/log-text.ts';
import type { LostLine, PrintedLine } from '../operator/render/log-text.ts';
import { LINE_LEVELS } from '../sdk/log-level.ts';
import type { LineLevel } from '../sdk/log-level.ts';
import { BaseCommand } from './terminal/base-command.ts';
import { chosenNode } from './terminal/deploying.ts';
import { clusterFlag, countFlag, signerFlag } from './terminal/flags.ts';
import { interruptible } from './terminal/interruptible.ts';
import { readAllLogs, readLogs, whileRead, writeLine } from './terminal/log-reading.ts';
import { STYLES } from './terminal/table.ts';

/** What a terminal is shown where nothing else is said. */
const USUAL_LINES = 100;

export default class Logs extends BaseCommand {
  static override summary = 'Print what a module has logged on a node, or on all, and follow it; without a module, the node too.';
  static override description = `Each line begins with its time (UTC, by the node's clock), the node, and the module with the deployment that ran then; the node's own lines say "node". With --json each line is a JSON object.

Nodes keep some MiB of each module and of themselves; what is older is thrown away. With --follow it goes on until it is interrupted, over updates of the module and restarts of the node; what is lost meanwhile is told.`;
  static override examples = [
    { description: 'On the first rendezvous node that answers', command: '<%= config.bin %> <%= command.id %> membership' },
    '<%= config.bin %> <%= command.id %> membership --to node3 --follow',
    {
      description: 'Warnings and errors of all nodes of the last hour',
      command: '<%= config.bin %> <%= command.id %> --all --level warn --since 1h',
    },
  ];
  static override args = { module: Args.string({ description: 'Name of the module; without it all modules and the node itself.' }) };
  static override flags = {
    to: Flags.string({
      summary: 'Node to ask: a name, an id or host:port; by default the first rendezvous node that answers.',
      helpValue: 'NODE',
      env: 'GOSSIP_TO',
    }),
    all: Flags.boolean({ default: false, summary: 'Ask every node that can be found, and print their lines in the order of time.' }),
    follow: Flags.boolean({ char: 'f', default: false, summary: 'Go on with what is logged from now on.' }),
    level: Flags.custom<LineLevel>({ options: [...LINE_LEVELS] })({
      summary: 'The least that is printed: debug, info, warn or error.',
      helpValue: 'LEVEL',
    }),
    since: Flags.string({ summary: 'Nothing older: 10m or 24h, or a moment in UTC such as 2026-01-31T12:00.', helpValue: 'DURATION|TIME' }),
    lines: countFlag({
      char: 'n',
      summary: `The last so many lines of each node, at most ${MAX_LOG_LINES}; by default ${USUAL_LINES}, and all with --since.`,
      min: 0,
      max: MAX_LOG_LINES,
    }),
    signer: signerFlag,
    cluster: clusterFlag,
  };
  declare readonly jsonLine: PrintedLine | LostLine;
  #printed = 0;
  readonly #today = new Date().toISOString().slice(0, 10);

  override async run(): Promise<void> {
    const { args, flags, raw } = await this.parse(Logs);
    const { all, follow, level = 'debug', since, lines = since === undefined ? USUAL_LINES : null } = flags;
    // The environment's node is for commands that ask one.
    const to = all ? undefined : flags.to;
    if (all && raw.some((token) => token.type === 'flag' && token.flag === 'to')) {
      throw new GossipError('GOSSIP_E_USAGE', '--all asks every node, and --to one: give one of the two');
    }
    const module = args.module === undefined ? null : parseModuleName(args.module);
    const times = since === undefined ? { ageMs: null, since: null } : parseSince(since);
    const question: LogQuestion = { module, level, ...times, lines, after: null, follow };
    await interruptible(
      (interrupted) =>
        whileRead(interrupted, (signal) =>
          this.withCluster(flags.cluster, async (session) => {
            const complain = (text: string): void => this.complain(text);
            const reading = { session, question, signal, complain, onLine: (line: NodeLine) => this.#print(line) };
            await (all ? readAllLogs(reading) : readLogs(await chosenNode(session, to), reading));
            interrupted.throwIfAborted();
            if (this.#printed === 0 && !follow) this.remark('No lines.');
          }),
        ),
      () => undefined,
    );
  }

  #print(line: NodeLine): Promise<void> {
    this.#printed += 1;
    return writeLine(this.jsonEnabled() ? safeJson(logJson(line)) : this.#text(line));
  }

  #text(line: NodeLine): string {
    const { before, level, after } = logParts(line, this.#today);
    const tone = 'record' in line ? LEVEL_TONES[line.record.level] : 'warn';
    return tone === null ? `${before}${level}${after}` : `${before}${styleText(STYLES[tone], level)}${after}`;
  }
}
