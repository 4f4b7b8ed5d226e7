/* What the example uses of ESP-IDF's ROM functions: declarations for a compiler that only reads. */
#include <stdint.h>
void esp_rom_delay_us(uint32_t us);
