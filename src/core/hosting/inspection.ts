/** How debuggers come into a host: what a core is given that was started for it, in a lab alone. `src/core/inspector` has them come. */
import type { Duplex } from 'node:stream';

/** One host, and the debuggers in it. */
export interface HostInspection {
  /** The URL below which debuggers see the files of the code; with `/` at its end. */
  readonly sources: string;
  /** Whether one is in it now. */
  readonly isOpen: boolean;
  /** How long there was one in it so far, in milliseconds: nothing that it did not do in that time is held against the host. */
  readonly openMs: number;
  /** The host is up and takes debuggers at the other end of `pipe`. Resolves when its code may be loaded. */
  enter(pipe: Duplex): Promise<void>;
}

/** Whose hosts debuggers may come into: asked before each start. */
export type InspectionOf<Module> = (module: Module) => HostInspection | undefined;
