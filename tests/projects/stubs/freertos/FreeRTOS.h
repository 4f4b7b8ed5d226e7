/* What the loops use of FreeRTOS (its Reference Manual, V10.0.0): a system tick of 10 ms. */
#ifndef FREERTOS_H
#define FREERTOS_H

#include <stdint.h>

typedef uint32_t TickType_t;
typedef int BaseType_t;
#define configTICK_RATE_HZ 100
#define portMAX_DELAY ((TickType_t)0xFFFFFFFFu)
#define pdFALSE 0
#define pdTRUE 1

#endif
