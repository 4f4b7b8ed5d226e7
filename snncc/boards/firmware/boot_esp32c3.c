/* What the ESP32-C3's ROM wants in front of a program in flash, and the watchdogs that it leaves running.
 * Sources: espressif/esp32c3-direct-boot-example for the two words; ESP32-C3 Technical Reference Manual, 12.2.2.3
 * write protection of the watchdogs, 12.3.2.2 super watchdog. */
#include "board.h"

/* The program begins behind these two words. */
__asm__(".section .boot, \"a\", %progbits\n\t"
        ".word 0xaedb041d\n\t"
        ".word 0xaedb041d\n\t");

#define REGISTER(address) (*(volatile uint32_t *)(address))
#define UNLOCK 0x50D83AA1u
#define UNLOCK_SUPER 0x8F1D312Au

/* Without this the chip resets itself after a second or two. */
void board_wake(void)
{
    REGISTER(0x6001F064u) = UNLOCK; /* TIMG_WDTWPROTECT of timer group 0 */
    REGISTER(0x6001F048u) = 0;      /* TIMG_WDTCONFIG0 */
    REGISTER(0x60020064u) = UNLOCK; /* the same of timer group 1 */
    REGISTER(0x60020048u) = 0;
    REGISTER(0x600080A8u) = UNLOCK; /* RTC_CNTL_WDTWPROTECT */
    REGISTER(0x60008090u) = 0;      /* RTC_CNTL_WDTCONFIG0 */
    REGISTER(0x600080B0u) = UNLOCK_SUPER; /* RTC_CNTL_SWD_WPROTECT */
    REGISTER(0x600080ACu) |= 1u << 31;    /* RTC_CNTL_SWD_AUTO_FEED_EN */
}
