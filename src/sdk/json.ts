/** A value that JSON can carry. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
/** What modules say to each other and to applications: JSON, or bytes that travel as they are. */
export type Body = Json | Uint8Array;
/** JSON in which bytes may stand. */
export type Shown = Json | Uint8Array | readonly Shown[] | { readonly [key: string]: Shown };
/** An object of JSON: settings, fields of a log line, most messages. */
export type JsonObject = { readonly [key: string]: Json };
