/* What the example uses of Zephyr's printk: declarations for a compiler that only reads. */
void printk(const char *format, ...);
