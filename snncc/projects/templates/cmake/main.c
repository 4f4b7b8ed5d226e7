/* main.c: {{ app.name }} fed tick by tick, as fast as it goes; prints the answers of ten windows, or of as many as the
 * command line says. */
#include <stdio.h>
#include <stdlib.h>

#include "sensor_loop.h"

int main(int count, char **arguments)
{
    unsigned long windows = count > 1 ? strtoul(arguments[1], NULL, 10) : 10;

    if (loop_begin() != 0) {
        fprintf(stderr, "the network could not be set up\n");
        return 1;
    }
    while (windows > 0) {
        int answer = loop_tick();

        if (answer == LOOP_FAILED) {
            fprintf(stderr, "a tick failed\n");
            return 1;
        }
        if (answer == LOOP_GOES_ON)
            continue;
{% if labels %}
        printf("class %d %s\n", answer, loop_label(answer));
{% else %}
        printf("class %d\n", answer);
{% endif %}
        windows--;
    }
    return 0;
}
