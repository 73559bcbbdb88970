/** Looks once a second how late the node's own timers are, and tells when it has become strained and when that is over. */
import type { Ports } from './ports.ts';
import { STRAIN_TO_TELL } from './strain.ts';

export class Pulse {
  readonly #ports: Ports;
  #told = false;

  constructor(ports: Ports) {
    this.#ports = ports;
  }

  start(): void {
    const { timers, timing, now, strain, work } = this.#ports;
    const at = now + timing.pulseMs;
    timers.set('pulse', at, () => {
      const lateMs = Math.max(0, this.#ports.now - at);
      strain.timer(lateMs);
      work.lateness.add(lateMs);
      this.#tell();
      this.start();
    });
  }

  #tell(): void {
    const { view } = this.#ports.strain;
    if (this.#told ? view.level > 1 : view.level < STRAIN_TO_TELL) return;
    this.#told = !this.#told;
    this.#ports.emit({ type: 'note', note: { event: 'strain', strain: view } });
  }
}
