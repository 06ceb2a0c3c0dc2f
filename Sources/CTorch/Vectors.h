// The compiler's vector types, so that one source serves every width that processors have.
#pragma once

#include <cstdint>
#include <cstring>

// Templates over a vector type must be inlined into the function that names the processor they are for. That also makes
// void what -Wpsabi warns of, that passing wide vectors to a function has no settled calling convention. That goes for lambdas
// too: one that is not inlined is compiled for the oldest processor.
#define CTORCH_INLINE static inline __attribute__((always_inline))

namespace ctorch {

typedef float Float4 __attribute__((vector_size(16)));
typedef float Float8 __attribute__((vector_size(32)));
typedef float Float16 __attribute__((vector_size(64)));
typedef int32_t Int4 __attribute__((vector_size(16)));
typedef int32_t Int8 __attribute__((vector_size(32)));
typedef int32_t Int16 __attribute__((vector_size(64)));

template <typename Vector>
constexpr int64_t lane_count = static_cast<int64_t>(sizeof(Vector) / sizeof(float));

template <typename Vector>
CTORCH_INLINE Vector load(const float *from) {
    Vector v;
    std::memcpy(&v, from, sizeof(v));
    return v;
}

template <typename Vector>
CTORCH_INLINE void store(float *to, const Vector &v) {
    std::memcpy(to, &v, sizeof(v));
}

/// a × b + c. Where processors have one instruction for it, it is rounded once, wherever it stands: left to itself, a compiler
/// rounds the product too where that lets it share work. x86 has no such instruction for vectors of four without AVX2, and a
/// library's function in its place is hundreds of times slower.
template <typename Vector>
CTORCH_INLINE Vector fused(const Vector &a, float b, const Vector &c) {
#if defined(__x86_64__)
    if constexpr (lane_count<Vector> == 4) return a * b + c;
#endif
#if defined(__has_builtin)
#if __has_builtin(__builtin_elementwise_fma)
    return __builtin_elementwise_fma(a, b - Vector{}, c);  // Taking away 0 changes no number, so it costs nothing.
#endif
#endif
    return a * b + c;
}

CTORCH_INLINE Float4 fold(Float4 v) { return v; }
CTORCH_INLINE Float4 fold(const Float8 &v) {
    return __builtin_shufflevector(v, v, 0, 1, 2, 3) + __builtin_shufflevector(v, v, 4, 5, 6, 7);
}
CTORCH_INLINE Float4 fold(const Float16 &v) {
    return fold(__builtin_shufflevector(v, v, 0, 1, 2, 3, 4, 5, 6, 7) +
                __builtin_shufflevector(v, v, 8, 9, 10, 11, 12, 13, 14, 15));
}

template <typename Vector>
CTORCH_INLINE float sum(const Vector &v) {
    const Float4 folded = fold(v);
    return (folded[0] + folded[1]) + (folded[2] + folded[3]);
}

/// The sums of four vectors, in one.
template <typename Vector>
CTORCH_INLINE Float4 sums(const Vector &v0, const Vector &v1, const Vector &v2, const Vector &v3) {
    const Float4 a = fold(v0), b = fold(v1), c = fold(v2), d = fold(v3);
    const Float4 ab = __builtin_shufflevector(a, b, 0, 4, 1, 5) + __builtin_shufflevector(a, b, 2, 6, 3, 7);
    const Float4 cd = __builtin_shufflevector(c, d, 0, 4, 1, 5) + __builtin_shufflevector(c, d, 2, 6, 3, 7);
    return __builtin_shufflevector(ab, cd, 0, 1, 4, 5) + __builtin_shufflevector(ab, cd, 2, 3, 6, 7);
}

/// e to the power of numbers that are not above 0, within 2 units in the last place (Cephes' polynomial).
template <typename Vector, typename Integers>
CTORCH_INLINE Vector exp_of_negative(Vector x) {
    const Vector least = Vector{} - 87.0f;
    x = x < least ? least : x;
    const Vector n = (x * 1.44269504f + 12582912.0f) - 12582912.0f;  // rounds to the nearest integer
    const Vector r = (x - n * 0.693359375f) + n * 2.12194440e-4f;
    Vector p = r * 1.9875691500e-4f + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    p = p * r * r + r + 1.0f;
    const Integers exponent = (__builtin_convertvector(n, Integers) + 127) << 23;
    Vector power;
    std::memcpy(&power, &exponent, sizeof(power));
    return p * power;
}

/// Which of the instantiations this processor runs.
enum class Width { four, eight, sixteen };

inline Width widest_vector() {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512f")) return Width::sixteen;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return Width::eight;
#endif
    return Width::four;
}

}  // namespace ctorch

#if defined(__x86_64__)
#define CTORCH_TARGET_EIGHT __attribute__((target("avx2,fma")))
#define CTORCH_TARGET_SIXTEEN __attribute__((target("avx512f")))
#endif
