/* What the example uses of ESP-IDF's esp_timer: declarations for a compiler that only reads. */
#include <stdint.h>
int64_t esp_timer_get_time(void);
