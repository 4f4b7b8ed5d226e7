/* What the RP2040's ROM wants in front of a program: 256 bytes that switch the flash interface to execution in place.
 * The ROM checks their CRC, copies them to RAM, and calls them. The flash is read with the command 03h over one line,
 * which every serial flash understands. Board knowledge only; registers of the SSI by their offsets.
 * Source: RP2040 datasheet, 2.8.1.3.1 checksum, 4.10.13 list of registers of the SSI.
 */
__asm__(".section .boot, \"ax\", %progbits\n\t"
        ".syntax unified\n\t"
        ".balign 4\n\t"
        "ldr r0, =0x18000000\n\t" /* XIP_SSI_BASE */
        "movs r1, #0\n\t"
        "str r1, [r0, #0x08]\n\t" /* SSIENR: off, as the others are read-only while it is on */
        "movs r1, #4\n\t"
        "str r1, [r0, #0x14]\n\t" /* BAUDR: a quarter of the system clock */
        "ldr r1, =0x001f0300\n\t"
        "str r1, [r0, #0x00]\n\t" /* CTRLR0: frames of 32 bits, a read after each command, one line */
        "movs r1, #0\n\t"
        "str r1, [r0, #0x04]\n\t" /* CTRLR1: one frame a read */
        "ldr r1, =0x03000218\n\t"
        "ldr r2, =0x180000f4\n\t"
        "str r1, [r2]\n\t" /* SPI_CTRLR0: command 03h of 8 bits, address of 24 bits */
        "movs r1, #1\n\t"
        "str r1, [r0, #0x08]\n\t" /* SSIENR: on */
        "ldr r0, =0x10000100\n\t" /* the vector table follows these 256 bytes */
        "ldr r1, =0xe000ed08\n\t"
        "str r0, [r1]\n\t" /* VTOR (DDI 0419, B3.2.5) */
        "ldm r0, {r0, r1}\n\t"
        "msr msp, r0\n\t"
        "bx r1\n\t"
        ".ltorg\n\t"
        ".org 252\n\t"
        ".word 0x146dd212\n\t"); /* the checksum; tests/boards compute it again */
