/* main.c: {{ app.name }} fed tick by tick for ten windows, as fast as it goes; prints its answers. */
#include <stdio.h>

#include "sensor_loop.h"

int main(void)
{
    if (loop_begin() != 0) {
        fprintf(stderr, "the network could not be set up\n");
        return 1;
    }
    for (unsigned tick = 0; tick < 10 * LOOP_WINDOW_TICKS; tick++) {
        int answer = loop_tick();

        if (answer == LOOP_FAILED) {
            fprintf(stderr, "tick %u failed\n", tick);
            return 1;
        }
        if (answer != LOOP_GOES_ON)
            printf("class %d\n", answer);
    }
    return 0;
}
