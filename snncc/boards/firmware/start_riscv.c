/* From reset to main on a machine-mode RISC-V core: stack, memory, exceptions.
 * Source: The RISC-V Instruction Set Manual, Volume II: Privileged Architecture, 3.1.7 mtvec, 3.1.14 mepc,
 * 3.1.15 mcause. */
#include "board.h"

/* GCC looks for its run-time library by the exact name of the instruction set, and is not told of this extension. */
#define CONTROL_REGISTERS ".option arch, +zicsr\n\t"

#if defined(__clang__)
#define SMALL __attribute__((used, minsize))
#else
#define SMALL __attribute__((used, optimize("Os")))
#endif

extern uint32_t _data_load[], _data_start[], _data_end[], _bss_start[], _bss_end[];

void board_begin(void);
void board_wake(void);
void board_fault(uint32_t cause, uint32_t pc);

/* mtvec of the ESP32-C3 needs an address that is a multiple of 256; in either mode an exception goes to the first. */
__attribute__((naked, used, aligned(256))) static void exception(void)
{
    __asm__ volatile(CONTROL_REGISTERS
                     "csrr a0, mcause\n\t"
                     "csrr a1, mepc\n\t"
                     "j board_fault");
}

__attribute__((naked, used, section(".vectors"))) void board_reset(void)
{
    __asm__ volatile(CONTROL_REGISTERS
                     "la sp, _stack_top\n\t"
                     "la t0, %0\n\t"
                     "csrw mtvec, t0\n\t"
                     "j board_begin" ::"i"(exception));
}

SMALL void board_begin(void)
{
    uint32_t *to = _data_start;

    board_wake();
    for (const uint32_t *from = _data_load; to < _data_end;)
        *to++ = *from++;
    for (to = _bss_start; to < _bss_end;)
        *to++ = 0;
    board_exit(main());
}
