/** `gossip module dev`: an author's loop of saving, building and running on several nodes. */
import { relative } from 'node:path';
import { Args, Flags } from '@oclif/core';
import { MAX_INTERVAL_MS } from '../../gossip/timing.ts';
import { safeJson } from '../../model/safe-text.ts';
import { parseModuleSettings } from '../../operator/deploy/settings-text.ts';
import { dev } from '../../operator/dev/dev.ts';
import { eventLines } from '../../operator/dev/event-text.ts';
import type { Surroundings } from '../../operator/dev/event-text.ts';
import { eventJson } from '../../operator/dev/events.ts';
import type { DevEvent, DevLine } from '../../operator/dev/events.ts';
import { LINE_LEVELS } from '../../sdk/log-level.ts';
import type { LineLevel } from '../../sdk/log-level.ts';
import { openProject } from '../../operator/dev/project.ts';
import { Repeats } from '../../operator/dev/repeats.ts';
import { openSettings } from '../../operator/settings/settings.ts';
import { BaseCommand } from '../terminal/base-command.ts';
import { clusterNameFlag, countFlag, durationFlag } from '../terminal/flags.ts';
import { interruptible } from '../terminal/interruptible.ts';
import { startProgress } from '../terminal/progress.ts';

export default class ModuleDev extends BaseCommand {
  static override summary = 'Build on save, and run what was built on a lab of its own, until Ctrl-C.';
  static override description = `PATH is the project of a module, as 'gossip module init' makes it. Each save is built; code that differs is deployed to the lab, where it takes over the state of the code before, as in a real update. What the module logs on any node is printed. A build that fails shows what it printed, and what runs goes on. dist, node_modules, and files and folders whose name begins with a dot are not watched.

With --inspect a debugger may look into the module on one node: breakpoints lie in your TypeScript where the build writes source maps, as that of 'gossip module init' does. The address stays the same; after a save the new instance waits up to 3 s for the debugger that was in the one before. While one is in it, the node does not take the module for hung, whatever it does not answer. Only this lab's own node is started so.

The lab is the current cluster meanwhile: in another terminal, 'gossip status', 'gossip module inspect' and 'gossip call' act on it. It ends with the command, and nothing of it is left. Modules of the program that the module uses are deployed, too.

Exit code 130 after Ctrl-C.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> ./counter --nodes 5 --interval 1s',
    `<%= config.bin %> <%= command.id %> --build 'node build.ts' --settings '{"step": 2}'`,
    '<%= config.bin %> <%= command.id %> --inspect',
    { description: 'For a program: a line of JSON for each event', command: '<%= config.bin %> <%= command.id %> --json' },
  ];
  static override args = { path: Args.string({ description: "Directory of the module's project.", default: '.' }) };
  static override flags = {
    nodes: countFlag({ summary: 'Nodes of the lab, one of them a rendezvous node; 1 to 250, as memory allows.', default: 3 }),
    interval: durationFlag({
      summary: 'Length of a gossip round in the lab.',
      default: 200,
      defaultHelp: async () => '200ms',
      minMs: 20,
      maxMs: MAX_INTERVAL_MS,
    }),
    build: Flags.string({
      summary: "How it is built, for the shell, in the project's directory, into its dist; by default its script 'build', by npm.",
      helpValue: 'COMMAND',
    }),
    settings: Flags.string({ summary: "The module's settings: a JSON object, or @FILE.", helpValue: 'JSON' }),
    level: Flags.custom<LineLevel>({ options: [...LINE_LEVELS] })({
      summary: "The least of the modules' logs that is printed: debug, info, warn or error.",
      helpValue: 'LEVEL',
      default: 'debug',
    }),
    inspect: Flags.boolean({
      summary: "Let debuggers look into the module on one node (node1): an address for Chrome's DevTools, VS Code and the like.",
    }),
    'inspect-port': countFlag({
      summary: 'The port of that address, on 127.0.0.1; by default 9229, or one that is free where that is taken.',
      helpValue: 'PORT',
      min: 1,
      max: 65_535,
      dependsOn: ['inspect'],
    }),
    name: clusterNameFlag({ summary: "Name of the lab's cluster; by default dev-NAME, after the module." }),
  };

  declare readonly jsonLine: DevLine;

  override async run(): Promise<void> {
    const { args, flags } = await this.parse(ModuleDev);
    const moduleSettings = flags.settings === undefined ? undefined : await parseModuleSettings(flags.settings);
    const project = await openProject(args.path, flags.build);
    const name = flags.name ?? `dev-${project.module}`;
    const output = relative(process.cwd(), project.output) || '.';
    const progress = await startProgress('Starting nodes', this.jsonEnabled());
    const repeats = new Repeats();
    const tell = (event: DevEvent): void => {
      progress.stop();
      const now = new Date();
      if (this.jsonEnabled()) process.stdout.write(`${safeJson(eventJson(event, now))}\n`);
      else this.#tell(event, repeats, { bin: this.config.bin, cluster: name, output, now });
    };
    const onReady = (node: string, ready: number, of: number): void => progress.update(`${node} is ready (${ready} of ${of})`);
    const lab = { name, nodes: flags.nodes, intervalMs: flags.interval, onReady };
    const read = new AbortController();
    // Whoever reads this has seen enough, such as `head`.
    const leave = (): void => read.abort();
    process.stdout.once('error', leave);
    await interruptible(
      async (interrupted) => {
        const signal = AbortSignal.any([interrupted, read.signal]);
        const inspect = flags.inspect ? { port: flags['inspect-port'] ?? null } : null;
        const given = { project, lab, inspect, moduleSettings, logLevel: flags.level, keyOwner: this.keyOwner, signal, tell };
        await dev(openSettings(), given).catch((error: unknown) => {
          interrupted.throwIfAborted();
          if (!read.signal.aborted) throw error;
        });
      },
      () => this.remark('Interrupted; every node is ended, and nothing is left of the lab.'),
    ).finally(() => {
      progress.stop();
      process.stdout.off('error', leave);
    });
  }

  #tell(event: DevEvent, repeats: Repeats, surroundings: Surroundings): void {
    const shown = event.event === 'log' ? repeats.pass(event.line, performance.now()) : null;
    if (event.event === 'log' && shown === null) return;
    for (const line of eventLines(shown === null ? event : { event: 'log', line: shown }, surroundings)) this.say(line);
  }
}
