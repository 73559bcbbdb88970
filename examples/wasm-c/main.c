/*
 * The highest number that any program of the fleet has named, on every node: a join of maxima (Shapiro et al., 2011), so that messages may come late,
 * twice or not at all. Messages, state, requests and what operators see are all the same: a whole number as the text of JSON.
 */
#include "gossip.h"

/* Above it a number is no longer exact in JSON. */
#define MOST 9007199254740991ULL
#define MOST_DIGITS 16
#define PEER_BYTES 1024

static unsigned long long highest;

EXPORT(gossip_interface_1) void interface(void) {}

/* What the host lends goes back in reverse order, so a stack will do; nothing is kept from one call to the next. */
static byte lent[64 * 1024] __attribute__((aligned(8)));
static u32 top;

EXPORT(alloc) byte *alloc(u32 bytes) {
  if (bytes > sizeof lent - top) return 0;
  byte *at = lent + top;
  top += bytes;
  return at;
}

EXPORT(free) void give_back(byte *at, u32 bytes) {
  (void)bytes;
  top = (u32)(at - lent);
}

/* Reads digits without a sign or a leading zero; 0 where it is anything else. */
static int number(u32 form, const byte *at, u32 bytes, unsigned long long *value) {
  if (form != JSON || bytes == 0 || bytes > MOST_DIGITS || (at[0] == '0' && bytes > 1)) return 0;
  unsigned long long read = 0;
  for (u32 i = 0; i < bytes; i++) {
    if (at[i] < '0' || at[i] > '9') return 0;
    read = read * 10 + (at[i] - '0');
  }
  *value = read;
  return read <= MOST;
}

static byte text[MOST_DIGITS + 4];

/* Writes the number at the end of `text`; returns where it begins. */
static byte *digits(void) {
  byte *at = text + sizeof text;
  unsigned long long rest = highest;
  do *--at = (byte)('0' + rest % 10);
  while (rest /= 10);
  return at;
}

static u32 length(const byte *at) { return (u32)(text + sizeof text - at); }

static void tell(u32 call) {
  const byte *at = digits();
  answer(call, JSON, at, length(at));
}

static void raise(unsigned long long value) {
  if (value <= highest) return;
  highest = value;
  const byte *at = digits();
  publish((const byte *)"raised", 6, JSON, at, length(at));
}

#define SAY(words) (const byte *)(words), (u32)(sizeof(words) - 1)

/* 0 where it was refused. */
static int merge(u32 call, u32 form, const byte *at, u32 bytes) {
  unsigned long long value;
  if (!number(form, at, bytes, &value)) {
    refuse(call, SAY("malformed"), SAY("say a whole number from 0 to 9007199254740991"));
    return 0;
  }
  raise(value);
  return 1;
}

EXPORT(receive) void receive(u32 call, u32 form, const byte *at, u32 bytes, const byte *from, u32 fromBytes) {
  (void)from, (void)fromBytes;
  if (merge(call, form, at, bytes)) tell(call);
}

EXPORT(request) void request(u32 call, u32 form, const byte *at, u32 bytes, const byte *caller, u32 callerBytes) {
  (void)caller, (void)callerBytes;
  if (merge(call, form, at, bytes)) tell(call);
}

EXPORT(acceptState) void accept_state(u32 call, u32 form, const byte *at, u32 bytes) {
  merge(call, form, at, bytes);
}

EXPORT(transferState) void transfer_state(u32 call) { tell(call); }

EXPORT(inspect) void inspect(u32 call) { tell(call); }

EXPORT(start) void start(u32 call) {
  (void)call;
  every(intervalMs());
}

EXPORT(onTimer) void on_timer(u32 timer) {
  (void)timer;
  static byte peer[PEER_BYTES];
  u32 bytes = peers(1);
  if (bytes == 0 || bytes > sizeof peer) return;
  take(peer);
  const byte *at = digits();
  exchange(peer, bytes, JSON, at, length(at));
}

EXPORT(onAnswer) void on_answer(u32 number_of_exchange, u32 outcome, u32 form, const byte *at, u32 bytes) {
  (void)number_of_exchange;
  unsigned long long value;
  if (outcome == ANSWERED && number(form, at, bytes, &value)) raise(value);
}
