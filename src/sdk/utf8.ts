/** Text as the bytes that pass. The platform's coders are not part of the language, whose library is all that the SDK is compiled with. */
declare const TextEncoder: new () => { encode(text: string): Uint8Array };
declare const TextDecoder: new (
  encoding?: string,
  options?: { readonly fatal?: boolean; readonly ignoreBOM?: boolean },
) => { decode(bytes: Uint8Array): string };

const encoder = new TextEncoder();
const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const lenient = new TextDecoder('utf-8', { ignoreBOM: true });

export function encode(text: string): Uint8Array {
  return encoder.encode(text);
}

/** Throws where the bytes are not UTF-8. A byte order mark is part of the text. */
export function decode(bytes: Uint8Array): string {
  return strict.decode(bytes);
}

/** The same, but what is not UTF-8 is replaced. */
export function decodeLeniently(bytes: Uint8Array): string {
  return lenient.decode(bytes);
}
