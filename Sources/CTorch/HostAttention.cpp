#include "HostAttention.h"

#include <ATen/ops/empty.h>

#include <algorithm>
#include <cmath>

#include "Parallel.h"
#include "Vectors.h"

// libtorch multiplies blocks of queries and keys by MKL, which does not use the wide vectors of processors that are not
// Intel's. Here a few queries at a time see all keys: their scores stay in the nearest cache, keys and values in the second, and
// no score is computed twice.

namespace ctorch {

/// Of a head; what the models have that attend over long sequences.
static constexpr int64_t head_width = 64;
/// Queries handled at once, and keys that their scores are computed for at once: 24 vectors of sums.
static constexpr int64_t query_tile = 8, key_tile = 48;
/// Fewer frames are not worth packing; more scores would not fit the nearest caches.
static constexpr int64_t least_frames = 48, most_keys = 4096;

struct Side {
    const float *data;
    int64_t batch_step, head_step, frame_step;

    explicit Side(const at::Tensor &tensor)
        : data(tensor.const_data_ptr<float>()), batch_step(tensor.stride(0)), head_step(tensor.stride(1)),
          frame_step(tensor.stride(2)) {}

    const float *frame(int64_t batch, int64_t head, int64_t index) const {
        return data + batch * batch_step + head * head_step + index * frame_step;
    }
};

struct Attention {
    Side query, key, value;
    float *packed_keys, *packed_values, *output;
    int64_t heads, queries, keys, tiles;
    float scale;

