/** Who may talk to this node: rendezvous nodes by the root, nodes that a note admits, everybody else by an admission shown in `hello`; nobody whom a note revokes. */
import type { NodeId } from '../../model/names.ts';
import { GossipError } from '../../model/errors.ts';
import type { Trust } from '../../trust/trust.ts';
import { verifyAdmission } from '../../trust/admission.ts';
import { wasRendezvous } from '../../trust/next-root.ts';
import type { Introduction } from '../../api/hello.ts';
import { NoteBook } from '../../gossip/note-book.ts';
import { MemberList } from './member-list.ts';
import type { MemberListLimits } from './member-list.ts';

/** Most ids that peers are asked about at once: whoever shows a token that has ended sets off calls to others. */
const MAX_ASKED = 16;

export interface MembersOptions {
  readonly trust: Pick<Trust, 'root'>;
  readonly self: NodeId;
  /** The list of earlier runs, as it was saved. */
  readonly known: unknown;
  readonly now: () => number;
  /** Asks peers that are members whether they know `id` as admitted. */
  readonly vouched: (id: NodeId) => Promise<boolean>;
  /** Makes the list durable; what it cannot write it says itself. */
  readonly save: (list: readonly unknown[]) => Promise<void>;
  /** What operators decided of single nodes and tokens. Default: nothing. */
  readonly notes?: Pick<NoteBook, 'revocation' | 'isAdmitted' | 'isTokenRevoked'>;
  readonly limits?: MemberListLimits;
}

export interface Introductions {
  readonly members: Members;
  own(): Introduction;
}

export class Members {
  readonly #options: MembersOptions;
  readonly #list: MemberList;
  readonly #asked = new Map<NodeId, Promise<boolean>>();
  readonly #notes: NonNullable<MembersOptions['notes']>;
  #unsaved = false;
  #saving: Promise<void> | null = null;

  constructor(options: MembersOptions) {
    this.#options = options;
    this.#list = new MemberList(options.known, options.limits);
    this.#notes = options.notes ?? new NoteBook();
  }

  has(id: NodeId): boolean {
    const { self, trust } = this.#options;
    if (id === self) return true;
    if (this.#notes.revocation(id) !== undefined) return false;
    return this.#list.has(id) || this.#notes.isAdmitted(id) || trust.root.root.rendezvous.some((node) => node.id === id);
  }

  require(id: NodeId): void {
    if (!this.has(id)) throw new GossipError('GOSSIP_E_NOT_ADMITTED', `node ${id.slice(0, 12)} has not shown an admission`);
  }

  /**
   * Accepts what `id` shows. A delegation that has expired, or was revoked, admits nobody new; a node that members already know stays a member,
   * so that the end of a token does not expel those who joined with it.
   */
  async admit(id: NodeId, shown: unknown): Promise<void> {
    if (this.#notes.revocation(id) !== undefined) throw new GossipError('GOSSIP_E_REVOKED', `node ${id.slice(0, 12)} was revoked`);
    if (this.has(id)) return;
    if (shown === null) throw new GossipError('GOSSIP_E_NOT_ADMITTED', `no operator has let node ${id.slice(0, 12)} in by its id yet`);
    const { node, expires, token } = verifyAdmission(shown, this.#options.trust.root, { now: null });
    if (node !== id) throw new GossipError('GOSSIP_E_NOT_ADMITTED', 'the admission belongs to another node');
    const ended = this.#endOf(id, token, expires);
    // A rendezvous node that is none any more was never written down as admitted: the root said so.
    if (ended !== null && !wasRendezvous(this.#options.trust.root, id) && !(await this.#ask(id))) throw ended;
    if (this.#list.admit(id, token)) this.#changed();
  }

  /** `id` answered at the address where it said that it listens: it keeps its place, whoever comes (attack B19). */
  proved(id: NodeId): void {
    if (this.#list.proved(id)) this.#changed();
  }

  /** Why the token admits nobody new; null where it does. */
  #endOf(id: NodeId, token: string, expires: number | null): GossipError | null {
    const whose = `the token that node ${id.slice(0, 12)} joins with`;
    if (this.#notes.isTokenRevoked(token)) return new GossipError('GOSSIP_E_TOKEN_REVOKED', `${whose} was revoked`);
    if (expires === null || expires > this.#options.now()) return null;
    return new GossipError('GOSSIP_E_TOKEN_EXPIRED', `${whose} has expired`);
  }

  #changed(): void {
    this.#unsaved = true;
    this.#saving ??= this.#save();
  }

  /** However often `id` says hello meanwhile, peers are asked once. */
  async #ask(id: NodeId): Promise<boolean> {
    const asked = this.#asked.get(id);
    if (asked) return asked;
    if (this.#asked.size >= MAX_ASKED) throw new GossipError('GOSSIP_E_BUSY', 'too many nodes come with tokens that have ended');
    const asking = this.#options.vouched(id).finally(() => this.#asked.delete(id));
    this.#asked.set(id, asking);
    return asking;
  }

  /** Resolves when everybody admitted so far is saved. */
  async saved(): Promise<void> {
    await this.#saving;
  }

  /** One write at a time: a whole cluster that comes at once costs few of them. */
  async #save(): Promise<void> {
    while (this.#unsaved) {
      this.#unsaved = false;
      await this.#options.save(this.#list.kept());
    }
    this.#saving = null;
  }
}
