/* pe.h: what the kernel of a processing element and the tables of its core know of each other.
 *
 * A core puts its part of a network forward once in a tick of the network. What it receives and what it puts out are
 * events: multicast packets with the sender's key and a payload of 64 bits, an address and a value. Elements that are
 * zero are not sent. */
#ifndef PE_H
#define PE_H

#include <stdint.h>

#include "core.h" /* PE_INBOX: events that are taken at once */

#define PE_OUTBOX 64u /* events that are made at once */

typedef struct {
    uint32_t key;     /* of the sender */
    uint32_t address; /* among all that it puts out */
    int32_t value;
} pe_event;

/* Consecutive elements of a sender, and where they belong here. Of those with one key, ascending by `first`, two either
 * begin with the same element and are as long as one another, or have none in common. */
typedef struct {
    uint32_t key;
    uint32_t first; /* address of the first */
    uint32_t count;
    uint32_t width; /* bytes of an element here: 1, 2 or 4 */
    void *to;       /* where the first belongs */
} pe_stretch;

/* Of each output: the address of its first element. */
typedef struct {
    uint32_t first;
} pe_output;

/* The core's own, from core.c. */
extern const pe_stretch pe_stretches[];
extern const uint32_t pe_stretch_count;
extern const pe_output pe_outputs[];
void pe_core_init(void);
void pe_core_tick(void);  /* computes with the ports */
void pe_core_clear(void); /* all ports to zero */
uint32_t pe_core_nonzero(uint32_t output, uint32_t *at, uint32_t *index, int32_t *value, uint32_t room);

/* The events of the next pe_receive, and of the last pe_send. */
extern pe_event pe_inbox[PE_INBOX];
extern uint32_t pe_addresses[PE_OUTBOX];
extern int32_t pe_values[PE_OUTBOX];

/* As before the first tick. */
void pe_begin(void);

/* Put the first `count` events of the inbox into the ports; returns how many have no receiver here. */
uint32_t pe_receive(uint32_t count);

/* Compute a tick with what has been received since the last one, and forget that. */
void pe_compute(void);

/* The next events of an output to pe_addresses and pe_values; returns how many. Fewer than PE_OUTBOX are the last. */
uint32_t pe_send(uint32_t output);

#endif
