/* From reset to main on a Cortex-M: vector table, memory, floating-point unit, exceptions.
 * Sources: Armv7-M Architecture Reference Manual (DDI 0403), B1.5.2 vector table, B1.5.6 exception frame,
 * B3.2.5 VTOR, B3.2.20 CPACR; Armv6-M (DDI 0419) has the same table and frame. */
#include "board.h"

#if defined(__clang__)
#define SMALL __attribute__((used, minsize))
#else
#define SMALL __attribute__((used, optimize("Os")))
#endif

extern uint32_t _stack_top[], _data_load[], _data_start[], _data_end[], _bss_start[], _bss_end[];

void board_reset(void);
void board_wake(void);
void board_fault(uint32_t cause, uint32_t pc);

extern void *const board_vectors[];

/* The core has stacked r0-r3, r12, lr, pc, xPSR: the pc is word 6 above the stack pointer. */
__attribute__((naked)) static void exception(void)
{
    __asm__ volatile("mrs r0, ipsr\n\t"
                     "ldr r1, [sp, #24]\n\t"
                     "bl board_fault");
}

SMALL void board_reset(void)
{
    uint32_t *to = _data_start;

    /* A boot loader may have left its own table. Armv6-M need not have the register, and then ignores the write. */
    *(volatile uint32_t *)0xE000ED08u = (uint32_t)board_vectors;
#if defined(__ARM_FP)
    /* Full access to coprocessors 10 and 11, before any instruction that uses them. */
    *(volatile uint32_t *)0xE000ED88u |= 0xFu << 20;
    __asm__ volatile("dsb\n\tisb" ::: "memory");
#endif
    board_wake();
    for (const uint32_t *from = _data_load; to < _data_end;)
        *to++ = *from++;
    for (to = _bss_start; to < _bss_end;)
        *to++ = 0;
    board_exit(main());
}

/* Interrupts stay disabled, so the table ends after SysTick. */
__attribute__((section(".vectors"), used)) void *const board_vectors[16] = {
    _stack_top, board_reset, exception, exception, exception, exception, exception, exception,
    exception,  exception,   exception, exception, exception, exception, exception, exception,
};
