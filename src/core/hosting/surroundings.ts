/** What a host is told of its node as it changes, and no more often: each thing told costs it a wake. A host that reads too slowly is told later. */
import type { Peer } from '../../model/names.ts';
import type { PeerChoice } from '../../sdk/peer-choice.ts';
import { strainStep } from '../../gossip/strain.ts';
import { PeerLists } from './peer-lists.ts';
import type { HostProcess } from './process/process.ts';

export class SurroundingsOfHost {
  readonly #process: HostProcess;
  readonly #peerLists = new PeerLists();
  #strain = 1;

  constructor(process: HostProcess) {
    this.#process = process;
  }

  /** Tells the module whom it may gossip with, as far as it does not know. */
  setPeers(choice: PeerChoice<Peer>): void {
    const told = this.#process.congested ? null : this.#peerLists.next(choice);
    if (told !== null)
      this.#process.send({ type: 'peers', near: told.near, doubted: told.doubted }, [Buffer.from(JSON.stringify(told.peers))]);
  }

  /** Has the rounds of the module come so many times rarer, from 1 on, in steps. */
  setStrain(level: number): void {
    const step = strainStep(level);
    if (step === this.#strain || this.#process.congested) return;
    this.#strain = step;
    this.#process.send({ type: 'strain', level: step });
  }
}
