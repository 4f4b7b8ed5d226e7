/* The functions at which the host stops the core, the two that a C compiler may call unasked, and a start-up hook.
 * A file of its own, so that no compiler sees both a caller and the bodies, which the host never executes. */
#include "board.h"

#include <stddef.h>

void *memcpy(void *restrict to, const void *restrict from, size_t bytes);
void *memset(void *to, int value, size_t bytes);

#define STOP __attribute__((noinline, used))
#define KEEP_BODY() __asm__ volatile("" ::: "memory")

STOP uint32_t board_read(void *to, uint32_t bytes)
{
    (void)to, (void)bytes;
    KEEP_BODY();
    return 0;
}

STOP void board_write(const void *from, uint32_t bytes)
{
    (void)from, (void)bytes;
    KEEP_BODY();
}

STOP void board_mark(uint32_t id)
{
    (void)id;
    KEEP_BODY();
}

STOP void board_exit(int code)
{
    (void)code;
    for (;;)
        KEEP_BODY();
}

/* Reached on an exception; `cause` is the core's own number for it, `pc` the instruction that took it. */
STOP void board_fault(uint32_t cause, uint32_t pc)
{
    (void)cause, (void)pc;
    for (;;)
        KEEP_BODY();
}

/* What a chip needs before memory is filled; a boot_ file of this folder may say more. */
void board_wake(void);
__attribute__((weak)) void board_wake(void)
{
}

void *memcpy(void *restrict to, const void *restrict from, size_t bytes)
{
    unsigned char *target = to;
    const unsigned char *source = from;

    if ((((uintptr_t)target | (uintptr_t)source) & 3u) == 0)
        for (; bytes >= 4; bytes -= 4, target += 4, source += 4)
            *(uint32_t __attribute__((may_alias)) *)(void *)target =
                *(const uint32_t __attribute__((may_alias)) *)(const void *)source;
    while (bytes--)
        *target++ = *source++;
    return to;
}

void *memset(void *to, int value, size_t bytes)
{
    unsigned char *target = to;
    uint32_t word = (unsigned char)value * 0x01010101u;

    for (; bytes && ((uintptr_t)target & 3u); bytes--)
        *target++ = (unsigned char)value;
    for (; bytes >= 16; bytes -= 16) /* four stores a turn: most of a long fill is the loop */
        for (int word_of_four = 0; word_of_four < 4; word_of_four++, target += 4)
            *(uint32_t __attribute__((may_alias)) *)(void *)target = word;
    for (; bytes >= 4; bytes -= 4, target += 4)
        *(uint32_t __attribute__((may_alias)) *)(void *)target = word;
    while (bytes--)
        *target++ = (unsigned char)value;
    return to;
}
