/* What the RP2350's ROM looks for in the first 4 KiB: the block that calls the image an Arm program, run secure.
 * It names no entry, so the ROM takes the vector table at the start of the image.
 * Source: RP2350 datasheet, 5.9.5.1 minimum Arm IMAGE_DEF. */
__asm__(".section .vectors.image, \"a\", %progbits\n\t"
        ".balign 4\n\t"
        ".word 0xffffded3\n\t" /* start of a block */
        ".word 0x10210142\n\t" /* image type: executable, Arm, secure, RP2350 */
        ".word 0x000001ff\n\t" /* last item; one word of items */
        ".word 0x00000000\n\t" /* next block: this one, the only one */
        ".word 0xab123579\n\t"); /* end of the block */
