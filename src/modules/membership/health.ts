/** How far this node trusts itself (Lifeguard's local health): a slow or cut-off observer takes longer to accuse others. */
const WORST = 8;
/** Rounds come at most this many times slower. */
const MOST_STRETCH = 4;
/** A round that comes so much too late says that this node is slow. */
const LATE_MS = 300;
/** From so late a round on, an answer that does not come may lie on this side. */
const BUSY_MS = 100;
/** From so many late answers on, which answers in time make up for, likewise. */
const LATE_ANSWERS = 2;
/** A node that is busy for good must judge others too, if seldom: every so many rounds. */
const JUDGES_EVERY = 8;

/** Rounds in which an instance that took over in an update trusts itself little: all nodes update at the same time, and may share machines. */
const UNPROVEN_ROUNDS = 3;

export class LocalHealth {
  #score = 0;
  #unproven = 0;
  #busyRounds = 0;
  #lateAnswers = 0;

  /** 1 when all is well; suspicions last this many times longer. */
  get factor(): number {
    return 1 + this.#score;
  }

  /** How many times slower rounds come. */
  get stretch(): number {
    return Math.min(MOST_STRETCH, this.factor);
  }

  /** The last round came late: this node, or the machine it shares with others, has too much to do. To ask more of it would make it worse. */
  get busy(): boolean {
    return this.#unproven > 0 || this.#busyRounds % JUDGES_EVERY !== 0;
  }

  /** Lately an answer came after it was given up, and none in time since. */
  get answersComeLate(): boolean {
    return this.#lateAnswers > 0;
  }

  /** The instance took over in an update: it knows nothing yet of what the machine has to do. */
  tookOver(): void {
    this.#unproven = UNPROVEN_ROUNDS;
    this.#score = Math.max(this.#score, UNPROVEN_ROUNDS);
  }

  better(): void {
    this.#lateAnswers = Math.max(0, this.#lateAnswers - 1);
    this.#score = Math.max(0, this.#score - 1);
  }

  answerCameLate(): void {
    this.#lateAnswers = Math.min(WORST, this.#lateAnswers + 1);
    this.worse();
  }

  worse(): void {
    this.#score = Math.min(WORST, this.#score + 1);
  }

  /** A round came so much later than it should have. Whatever seemed to time out meanwhile says little about the others. */
  roundCame(lateMs: number): void {
    this.#unproven = Math.max(0, this.#unproven - 1);
    this.#busyRounds = lateMs > BUSY_MS || this.#lateAnswers >= LATE_ANSWERS ? this.#busyRounds + 1 : 0;
    if (lateMs > LATE_MS) this.worse();
  }
}
