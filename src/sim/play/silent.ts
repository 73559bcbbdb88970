/** A module that does nothing: the only gossip left is that of the cores. */
import { GossipModule } from '../../sdk/index.ts';
import type { Json } from '../../sdk/index.ts';

export class Silent extends GossipModule {
  override start(): void {}

  override receive(): Json {
    return null;
  }

  override transferState(): string {
    return '';
  }

  override acceptState(): void {}
}
