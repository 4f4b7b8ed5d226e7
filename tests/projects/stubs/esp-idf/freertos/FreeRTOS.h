#include "../../freertos/FreeRTOS.h"
