/* What the example uses of FreeRTOS: declarations for a compiler that only reads. */
#include <stdint.h>
typedef uint32_t TickType_t;
#define portTICK_PERIOD_MS ((TickType_t)10)
