/** What every command shares: `--json`, errors of two lines with a stable code, exit codes. */
import { Command, Errors } from '@oclif/core';
import { escapeControl } from '../../core/escape.ts';
import type { Session } from '../../operator/session.ts';
import { codedError, errorJson, errorLines } from './report.ts';

export abstract class BaseCommand extends Command {
  static override enableJsonFlag = true;

  /** Prints a line of text on stdout, not in JSON mode. What came from nodes cannot steer the terminal (attack C11). */
  protected say(text: string): void {
    this.log(text.split('\n').map(escapeControl).join('\n'));
  }

  /** Prints a line on stderr, not in JSON mode: remarks that are no result. */
  protected remark(text: string): void {
    this.logToStderr(text.split('\n').map(escapeControl).join('\n'));
  }

  /** Prints text that was coloured and escaped already. */
  protected show(text: string): void {
    this.log(text);
  }

  /** Runs `act` against a cluster, and closes every connection afterwards. */
  protected async withCluster<Result>(name: string | undefined, act: (session: Session) => Promise<Result>): Promise<Result> {
    const { withSession } = await import('../../operator/session.ts');
    return withSession(name, act);
  }

  protected override logJson(json: unknown): void {
    process.stdout.write(`${JSON.stringify(json, null, 2)}\n`);
  }

  protected override catch(thrown: Error): Promise<never> {
    if (thrown instanceof Errors.ExitError) throw thrown;
    const error = codedError(thrown);
    if (this.jsonEnabled()) this.logJson(errorJson(error));
    else process.stderr.write(`${errorLines(error, thrown).join('\n')}\n`);
    throw new Errors.ExitError(error.exitCode);
  }
}
