/* The interface of modules in WebAssembly, version 1 (docs/wasm.md), as far as main.c needs it. */
#pragma once

#define EXPORT(name) __attribute__((export_name(#name)))
#define IMPORT(name) __attribute__((import_module("gossip"), import_name(#name)))

typedef unsigned char byte;
typedef unsigned int u32;

/* Forms of a body. */
enum { JSON = 0, BYTES = 1 };
/* Outcome of an exchange that was answered. */
enum { ANSWERED = 0 };

IMPORT(answer) void answer(u32 call, u32 form, const byte *at, u32 bytes);
IMPORT(refuse) void refuse(u32 call, const byte *reason, u32 reasonBytes, const byte *at, u32 bytes);
IMPORT(exchange) u32 exchange(const byte *to, u32 toBytes, u32 form, const byte *at, u32 bytes);
IMPORT(publish) u32 publish(const byte *topic, u32 topicBytes, u32 form, const byte *at, u32 bytes);
IMPORT(every) u32 every(double milliseconds);
IMPORT(intervalMs) double intervalMs(void);
IMPORT(peers) u32 peers(u32 count);
IMPORT(take) void take(byte *at);
