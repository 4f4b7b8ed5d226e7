/* snncc_kernels.h: the arithmetic that the networks written by snncc share. Eight neurons at a time: on cores with the
 * DSP extension two int16 lanes to a register, elsewhere plain C that compilers vectorise. Both give the same numbers.
 * Signed values are shifted right arithmetically and narrowed by dropping the upper bits, as every C compiler does that
 * is known to us (C99 6.3.1.3 and 6.5.7 leave it to the implementation). */
#ifndef SNNCC_KERNELS_H
#define SNNCC_KERNELS_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The only function that the networks take from a C library; a freestanding one has no header for it. */
void *memset(void *to, int value, size_t bytes);

#ifdef __cplusplus
}
#endif

#if defined(__ARM_FEATURE_SIMD32) && defined(__ARM_FEATURE_DSP) && !defined(SNNCC_PORTABLE)
#include <arm_acle.h>
#define SNNCC_DSP 1
#else
#define SNNCC_DSP 0
#endif

/* A 32-bit core without it adds two lanes of a register at a time where they cannot meet. */
#if !SNNCC_DSP && !defined(SNNCC_PORTABLE) && defined(__BYTE_ORDER__) && defined(__SIZEOF_POINTER__)
#define SNNCC_SWAR (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ && __SIZEOF_POINTER__ == 4)
#else
#define SNNCC_SWAR 0
#endif

#if defined(__GNUC__)
#define SNNCC_INLINE static inline __attribute__((always_inline))
#else
#define SNNCC_INLINE static inline
#endif

/* A step of a tick. GCC (seen in 12.2) takes a loop that computes one address from another by their strides for a loop
 * that writes nothing, and leaves out calls of its function; it must not reason about a function from its callers. */
#if defined(__GNUC__) && !defined(__clang__) && __GNUC__ >= 8
#define SNNCC_OPAQUE __attribute__((noipa))
#else
#define SNNCC_OPAQUE
#endif

/* Steps are not inlined into the tick: the registers of one are of no use to the next. */
#if defined(__GNUC__)
#define SNNCC_STEP static __attribute__((noinline)) SNNCC_OPAQUE
#else
#define SNNCC_STEP static
#endif

#if defined(__GNUC__)
#define SNNCC_KERNEL static __attribute__((noinline, unused)) SNNCC_OPAQUE
#else
#define SNNCC_KERNEL static inline
#endif

/* What a local is, a compiler does not see behind this. It keeps it from computing an address twice, for two loads that
 * LDRD makes at once, and from making jumps of arithmetic. */
#if defined(__GNUC__)
#define SNNCC_UNSEEN(local) __asm__("" : "+r"(local))
#else
#define SNNCC_UNSEEN(local) (void)(local)
#endif

/* Lists are short: on a small core an unrolled loop over events costs code and saves next to nothing. */
#if defined(__clang__) && defined(__ARM_ARCH_PROFILE)
#define SNNCC_ROLLED _Pragma("clang loop unroll(disable)")
#else
#define SNNCC_ROLLED
#endif

/* Loops over all elements of a signal are unrolled where a compiler that saves code would not. */
#if defined(__clang__) || (defined(__GNUC__) && __GNUC__ >= 8)
#define SNNCC_UNROLLED _Pragma("GCC unroll 4")
#else
#define SNNCC_UNROLLED
#endif

/* On a core with eight registers the index of a neuron is one for all arrays: pointers into each would be too many. */
#if SNNCC_SWAR && defined(__thumb__) && !defined(__thumb2__)
#define SNNCC_FEW_REGISTERS 1
#define SNNCC_ONE_INDEX(index) SNNCC_UNSEEN(index)
#else
#define SNNCC_FEW_REGISTERS 0
#define SNNCC_ONE_INDEX(index) (void)(index)
#endif

/* Signals share memory: the members of a union, of which one at a time is in use. Compilers of this family order
 * accesses by type alone, and need this attribute. */
#if defined(__GNUC__)
#define SNNCC_SHARED __attribute__((__may_alias__))
#else
#define SNNCC_SHARED
#endif
typedef int16_t SNNCC_SHARED snncc_shared_int16;
typedef uint16_t SNNCC_SHARED snncc_shared_uint16;
typedef int32_t SNNCC_SHARED snncc_shared_int32;
typedef uint32_t SNNCC_SHARED snncc_shared_uint32;

/* An event: the index of what fired; SNNCC_END stands behind the last of a list. A program says if they are wide. */
#ifdef SNNCC_WIDE_EVENTS
typedef snncc_shared_uint32 snncc_event;
#define SNNCC_END 0xFFFFFFFFu
#else
typedef snncc_shared_uint16 snncc_event;
#define SNNCC_END 0xFFFFu
#endif

/* Weights of one source to eight neurons; byte k belongs to neuron 0 2 1 3 4 6 5 7, in which order SXTAB16 widens. */
typedef union { int8_t byte[8]; uint32_t word[2]; } snncc_row;

/* The same with weights of four bits: byte k of the row is the lower half of byte k, byte 4 + k the upper one. */
typedef uint32_t snncc_half_row;

/* Eight neurons, or two to a word. The network's own header has the same words, and needs nothing else from here. */
#ifndef SNNCC_LANES
#define SNNCC_LANES
typedef union { int16_t lane[8]; uint32_t pair[4]; } snncc_lanes;
#endif

typedef union { uint8_t byte[8]; uint32_t word[2]; } snncc_flags;

