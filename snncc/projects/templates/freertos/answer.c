/* answer.c: what is done with an answer. Replace these bodies: light a lamp, send a message. */
#include <stdio.h>

#include "network_task.h"
{% if labels %}
#include "sensor_loop.h"
{% endif %}

void network_answer(int answer, unsigned long missed)
{
{% if labels %}
    printf("class %d %s\n", answer, loop_label(answer));
{% else %}
    printf("class %d\n", answer);
{% endif %}
    if (missed > 0)
        printf("%lu ticks came late, as they take too long on this core\n", missed);
}

void network_failed(void)
{
    printf("the network failed\n");
}
