/** The peer of a row: answers with what it hears, to 'fail' with a failure, and to 'silent' never. */
import { GossipModule } from '../../../src/sdk/index.ts';
import type { Body, ModuleClass } from '../../../src/sdk/index.ts';

export function peerClass(heard: Body[]): ModuleClass {
  return class extends GossipModule {
    override receive(body: Body): Body | Promise<Body> {
      heard.push(body);
      if (body === 'fail') throw new Error('no answer to that');
      return body === 'silent' ? new Promise(() => undefined) : body;
    }
    override transferState(): string {
      return '';
    }
    override acceptState(): void {
      // Has nothing to keep.
    }
  };
}
