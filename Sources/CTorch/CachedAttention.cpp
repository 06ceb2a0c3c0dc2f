// Self-attention of one new position per row over what the row has seen before, which a cache holds.
#include <ATen/ops/empty.h>
#include <ATen/ops/scaled_dot_product_attention.h>

#include <algorithm>
#include <cmath>

#include "Guard.h"
#include "Parallel.h"
#include "Vectors.h"

namespace ctorch {

/// Widest head for which the running sums fit the stack.
static constexpr int64_t max_head_width = 256;

struct Heads {
    const float *qkv;
    float *keys, *values, *output;
    const int64_t *positions;
    int64_t heads, capacity, width;
    float scale;
};

/// Adds `count` values times their weights to `Vectors` vectors of running sums.
template <typename Vector, int Vectors>
CTORCH_INLINE void weigh(float *running, const float *values, const float *weights, int64_t count, int64_t width,
                         float rescale) {
    constexpr int64_t lanes = lane_count<Vector>;
    // Two chains of sums hide the latency of an addition.
    Vector even[Vectors], odd[Vectors] = {};
    for (int v = 0; v < Vectors; v++) even[v] = load<Vector>(running + v * lanes) * rescale;
    int64_t j = 0;
    for (; j + 2 <= count; j += 2) {
        for (int v = 0; v < Vectors; v++) {
            even[v] += load<Vector>(values + j * width + v * lanes) * weights[j];
            odd[v] += load<Vector>(values + (j + 1) * width + v * lanes) * weights[j + 1];
        }
    }
    for (int v = 0; v < Vectors; v++) {
        if (j < count) even[v] += load<Vector>(values + j * width + v * lanes) * weights[j];
        store(running + v * lanes, even[v] + odd[v]);
    }
}

/// One head of one row: keys are taken in blocks, with running maximum and sum, so that any length fits the stack.
template <typename Vector, typename Integers>
CTORCH_INLINE void attend(const Heads &all, int64_t row, int64_t head) {
    constexpr int64_t lanes = lane_count<Vector>, block = 64;
    const int64_t width = all.width, hidden = all.heads * width, position = all.positions[row];
    const float *query = all.qkv + row * 3 * hidden + head * width;
    const int64_t start = (row * all.heads + head) * all.capacity * width;
    float *keys = all.keys + start, *values = all.values + start;
    std::memcpy(keys + position * width, query + hidden, sizeof(float) * static_cast<size_t>(width));
    std::memcpy(values + position * width, query + 2 * hidden, sizeof(float) * static_cast<size_t>(width));

    float weighted[max_head_width] = {};
    float highest = -INFINITY, total = 0;
    for (int64_t first = 0; first <= position; first += block) {
        const int64_t count = std::min(block, position + 1 - first);
        float scores[block];
        float top = highest;
        int64_t j = 0;
        for (; j + 4 <= count; j += 4) {
            const float *key = keys + (first + j) * width;
            Vector parts[4] = {};
            int64_t d = 0;
            for (; d + lanes <= width; d += lanes) {
                const Vector q = load<Vector>(query + d);
                for (int c = 0; c < 4; c++) {
                    parts[c] += q * load<Vector>(key + c * width + d);
                    // Keys and values are two streams with a gap after each head, which the processor does not foresee.
                    __builtin_prefetch(key + (16 + c) * width + d);
                    __builtin_prefetch(values + (first + j + c) * width + d);
                }
            }
            Float4 four = sums(parts[0], parts[1], parts[2], parts[3]);
            for (; d < width; d++) {
                const Float4 tail = {key[d], key[width + d], key[2 * width + d], key[3 * width + d]};
                four += tail * query[d];
            }
            four *= all.scale;
            store(scores + j, four);
            top = std::max(top, std::max(std::max(four[0], four[1]), std::max(four[2], four[3])));
        }
        for (; j < count; j++) {
            const float *key = keys + (first + j) * width;
            Vector part = {};
            int64_t d = 0;
            for (; d + lanes <= width; d += lanes) part += load<Vector>(query + d) * load<Vector>(key + d);
            float score = sum(part);
            for (; d < width; d++) score += query[d] * key[d];
            scores[j] = score * all.scale;
            top = std::max(top, scores[j]);
        }
        for (; j < block; j++) scores[j] = -INFINITY;
        Vector added = {};
        for (j = 0; j < count; j += lanes) {
            const Vector weight = exp_of_negative<Vector, Integers>(load<Vector>(scores + j) - top);
            store(scores + j, weight);
            added += weight;
        }
        // What lies past the end got the smallest weight instead of none: below anything a float32 sum can notice.
        const float rescale = highest == top ? 1.0f : std::exp(highest - top);
        total = total * rescale + sum(added);
        highest = top;
        int64_t d = 0;
        const float *seen = values + first * width;
        for (; d + 2 * lanes <= width; d += 2 * lanes)
            weigh<Vector, 2>(weighted + d, seen + d, scores, count, width, rescale);
        for (; d + lanes <= width; d += lanes)
            weigh<Vector, 1>(weighted + d, seen + d, scores, count, width, rescale);
        for (; d < width; d++) {
            float running = weighted[d] * rescale;
            for (j = 0; j < count; j++) running += seen[j * width + d] * scores[j];
            weighted[d] = running;
        }
    }
    float *output = all.output + row * hidden + head * width;
    for (int64_t d = 0; d < width; d++) output[d] = weighted[d] / total;
}

template <typename Vector, typename Integers>
CTORCH_INLINE void attend_all(const Heads &all, int64_t first, int64_t last) {
    for (int64_t item = first; item < last; item++) attend<Vector, Integers>(all, item / all.heads, item % all.heads);
}

static void attend_by_four(const Heads &all, int64_t first, int64_t last) {
    attend_all<Float4, Int4>(all, first, last);
}
#if defined(__x86_64__)
CTORCH_TARGET_EIGHT static void attend_by_eight(const Heads &all, int64_t first, int64_t last) {
    attend_all<Float8, Int8>(all, first, last);
}
CTORCH_TARGET_SIXTEEN static void attend_by_sixteen(const Heads &all, int64_t first, int64_t last) {
    attend_all<Float16, Int16>(all, first, last);
}
#endif

static void attend_range(Width width, const Heads &all, int64_t first, int64_t last) {
    switch (width) {
#if defined(__x86_64__)
    case Width::sixteen: return attend_by_sixteen(all, first, last);
    case Width::eight: return attend_by_eight(all, first, last);
#endif
    default: return attend_by_four(all, first, last);
    }
}

static at::Tensor attend_on_host(const at::Tensor &qkv, const at::Tensor &keys, const at::Tensor &values,
                                 const at::Tensor &positions) {
    static const Width width = widest_vector();
    const int64_t rows = qkv.size(0), hidden = qkv.size(1) / 3;
    auto output = at::empty({rows, hidden}, qkv.options());
    const Heads all{qkv.const_data_ptr<float>(),
                    keys.mutable_data_ptr<float>(),
                    values.mutable_data_ptr<float>(),
                    output.mutable_data_ptr<float>(),
                    positions.const_data_ptr<int64_t>(),
                    keys.size(1),
                    keys.size(2),
                    keys.size(3),
                    1.0f / std::sqrt(static_cast<float>(keys.size(3)))};
    int64_t longest = 0;
    for (int64_t row = 0; row < rows; row++) longest = std::max(longest, all.positions[row] + 1);
    // About 16,000 multiplications a thread pay for waking it.
    const int64_t grain = 1 + 16384 / (2 * longest * all.width);
    parallel_ranges(rows * all.heads, 1, grain,
                    [&](int64_t first, int64_t last) { attend_range(width, all, first, last); });
    return output;
}

static at::Tensor attend_by_libtorch(const at::Tensor &qkv, const at::Tensor &keys, const at::Tensor &values,
                                     const at::Tensor &positions, const at::Tensor &mask) {
    const int64_t rows = qkv.size(0), heads = keys.size(1), width = keys.size(3);
    const auto parts = qkv.view({rows, 3, heads, 1, width});
    const auto index = positions.view({rows, 1, 1, 1}).expand({rows, heads, 1, width});
    const auto seen_keys = keys.narrow(0, 0, rows), seen_values = values.narrow(0, 0, rows);
    seen_keys.scatter_(2, index, parts.select(1, 1));
    seen_values.scatter_(2, index, parts.select(1, 2));
    const int64_t span = mask.size(-1);
    const auto attended = at::scaled_dot_product_attention(parts.select(1, 0), seen_keys.narrow(2, 0, span),
                                                           seen_values.narrow(2, 0, span), mask);
    return attended.reshape({rows, heads * width});
}

}  // namespace ctorch

