/** Modules that fail in every way that a fault asks for. They keep the state that they are given, and gossip nothing. */
import type { ModuleSource } from '../support/modules.ts';

export interface Breakage {
  /** Statements of the module's file. */
  readonly loading?: string;
  /** Statements of `start`. */
  readonly starting?: string;
  /** Statements of `acceptState`. */
  readonly accepting?: string;
}

export function broken(version: string, { loading = '', starting = '', accepting = 'this.state = state;' }: Breakage): ModuleSource {
  const source = `
${loading}
export default class Broken {
  constructor(context) {
    this.context = context;
    this.state = '{"born":"broken","words":[]}';
  }
  acceptState(state) {
    ${accepting}
  }
  start() {
    ${starting}
  }
  receive() {
    return null;
  }
  transferState() {
    return this.state;
  }
}
`;
  return { name: 'notebook', version, source };
}

/** Starts as if all were well, and no instance lives long enough to gossip. */
export function crashLooping(version: string): ModuleSource {
  return broken(version, { starting: `this.context.after(50, () => queueMicrotask(() => { throw new Error('out of order'); }));` });
}
