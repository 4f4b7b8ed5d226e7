/* board.h: how a firmware talks to the host that plays it. Knows nothing of networks.
 *
 * The host (an emulator, or a debugger on a real core) stops the core at the entry of these functions, takes the
 * arguments from the registers of the C calling convention, does the work in the memory of the core, and returns for
 * the function. So they cost no buffer and no driver, and work on every core that a debugger can stop.
 * Without a host, board_read returns 0, and a firmware that reads its input in a loop comes to rest.
 *
 *     int main(void)
 *     {
 *         while (board_read(input, sizeof input) == sizeof input) {
 *             board_mark(1);
 *             compute(input, output);
 *             board_mark(2);
 *             board_write(output, sizeof output);
 *         }
 *         return 0;
 *     }
 *
 * The firmware supplies main; the start-up code calls it once after reset and hands its result to board_exit.
 */
#ifndef SNNCC_BOARD_H
#define SNNCC_BOARD_H

#include <stdint.h>

/* Fill `to` with the next bytes of the stimulus; the number filled, less than `bytes` only at its end. */
uint32_t board_read(void *to, uint32_t bytes);

/* Append `bytes` bytes to the output. */
void board_write(const void *from, uint32_t bytes);

/* Note that the boundary `id` of a region has been reached: the host counts the instructions between boundaries. */
void board_mark(uint32_t id);

/* End the run; `code` is what the host reports, 0 when all is well. */
void board_exit(int code);

int main(void);

#endif
