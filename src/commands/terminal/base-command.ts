/** What every command shares: `--json`, errors of two lines with a stable code, exit codes. */
import { Command, Errors } from '@oclif/core';
import type { Interfaces } from '@oclif/core';
import type { KeyOwner } from '../../operator/cluster/key-file.ts';
import { signsInstead } from '../../operator/cluster/signs-instead.ts';
import type { Session } from '../../operator/settings/session.ts';
import { standInByOwnSettings } from '../../operator/settings/stand-in.ts';
import { GossipError } from '../../model/errors.ts';
import { safeJson, safeText } from '../../model/safe-text.ts';
import { askPassphrase } from './passphrase.ts';
import type { Speaker } from './speaker.ts';
import { givenSwitch } from '../../process/environment.ts';
import type { Variable } from '../../process/environment.ts';
import { errorJson, errorLines } from '../../process/error-text.ts';
import { codedError } from './coded-error.ts';

// oxlint-disable-next-line no-explicit-any -- as oclif types it
type Parsed = Record<string, any>;
/** Where nothing is a value of its own. */
const MAY_BE_EMPTY = new Set(['--message']);

export abstract class BaseCommand extends Command {
  static override enableJsonFlag = true;

  /** The form of a line, in commands whose `--json` prints many; for its published schema. That of a whole answer is the type of `run`. */
  declare readonly jsonLine: unknown;
  /** The form of an answer that `run` prints by itself; likewise. */
  declare readonly jsonWhole: unknown;

  /** `--signer`, of the commands that have it. */
  #signer: string | undefined;
  #exitCode = 0;

  /** Prints lines of text on stdout, not in JSON mode. What came from nodes neither steers the terminal nor forges a line (attack C12). */
  protected say(...lines: readonly string[]): void {
    this.log(lines.map((line) => safeText(line)).join('\n'));
  }

  /** Prints a line on stderr, not in JSON mode: remarks that are no result. */
  protected remark(text: string): void {
    this.logToStderr(safeText(text));
  }

  /** Prints a line on stderr, in JSON mode too: what no reader of the result may miss. */
  protected complain(text: string): void {
    process.stderr.write(`${safeText(text)}\n`);
  }

  /** How the steps that commands share speak. */
  protected get speaker(): Speaker {
    return {
      json: this.jsonEnabled(),
      remark: (text) => this.remark(text),
      show: (text) => this.show(text),
      logJson: (json) => this.logJson(json),
      endWith: (code) => this.endWith(code),
    };
  }

  /** Prints text that was coloured and escaped already. */
  protected show(text: string): void {
    this.log(text);
  }

  /** How commands speak with whoever owns the key they sign with. */
  protected get keyOwner(): KeyOwner {
    return { passphrase: askPassphrase, remark: (text) => this.remark(text), instead: () => signsInstead(this.#signer) };
  }

  /** Runs `act` against a cluster, and closes every connection afterwards. */
  protected async withCluster<Result>(name: string | undefined, act: (session: Session) => Promise<Result>): Promise<Result> {
    const { withSession } = await import('../../operator/settings/session.ts');
    return withSession(name, this.keyOwner, act);
  }

  /** Empty is refused by the flag's name: `--data "$UNSET"` must not become the current directory, nor a default that nobody meant. */
  protected override async parse<F extends Parsed, B extends Parsed, A extends Parsed>(
    options?: Interfaces.Input<F, B, A>,
    argv?: string[],
  ): Promise<Interfaces.ParserOutput<F, B, A>> {
    // oclif would take an argument that is missing from standard input: in a loop of a shell, the next line of what the loop reads.
    standInByOwnSettings(this.takesOwnSettings);
    for (const arg of Object.values((this.ctor.args as Interfaces.ArgInput | undefined) ?? {})) arg.ignoreStdin = true;
    const parsed = await super.parse(options, argv);
    this.#refuseUnclearSwitches(parsed.raw);
    this.#signer = (parsed.flags as { readonly signer?: string }).signer;
    for (const token of parsed.raw) {
      const name = token.type === 'flag' ? `--${token.flag}` : token.arg.toUpperCase();
      if (token.input === '' && !MAY_BE_EMPTY.has(name)) throw new GossipError('GOSSIP_E_USAGE', `${name} is empty`);
    }
    return parsed;
  }

  /** Whether the operator's own settings stand in for variables that are not given. */
  protected get takesOwnSettings(): boolean {
    return true;
  }

  /** A command may declare none. */
  get #flags(): Interfaces.FlagInput {
    return (this.ctor.flags as Interfaces.FlagInput | undefined) ?? {};
  }

  /** A variable in the place of a switch says yes or no: oclif takes any other word for no. */
  #refuseUnclearSwitches(raw: Interfaces.ParserOutput['raw']): void {
    for (const [name, { type, env }] of Object.entries(this.#flags)) {
      const isTyped = raw.some((token) => token.type === 'flag' && token.flag === name);
      if (type === 'boolean' && env !== undefined && !isTyped) givenSwitch(env as Variable);
    }
  }

  /** Where the result is told by the exit code, too: it ends with this one once all was said. */
  protected endWith(exitCode: number): void {
    this.#exitCode = exitCode;
  }

  protected override async _run<T>(): Promise<T> {
    const result = await super._run<T>();
    if (this.#exitCode !== 0) throw new Errors.ExitError(this.#exitCode);
    return result;
  }

  protected override logJson(json: unknown): void {
    process.stdout.write(`${safeJson(json, 2)}\n`);
  }

  protected override catch(thrown: Error): Promise<never> {
    if (thrown instanceof Errors.ExitError) throw thrown;
    const typed = { command: (this.id ?? '').replaceAll(':', ' '), words: this.argv, flags: this.#flags };
    const error = codedError(thrown, typed);
    if (this.jsonEnabled()) this.logJson(errorJson(error));
    else process.stderr.write(`${errorLines(error, thrown).join('\n')}\n`);
    throw new Errors.ExitError(error.exitCode);
  }
}