    int64_t padded_keys() const { return (keys + key_tile - 1) / key_tile * key_tile; }
};

/// Keys as [tiles of keys][head_width][key_tile], zeros behind the last; values as [keys][head_width].
static void pack(const Attention &call, int64_t index) {
    const int64_t batch = index / call.heads, head = index % call.heads, padded = call.padded_keys();
    float *keys = call.packed_keys + index * padded * head_width;
    float *values = call.packed_values + index * call.keys * head_width;
    for (int64_t frame = 0; frame < padded; frame++) {
        float *column = keys + frame / key_tile * key_tile * head_width + frame % key_tile;
        const float *from = frame < call.keys ? call.key.frame(batch, head, frame) : nullptr;
        for (int64_t d = 0; d < head_width; d++) column[d * key_tile] = from != nullptr ? from[d] : 0.0f;
    }
    for (int64_t frame = 0; frame < call.keys; frame++)
        std::memcpy(values + frame * head_width, call.value.frame(batch, head, frame), head_width * sizeof(float));
}

/// Scores of a tile of queries with all keys, `[query_tile, padded keys]`.
template <typename Vector>
CTORCH_INLINE void score(const float *queries, const float *keys, float *scores, int64_t padded) {
    constexpr int64_t lanes = lane_count<Vector>, columns = key_tile / lanes;
    for (int64_t first = 0; first < padded; first += key_tile) {
        Vector sums[query_tile][columns] = {};
        const float *tile = keys + first * head_width;
        for (int64_t d = 0; d < head_width; d++) {
            Vector k[columns];
            for (int64_t c = 0; c < columns; c++) k[c] = load<Vector>(tile + d * key_tile + c * lanes);
            for (int64_t q = 0; q < query_tile; q++) {
                for (int64_t c = 0; c < columns; c++) sums[q][c] += k[c] * queries[q * head_width + d];
            }
        }
        for (int64_t q = 0; q < query_tile; q++) {
            for (int64_t c = 0; c < columns; c++) store(scores + q * padded + first + c * lanes, sums[q][c]);
        }
    }
}

/// Scores to weights, in place; returns what they add up to. The keys behind the last do not count.
template <typename Vector, typename Integers>
CTORCH_INLINE float weights(float *scores, int64_t keys, int64_t padded) {
    constexpr int64_t lanes = lane_count<Vector>;
    for (int64_t key = keys; key < padded; key++) scores[key] = -INFINITY;
    Vector greatest = load<Vector>(scores);
    for (int64_t key = lanes; key < padded; key += lanes) {
        const Vector other = load<Vector>(scores + key);
        greatest = greatest < other ? other : greatest;
    }
    float most = greatest[0];
    for (int64_t lane = 1; lane < lanes; lane++) most = most < greatest[lane] ? greatest[lane] : most;
    // Keys that do not exist get the smallest weight instead of none: below anything a float32 sum can notice.
    Vector total = {};
    for (int64_t key = 0; key < padded; key += lanes) {
        const Vector weight = exp_of_negative<Vector, Integers>(load<Vector>(scores + key) - most);
        total += weight;
        store(scores + key, weight);
    }
    return sum(total);
}

/// Weighted values of four queries.
template <typename Vector>
CTORCH_INLINE void weigh(const float *weights, int64_t row, const float *values, int64_t keys, float *result) {
    constexpr int64_t lanes = lane_count<Vector>, columns = head_width / lanes;
    Vector sums[4][columns] = {};
    for (int64_t key = 0; key < keys; key++) {
        for (int64_t c = 0; c < columns; c++) {
            const Vector v = load<Vector>(values + key * head_width + c * lanes);
            for (int64_t q = 0; q < 4; q++) sums[q][c] += v * weights[q * row + key];
        }
    }
    for (int64_t q = 0; q < 4; q++) {
        for (int64_t c = 0; c < columns; c++) store(result + q * head_width + c * lanes, sums[q][c]);
    }
}

template <typename Vector, typename Integers>
CTORCH_INLINE void attend(const Attention &call, int64_t first, int64_t last) {
    alignas(64) float scores[query_tile * (most_keys + key_tile)];
    alignas(64) float queries[query_tile * head_width], result[query_tile * head_width];
    const int64_t padded = call.padded_keys();
    for (int64_t index = first; index < last; index++) {
        const int64_t pair = index / call.tiles, start = index % call.tiles * query_tile;
        const int64_t batch = pair / call.heads, head = pair % call.heads;
        const int64_t count = std::min(query_tile, call.queries - start);
        for (int64_t q = 0; q < query_tile; q++) {
            // Rows that are left over repeat the last one.
            const float *from = call.query.frame(batch, head, start + std::min(q, count - 1));
            for (int64_t d = 0; d < head_width; d++) queries[q * head_width + d] = from[d] * call.scale;
        }
        score<Vector>(queries, call.packed_keys + pair * padded * head_width, scores, padded);
        float totals[query_tile];
        for (int64_t q = 0; q < query_tile; q++)
            totals[q] = weights<Vector, Integers>(scores + q * padded, call.keys, padded);
        const float *values = call.packed_values + pair * call.keys * head_width;
        for (int64_t q = 0; q < query_tile; q += 4)
            weigh<Vector>(scores + q * padded, padded, values, call.keys, result + q * head_width);
        for (int64_t q = 0; q < count; q++) {
            float *to = call.output + ((batch * call.queries + start + q) * call.heads + head) * head_width;
            for (int64_t d = 0; d < head_width; d++) to[d] = result[q * head_width + d] / totals[q];
        }
    }
}

#if defined(__x86_64__)
CTORCH_TARGET_SIXTEEN static void attend_by_sixteen(const Attention &call, int64_t first, int64_t last) {
    attend<Float16, Int16>(call, first, last);
}
#endif

bool fits_host_attention(const at::Tensor &query, const at::Tensor &key, const at::Tensor &value) {
#if defined(__x86_64__)
    static const bool faster = !__builtin_cpu_is("intel") && widest_vector() == Width::sixteen;
    if (!faster) return false;
    for (const auto *tensor : {&query, &key, &value}) {
        if (!tensor->is_cpu() || tensor->scalar_type() != at::kFloat || tensor->dim() != 4 || tensor->size(3) != head_width ||
            tensor->stride(3) != 1 || tensor->size(0) != query.size(0) || tensor->size(1) != query.size(1))
            return false;
    }
    return query.size(0) > 0 && query.size(1) > 0 && query.size(2) >= least_frames && key.size(2) >= least_frames &&
           key.size(2) <= most_keys && value.size(2) == key.size(2);
#else
    return false;
#endif
}

at::Tensor host_attention(const at::Tensor &query, const at::Tensor &key, const at::Tensor &value, double scale) {
    const int64_t batch = query.size(0), heads = query.size(1), queries = query.size(2), keys = key.size(2);
    Attention call{Side(query), Side(key), Side(value), nullptr, nullptr, nullptr, heads, queries, keys,
                   (queries + query_tile - 1) / query_tile, static_cast<float>(scale)};
    auto packed_keys = at::empty({batch * heads, call.padded_keys(), head_width}, query.options());
    auto packed_values = at::empty({batch * heads, keys, head_width}, query.options());
    auto output = at::empty({batch, queries, heads, head_width}, query.options());
    call.packed_keys = packed_keys.mutable_data_ptr<float>();
    call.packed_values = packed_values.mutable_data_ptr<float>();
    call.output = output.mutable_data_ptr<float>();
    parallel_ranges(batch * heads, 1, 1, [&](int64_t first, int64_t last) {
        for (int64_t index = first; index < last; index++) pack(call, index);
    });
#if defined(__x86_64__)
    parallel_ranges(batch * heads * call.tiles, 1, 1,
                    [&](int64_t first, int64_t last) { attend_by_sixteen(call, first, last); });
#endif
    return output.permute({0, 2, 1, 3});
}

}  // namespace ctorch
