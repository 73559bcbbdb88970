/** A module host from its first instruction to its last. */
import { reasonOf } from '../sdk/border-applications.ts';
import { ExchangeError, UseError } from '../sdk/index.ts';
import type { Frame } from './frames.ts';
import { boundedText, HOST_PROTOCOL } from './messages.ts';
import type { ToHost } from './messages.ts';
import { describePlace, describeStack } from './error-text.ts';
import { Instance } from './instance.ts';
import { CorePipe } from './pipe.ts';
import { printError } from './print.ts';
import { sealProcess } from './seal.ts';

/** Put in when the host is bundled, for it may read no file but its own. */
declare const GOSSIP_VERSION: string;

export interface HostParts {
  /** Takes dangerous functions away, before any code of the module runs. */
  readonly seal: () => void;
}

export function runHost({ seal }: HostParts = { seal: sealProcess }): void {
  seal();
  const pipe = new CorePipe();
  const instance = new Instance((header, body) => pipe.send(header, body));
  const crash = (error: unknown): void => {
    printError(describeStack(error));
    pipe.end(1, { type: 'crash', message: boundedText(describePlace(error)) });
  };
  process.on('uncaughtException', crash);
  process.on('unhandledRejection', (error) =>
    error instanceof ExchangeError || error instanceof UseError ? forgotten(error) : crash(error),
  );
  pipe.listen((frame) => take(frame, instance, pipe));
  pipe.send({ type: 'ready', version: GOSSIP_VERSION, protocol: HOST_PROTOCOL });
}

/** A peer, or another module, that does not answer is no reason to end a module that forgot to say what then. */
function forgotten(error: ExchangeError | UseError): void {
  const what = error instanceof UseError ? 'a request to another module' : 'an exchange';
  printError(`${what} failed, and no catch handles it: ${describeStack(error)}`);
}

function take({ header, body }: Frame<ToHost>, instance: Instance, pipe: CorePipe): void {
  if ('call' in header) return void answer({ header, body }, instance, pipe);
  switch (header.type) {
    case 'ping':
      return pipe.send({ type: 'pong', ping: header.ping, residentBytes: process.memoryUsage.rss() });
    case 'peers':
      return instance.knowPeers(header, body);
    case 'strain':
      return instance.strained(header.level);
    case 'lost':
      return instance.lost(header.peer);
    case 'reply':
      return instance.reply(header, body);
    case 'used':
    case 'watched':
    case 'unwatched':
      return instance.used(header, body);
    case 'stop':
      return void instance.stop(header.reason).then(() => pipe.end(0));
  }
}

async function answer(frame: Frame<Extract<ToHost, { call: number }>>, instance: Instance, pipe: CorePipe): Promise<void> {
  const { call } = frame.header;
  try {
    const { form, bytes } = await instance.call(frame);
    pipe.send({ type: 'done', call, form }, bytes);
  } catch (error) {
    const { type } = frame.header;
    const explained = (type === 'load' || type === 'check-settings') && error instanceof Error;
    const refusal = type === 'request' ? reasonOf(error) : null;
    if (refusal !== null) return pipe.send({ type: 'failed', call, message: boundedText((error as Error).message), refusal });
    const untold = explained ? error.cause : error;
    // What others ask, and cannot be answered, may come a hundred times a second; a step of the module's life fails once.
    if (type !== 'deliver' && type !== 'request' && untold !== undefined) printError(describeStack(untold));
    pipe.send({ type: 'failed', call, message: boundedText(explained ? error.message : describePlace(error)) });
  }
}
