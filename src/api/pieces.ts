/** How pieces of code are asked for, and answered: the pieces one after the other, and in headers which they are, and what else is there. */
import * as v from 'valibot';
import { GossipError } from '../model/errors.ts';
import { MAX_CODE_BYTES } from '../model/manifest.ts';
import { PieceSet } from '../model/piece-set.ts';
import { MAX_PIECES, MAX_PIECES_AT_ONCE, pieceBytesFor } from '../model/pieces.ts';
import type { PieceQuestion } from '../model/pieces.ts';
import { jsonBody, parseBody } from './body.ts';
import { HEADERS } from './headers.ts';

export const MAX_PIECE_QUESTION_BYTES = 1_024;
/** Of the largest pieces, as many as travel together. */
export const MAX_PIECES_ANSWER_BYTES = MAX_PIECES_AT_ONCE * pieceBytesFor(MAX_CODE_BYTES);

const pieceNumber = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(MAX_PIECES - 1));
const questionSchema = v.object({
  get: v.pipe(v.array(pieceNumber), v.maxLength(MAX_PIECES_AT_ONCE)),
  lack: v.pipe(v.string(), v.maxLength(MAX_PIECES / 4)),
});

export function encodePieceQuestion({ get, lack }: PieceQuestion): Uint8Array {
  return jsonBody({ get, lack: lack.text });
}

/** What is asked; `count` are the code's pieces. */
export function parsePieceQuestion(body: Uint8Array): (count: number) => PieceQuestion {
  const { get, lack } = parseBody(questionSchema, body, 'question for pieces', { maxBytes: MAX_PIECE_QUESTION_BYTES, maxDepth: 2 });
  return (count) => {
    const set = PieceSet.parse(lack, count);
    if (set === null || get.some((piece) => piece >= count)) {
      throw new GossipError('GOSSIP_E_REQUEST', `the question is for other pieces than the ${count} of this code`);
    }
    return { get: [...new Set(get)], lack: set };
  };
}

export interface PiecesSaid {
  readonly pieces: readonly number[];
  readonly offer: readonly number[];
}

export function piecesHeaders({ pieces, offer }: PiecesSaid): Record<string, string> {
  return { [HEADERS.pieces]: pieces.join(','), [HEADERS.offer]: offer.join(',') };
}

const NUMBERS = /^(\d{1,5}(,\d{1,5}){0,31})?$/;

/** null: they say nothing that can be read. */
export function parsePiecesHeaders(headers: ReadonlyMap<string, string>): PiecesSaid | null {
  const [pieces, offer] = [HEADERS.pieces, HEADERS.offer].map((name) => headers.get(name) ?? '');
  if (pieces === undefined || offer === undefined || !NUMBERS.test(pieces) || !NUMBERS.test(offer)) return null;
  return { pieces: numbersIn(pieces), offer: numbersIn(offer) };
}

function numbersIn(text: string): number[] {
  return text === '' ? [] : text.split(',').map(Number);
}
