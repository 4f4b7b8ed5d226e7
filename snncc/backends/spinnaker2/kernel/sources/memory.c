/* The two functions that a C compiler may call unasked. */
#include <stddef.h>
#include <stdint.h>

void *memcpy(void *restrict to, const void *restrict from, size_t bytes);
void *memset(void *to, int value, size_t bytes);

void *memcpy(void *restrict to, const void *restrict from, size_t bytes)
{
    unsigned char *target = to;
    const unsigned char *source = from;

    while (bytes--)
        *target++ = *source++;
    return to;
}

void *memset(void *to, int value, size_t bytes)
{
    unsigned char *target = to;
    const uint32_t word = (unsigned char)value * 0x01010101u;

    for (; bytes && ((uintptr_t)target & 3u); bytes--)
        *target++ = (unsigned char)value;
    for (; bytes >= 4; bytes -= 4, target += 4)
        *(uint32_t __attribute__((may_alias)) *)(void *)target = word;
    while (bytes--)
        *target++ = (unsigned char)value;
    return to;
}
