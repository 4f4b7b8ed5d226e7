/* sensor_loop.h: from a sensor to an answer, tick by tick. Knows no board. */
#ifndef SENSOR_LOOP_H
#define SENSOR_LOOP_H

#ifdef __cplusplus
extern "C" {
#endif

#define LOOP_TICK_MICROSECONDS {{ microseconds }}ul

{% if guessed %}
/* After so many ticks the answer is given, and the network starts over. A guess: no data said how many a sample has. */
{% else %}
/* After so many ticks the answer is given, and the network starts over: as many as a sample of the model's data has. */
{% endif %}
#define LOOP_WINDOW_TICKS {{ ticks }}ul

enum { LOOP_GOES_ON = -1, LOOP_FAILED = -2 };

/* 0 when the network is ready. */
int loop_begin(void);

/* One tick: the class with the largest score where a window ends, else LOOP_GOES_ON. */
int loop_tick(void);
{% if labels %}

/* What a class is called, in UTF-8. */
const char *loop_label(int answer);
{% endif %}

#ifdef __cplusplus
}
#endif

#endif
