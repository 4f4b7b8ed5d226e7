/* What the example uses of Zephyr's kernel: declarations for a compiler that only reads. */
#include <stddef.h>
#include <stdint.h>
struct k_timer { int opaque; };
typedef struct { int64_t ticks; } k_timeout_t;
#define K_NO_WAIT ((k_timeout_t){0})
#define K_USEC(t) ((k_timeout_t){(int64_t)(t)})
typedef void (*k_timer_expiry_t)(struct k_timer *timer);
void k_timer_init(struct k_timer *timer, k_timer_expiry_t expiry, k_timer_expiry_t stop);
void k_timer_start(struct k_timer *timer, k_timeout_t duration, k_timeout_t period);
uint32_t k_timer_status_sync(struct k_timer *timer);
