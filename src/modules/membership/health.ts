/**
 * How far this node trusts itself (Lifeguard's local health), and how fast answers are these days: a slow or cut-off observer, or one among slow
 * members, takes longer to accuse others.
 */
/** Who has not answered by now is silent, where all is well: over a connection that is kept a healthy one takes a hundredth of it. What comes later still counts. */
export const ANSWER_MS = 500;
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

/** Rounds in which an instance that has just begun is patient: perhaps it began everywhere, and machines are shared. After an update it did, and it judges nobody. */
const UNPROVEN_ROUNDS = 3;
/** Answers whose middle one tells how long an answer takes; so many times that long is waited for another (as TCP does: RFC 6298). */
const ANSWERS = 15;
const PATIENCE = 4;
/** Answers that take longer come from machines with too much to do, or from the other end of the world: rounds are as many times slower. */
const SLOW_MS = 250;

export class LocalHealth {
  #score = 0;
  #rounds = 0;
  #unproven = 0;
  #busyRounds = 0;
  #lateAnswers = 0;
  /** How long the last ones took, in milliseconds, the newest last. */
  #answersMs: number[] = [];
  #middleMs = 0;

  /** 1 when all is well; answers are waited for, and suspicions last, this many times longer. */
  get factor(): number {
    const young = this.#rounds < UNPROVEN_ROUNDS ? UNPROVEN_ROUNDS : 0;
    return Math.min(1 + WORST, Math.max(1 + this.#score, 1 + young, (PATIENCE * this.#middleMs) / ANSWER_MS));
  }

  /** How many times slower rounds come. */
  get stretch(): number {
    return Math.min(MOST_STRETCH, Math.max(1 + this.#score, this.#middleMs / SLOW_MS));
  }

  /** The last round came late: this node, or the machine it shares with others, has too much to do. To ask more of it would make it worse. */
  get busy(): boolean {
    return this.#unproven > 0 || this.#busyRounds % JUDGES_EVERY !== 0;
  }

  /** Not one of many answers came, in time or late: nothing reaches this node, and that will not change by waiting. */
  get cutOff(): boolean {
    return this.#score === WORST && this.#lateAnswers === 0;
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

  /** An answer took so long, whether in time or not. */
  answerTook(ms: number): void {
    this.#answersMs = [...this.#answersMs, ms].slice(-ANSWERS);
    this.#middleMs = this.#answersMs.toSorted((a, b) => a - b)[this.#answersMs.length >> 1] ?? 0;
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
    this.#rounds += 1;
    this.#unproven = Math.max(0, this.#unproven - 1);
    const isBusy = lateMs > BUSY_MS || this.#lateAnswers >= LATE_ANSWERS || this.#middleMs > SLOW_MS;
    this.#busyRounds = isBusy ? this.#busyRounds + 1 : 0;
    if (lateMs > LATE_MS) this.worse();
  }
}
