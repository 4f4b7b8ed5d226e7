/* sensor_loop.h: from a sensor to an answer, tick by tick. Knows no board. */
#ifndef SENSOR_LOOP_H
#define SENSOR_LOOP_H

#ifdef __cplusplus
extern "C" {
#endif

#define LOOP_TICK_MICROSECONDS {{ microseconds }}ul
#define LOOP_WINDOW_TICKS 100u /* then the answer is given, and the network begins anew */

enum { LOOP_GOES_ON = -1, LOOP_FAILED = -2 };

/* 0 when the network is ready. */
int loop_begin(void);

/* One tick: the class with the largest score where a window ends, else LOOP_GOES_ON. */
int loop_tick(void);

#ifdef __cplusplus
}
#endif

#endif