using namespace ctorch;

extern "C" ct_tensor ct_cached_attention(ct_tensor qkv, ct_tensor keys, ct_tensor values, ct_tensor positions,
                                         ct_tensor mask, ct_status *status) {
    return make(status, "cached_attention", {qkv, keys, values, positions, mask}, [&] {
        const auto &input = borrow(qkv), &k = borrow(keys), &v = borrow(values), &at_positions = borrow(positions);
        TORCH_CHECK(k.dim() == 4 && v.sizes() == k.sizes() && input.dim() == 2 && input.size(0) <= k.size(0) &&
                        input.size(1) == 3 * k.size(1) * k.size(3) && at_positions.dim() == 1 &&
                        at_positions.size(0) == input.size(0) && at_positions.scalar_type() == at::kLong,
                    "the shapes do not fit: qkv [rows, 3 × heads × width], caches [slots, heads, capacity, width], "
                    "positions int64 [rows]");
        if (mask != nullptr) return attend_by_libtorch(input, k, v, at_positions, borrow(mask));
        const auto plain = [](const at::Tensor &tensor, at::ScalarType type) {
            return tensor.is_cpu() && tensor.scalar_type() == type && tensor.is_contiguous();
        };
        TORCH_CHECK(plain(input, at::kFloat) && plain(k, at::kFloat) && plain(v, at::kFloat) &&
                        plain(at_positions, at::kLong) && k.size(3) <= max_head_width,
                    "only float32 on the CPU, in order and with heads of at most 256 numbers, needs no mask");
        const int64_t *position = at_positions.const_data_ptr<int64_t>();
        for (int64_t row = 0; row < input.size(0); row++)
            TORCH_CHECK(position[row] >= 0 && position[row] < k.size(2), "position ", position[row],
                        " is out of range: the cache has a capacity of ", k.size(2));
        return attend_on_host(input, k, v, at_positions);
    });
}
