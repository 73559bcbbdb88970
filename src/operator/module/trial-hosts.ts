/** A module in the sandbox of a node, without a node: what an author's check and rehearsal start. Its only peer never answers. */
import { realpath } from 'node:fs/promises';
import { ModuleHost } from '../../core/hosting/host.ts';
import type { ContentHash, ModuleName, Peer } from '../../model/names.ts';
import type { JsonObject } from '../../sdk/json.ts';
import type { LineLevel } from '../../sdk/log-level.ts';

export interface Trial {
  /** Of built code. */
  readonly directory: string;
  readonly module: ModuleName;
  readonly settings: JsonObject;
  /** Its gossip round, in milliseconds. */
  readonly intervalMs: number;
  /** The node that it takes itself to be on. */
  readonly self?: Peer;
  /** The bundled host. Default: the one that the build put beside this program. */
  readonly hostProgram?: string | undefined;
  /** Told what it sends. */
  readonly onExchange?: (body: Uint8Array) => void;
}

const NOBODY = { id: '0'.repeat(64), address: '127.0.0.1:7946', name: 'check' } as Peer;
export const SILENT = { id: '1'.repeat(64), address: '127.0.0.1:7947', name: 'silent' } as Peer;
const TOLD_LINES = 5;
const MAX_WARNINGS = 50;

export class TrialHosts {
  /** The last lines that instances printed. */
  printed: readonly string[] = [];
  /** Distinct lines of what they complained of. */
  readonly warnings: string[] = [];
  readonly #trial: Trial;
  /** Where the directory really lies. */
  readonly root: string;
  readonly #hosts: ModuleHost[] = [];

  private constructor(trial: Trial, root: string) {
    this.#trial = trial;
    this.root = root;
  }

  static async of(trial: Trial): Promise<TrialHosts> {
    return new TrialHosts(trial, await realpath(trial.directory));
  }

  /** Loads an instance. `expected`: the hash of the directory. */
  async start(expected: ContentHash): Promise<ModuleHost> {
    const { directory, module, settings, intervalMs, self = NOBODY, hostProgram, onExchange } = this.#trial;
    const host = await ModuleHost.start({
      module,
      generation: this.#hosts.length + 1,
      directory,
      expected,
      self,
      incarnation: 1,
      intervalMs,
      deployment: 'd0',
      settings,
      ...(hostProgram === undefined ? {} : { hostProgram }),
      events: {
        onExchange: (token, _to, body) => {
          onExchange?.(body);
          host.reply(token, { failure: { code: 'GOSSIP_E_UNREACHABLE', message: 'nobody else is here' } });
        },
        onPublish: () => undefined,
        onExit: () => undefined,
        onLog: (line, level) => this.#print(line, level),
      },
    });
    this.#hosts.push(host);
    host.surroundings.setPeers({ near: [SILENT], others: [] });
    return host;
  }

  /** Ends all that run still. */
  async end(): Promise<void> {
    await Promise.all(this.#hosts.map((host) => host.stop(0)));
  }

  /** Places are told as seen from the project: by a source map they lie beside its code. */
  own(text: string): string {
    return text.replaceAll(`file://${this.root}/`, '').replaceAll(`${this.root}/`, '');
  }

  #print(printed: string, level: LineLevel): void {
    const line = this.own(printed);
    if (level === 'error' && this.warnings.length < MAX_WARNINGS && !this.warnings.includes(line)) this.warnings.push(line);
    this.printed = [...this.printed, line].slice(-TOLD_LINES);
  }
}
